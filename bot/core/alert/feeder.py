"""Feeds broadcasts to their lane, a little at a time: for the sweep. Safe to kill anywhere, and to run twice at once."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.alert.audit import SYSTEM
from bot.core.alert.broadcast import Broadcast, Stage
from bot.core.alert.sending import (
    ESCALATED,
    BroadcastStore,
    Cursor,
    Fed,
    Leg,
    LegKind,
    Page,
    Recipient,
    Ways,
    delivery,
    lane_of,
    legs,
    misses,
    parts_of,
    words_for,
)
from bot.core.ports import Channel, Clock, Queue
from bot.core.storage import NewDelivery
from bot.core.types import Lang

PAGE = 16  # people a transaction: while it lasts, SQLite has no turn for an answer
REST_S = 0.03  # between two pages: an answer that came meanwhile goes through, and waits for one page at most
WINDOW_S, LEAST, MOST = 20.0, 50, 500  # what may wait on a channel: seconds of its rate, deliveries
QUIET_S, QUIET_LEAST, QUIET_MOST = 2.0, 16, 100  # the same where it goes with the replies' lane, which must stay short
HINTED = 8  # deliveries a hint: publishing one takes the broker and us two milliseconds that answers wait for
EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Feeder:
    """Keeps a window of each broadcast in its lane. Who has sent pulls the next one, so the window only has to outlast a sweep."""

    store: BroadcastStore
    channels: Mapping[str, Channel]
    ways: Ways
    queue: Queue
    clock: Clock
    lang: Lang
    sleep: Callable[[float], None] = time.sleep

    def run(self) -> int:
        """One round over all broadcasts. Returns how many deliveries were made."""
        for broadcast in self.store.left_over():
            self.store.end_deliveries(broadcast.id, "stopped")
        for broadcast in self.store.to_escalate(now=self.clock()):
            if self.store.answered_share(broadcast.id) < broadcast.escalate_below:
                self._escalate(broadcast.id)
        return sum(self._feed(fed) for fed in self.store.to_feed())

    def _feed(self, fed: Fed) -> int:
        """Tops a broadcast's windows up."""
        if self.clock() > fed.broadcast.expires:
            self._expire(fed)
            return 0
        waiting = dict(self.store.waiting_deliveries(fed.broadcast.id))
        rounds = [
            _Round(self, track, scheme, plan, self.channels[self.ways[scheme]], waiting)
            for track, scheme, plan in _tracks(fed.broadcast, self.ways)
        ]
        after: Fed | None = fed
        for one in rounds:
            after = one.top_up(after) if after is not None else None
        if after is not None and all(one.ended(after) for one in rounds):
            missed = [one.catch_up(after) for one in rounds if misses(fed.broadcast.audience)]
            if all(missed):  # nobody is left: neither on the way nor beside it
                self.store.fed_whole(after, now=self.clock())
        return sum(one.made for one in rounds)

    def _expire(self, fed: Fed) -> None:
        """Who was not fed in time never will be."""
        if fed.broadcast.stage is Stage.SENT:  # all but its second group
            self.store.fed_whole(fed, now=self.clock())
            return
        with self.store.begin() as tx:
            broadcast, now = tx.broadcast(fed.broadcast.id), self.clock()
            if broadcast is not None and broadcast.stage is Stage.SENDING:
                tx.save_broadcast(replace(broadcast, stage=Stage.STOPPED, why=EXPIRED, ended=now), was=Stage.SENDING)
                tx.audit(SYSTEM, "broadcast.expire", f"broadcast:{broadcast.id}", now=now)

    def _escalate(self, id: int) -> None:
        """Too few have answered: the second group gets it, too."""
        with self.store.begin() as tx:
            broadcast, now = tx.broadcast(id), self.clock()
            if broadcast is None or broadcast.escalated or broadcast.stage not in (Stage.SENDING, Stage.SENT):
                return
            tx.save_broadcast(replace(broadcast, escalated=now), was=broadcast.stage)
            tx.feed_on(id)
            tx.audit(SYSTEM, "broadcast.escalate", f"broadcast:{id}", {"group": broadcast.escalate_to}, now=now)


@dataclass(slots=True)
class _Round:
    """One track of one broadcast in one round."""

    feeder: Feeder
    track: str
    scheme: str
    plan: Sequence[Leg]
    channel: Channel
    waiting: dict[str, int]  # deliveries of the broadcast that are not over, by channel
    made: int = 0

    def ended(self, fed: Fed) -> bool:
        """Whether nobody is left on it."""
        return self._cursor(fed).leg >= len(self.plan)

    def top_up(self, fed: Fed) -> Fed | None:
        """Feeds until the channel's window is full or the plan is at its end. None: it is somebody else's, or nobody's any more."""
        while (room := self._room(fed.broadcast)) > 0 and not self.ended(fed):
            stored = self._store(fed, *self._next(fed, min(room, PAGE)))
            if stored is None:
                return None
            fed = stored
        return fed

    def catch_up(self, fed: Fed) -> bool:
        """Feeds those who are of the audience and were missed. True where there was nobody."""
        missed, nobody, after = Leg(LegKind.MISSED), True, ""
        while (room := self._room(fed.broadcast)) > 0:
            some = self.feeder.store.recipients(fed.broadcast, missed, self.scheme, after=after, limit=min(room, PAGE))
            if not some:
                return nobody
            nobody, after = False, some[-1].key
            if self._store(fed, self._cursor(fed), some) is None:
                return False
        return False

    def _next(self, fed: Fed, limit: int) -> tuple[Cursor, Sequence[Recipient]]:
        """The next people, from however many legs: most places of a wide audience are empty."""
        at = self._cursor(fed)
        found: list[Recipient] = []
        while at.leg < len(self.plan) and len(found) < limit:
            wanted = limit - len(found)
            some = self.feeder.store.recipients(fed.broadcast, self.plan[at.leg], self.scheme, after=at.after, limit=wanted)
            found += some
            at = Cursor(at.leg, some[-1].key) if len(some) == wanted else Cursor(at.leg + 1)
        return at, found

    def _store(self, fed: Fed, cursor: Cursor, people: Sequence[Recipient]) -> Fed | None:
        """Stores their deliveries and hints them. None: as for `top_up`."""
        if self.made and people:
            self.feeder.sleep(REST_S)
        slot_s, before = 1.0 / self.channel.limits.rate_per_s, self._waits
        page = Page(
            track=self.track,
            cursor=cursor,
            deliveries=[self._delivery(fed.broadcast, one) for one in people],
            slots=[slot_s * (before + n) for n in range(len(people))],
        )
        stored = self.feeder.store.feed(fed, page, now=self.feeder.clock())
        if stored is None:
            return None
        after, ids = stored
        self.made += len(ids)
        self.waiting[self.channel.name] = self._waits + len(ids)
        for first in range(0, len(ids), HINTED):
            self.feeder.queue.hint(lane_of(fed.broadcast), *ids[first : first + HINTED])
        return after

    def _delivery(self, broadcast: Broadcast, one: Recipient) -> tuple[NewDelivery, str]:
        text = words_for(broadcast, one.lang, self.feeder.lang)
        return delivery(broadcast, self.channel.name, one.urn, parts_of(text, self.channel.limits)), one.place

    @property
    def _waits(self) -> int:
        return self.waiting.get(self.channel.name, 0)

    def _room(self, broadcast: Broadcast) -> int:
        return window(self.channel.limits.rate_per_s, quiet=broadcast.quiet) - self._waits

    def _cursor(self, fed: Fed) -> Cursor:
        return fed.cursors.get(self.track, Cursor())


def window(rate_per_s: float, *, quiet: bool) -> int:
    """How many deliveries of one broadcast may wait on a channel of that rate."""
    if quiet:
        return round(min(max(rate_per_s * QUIET_S, QUIET_LEAST), QUIET_MOST))
    return round(min(max(rate_per_s * WINDOW_S, LEAST), MOST))


def _tracks(broadcast: Broadcast, ways: Ways) -> Sequence[tuple[str, str, Sequence[Leg]]]:
    """Each scheme has a cursor of its own: a slow channel never keeps a quick one back. A second group is in a hurry and comes first."""
    plan = legs(broadcast.audience)
    second = [Leg(LegKind.GROUP, broadcast.escalate_to)]
    escalated = [(f"{ESCALATED}{scheme}", scheme, second) for scheme in ways] if broadcast.escalated else []
    return [*escalated, *((scheme, scheme, plan) for scheme in ways)]
