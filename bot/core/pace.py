"""A channel's pace: how fast all workers together may send, to everybody and to one person, and what providers' answers make of it."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.core.bucket import Bucket, Traffic
from bot.core.errors import SendError, Throttled, ThrottledOne, Unknown, Unreachable
from bot.core.ports import Channel, Clock
from bot.core.storage import ClaimedDelivery, Store
from bot.core.types import Lane

PATIENCE_S = 2.0  # a worker waits this long for its turn; longer, and it does something else meanwhile
RACES = 64  # lost in a row: then others are so busy with the bucket that the slots are surely used
LATELY_S = 0.1  # who takes slots of a quick channel knows for so long how its bucket stood


def traffic_of(delivery: ClaimedDelivery) -> Traffic:
    """The class whose share a delivery is sent from."""
    if delivery.lane is Lane.ALERTS:
        return Traffic.ALERT
    return Traffic.BULK if delivery.unsolicited else Traffic.REPLY


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether to send now. `later` is 0.0: yes, from `at` on; else the time to come again."""

    later: float = 0.0
    at: float = 0.0
    closed: bool = False  # nobody may send at all for now: nothing to wait for
    doubtful: bool = False  # the last send was not answered: whatever comes of this one is news
    own: bool = False  # it is the person's own pace that says wait: others may go meanwhile


class Line:
    """The threads of one process that wait for a channel's slots in one class, one behind the other. The first one leaves to the next
    how the channel's bucket stood."""

    def __init__(self) -> None:
        self._head, self._counting, self._behind = threading.Lock(), threading.Lock(), 0
        self._known: tuple[Bucket, int] | None = None

    def stand(self, patience: float) -> bool:
        """Waits to be the first, who then has to `leave`. False: it took longer than `patience`."""
        self._count(1)
        try:
            return self._head.acquire(timeout=patience)
        finally:
            self._count(-1)

    def leave(self) -> None:
        """Lets the next one be first."""
        self._head.release()

    @property
    def more(self) -> bool:
        """Whether anybody stands behind the first one."""
        return self._behind > 0

    def note(self, bucket: Bucket, version: int) -> None:
        """For the first one: how the bucket stands."""
        self._known = (bucket, version)

    def lately(self, now: float) -> tuple[Bucket, int] | None:
        """For the first one: how the bucket stood, with its version, where that was a moment ago and the channel was open. Whoever takes
        a slot names the version, so nobody takes one by what is not so any more; and who is refused asks again within a slot or two."""
        if self._known is None or self._known[0].closed_s(now) or not 0.0 <= now - self._known[0].touched <= LATELY_S:
            return None
        return self._known

    def _count(self, change: int) -> None:
        with self._counting:
            self._behind += change


class Lines:
    """Where the threads of one process wait for their channel's next slot, those of a class one behind the other: only the first one
    asks. Eight that ask for the same slot read and write the bucket eight times, and seven of them in vain."""

    def __init__(self, make: Callable[[], Line] = Line) -> None:
        self._make = make
        self._lines: dict[tuple[str, Traffic], Line] = {}

    def line(self, channel: str, traffic: Traffic) -> Line:
        """Who is the first of it asks for a slot."""
        return self._lines.setdefault((channel, traffic), self._make())


@dataclass(frozen=True, slots=True)
class Pace:
    """Keeps channels' rates. The buckets are in the store, for every worker the same; `lines` are this process's own."""

    store: Store
    clock: Clock
    sleep: Callable[[float], None] = time.sleep
    lines: Lines = field(default_factory=Lines)

    def turn(self, channel: Channel, urn: str, traffic: Traffic) -> Turn:
        """Waits for a turn to send to `urn`, as long as it is short."""
        patience = PATIENCE_S
        while True:
            wait, turn, patience = self._first(channel, urn, traffic, patience)
            if not wait:
                return turn
            if wait > patience or turn.closed:
                return Turn(later=self.clock() + wait)
            patience -= wait
            self.sleep(wait)

    def _first(self, channel: Channel, urn: str, traffic: Traffic, patience: float) -> tuple[float, Turn, float]:
        """As `_ask`, and what is left of `patience`: stands in line, and waits at its head for the channel's next slot."""
        line, came = self.lines.line(channel.name, traffic), time.monotonic()
        if not line.stand(patience):
            return 1.0 / channel.limits.rate_per_s, Turn(), 0.0
        try:
            patience -= min(patience, time.monotonic() - came)
            while True:
                wait, turn = self._ask(channel, urn, traffic, line)
                if not wait or turn.own or turn.closed or wait > patience:
                    return wait, turn, patience
                patience -= wait
                self.sleep(wait)
        finally:
            line.leave()

    def heard(self, channel: Channel, turn: Turn, error: SendError | None) -> None:
        """What came of a turn: for everybody on this channel, not for the delivery. A send that went well costs nothing here."""
        if isinstance(error, Throttled) and not isinstance(error, ThrottledOne):
            after_s = error.after_s
            self._change(channel, lambda bucket, now: bucket.throttled(sent_at=turn.at, after_s=after_s, now=now))
        elif isinstance(error, Unreachable | Unknown):
            self._change(channel, lambda bucket, now: bucket.missed(sent_at=turn.at, now=now))
        elif turn.doubtful:
            self._change(channel, lambda bucket, now: bucket.answered(now=now))

    def _ask(self, channel: Channel, urn: str, traffic: Traffic, line: Line) -> tuple[float, Turn]:
        """Seconds until the first bucket that has nothing for us, 0.0 where all gave their slot: all now, when the send goes."""
        for race in range(RACES):
            now = self.clock()
            bucket, version = (line.lately(now) if not race else None) or self.store.bucket(channel.name)
            after, wait = bucket.take(traffic, rate_per_s=channel.limits.rate_per_s, now=now, more=line.more)
            if after is bucket or self.store.swap_bucket(channel.name, after, version=version):
                line.note(after, version + (after is not bucket))
                break
        else:
            return 1.0 / channel.limits.rate_per_s, Turn()
        own = not wait
        if own:
            wait = self._take_pair(channel, urn)
            # With a wait nothing goes, and the channel's slot is for others: where nobody took the next one meanwhile.
            if wait and self.store.swap_bucket(channel.name, bucket, version=version + 1):
                line.note(bucket, version + 2)
        return wait, Turn(at=now, closed=bucket.closed_s(now) > 0, doubtful=bucket.misses > 0, own=own)

    def _take_pair(self, channel: Channel, urn: str) -> float:
        """The person's own bucket, last: theirs comes back so slowly that it must never be taken in vain."""
        limits = channel.limits
        if limits.pair_s <= 0:
            return 0.0
        return self.store.take_slot(f"{channel.name}:{urn}", rate_per_s=1.0 / limits.pair_s, burst=limits.pair_burst, now=self.clock())

    def _change(self, channel: Channel, change: Callable[[Bucket, float], Bucket]) -> None:
        """Keeps what was heard. After so many lost races it is dropped: whoever was faster heard the same."""
        for _ in range(RACES):
            bucket, version = self.store.bucket(channel.name)
            after = change(bucket, self.clock())
            if after is bucket or self.store.swap_bucket(channel.name, after, version=version):
                return


def speeds(store: Store, *, now: float) -> dict[str, float]:
    """What each channel uses of its configured rate at this moment, 0.1 to 1.0: less after its provider found us too fast. 0.0: it
    does not answer, and only a probe goes now and then."""
    return {channel: 0.0 if bucket.tripped else bucket.speed(now) for channel, bucket in store.buckets().items()}
