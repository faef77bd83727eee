"""The acknowledgement benchmark: it counts what waiting callers would have seen, and runs on both stacks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bench import acknowledge
from bench.steady import post_all

RATE, STALL_S = 50.0, 1.0
REQUEST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@asynccontextmanager
async def served(status: bytes = OK, *, stalls_at: int = -1) -> AsyncIterator[int]:
    """A server on loopback that stands still for STALL_S, for everybody, at its nth request. Hands out its port."""
    asked, free, talks = 0, asyncio.Event(), set()
    free.set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        talks.add(asyncio.current_task())
        while await _request(reader):
            asked += 1
            if asked == stalls_at:
                free.clear()
                asyncio.get_running_loop().call_later(STALL_S, free.set)
            await free.wait()
            writer.write(status)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    yield int(server.sockets[0].getsockname()[1])
    server.close()
    await asyncio.gather(*talks)


async def _request(reader: asyncio.StreamReader) -> bool:
    try:
        await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return False
    return True


async def test_a_server_that_stands_still_is_late_for_all_who_would_have_asked_meanwhile() -> None:
    async with served(stalls_at=20) as port:
        seen = await post_all(port, [REQUEST] * 100, rate=RATE)
    late = [seconds for seconds in seen.seconds if seconds > STALL_S / 4]
    assert len(seen.seconds) == 100
    assert len(late) >= 0.6 * RATE * STALL_S  # a caller that waits before it asks again would have seen one
    assert max(seen.seconds) >= 0.9 * STALL_S


async def test_a_refusal_is_counted_and_is_no_acknowledgement() -> None:
    async with served(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n") as port:
        seen = await post_all(port, [REQUEST] * 5, rate=RATE)
    assert (seen.seconds, seen.refused) == ([], 5)


async def test_nobody_there_is_a_refusal_too() -> None:
    async with served() as port:
        pass
    assert (await post_all(port, [REQUEST] * 3, rate=RATE)).refused == 3


@pytest.mark.parametrize("stack", list(acknowledge.STACKS))
def test_both_states_are_measured_on_a_real_service(
    stack: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acknowledge, "WARM_S", 0.5)
    acknowledge.main(["--stack", stack, "--seconds", "2", "--rate", "5", "--model", "none"])
    said = capsys.readouterr().out
    rows = [line.split("|") for line in said.splitlines() if ": at rest" in line or ": model saturated" in line]
    assert [row[6].strip() for row in rows] == ["10", "10"], said
    assert [row[7].strip() for row in rows] == ["0", "0"], said
    (proof,) = [line.split("|") for line in said.splitlines()[-1:]]
    assert int(proof[2]) > 0, said  # without a model nobody waits long enough to be seen waiting
