"""Feeds broadcasts to their lane, a little at a time: for the sweep. Safe to kill anywhere, and to run twice at once."""

from collections.abc import Mapping, Sequence
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
    parts_of,
    words_for,
)
from bot.core.ports import Channel, Clock, Queue
from bot.core.storage import NewDelivery
from bot.core.types import Lang

PAGE = 200  # people a transaction
WINDOW_S, LEAST, MOST = 20.0, 50, 500  # what may wait on a channel: seconds of its rate, deliveries
QUIET_S, QUIET_LEAST, QUIET_MOST = 2.0, 16, 100  # the same where it goes with the replies' lane, which must stay short
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
        made, done = 0, True
        for track, scheme, plan in _tracks(fed.broadcast, self.ways):
            round_ = _Round(self, track, scheme, plan, self.channels[self.ways[scheme]], waiting)
            after = round_.top_up(fed)
            made += round_.made
            if after is None:
                return made
            fed, done = after, done and round_.ended(after)
        if done:
            self.store.fed_whole(fed, now=self.clock())
        return made

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
            page = self._page(fed, min(room, PAGE))
            stored = self.feeder.store.feed(fed, page, now=self.feeder.clock())
            if stored is None:
                return None
            fed, ids = stored
            self.made += len(ids)
            self.waiting[self.channel.name] = self._waits + len(ids)
            for made in ids:
                self.feeder.queue.hint(lane_of(fed.broadcast), made)
        return fed

    def _page(self, fed: Fed, limit: int) -> Page:
        """The next people, from however many legs: most places of a wide audience are empty."""
        at = self._cursor(fed)
        found: list[Recipient] = []
        while at.leg < len(self.plan) and len(found) < limit:
            leg, wanted = self.plan[at.leg], limit - len(found)
            some = self.feeder.store.recipients(fed.broadcast, leg, self.scheme, after=at.after, limit=wanted)
            found += some
            at = Cursor(at.leg, some[-1].key) if len(some) == wanted else Cursor(at.leg + 1)
            if leg.kind is not LegKind.MISSED and at.leg < len(self.plan) and self.plan[at.leg].kind is LegKind.MISSED and found:
                break  # who was missed is looked for once these are stored
        slot_s, before = 1.0 / self.channel.limits.rate_per_s, self._waits
        return Page(
            track=self.track,
            cursor=at,
            deliveries=[self._delivery(fed.broadcast, one) for one in found],
            slots=[slot_s * (before + n) for n in range(len(found))],
        )

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
