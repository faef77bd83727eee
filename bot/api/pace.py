"""How fast a program may ask. Kept in memory: the gateway is one process, and a restart forgives."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

_MOST = 10_000  # names that are remembered; the one that was quiet for longest is forgotten first


@dataclass
class Pace:
    """A bucket for each name: `burst` at once, then `rate_per_s`."""

    rate_per_s: float
    burst: float
    clock: Callable[[], float]
    _buckets: "OrderedDict[str, tuple[float, float]]" = field(default_factory=OrderedDict)

    def take(self, name: str) -> float:
        """Takes one. Returns the seconds to wait, 0.0 where it may go on at once."""
        now = self.clock()
        left = self._left(name, now)
        wait = max(0.0, (1.0 - left) / self.rate_per_s)
        self._keep(name, left if wait else left - 1.0, now)
        return wait

    def empty(self, name: str) -> float:
        """The seconds to wait, without taking anything."""
        return max(0.0, (1.0 - self._left(name, self.clock())) / self.rate_per_s)

    def _left(self, name: str, now: float) -> float:
        left, since = self._buckets.get(name, (self.burst, now))
        return min(self.burst, left + max(0.0, now - since) * self.rate_per_s)

    def _keep(self, name: str, left: float, now: float) -> None:
        self._buckets[name] = (left, now)
        self._buckets.move_to_end(name)
        while len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
