"""The in-memory double of bot.store.rates."""

from collections.abc import Callable
from contextlib import AbstractContextManager

from bot.store.memory_rows import Tables
from bot.store.rules import spare_s


class MemoryRates:
    """The part of MemoryStore that keeps providers' limits."""

    _write: Callable[[], AbstractContextManager[Tables]]

    def take_slot(self, name: str, *, rate_per_s: float, burst: float, now: float) -> float:
        with self._write() as t:
            full = t.rates.get(name, now)
            free = full - spare_s(rate_per_s, burst)
            if free > now:
                return free - now
            t.rates[name] = max(full, now) + 1.0 / rate_per_s
            return 0.0

    def slots_until(self, name: str) -> float:
        with self._write() as t:
            return t.rates.get(name, 0.0)
