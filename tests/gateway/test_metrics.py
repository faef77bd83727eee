"""GET /metrics: one page of all processes that Prometheus can read, for this machine alone, without a number or a text."""

from collections.abc import Mapping

import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.gateway.site import make_app
from bot.metrics.share import shared
from tests.gateway.conftest import Client, serving
from tests.gateway.doubles import KEY, NUMBER, House, house

RECEIVE = f"/c/line/receive/{KEY}"
Samples = Mapping[tuple[str, frozenset[tuple[str, str]]], float]


async def page(client: Client, **headers: str) -> str:
    answer = await client.get("/metrics", headers=headers)
    assert answer.status == 200
    assert answer.content_type == "text/plain"
    return await answer.text()


def samples(text: str) -> Samples:
    return {(s.name, frozenset(s.labels.items())): s.value for family in text_string_to_metric_families(text) for s in family.samples}


def value(text: str, name: str, **labels: str) -> float:
    return samples(text)[f"ujumbe_{name}", frozenset(labels.items())]


async def test_what_the_gateway_counts_is_there(client: Client) -> None:
    for body, times in [("1 hello", 2), ("bug", 1)]:
        for _ in range(times):
            await client.post(RECEIVE, data=body)
    await client.post(f"{RECEIVE}x", data="2 hello")
    text = await page(client)
    for outcome, least in [("taken", 2), ("failed", 1), ("refused", 1)]:
        assert value(text, "webhook_seconds_count", process="gateway-0", channel="line", outcome=outcome) >= least


async def test_what_is_looked_at_is_there(client: Client, doubles: House) -> None:
    doubles.store.rows = ["a", "b", "c"]
    text = await page(client)
    assert value(text, "queue_depth", lane="answers", channel="line") == 3
    assert value(text, "queue_oldest_seconds", lane="answers", channel="line") >= 7.0
    assert value(text, "queue_depth", lane="sends", channel="line") == 0, "an empty queue is 0, not absent"
    assert value(text, "database_up") == value(text, "broker_up") == 1
    assert value(text, "lane_up", lane="answers") == 0
    assert value(text, "disk_free_bytes") > 0
    assert 0.5 <= value(text, "rate_factor", channel="line") < 0.6
    assert value(text, "provider_silent", channel="line") == 1


async def test_a_database_that_is_gone_is_told_and_nothing_is_made_up(client: Client, doubles: House) -> None:
    doubles.store.down = True
    text = await page(client)
    assert value(text, "database_up") == 0
    assert "ujumbe_queue_depth" not in text


async def test_the_workers_are_on_the_page_each_by_its_name_and_every_family_once(client: Client, doubles: House) -> None:
    other = b"# HELP ujumbe_parts_total Parts.\n# TYPE ujumbe_parts_total counter\n"
    other += b'ujumbe_parts_total{channel="sim",lane="sends",status="wired"} %d\n'
    plain = b"# HELP ujumbe_expired_total Late.\n# TYPE ujumbe_expired_total counter\nujumbe_expired_total 5.0\n"
    data_dir = doubles.app.settings.data_dir
    with shared(data_dir, "sends", lambda: other % 3), shared(data_dir, "sends", lambda: other % 4 + plain):
        text = await page(client)
    assert [value(text, "parts_total", process=f"sends-{n}", channel="sim", lane="sends", status="wired") for n in (0, 1)] == [3, 4]
    assert value(text, "expired_total", process="sends-1") == 5
    assert value(text, "lane_up", lane="sends") == 1
    kinds = [line.split()[2] for line in text.splitlines() if line.startswith("# TYPE ")]
    assert len(kinds) == len(set(kinds)) > 20


async def test_the_restarts_and_the_memory_of_a_process_can_be_seen(client: Client) -> None:
    found = samples(await page(client))
    for name in ("process_start_time_seconds", "process_resident_memory_bytes", "process_cpu_seconds_total"):
        assert found[name, frozenset({("process", "gateway-0")})] > 0


async def test_no_number_and_no_text_is_on_the_page(client: Client) -> None:
    await client.post(RECEIVE, data="9 private words")
    await client.post(f"/c/{NUMBER}/receive/{KEY}", data="9 private words")
    await client.post(f"/c/line/{NUMBER}/{KEY}", data="9 private words")
    text = await page(client)
    assert all(secret not in text for secret in (NUMBER, NUMBER[1:], "private", KEY))


STRANGERS = [
    pytest.param({"X-Forwarded-For": "203.0.113.9"}, id="behind-a-proxy"),
    pytest.param({"Forwarded": "for=203.0.113.9"}, id="behind-a-newer-proxy"),
    pytest.param({"Host": "bot.example.org"}, id="by-another-name"),
]


@pytest.mark.parametrize("headers", STRANGERS)
async def test_strangers_see_nothing(client: Client, headers: dict[str, str]) -> None:
    answer = await client.get("/metrics", headers=headers)
    assert answer.status == 403
    assert "UJUMBE_METRICS_OPEN" in await answer.text()
    assert "ujumbe_" not in await answer.text()


@pytest.mark.parametrize("headers", STRANGERS)
async def test_they_do_where_the_setting_says_so(headers: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> None:
    doubles = house(tmp_path_factory.mktemp("open"), metrics_open=True)
    async with serving(make_app(doubles.app)) as client:
        assert "ujumbe_database_up" in await page(client, **headers)
