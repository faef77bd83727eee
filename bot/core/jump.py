"""Clocks that jump. A cheap board does not know the time when it starts; NTP puts it right later, by a day or by years."""

import time
from dataclasses import dataclass, field
from typing import Protocol

from bot.core.ports import Clock

JUMP_S = 120.0  # less than this does no harm that lasts
SETTLE_S = 10.0  # after a jump forward no worker sends for this long: the sweep, every 2 s, moves what waits first


class ClockStore(Protocol):
    """The part of Store that follows the machine's clock."""

    def settle_clock(self, *, now: float, jumped_s: float = 0.0) -> float:
        """Notes that it is `now`. Where a later time was noted before, the clock went back; `jumped_s`: the caller saw it go forward.

        Then what waits is moved along, so that it is neither held back nor too late because of the clock: leases, next tries, holds,
        buckets, the time until which a reply is worth sending. An alert's end stays: it is a time of the world and not a stretch of
        it. Returns by how much the clock jumped, 0.0 for not at all (or by less than two minutes)."""
        ...

    def restored_at(self) -> float:
        """When a backup was brought back, for a day after that; else 0.0. Messages from before may have been answered already."""
        ...


def steady() -> float:
    """Seconds that only ever pass, also while the machine sleeps where the system counts that (Linux): a sleep is no jump."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


@dataclass
class Watch:
    """Tells in one process a clock that jumped from time that passed. `unsettled_s` is what the store was not told yet."""

    clock: Clock
    steady: Clock = steady
    unsettled_s: float = 0.0
    _apart: float | None = field(default=None, init=False)
    _jumped_at: float = field(default=float("-inf"), init=False)

    def look(self) -> None:
        """Notes a jump since the last look."""
        passed = self.steady()
        apart = self.clock() - passed
        jumped = 0.0 if self._apart is None else apart - self._apart
        if abs(jumped) > JUMP_S:
            self.unsettled_s += jumped
            self._jumped_at = passed
        self._apart = apart

    @property
    def calm(self) -> bool:
        """False for a few seconds after a jump."""
        return self.steady() - self._jumped_at > SETTLE_S

    def settle(self, store: ClockStore) -> float:
        """Lets the store follow. Returns by how much the clock jumped. Raises StoreDown: the next call tells it again."""
        self.look()
        jumped = store.settle_clock(now=self.clock(), jumped_s=max(0.0, self.unsettled_s))
        self.unsettled_s = 0.0
        return jumped
