"""Posts webhooks at a steady rate, whatever the other side does, and counts from when each should have gone out.

A caller that waits for a slow answer before it asks again sees one slow answer where its users would have seen a hundred (coordinated
omission). Here every request has its moment; one that cannot go out then, since all connections wait, has waited all the same.
"""

import asyncio
import contextlib
import multiprocessing
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.gateway import acknowledged

CONNECTIONS = 64
Held = tuple[asyncio.StreamReader, asyncio.StreamWriter] | None  # a connection, None for one that has to be made
Idle = asyncio.LifoQueue[Held]


@dataclass
class Seen:
    """What became of the requests."""

    seconds: list[float] = field(default_factory=list)  # from the moment that was meant until the acknowledgement
    refused: int = 0  # answered with something else, or not at all


def steady(port: int, requests: Sequence[bytes], *, rate: float) -> Seen:
    """Posts `requests` at `rate` a second, from a process of its own."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_steady, (port, requests, rate))


def _steady(port: int, requests: Sequence[bytes], rate: float) -> Seen:
    return asyncio.run(post_all(port, requests, rate=rate))


async def post_all(port: int, requests: Sequence[bytes], *, rate: float) -> Seen:
    """As `steady`, in this process."""
    seen, idle = Seen(), Idle()
    for _ in range(CONNECTIONS):
        idle.put_nowait(None)
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        for n, request in enumerate(requests):
            meant = began + n / rate
            await asyncio.sleep(max(0.0, meant - time.perf_counter()))
            group.create_task(_post(port, request, meant, idle, seen))
    while not idle.empty():
        await _close(idle.get_nowait())
    return seen


async def _post(port: int, request: bytes, meant: float, idle: Idle, seen: Seen) -> None:
    """Over a connection that is free, or a new one. A connection that failed is not used again."""
    held = await idle.get()
    try:
        held = held or await asyncio.open_connection("127.0.0.1", port)
        held[1].write(request)
        await acknowledged(held[0])
    except (RuntimeError, OSError, asyncio.IncompleteReadError):
        seen.refused += 1
        await _close(held)
        held = None
    else:
        seen.seconds.append(time.perf_counter() - meant)
    idle.put_nowait(held)


async def _close(held: Held) -> None:
    if held is not None:
        held[1].close()
        with contextlib.suppress(OSError):
            await held[1].wait_closed()
