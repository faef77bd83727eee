"""A channel's pace: how fast all workers together may send, to everybody and to one person."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bot.core.ports import Channel, Clock
from bot.core.storage import Store

PATIENCE_S = 2.0  # a worker waits this long for its turn; longer, and it does something else meanwhile
PAUSE_S = 1.0  # where a provider says "too fast" and not for how long


@dataclass(frozen=True, slots=True)
class _Bucket:
    name: str
    rate_per_s: float
    burst: float = 1.0  # providers count by the second: whatever goes at once counts twice there


@dataclass(frozen=True, slots=True)
class Pace:
    """Keeps channels' rates. Holds no state: the buckets are in the store, for every worker the same."""

    store: Store
    clock: Clock
    sleep: Callable[[float], None] = time.sleep

    def turn(self, channel: Channel, urn: str) -> float:
        """Waits for a turn to send to `urn`, as long as it is short. Returns 0.0: send now; else the time to come again."""
        patience = PATIENCE_S
        while wait := self._wait(channel, urn):
            if wait > patience:
                return self.clock() + wait
            patience -= wait
            self.sleep(wait)
        return 0.0

    def pause(self, channel: Channel, after_s: float | None) -> None:
        """The provider finds us too fast: nobody sends on this channel for `after_s`."""
        bucket = _everybody(channel)
        until = self.clock() + (after_s or PAUSE_S)
        self.store.close_slots(bucket.name, rate_per_s=bucket.rate_per_s, burst=bucket.burst, until=until)

    def _wait(self, channel: Channel, urn: str) -> float:
        """Seconds until the first bucket that has nothing for us, 0.0 where all gave their slot: all now, when the send goes."""
        for bucket in _buckets(channel, urn):
            wait = self.store.take_slot(bucket.name, rate_per_s=bucket.rate_per_s, burst=bucket.burst, now=self.clock())
            if wait:
                return wait
        return 0.0


def _everybody(channel: Channel) -> _Bucket:
    return _Bucket(channel.name, channel.limits.rate_per_s)


def _buckets(channel: Channel, urn: str) -> Iterator[_Bucket]:
    """What one send takes from. The person's last: theirs comes back so slowly that it must never be taken in vain."""
    yield _everybody(channel)
    limits = channel.limits
    if limits.pair_s > 0:
        yield _Bucket(f"{channel.name}:{urn}", 1.0 / limits.pair_s, limits.pair_burst)
