"""What the gateway looks at to say how the service is: the store, the broker, the lanes, the disk. Asking often costs little."""

import asyncio
import shutil
import time
from collections.abc import Callable, Mapping
from typing import Generic, TypeVar

from bot.app import App
from bot.core.bucket import Bucket
from bot.core.gauges import Gauges
from bot.core.ports import Reachable
from bot.core.types import Lane
from bot.heartbeat import heartbeat_file, read
from bot.metrics.share import alive

KEEP_S = 5.0  # the addresses are open: asking often must cost nothing
PATIENCE_S = 3.0  # container engines ask with four seconds to spare
LOW_DISK = 200_000_000  # bytes
PARTS = (*(lane.value for lane in Lane), "beat")

_T = TypeVar("_T")


class Look(Generic[_T]):
    """The answer of `ask`, at most `keep_s` old; `otherwise` where it fails or takes too long. Many may ask at once."""

    def __init__(self, ask: Callable[[], _T], *, otherwise: _T, keep_s: float = KEEP_S) -> None:
        self._ask, self._otherwise, self._keep_s = ask, otherwise, keep_s
        self._lock = asyncio.Lock()
        self._at, self._seen = float("-inf"), otherwise

    async def __call__(self) -> _T:
        async with self._lock:
            if time.monotonic() - self._at > self._keep_s:
                self._seen = await self._look()
                self._at = time.monotonic()
            return self._seen

    async def _look(self) -> _T:
        try:
            return await asyncio.wait_for(asyncio.to_thread(self._ask), PATIENCE_S)
        except Exception:
            return self._otherwise


class Looks:
    """Everything that can be looked at."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.store = Look(self._writes, otherwise=False)
        self.broker = Look(self._broker, otherwise=False)
        self.silent = Look(self._silent, otherwise=PARTS)
        self.disk = Look(lambda: shutil.disk_usage(app.settings.data_dir).free, otherwise=0)
        self.buckets: Look[Mapping[str, Bucket]] = Look(app.store.buckets, otherwise={})
        self.gauges: Look[Gauges | None] = Look(lambda: app.store.gauges(now=app.clock()), otherwise=None)

    async def degraded(self) -> list[str]:
        """What does not work though messages are taken all the same: a broker that is gone, silent lanes, a disk that fills up."""
        broker, silent, disk = await asyncio.gather(self.broker(), self.silent(), self.disk())
        return [*([] if broker else ["broker"]), *silent, *(["disk"] if disk < LOW_DISK else [])]

    def _writes(self) -> bool:
        self._app.store.check_write(now=self._app.clock())
        return True

    def _broker(self) -> bool:
        queue = self._app.queue
        return queue.answers() if isinstance(queue, Reachable) else True

    def _silent(self) -> tuple[str, ...]:
        """The lanes, and the beat, of which no process answers, or that broke the word of their heartbeat."""
        there = alive(self._app.settings.data_dir)
        return tuple(part for part in PARTS if part not in there or self._overdue(part))

    def _overdue(self, part: str) -> bool:
        beat = read(heartbeat_file(self._app.settings.run_path, part))
        return beat is not None and beat.overdue(time.monotonic()) > 0
