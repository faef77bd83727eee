"""The wait of a USSD screen: the answer on the screen or handed over, whatever happens meanwhile."""

import asyncio
from pathlib import Path

import pytest

from bot.core.types import Lane
from tests.gateway.conftest import Client, until
from tests.gateway.doubles import KEY, LATE, House, house

RECEIVE = f"/c/line/receive/{KEY}"


@pytest.fixture
def doubles(tmp_path: Path) -> House:
    return house(tmp_path, reply_within_s=5.0)


async def test_answer_in_time_is_shown_and_kept(client: Client, doubles: House) -> None:
    asked = asyncio.create_task(client.post(RECEIVE, data=b"7 ask 15"))
    await until(lambda: doubles.store.rows)
    doubles.store.answers[1] = "Plant when the rains start."
    assert await (await asked).text() == "END Plant when the rains start."
    assert doubles.store.rows == ["7", "screen 7"]
    assert doubles.store.handed_over == []


async def test_time_up_shows_the_late_text_and_hands_over(client: Client, doubles: House) -> None:
    answer = await client.post(RECEIVE, data=b"7 ask 0.3")
    assert await answer.text() == f"END {LATE.text}"
    assert doubles.store.handed_over == [1]
    assert doubles.store.shown == []


async def test_answer_that_came_since_the_last_look_is_sent(client: Client, doubles: House) -> None:
    doubles.store.deliveries[1] = 42
    await client.post(RECEIVE, data=b"7 ask 0")
    await until(lambda: len(doubles.queue.hints) == 2)
    assert doubles.queue.hints == [(Lane.ANSWERS, 1), (Lane.SENDS, 42)]


async def test_caller_who_hangs_up_gets_it_by_sms(client: Client, doubles: House) -> None:
    doubles.store.deliveries[1] = 42
    _, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(f"POST {RECEIVE} HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n7 ask 60".encode())
    await until(lambda: doubles.store.rows)
    writer.transport.abort()
    await until(lambda: doubles.store.handed_over)
    doubles.store.answers[1] = "too late for the screen"
    await until(lambda: (Lane.SENDS, 42) in doubles.queue.hints)
    assert doubles.store.shown == []


async def test_hang_up_before_the_commit_hands_over_too(client: Client, doubles: House) -> None:
    doubles.store.gate.clear()
    _, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(f"POST {RECEIVE} HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\n\r\n7 ask 60".encode())
    await until(lambda: doubles.store.begins)
    writer.transport.abort()
    await asyncio.sleep(0.05)
    doubles.store.gate.set()
    await until(lambda: doubles.store.handed_over)
    assert doubles.store.shown == []


async def test_store_that_fails_for_a_moment_is_asked_again(client: Client, doubles: House) -> None:
    asked = asyncio.create_task(client.post(RECEIVE, data=b"7 ask 15"))
    await until(lambda: doubles.store.rows)
    doubles.store.down = True
    await asyncio.sleep(0.3)
    doubles.store.answers[1] = "Plant early."
    doubles.store.down = False
    assert await (await asked).text() == "END Plant early."


async def test_store_down_at_the_end_still_shows_the_late_text(client: Client, doubles: House) -> None:
    asked = asyncio.create_task(client.post(RECEIVE, data=b"7 ask 0.5"))
    await until(lambda: doubles.store.rows)
    doubles.store.down = True
    assert await (await asked).text() == f"END {LATE.text}"


async def test_claimed_answer_is_shown_even_if_it_cannot_be_kept(client: Client, doubles: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise RuntimeError("not now")

    monkeypatch.setattr(doubles.app.inbox, "answered", broken)
    doubles.store.answers[1] = "Plant early."
    assert await (await client.post(RECEIVE, data=b"7 ask 15")).text() == "END Plant early."


async def test_many_screens_wait_side_by_side(client: Client, doubles: House) -> None:
    asked = [asyncio.create_task(client.post(RECEIVE, data=f"{n} ask 15".encode())) for n in range(60)]
    await until(lambda: len(doubles.store.rows) == 60)
    doubles.store.answers.update({n: f"answer {doubles.store.rows[n - 1]}" for n in range(1, 61)})
    assert [await (await one).text() for one in asked] == [f"END answer {n}" for n in range(60)]
    assert sorted(doubles.store.shown) == list(range(1, 61))
