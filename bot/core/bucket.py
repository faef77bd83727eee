"""A channel's bucket: who sends next, how fast, and not at all for now. Pure values; the store keeps one per channel for all workers.

A channel is one sender at one provider, so one bucket per channel is one per sender. Its slots are evenly spaced (GCRA with a burst of
one): providers count by the second, and whatever goes at once counts twice there. The next slot is fought over by three classes:

- Each class has a share of the rate that is its own while it has work: SHARES. Its shares fall due one after the other; who has one due
  goes before who has not, the earliest deadline first (EDF over one server, total load 1: nobody misses by more than a slot).
- What nobody's share asks for goes by rank: alerts, then replies, then bulk. So no slot is lost while anybody waits, and an idle
  class costs nothing.
- Above ten a second a slot that was taken late does not shift the next one, so that what the clock and the database cost is not lost. And
  there a reply whose share is due takes the next slot ahead of its time: who asks something while a broadcast goes out does not wait
  for it. So in t seconds go at most 3 + rate * t, and in the long run the rate.
- Nobody queues here. Who is refused leaves a mark that its class waits, until shortly after it is due back, and the others leave the
  slot to it. A mark whose owner never came back costs one slot, or a quarter of a second.

An alert that comes out of the blue is due at once: before it go at most the slot under way, one reply and one bulk message.

Too fast (Throttled): the rate is halved, once for all sends that were under way together, and grows back evenly in RECOVER_S (AIMD).
No answer (Unreachable, Unknown), TRIP times in a row: nobody sends but one probe, after 5 s, 10 s, 20 s, up to a minute, until one is
answered (a circuit breaker). See docs/adr/0017-sharing-a-rate.md.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Protocol

GRACE_S = 0.25  # who waits may come back this late and still find the slot
FLOOR = 0.1  # of the rate: slower than this no provider makes us
RECOVER_S = 600.0  # from nothing to the whole rate; from a half in half the time
PAUSE_S = 1.0  # where a provider says "too fast" and not for how long
FLOOR_PAUSE_S = 2.0  # the same, where we are as slow as we get
LONGEST_PAUSE_S = 3600.0  # then it is asked again, whatever it said
TRIP = 5
FIRST_BREAK_S = 5.0
LONGEST_BREAK_S = 60.0
PROBE_S = 35.0  # longer than a call: then the probe was lost, and another one goes
SHORT_S = 0.1  # a slot: one that is shorter may be taken late or early by its own length
SKEW_S = 60.0  # workers' clocks are closer together than this; what is further ahead was written before a clock was set back


class Traffic(StrEnum):
    """Who wants to send, in the order of their rank."""

    ALERT = "alert"
    REPLY = "reply"
    BULK = "bulk"  # what nobody asked for


SHARES: Mapping[Traffic, float] = {Traffic.ALERT: 0.6, Traffic.REPLY: 0.3, Traffic.BULK: 0.1}
_RANK = {traffic: rank for rank, traffic in enumerate(Traffic)}


@dataclass(frozen=True, slots=True)
class Share:
    """One class's part of a bucket."""

    due: float = 0.0  # when the next slot of its share is
    waits: float = 0.0  # until then somebody of it is known to wait


@dataclass(frozen=True, slots=True)
class Bucket:
    """How things stand. Every method returns the bucket after it, the very same one where nothing changed."""

    touched: float = 0.0
    full_at: float = 0.0  # the next slot, GCRA's "theoretical arrival time"
    closed_until: float = 0.0  # the provider asked for a pause
    misses: int = 0  # sends in a row that nobody answered
    missed_at: float = 0.0
    probe_at: float = 0.0  # with TRIP misses: nobody goes before, and one then
    probed_at: float = 0.0  # and when it went
    factor: float = 1.0  # of the rate, as it was at `cut_at`
    cut_at: float = 0.0
    alert: Share = Share()
    reply: Share = Share()
    bulk: Share = Share()

    @property
    def tripped(self) -> bool:
        """Whether the provider seems to be down."""
        return self.misses >= TRIP

    def speed(self, now: float) -> float:
        """What is used of the configured rate, FLOOR to 1.0."""
        return min(1.0, self.factor + max(0.0, now - self.cut_at) / RECOVER_S)

    def closed_s(self, now: float) -> float:
        """How long nobody may come, whoever it is."""
        probe_s = self.probe_at - now if self.tripped else 0.0
        if self.tripped and self.probed_at > self.missed_at:  # it is under way: soon more is known
            probe_s = min(self.probed_at + PROBE_S - now, FIRST_BREAK_S)
        return max(0.0, self.closed_until - now, probe_s)

    def take(self, traffic: Traffic, *, rate_per_s: float, now: float, more: bool = False) -> tuple["Bucket", float]:
        """`traffic` asks for a slot: with 0.0 it is theirs, else they may ask again in so many seconds. `more`: another one of theirs asks
        as soon as this one has it, and its mark is made at once: that spares it a write."""
        bucket = self._mended(now)
        closed_s = bucket.closed_s(now)
        if closed_s:
            return bucket, closed_s
        slot_s = 1.0 / (rate_per_s * bucket.speed(now))
        if bucket._early(traffic, slot_s, now):
            return bucket._taken(traffic, slot_s, now, more=more), 0.0
        wait = max(0.0, bucket.full_at - now)
        if not wait and bucket._yields(traffic, slot_s, now):
            wait = slot_s
        if wait:
            return bucket._waiting(traffic, wait, slot_s, now), wait
        return bucket._taken(traffic, slot_s, now, more=more), 0.0

    def throttled(self, *, sent_at: float, after_s: float | None, now: float) -> "Bucket":
        """The provider found the send of `sent_at` too fast. What was sent before the last cut says nothing new about the rate."""
        speed = self.speed(now)
        pause_s = min(after_s or (PAUSE_S if speed / 2.0 > FLOOR else FLOOR_PAUSE_S), LONGEST_PAUSE_S)
        closed = replace(self, closed_until=max(self.closed_until, now + pause_s), misses=0, touched=now)
        return replace(closed, factor=max(FLOOR, speed / 2.0), cut_at=now) if sent_at > self.cut_at else closed

    def missed(self, *, sent_at: float, now: float) -> "Bucket":
        """Nobody answered the send of `sent_at`. Once it is known that nobody does, only a later one, the probe, says more."""
        if self.tripped and sent_at <= self.missed_at:
            return self
        misses = self.misses + 1
        break_s = min(FIRST_BREAK_S * 2.0 ** min(misses - TRIP, 9), LONGEST_BREAK_S)
        return replace(self, misses=misses, missed_at=now, probe_at=now + break_s if misses >= TRIP else 0.0, touched=now)

    def answered(self, *, now: float) -> "Bucket":
        """The provider is there, whatever it said."""
        return replace(self, misses=0, touched=now) if self.misses else self

    def _mended(self, now: float) -> "Bucket":
        """The same, without times that a clock left behind which has been set back since: they would close the channel until then."""
        if self.touched <= now + SKEW_S:
            return self
        return Bucket(touched=now, misses=self.misses, factor=self.factor, cut_at=now)

    def _share(self, traffic: Traffic) -> Share:
        found: Share = getattr(self, traffic)
        return found

    def _with(self, traffic: Traffic, share: Share) -> "Bucket":
        changed: dict[str, Any] = {traffic.value: share}
        return replace(self, **changed)

    def _due(self, traffic: Traffic, slot_s: float, now: float) -> float:
        """When the share's next slot is. An idle class saves none up; one that waits is behind by at most one."""
        share, period_s = self._share(traffic), slot_s / SHARES[traffic]
        waited = share.waits + slot_s >= now  # between two of a row there is a moment in which nobody is marked
        return max(share.due, now - period_s if waited else now)

    def _place(self, traffic: Traffic, slot_s: float, now: float) -> tuple[bool, float, int]:
        """Who goes first: the smallest."""
        due = self._due(traffic, slot_s, now)
        return (False, due + slot_s / SHARES[traffic], _RANK[traffic]) if due <= now else (True, 0.0, _RANK[traffic])

    def _early(self, traffic: Traffic, slot_s: float, now: float) -> bool:
        """Whether `traffic` may go ahead of its slot and of all who wait: a reply, within its share, while slots are short."""
        leeway = leeway_s(slot_s)
        near = leeway > 0 and self.full_at <= now + leeway
        return traffic is Traffic.REPLY and near and self._due(traffic, slot_s, now) <= now

    def _yields(self, traffic: Traffic, slot_s: float, now: float) -> bool:
        """Whether somebody who waits has a better right to this slot."""
        mine = self._place(traffic, slot_s, now)
        waiting = [other for other in Traffic if other is not traffic and self._share(other).waits > now]
        return any(self._place(other, slot_s, now) < mine for other in waiting)

    def _waiting(self, traffic: Traffic, wait: float, slot_s: float, now: float) -> "Bucket":
        """Marked, where the mark that is there does not last until `traffic` is back."""
        if self._share(traffic).waits > now + wait:
            return self
        mark = Share(self._due(traffic, slot_s, now), now + wait + max(GRACE_S, slot_s))
        return replace(self._with(traffic, mark), touched=now)

    def _taken(self, traffic: Traffic, slot_s: float, now: float, *, more: bool) -> "Bucket":
        due = self._due(traffic, slot_s, now)
        served = Share(due + slot_s / SHARES[traffic] if due <= now else due, now)
        probed_at = now if self.tripped else self.probed_at
        full_at = self._slot(slot_s, now) + slot_s
        taken = replace(self._with(traffic, served), touched=now, full_at=full_at, probed_at=probed_at)
        return taken._waiting(traffic, max(0.0, full_at - now), slot_s, now) if more else taken

    def _slot(self, slot_s: float, now: float) -> float:
        """The time of the slot that is taken at `now`: where somebody waits for each slot and wakes a little late, the next one does not
        come later for it, and one that was taken early is paid for. Milliseconds are a tenth of the rate at fifty a second; at slow
        rates they are nothing."""
        return self.full_at if now <= self.full_at + leeway_s(slot_s) else now


def leeway_s(slot_s: float) -> float:
    """By how much a slot may be taken late without the next one coming later, and by a reply early."""
    return slot_s if slot_s < SHORT_S else 0.0


class BucketStore(Protocol):
    """The part of a Store that keeps the buckets, by compare and swap: who is refused waits for no lock and, as a rule, writes nothing."""

    def bucket(self, channel: str) -> tuple[Bucket, int]:
        """The channel's bucket and its version: a new one and 0 where there is none yet."""
        ...

    def swap_bucket(self, channel: str, bucket: Bucket, *, version: int) -> bool:
        """Puts `bucket` in the place of that `version`, as the next one. False: somebody was there first, and nothing changed."""
        ...

    def buckets(self) -> Mapping[str, Bucket]:
        """Every channel's bucket, for metrics and the doctor."""
        ...
