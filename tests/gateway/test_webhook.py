"""What a provider hears, whatever it sends."""

import asyncio
import gzip
import logging
import re

import pytest

from bot.core.types import Lane
from bot.gateway import wire
from tests.gateway.conftest import Client, until
from tests.gateway.doubles import KEY, NUMBER, House

RECEIVE = f"/c/line/receive/{KEY}"


async def test_200_only_after_the_commit(client: Client, doubles: House) -> None:
    doubles.store.gate.clear()
    waiting = asyncio.create_task(client.post(RECEIVE, data=b"1 hello"))
    await until(lambda: doubles.store.begins)
    await asyncio.sleep(0.1)
    assert not waiting.done()
    doubles.store.gate.set()
    assert (await waiting).status == 200
    assert doubles.store.rows == ["1"]


async def test_duplicate_is_200_and_stored_once(client: Client, doubles: House) -> None:
    assert [(await client.post(RECEIVE, data=b"1 hello")).status for _ in range(3)] == [200, 200, 200]
    assert doubles.store.rows == ["1"]


async def test_every_message_of_one_request_is_taken(client: Client, doubles: House) -> None:
    assert (await client.post(RECEIVE, data=b"1 a\n2 b\n3 c")).status == 200
    assert doubles.store.rows == ["1", "2", "3"]


async def test_many_webhooks_share_transactions(client: Client, doubles: House) -> None:
    doubles.store.gate.clear()
    posts = [asyncio.create_task(client.post(RECEIVE, data=f"{n} hello".encode())) for n in range(80)]
    await until(lambda: len(doubles.channel.seen) == 80)
    doubles.store.gate.set()
    assert [(await post).status for post in posts] == [200] * 80
    assert doubles.store.begins < 20
    assert sorted(doubles.store.rows, key=int) == [str(n) for n in range(80)]


async def test_poison_among_fifty_fails_alone(client: Client, doubles: House) -> None:
    doubles.store.gate.clear()
    posts = [asyncio.create_task(client.post(RECEIVE, data=f"{n} {'poison' if n == 17 else 'hello'}".encode())) for n in range(50)]
    await until(lambda: len(doubles.channel.seen) == 50)
    doubles.store.gate.set()
    assert [n for n, post in enumerate(posts) if (await post).status != 200] == [17]
    assert len(doubles.store.rows) == 49


async def test_hint_follows_the_commit(client: Client, doubles: House) -> None:
    await client.post(RECEIVE, data=b"1 hello")
    await until(lambda: doubles.queue.hints)
    assert doubles.queue.hints == [(Lane.ANSWERS, 1)]


async def test_broken_queue_costs_nothing(client: Client, doubles: House) -> None:
    doubles.queue.broken = True
    assert [(await client.post(RECEIVE, data=f"{n} x".encode())).status for n in range(3)] == [200, 200, 200]


async def test_store_down_asks_for_a_retry(client: Client, doubles: House) -> None:
    doubles.store.down = True
    answer = await client.post(RECEIVE, data=b"1 hello")
    assert (answer.status, "Retry-After" in answer.headers) == (503, True)
    doubles.store.down = False
    assert (await client.post(RECEIVE, data=b"1 hello")).status == 200
    assert doubles.store.rows == ["1"]


async def test_slow_store_asks_for_a_retry(client: Client, doubles: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.gateway.webhook.PATIENCE_S", 0.1)
    doubles.store.gate.clear()
    assert (await client.post(RECEIVE, data=b"1 hello")).status == 503
    doubles.store.gate.set()


@pytest.mark.parametrize(
    ("path", "body", "status", "reason"),
    [
        pytest.param("/c/nobody/receive/x", b"1 a", 404, "No such channel", id="unknown channel"),
        pytest.param(f"/c/line/nothing/{KEY}", b"1 a", 404, "No such channel", id="unknown action"),
        pytest.param("/c/line/receive/wrong", b"1 a", 403, "The path key is wrong", id="wrong key"),
        pytest.param(RECEIVE, b"garbage", 400, "not 'id text'", id="malformed"),
        pytest.param(RECEIVE, b"\xff\xfe\x00", 400, "not 'id text'", id="binary"),
        pytest.param(RECEIVE, b"x" * 65_537, 413, "larger than 65536", id="too large"),
        pytest.param(RECEIVE, b"bug", 503, "Reference", id="a bug of the channel"),
        pytest.param(RECEIVE, b"1 poison", 503, "Reference", id="a bug of the inbox"),
    ],
)
async def test_refusal_has_its_status_and_a_reason(
    client: Client, doubles: House, path: str, body: bytes, status: int, reason: str
) -> None:
    answer = await client.post(path, data=body)
    assert answer.status == status
    assert reason in await answer.text()
    assert doubles.store.rows == []


async def test_largest_body_is_read(client: Client, doubles: House) -> None:
    body = b"1 " + b"x" * 65_534
    assert (await client.post(RECEIVE, data=body)).status == 200


@pytest.mark.parametrize("text", ["1158201444", "<script>", "\u12a5 & \u00e7"])
async def test_a_check_of_the_address_is_answered_as_it_is(client: Client, doubles: House, text: str) -> None:
    answer = await client.get(f"/c/line/check/{KEY}", params={"text": text})
    assert (answer.status, answer.content_type, await answer.text()) == (200, "text/plain", text)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert doubles.store.begins == 0


async def test_nothing_to_take_is_fine(client: Client, doubles: House) -> None:
    assert (await client.post(f"/c/line/status/{KEY}", data=b"")).status == 200
    assert doubles.store.begins == 0


@pytest.mark.parametrize("method", [pytest.param("PUT", id="put"), pytest.param("DELETE", id="delete"), pytest.param("HEAD", id="head")])
async def test_other_methods_are_refused(client: Client, method: str) -> None:
    assert (await client.request(method, RECEIVE)).status == 405


@pytest.mark.parametrize(
    ("target", "url"),
    [
        pytest.param(
            "/c/line/receive?a=%2b+b&c=%C3%A9&&d", "https://bot.example.org/c/line/receive?a=%2b+b&c=%C3%A9&&d", id="encoding kept"
        ),
        pytest.param("/c/line/receive?", "https://bot.example.org/c/line/receive?", id="empty query kept"),
        pytest.param("/c/line/%72eceive", "https://bot.example.org/c/line/%72eceive", id="path kept"),
        pytest.param("http://in.side:80/c/line/receive?a=%7E", "https://bot.example.org/c/line/receive?a=%7E", id="absolute form"),
    ],
)
async def test_signed_url_is_the_public_base_and_the_raw_target(client: Client, doubles: House, target: str, url: str) -> None:
    answer = await _raw(client, f"POST {target} HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\n1 a".encode(), hang_up=False)
    assert b" 200 " in answer
    assert [request.url for request in doubles.channel.seen] == [url]


async def test_request_reaches_the_channel_as_it_came(client: Client, doubles: House) -> None:
    await client.post(RECEIVE, data=b"1 \xc3\xa9", headers=[("X-Sign", "a"), ("X-Sign", "b"), ("User-Agent", "Test")])
    seen = doubles.channel.seen[0]
    assert (seen.method, seen.path_key, seen.body, seen.remote) == ("POST", KEY, b"1 \xc3\xa9", "127.0.0.1")
    assert (seen.headers["x-sign"], seen.headers["user-agent"]) == ("a, b", "Test")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"POST " + RECEIVE.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n1 half", id="body breaks off"),
        pytest.param(b"\x16\x03\x01\x02\x00\x01\x00", id="TLS on a plain port"),
        pytest.param(b"POST " + RECEIVE.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n", id="negative length"),
        pytest.param(b"GET /c/line/receive/\xff\xfe HTTP/9.9\r\n\r\n", id="no such HTTP"),
        pytest.param(b"POST " + RECEIVE.encode() + b" HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 500 + b"\r\n", id="too many headers"),
    ],
)
async def test_broken_http_changes_nothing(client: Client, doubles: House, raw: bytes, caplog: pytest.LogCaptureFixture) -> None:
    answer = await _raw(client, raw)
    assert b" 500 " not in answer
    assert doubles.store.rows == []
    assert (await client.post(RECEIVE, data=b"1 still here")).status == 200
    assert KEY not in caplog.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(gzip.compress(b"1 hello"), 200, id="good gzip"),
        pytest.param(b"not gzip at all", 400, id="bad gzip"),
        pytest.param(gzip.compress(b"1 " + b"x" * 5_000_000), 413, id="gzip bomb"),
    ],
)
async def test_compressed_body(client: Client, body: bytes, status: int) -> None:
    assert (await client.post(RECEIVE, data=body, headers={"Content-Encoding": "gzip"})).status == status


async def test_slow_body_is_cut_off(client: Client, doubles: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire.to_core, "__kwdefaults__", {"read_s": 0.2})
    answer = await _raw(client, b"POST " + RECEIVE.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 50\r\n\r\n1 ha", hang_up=False)
    assert b" 408 " in answer
    assert doubles.store.rows == []


async def test_log_line_has_the_facts_and_no_secret(client: Client, doubles: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    for path, body in [
        (RECEIVE, "1 my private words"),
        (RECEIVE, f"bug {NUMBER} my private words"),
        (RECEIVE, "2 poison"),
        (f"/c/{NUMBER}/receive/{KEY}", "3 my private words"),
        (f"/c/line/{NUMBER}/{KEY}?from={NUMBER}", "4 my private words"),
        (f"/c/line/receive/{KEY}x", "5 my private words"),
    ]:
        await client.post(path, data=body.encode())
    lines = [record.getMessage() for record in caplog.records if record.name == "bot.gateway.webhook" and record.levelno == logging.INFO]
    form = r"webhook channel=(line|\?) action=(receive|\?) status=\d+ ms=\d+ ref=[0-9a-f]{8}"
    assert [re.fullmatch(form, line) is not None for line in lines] == [True] * 6
    for secret in (KEY, NUMBER, "private"):
        assert secret not in caplog.text
    assert "ValueError at doubles.py" in caplog.text


async def test_reference_in_the_answer_is_in_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    answer = await client.post(RECEIVE, data=b"bug")
    reference = re.search(r"Reference ([0-9a-f]{8})", await answer.text())
    assert reference is not None
    assert f"webhook failed ref={reference[1]}" in caplog.text


async def _raw(client: Client, raw: bytes, *, hang_up: bool = True) -> bytes:
    """Writes bytes to the server's socket and returns the head of its answer, b"" where it just closes."""
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(raw)
    if hang_up:
        writer.write_eof()
    async with asyncio.timeout(20):
        answer = await reader.readline()
    writer.close()
    return answer


async def test_a_badly_compressed_body_is_refused_quietly(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    """Anybody can send one: each would leave a traceback of aiohttp's in the log."""
    answer = await client.post(RECEIVE, data=b"no gzip at all", headers={"Content-Encoding": "gzip"})
    assert (answer.status, answer.headers["Connection"]) == (400, "close")
    assert "badly encoded" in await answer.text()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    assert (await client.post(RECEIVE, data=b"1 hello")).status == 200
