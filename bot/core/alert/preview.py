"""Before anybody approves: the exact text per channel and language, what it costs, how long it takes, and who is left out and why."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from bot.core.alert.broadcast import Audience, Broadcast, Mode
from bot.core.alert.draft import Drafted, Drafts, Unsendable
from bot.core.bucket import SHARES, Traffic
from bot.core.ports import Channel, Templates
from bot.core.price import Price, read_price
from bot.core.quiet import quiet_until
from bot.core.text import Alphabet, fit, measure
from bot.core.types import Lang, Limits


class Exclusion(StrEnum):
    """Why a person of the audience will not get it. Each is counted once, for the first of these that holds."""

    DUPLICATE = "duplicate"  # the same number is there already, through another contact or channel
    OPTED_OUT = "opted_out"
    NO_CHANNEL = "no_channel"  # nothing that can be pushed to reaches them
    NOT_IN_EXERCISE = "not_in_exercise"  # an exercise, and they are not in the group EXERCISE at this moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Who would get a broadcast now, by (channel name, language), and how many of its audience would not."""

    people: Mapping[tuple[str, Lang], int] = field(default_factory=dict)  # only what is over 0
    excluded: Mapping[Exclusion, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """People who would get it: the number that the approver types."""
        return sum(self.people.values())


class AudienceStore(Protocol):
    """The part of a store that a preview needs."""

    def counted(self, audience: Audience, mode: Mode) -> Counted:
        """Whom `audience` holds now, counted by the same rules that the sending goes by. Reads only; no places' descendants are
        added here: `audience.places` names every place that counts."""
        ...


class Stopper(StrEnum):
    """Why it cannot be sent as it stands."""

    NO_TEXT = "no_text"  # a language of the audience has none: see `unsendable`
    NOBODY = "nobody"
    EXPIRED = "expired"
    LATE = "late"  # it expires before the last one would have it: see `in_time`
    NOT_WHOLE = "not_whole"  # a channel cannot carry the whole text
    NO_WAY = "no_way"  # a channel that is not there, or one that may not write first without a template and has none


@dataclass(frozen=True, slots=True)
class Way:
    """A channel as a preview sees it. `price` is of one part, None where nobody said; `template`: it has one to write first with."""

    limits: Limits
    price: Price | None = None
    template: bool = False

    @property
    def rate_per_s(self) -> float:
        """Parts a second that alerts are sure of, however much else goes on."""
        return self.limits.rate_per_s * SHARES[Traffic.ALERT]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What the people of one channel and language get. `segments` is what an operator charges for one person."""

    channel: str
    lang: Lang
    people: int
    text: str
    parts: Sequence[str]
    alphabet: Alphabet
    units: int
    segments: int
    cost: Price | None  # of all of them
    whole: bool  # the parts hold the whole text


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What would happen. Times are seconds since the epoch; `ends` is when the last part is handed over, at the rate that is sure."""

    lines: Sequence[Line]
    excluded: Mapping[Exclusion, int]
    people: int
    costs: Sequence[Price]  # one for each currency
    unpriced: Sequence[str]  # channels whose price nobody said
    starts: float
    ends: float
    in_time: float  # the share of people, 0 to 1, whom it reaches before it expires; a float: 0.999 of them is not all
    unsendable: Sequence[Unsendable]
    stoppers: Sequence[Stopper]


@dataclass(frozen=True, slots=True)
class _Run:
    """One channel at work. Its people wait for each other; channels do not."""

    people: int
    starts: float
    ends: float

    def in_time(self, expires: float) -> float:
        """How many people have it before `expires`, as far as rates tell."""
        if not expires or self.ends <= expires:
            return self.people
        return self.people * max(0.0, expires - self.starts) / (self.ends - self.starts)


@dataclass(frozen=True)
class Previewer:
    """Makes previews. `ways` are the channels that alerts go out through, by name."""

    ways: Mapping[str, Way]
    zone: tzinfo = UTC

    def preview(self, broadcast: Broadcast, drafts: Drafts, counted: Counted, *, now: float) -> Preview:
        """What would happen if `broadcast` with `drafts` started at `now`. Pure: nothing is read or kept."""
        lines = [line for key, people in sorted(counted.people.items()) if (line := self._line(*key, people, drafts)) is not None]
        runs = [self._run(channel, lines, broadcast, now) for channel in sorted({line.channel for line in lines})]
        told = sum(run.in_time(broadcast.expires) for run in runs)
        in_time = told / counted.total if counted.total else 0.0
        return Preview(
            lines=lines,
            excluded=counted.excluded,
            people=counted.total,
            costs=_costs(lines),
            unpriced=sorted({line.channel for line in lines if line.cost is None}),
            starts=min((run.starts for run in runs), default=now),
            ends=max((run.ends for run in runs), default=now),
            in_time=in_time,
            unsendable=[draft for draft in drafts.values() if isinstance(draft, Unsendable)],
            stoppers=list(self._stoppers(broadcast, counted, lines, in_time, now)),
        )

    def _line(self, channel: str, lang: Lang, people: int, drafts: Drafts) -> Line | None:
        way, draft = self.ways.get(channel), drafts.get(lang)
        if way is None or not isinstance(draft, Drafted):
            return None
        fitted = fit(draft.text, way.limits)
        costs = [measure(part, way.limits) for part in fitted.parts]
        segments = sum(cost.parts for cost in costs)
        return Line(
            channel=channel,
            lang=lang,
            people=people,
            text=draft.text,
            parts=fitted.parts,
            alphabet=costs[0].alphabet,
            units=sum(cost.units for cost in costs),
            segments=segments,
            cost=None if way.price is None else replace(way.price, amount=way.price.amount * segments * people),
            whole=not fitted.rest,
        )

    def _run(self, channel: str, lines: Sequence[Line], broadcast: Broadcast, now: float) -> _Run:
        mine, way = [line for line in lines if line.channel == channel], self.ways[channel]
        starts = (quiet_until(way.limits.quiet, self.zone, now) if broadcast.quiet else 0.0) or now
        parts = sum(line.people * len(line.parts) for line in mine)
        return _Run(sum(line.people for line in mine), starts, starts + parts / way.rate_per_s)

    def _stoppers(self, broadcast: Broadcast, counted: Counted, lines: Sequence[Line], in_time: float, now: float) -> Iterator[Stopper]:
        channels = {channel for channel, _ in counted.people}
        if not counted.total:
            yield Stopper.NOBODY
        if any(not self._may_write(channel) for channel in channels):
            yield Stopper.NO_WAY
        if len(lines) < sum(channel in self.ways for channel, _ in counted.people):
            yield Stopper.NO_TEXT
        if any(not line.whole for line in lines):
            yield Stopper.NOT_WHOLE
        if broadcast.expires and broadcast.expires <= now:
            yield Stopper.EXPIRED
        elif lines and in_time < sum(line.people for line in lines) / counted.total:
            yield Stopper.LATE

    def _may_write(self, channel: str) -> bool:
        """Whether a channel is there and may write to people who have not written lately."""
        way = self.ways.get(channel)
        return way is not None and way.limits.can_push and (way.limits.window_h is None or way.template)


def ways_seen(channels: Mapping[str, Channel], prices: Mapping[str, str]) -> Mapping[str, Way]:
    """The channels as a preview sees them. `prices` are written as providers write them, "KES 0.80"."""
    return {
        name: Way(channel.limits, read_price(prices.get(name, "")), isinstance(channel, Templates) and bool(channel.templates))
        for name, channel in channels.items()
    }


def _costs(lines: Sequence[Line]) -> Sequence[Price]:
    """What all lines cost together, one for each currency or category."""
    sums: dict[tuple[str, str], Decimal] = {}
    for cost in (line.cost for line in lines if line.cost is not None):
        key = (cost.currency, cost.category)
        sums[key] = sums.get(key, Decimal(0)) + cost.amount
    return [Price(amount, *key) for key, amount in sorted(sums.items())]
