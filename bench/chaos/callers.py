"""The providers' calls to us, as real ones make them: posted until they hear 2xx, repeated, reported on in any order."""

import asyncio
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass

import aiohttp

from bench.chaos.history import Asked
from bench.chaos.script import Dealer, Line
from bench.wires import Call, Taken, Wire
from bot.core.types import Status

_PATIENCE_S = 10.0
_PAUSE_S = (0.3, 4.0)  # before the first repeat, and the longest one
_AT_ONCE = 64
_USUAL = frozenset({0, 200, 503})


@dataclass(frozen=True, slots=True)
class Try:
    """The first try of one message's webhook."""

    at: float  # time.monotonic()
    ms: float
    status: int  # 0: no answer


@dataclass(slots=True)
class _Told:
    """What we acknowledged of the reports on one part."""

    final: Status | None
    heard: bool = False


class Callers:
    """Runs the script against the gateway at `url` in a thread of its own: `start`, then `finish`."""

    def __init__(self, url: str, wires: Mapping[str, Wire], dealer: Dealer) -> None:
        self.url, self.wires = url, wires
        self.firsts: list[Try] = []
        self.asked: dict[Line, tuple[float, float | None]] = {}  # first try, first 2xx
        self.unusual: Counter[int] = Counter()  # answers that no provider should ever hear
        self.pending = 0  # messages, repeats and reports on their way or not begun yet
        self.posts = 0
        self._dealer = dealer
        self._told: dict[str, _Told] = {}
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="callers", daemon=True)
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, lines: Sequence[Line]) -> None:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        for line in lines:
            self._begin(self._message, line)

    def finish(self) -> None:
        """Ends all calls, whether they were heard or not."""
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def again(self) -> None:
        """The repeats that come when all is over."""
        for line in [line for line in self.asked if line.again]:
            self._begin(self._repeat, line, 0.0)

    def told(self, wire: Wire, taken: Taken) -> None:
        """Reports on a part that was just taken, as dealt. May be called from any thread."""
        reports = self._dealer.reports()
        known = self._told[taken.id] = _Told(reports.final)
        for delay_s, word in reports.words:
            self._begin(self._report, wire, taken, word, delay_s, known)

    def history(self) -> Sequence[Asked]:
        return [
            Asked((line.wire, line.number), line.text, posted, acknowledged, line.question)
            for line, (posted, acknowledged) in self.asked.items()
        ]

    def finals(self) -> Mapping[str, str]:
        """The provider's id of each part -> its last word, where we acknowledged it."""
        return {name: str(one.final) for name, one in list(self._told.items()) if one.heard and one.final}

    def _begin(self, work: Callable[..., Coroutine[None, None, None]], *given: object) -> None:
        self.pending += 1
        self._loop.call_soon_threadsafe(self._create, work, given)

    def _create(self, work: Callable[..., Coroutine[None, None, None]], given: Sequence[object]) -> None:
        task = self._loop.create_task(work(*given))
        self._tasks.add(task)
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self.pending -= 1
        self._tasks.discard(task)
        if not task.cancelled():
            task.result()

    async def _open(self) -> None:
        connector = aiohttp.TCPConnector(limit=_AT_ONCE, force_close=True)
        self._session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=_PATIENCE_S))
        self._began = time.monotonic()

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._session.close()

    async def _message(self, line: Line) -> None:
        await asyncio.sleep(self._began + line.at - time.monotonic())
        posted = time.monotonic()
        self.asked[line] = (posted, None)
        await self._post(lambda: self._inbound(line), first=True)
        self.asked[line] = (posted, time.monotonic())
        for delay_s in line.repeats:
            self._begin(self._repeat, line, delay_s)

    async def _repeat(self, line: Line, delay_s: float) -> None:
        await asyncio.sleep(delay_s)
        await self._post(lambda: self._inbound(line))

    async def _report(self, wire: Wire, taken: Taken, word: Status, delay_s: float, known: _Told) -> None:
        await asyncio.sleep(delay_s)
        await self._post(lambda: wire.report(taken, word))
        known.heard |= word is known.final

    def _inbound(self, line: Line) -> Call:
        return self.wires[line.wire].inbound(line.number, line.text, id=line.id)

    async def _post(self, make: Callable[[], Call], *, first: bool = False) -> None:
        """Posts until it hears 2xx; each try is made anew, because some providers sign each with its time."""
        pause_s, longest_s = _PAUSE_S
        while True:
            at = time.monotonic()
            status = await self._ask(make())
            self.posts += 1
            if first:
                self.firsts.append(Try(at, 1000 * (time.monotonic() - at), status))
                first = False
            if 200 <= status < 300:
                return
            if status not in _USUAL:
                self.unusual[status] += 1
            await asyncio.sleep(pause_s * random.uniform(0.7, 1.3))
            pause_s = min(longest_s, 2 * pause_s)

    async def _ask(self, call: Call) -> int:
        headers = {**call.headers, "X-Forwarded-Proto": "https"}
        try:
            async with self._session.request(call.method, self.url + call.target, data=call.body, headers=headers) as answer:
                await answer.read()
                return answer.status
        except (aiohttp.ClientError, OSError, TimeoutError):
            return 0
