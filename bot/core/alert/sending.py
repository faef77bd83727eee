"""A broadcast on its way: whom it goes to, in what order, in which words. And what that needs of a store."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from bot.core.alert.audit import AuditTx
from bot.core.alert.broadcast import Audience, Broadcast, Mode, Stage
from bot.core.alert.notice import NoticeTx
from bot.core.alert.once import OnceTx
from bot.core.alert.preview import Counted
from bot.core.alert.progress import ProgressStore
from bot.core.ports import Channel
from bot.core.storage import NewDelivery
from bot.core.text import fit
from bot.core.types import Lane, Lang, Limits
from bot.core.urn import address

SCHEMES = ("tel", "whatsapp")
KIND = "alert"  # Delivery.kind
ESCALATED = "escalated:"  # the track of the second group, in front of its scheme
MOST_PARTS = 10  # of one text: what was approved is never cut, whatever became of the limits since
Ways = Mapping[str, str]  # scheme of a URN -> the channel that pushes alerts to it


class LegKind(StrEnum):
    """A stretch of the way through an audience."""

    GOT = "got"  # who got what it follows, or may have
    PLACE = "place"  # who is in the place `name`; "": those whose place nobody knows
    GROUP = "group"  # who is in the group `name`
    EVERYONE = "everyone"
    MISSED = "missed"  # who is of the audience and has none: they came, or moved, meanwhile


@dataclass(frozen=True, slots=True)
class Leg:
    """One stretch. `volunteers`: only those, or only the others; None: both."""

    kind: LegKind
    name: str = ""
    volunteers: bool | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where the feeding of one scheme stands: leg number `leg` of `legs`, behind the person `after`."""

    leg: int = 0
    after: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person that a broadcast goes to next. `key` sorts in their leg."""

    urn: str
    lang: Lang
    place: str
    key: str


@dataclass(frozen=True, slots=True)
class Fed:
    """How far a broadcast is fed. `cursors` are by track: a scheme, or ESCALATED and a scheme."""

    broadcast: Broadcast
    cursors: Mapping[str, Cursor]
    version: str  # of the cursors: who moves them names the one it read


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The next deliveries on one track, each with its person's place, and where the track stands behind them."""

    track: str
    cursor: Cursor
    deliveries: Sequence[tuple[NewDelivery, str]] = ()
    slots: Sequence[float] = ()  # for each of them, the seconds until it is its turn


class AlertTx(NoticeTx, AuditTx, OnceTx, Protocol):
    """The part of a transaction that keeps broadcasts."""

    def add_broadcast(self, broadcast: Broadcast) -> int:
        """Stores a new one and returns its id."""
        ...

    def broadcast(self, id: int) -> Broadcast | None:
        """The broadcast of that id, held until the end of the transaction."""
        ...

    def save_broadcast(self, broadcast: Broadcast, *, was: Stage) -> bool:
        """Stores it where it still stands in the stage `was`. False: somebody was quicker, and nothing changed."""
        ...

    def follower(self, id: int) -> int:
        """The approved broadcast that follows `id`, 0 where there is none."""
        ...

    def end_deliveries(self, id: int, why: str) -> int:
        """Fails at most some hundred deliveries of it that have not gone out. Returns how many."""
        ...

    def wake_deliveries(self, id: int, *, now: float) -> Sequence[int]:
        """Makes every postponed delivery of it due. Returns the ids of the first 64."""
        ...

    def feed_on(self, id: int) -> None:
        """Notes that it is not fed whole any more: there are people more to feed."""
        ...


class BroadcastStore(ProgressStore, Protocol):
    """The part of a store that keeps broadcasts and feeds them."""

    def begin(self) -> AbstractContextManager[AlertTx]:
        """One write transaction."""
        ...

    def find_broadcast(self, id: int) -> Broadcast | None:
        """The broadcast of that id."""
        ...

    def broadcasts(self, *, stages: Sequence[Stage] = (), before: int = 0, limit: int) -> Sequence[Broadcast]:
        """The newest first, from below id `before` (0: from the newest), in one of `stages` ((): any)."""
        ...

    def count_audience(self, audience: Audience, mode: Mode, *, ways: Ways) -> Counted:
        """See bot.core.alert.preview.AudienceStore."""
        ...

    def to_feed(self) -> Sequence[Fed]:
        """The broadcasts that go out and are not fed whole, the most severe and then the oldest first."""
        ...

    def waiting_deliveries(self, id: int) -> Mapping[str, int]:
        """Deliveries of it that are not over, by channel."""
        ...

    def recipients(self, broadcast: Broadcast, leg: Leg, scheme: str, *, after: str, limit: int) -> Sequence[Recipient]:
        """The next ones of a leg who may get it, in its order, from behind `after`."""
        ...

    def feed(self, fed: Fed, page: Page, *, now: float) -> tuple[Fed, Sequence[int]] | None:
        """Stores the page's deliveries and moves the track's cursor, in one transaction: each number once, whatever its channel.

        Returns where it stands then, and the new deliveries' ids in their order. None where the broadcast is stopped, paused, or was fed
        by somebody else meanwhile: then nothing changed."""
        ...

    def fed_whole(self, fed: Fed, *, now: float) -> bool:
        """Notes that everybody was fed: SENDING becomes SENT. False as for `feed`."""
        ...

    def to_escalate(self, *, now: float) -> Sequence[Broadcast]:
        """Roll calls that were approved so long ago that they may have to go to their second group, and did not yet."""
        ...

    def answered_share(self, id: int) -> float:
        """Answers to a roll call for each person who got it or may have, 0.0 where nobody did."""
        ...

    def end_deliveries(self, id: int, why: str) -> int:
        """Fails every delivery of it that has not gone out, some hundred a transaction. Returns how many."""
        ...

    def left_over(self) -> Sequence[Broadcast]:
        """Stopped broadcasts with deliveries that are not over: whoever stopped one could not go on."""
        ...


@dataclass(frozen=True, slots=True)
class Audiences:
    """bot.core.alert.preview.AudienceStore: knows which channel reaches whom. `lang` is that of a person whose own has no text."""

    store: BroadcastStore
    ways: Ways
    channels: Mapping[str, Channel]
    lang: Lang

    def counted(self, audience: Audience, mode: Mode) -> Counted:
        """Whom `audience` holds now, counted by the same rules that the sending goes by."""
        return self.store.count_audience(audience, mode, ways=self.ways)

    def too_long(self, broadcast: Broadcast, counted: Counted) -> Sequence[tuple[str, Lang]]:
        """Channels that cannot carry the whole text for some of these people, each with the language."""
        texts = {(name, lang): words_for(broadcast, lang, self.lang) for name, lang in counted.people}
        return [(name, lang) for (name, lang), text in sorted(texts.items()) if fit(text, self.channels[name].limits).rest]


def ways_of(channels: Iterable[Channel], chosen: Mapping[str, str]) -> Ways:
    """Which channel pushes alerts to whom: the one that is chosen for a scheme, else the first of `channels` that can."""
    found: dict[str, str] = {}
    for channel in channels:
        if channel.limits.can_push and channel.limits.scheme in SCHEMES:
            found.setdefault(channel.limits.scheme, channel.name)
    return found | dict(chosen)


def legs(audience: Audience) -> Sequence[Leg]:
    """The way through an audience: who has to be corrected, then the nearest place first and in it the volunteers, then the groups, then
    all others."""
    corrected = [Leg(LegKind.GOT)] if audience.got else []
    if audience.got and not audience.rest:
        return corrected
    places = [Leg(LegKind.PLACE, place, first) for place in audience.places for first in (True, False)]
    groups = [Leg(LegKind.GROUP, group) for group in audience.groups]
    others = [Leg(LegKind.EVERYONE, "", first) for first in (True, False)] if audience.everyone else []
    unplaced = [Leg(LegKind.PLACE, "", first) for first in (True, False)] if audience.unplaced and not audience.everyone else []
    return [*corrected, *places, *groups, *others, *unplaced]


def misses(audience: Audience) -> bool:
    """Whether people can come into it, or move in it, while it is fed. Who got an old text does not change any more."""
    return not audience.got or audience.rest


def words_for(broadcast: Broadcast, lang: Lang, default: Lang) -> str:
    """What a person of that language gets: theirs, else the house's, else what there is."""
    texts = broadcast.texts
    return texts.get(lang) or texts.get(default) or next(iter(texts.values()))


def parts_of(text: str, limits: Limits) -> Sequence[str]:
    """An approved text as parts. All of it, also where the channel's limits shrank since it was approved."""
    fitted = fit(text, limits)
    return fitted.parts if not fitted.rest else fit(text, replace(limits, max_parts=MOST_PARTS)).parts


def dedup(broadcast_id: int, urn: str) -> str:
    """What is unique: each number gets a broadcast once, by whatever channel."""
    return f"{KIND}:{broadcast_id}:{address(urn)}"


def delivery(broadcast: Broadcast, channel: str, urn: str, parts: Sequence[str]) -> NewDelivery:
    """One person's copy. Who is not in danger may sleep: what is `quiet` goes with what nobody asked for, and waits for the morning."""
    return NewDelivery(
        dedup=dedup(broadcast.id, urn),
        channel=channel,
        urn=urn,
        parts=parts,
        lane=lane_of(broadcast),
        not_after=broadcast.expires,
        kind=KIND,
        unsolicited=broadcast.quiet,
        broadcast_id=broadcast.id,
    )


def lane_of(broadcast: Broadcast) -> Lane:
    """Which lane it goes by."""
    return Lane.SENDS if broadcast.quiet else Lane.ALERTS
