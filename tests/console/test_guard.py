"""Who may use the simulator, and what everybody else hears."""

from pathlib import Path

import pytest

from bot.app import App
from tests.console.house import PERSON, real_site
from tests.gateway.conftest import Client, serving

JSON = {"Content-Type": "application/json"}


def _receive(app: App, name: str = "sim") -> str:
    return f"/c/{name}/receive/{app.channels[name].path_key}"  # type: ignore[attr-defined]


def _sms(id: str) -> dict[str, str]:
    return {"from": PERSON, "text": "MENU", "id": id}


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"X-Forwarded-For": "203.0.113.9"}, id="passed on by a proxy"),
        pytest.param({"Forwarded": "for=203.0.113.9"}, id="passed on, new header"),
        pytest.param({"Host": "evil.example"}, id="a foreign name that points here"),
        pytest.param({"Host": "localhost.evil.example"}, id="a name that begins like ours"),
    ],
)
@pytest.mark.parametrize("path", ["/phone", "/phone/conversation?urn=tel:%2B254700000001"])
async def test_others_are_refused_with_the_remedy(client: Client, path: str, headers: dict[str, str]) -> None:
    answer = await client.get(path, headers=headers)
    assert answer.status == 403
    assert "UJUMBE_SIMULATOR_OPEN" in await answer.text()


async def test_the_channels_are_guarded_like_the_page(client: Client, app: App) -> None:
    for name in ("sim", "s%69m", "sim_ussd"):
        path = _receive(app, name.replace("%69", "i")).replace("/sim/", f"/{name}/")
        assert (await client.post(path, json=_sms("1"), headers={"X-Forwarded-For": "203.0.113.9"})).status == 403
    assert app.store.counts() == {}


async def test_start_page_hides_the_simulator_from_others(client: Client) -> None:
    near, far = await client.get("/?lang=en"), await client.get("/?lang=en", headers={"X-Forwarded-For": "203.0.113.9"})
    assert 'href="/phone' in await near.text()
    assert 'href="/phone' not in await far.text()


async def test_setting_opens_it_to_others(tmp_path: Path) -> None:
    site, _ = real_site(tmp_path, simulator_open=True)
    async with serving(site) as client:
        assert (await client.get("/phone", headers={"Host": "box.example", "X-Forwarded-For": "203.0.113.9"})).status == 200


async def test_real_channels_do_not_take_the_simulator_away(tmp_path: Path) -> None:
    site, _ = real_site(tmp_path, channels={"at_ussd": {"path_key": "0123456789abcdefghijkl"}})
    async with serving(site) as client:
        assert (await client.get("/phone")).status == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        pytest.param({}, 200, id="a program"),
        pytest.param({"Origin": "SELF", "Sec-Fetch-Site": "same-origin"}, 200, id="our own page"),
        pytest.param({"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}, 403, id="another site"),
        pytest.param({"Origin": "https://evil.example"}, 403, id="another site, old browser"),
        pytest.param({"Origin": "null"}, 403, id="a sandboxed frame"),
        pytest.param({"Sec-Fetch-Site": "same-site"}, 403, id="another port"),
        pytest.param({"Content-Type": "text/plain"}, 415, id="a plain form"),
        pytest.param({"Content-Type": "application/x-www-form-urlencoded"}, 415, id="a form"),
    ],
)
async def test_only_our_page_may_post(client: Client, app: App, headers: dict[str, str], status: int) -> None:
    sent = {name: value.replace("SELF", f"http://127.0.0.1:{client.port}") for name, value in headers.items()}
    body = f'{{"from": "{PERSON}", "text": "MENU", "id": "1"}}'
    answer = await client.post(_receive(app), data=body, headers=JSON | sent)
    assert (answer.status, sum(app.store.counts().values()) > 0) == (status, status == 200)
