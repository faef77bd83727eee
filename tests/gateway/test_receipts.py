"""Read receipts: shown for what was taken, once, and never at anybody's cost."""

import logging
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.core.errors import SendError, Throttled
from bot.gateway import receipts
from bot.gateway.site import make_app
from tests.gateway.conftest import Client, serving, until
from tests.gateway.doubles import KEY, NUMBER, House, LineChannel, house

RECEIVE = f"/c/line/receive/{KEY}"


class Showing(LineChannel):
    """A channel that shows what was read. `errors` come first; `gate` holds each call until it is set."""

    def __init__(self) -> None:
        super().__init__()
        self.shown: list[tuple[str, bool]] = []
        self.errors: list[Exception] = []
        self.calls = 0
        self.gate = threading.Event()
        self.gate.set()

    def mark_read(self, message_id: str, *, typing: bool) -> None:
        self.calls += 1
        assert self.gate.wait(20), "the test forgot its gate"
        if self.errors:
            raise self.errors.pop(0)
        self.shown.append((message_id, typing))


@pytest.fixture
def showing(tmp_path: Path) -> tuple[House, Showing]:
    made, channel = house(tmp_path), Showing()
    made.app.channels = {channel.name: channel}  # type: ignore[dict-item]
    return made, channel


@pytest.fixture
async def phone(showing: tuple[House, Showing]) -> AsyncIterator[Client]:
    async with serving(make_app(showing[0].app)) as client:
        yield client


async def test_what_was_taken_is_shown_as_read_and_what_waits_for_an_answer_as_being_written(
    phone: Client, showing: tuple[House, Showing]
) -> None:
    await phone.post(RECEIVE, data=b"m1 hello\nm2 hello")
    await until(lambda: len(showing[1].shown) == 2)
    assert showing[1].shown == [("m1", True), ("m2", True)]


async def test_a_repeat_is_not_shown_again(phone: Client, showing: tuple[House, Showing]) -> None:
    for body in (b"m1 hello", b"m1 hello", b"m2 hello"):
        assert (await phone.post(RECEIVE, data=body)).status == 200
    await until(lambda: len(showing[1].shown) == 2)
    assert [name for name, _ in showing[1].shown] == ["m1", "m2"]


@pytest.mark.parametrize("body", [b"garbage", b"m1 poison"])
async def test_what_was_not_taken_is_not_shown(phone: Client, showing: tuple[House, Showing], body: bytes) -> None:
    await phone.post(RECEIVE, data=body)
    await phone.post(RECEIVE, data=b"m2 hello")
    await until(lambda: showing[1].shown)
    assert showing[1].shown == [("m2", True)]


async def test_a_provider_that_is_slow_holds_nobody_up(phone: Client, showing: tuple[House, Showing]) -> None:
    showing[1].gate.clear()
    began = time.monotonic()
    for n in range(5):
        assert (await phone.post(RECEIVE, data=f"m{n} hello".encode())).status == 200
    assert time.monotonic() - began < 5
    assert showing[1].calls <= 1
    assert showing[0].store.rows == [f"m{n}" for n in range(5)]
    showing[1].gate.set()
    await until(lambda: len(showing[1].shown) == 5)


@pytest.mark.parametrize("error", [Throttled("80007"), ValueError(f"a bug about {NUMBER}")], ids=["provider", "bug"])
async def test_what_fails_is_left(
    phone: Client, showing: tuple[House, Showing], error: SendError, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    showing[1].errors = [error]
    for n in range(2):
        assert (await phone.post(RECEIVE, data=f"m{n} hello".encode())).status == 200
    await until(lambda: showing[1].shown)
    assert showing[1].shown == [("m1", True)]
    assert "read receipt" in caplog.text
    assert NUMBER not in caplog.text


async def test_what_waited_too_long_is_left(phone: Client, showing: tuple[House, Showing], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "STALE_S", -1.0)
    await phone.post(RECEIVE, data=b"m1 hello")
    await until(lambda: showing[0].queue.hints)
    monkeypatch.setattr(receipts, "STALE_S", 10.0)
    await phone.post(RECEIVE, data=b"m2 hello")
    await until(lambda: showing[1].shown)
    assert showing[1].shown[-1] == ("m2", True)
    assert showing[1].calls <= 2


async def test_too_many_are_dropped_and_the_end_is_quick(showing: tuple[House, Showing], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(receipts, "_WAITING", 2)
    showing[1].gate.clear()
    async with serving(make_app(showing[0].app)) as client:
        for n in range(9):
            assert (await client.post(RECEIVE, data=f"m{n} hello".encode())).status == 200
        began = time.monotonic()
    assert time.monotonic() - began < 5
    showing[1].gate.set()
    assert len(showing[0].store.rows) == 9
