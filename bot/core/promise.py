"""A promise to those who wait long in our own line: in about how many minutes their answer comes. Once, and only where it is long."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import inf

from bot.core.backlog import WAIT, Asker
from bot.core.ports import Channel
from bot.core.storage import NewDelivery, Store
from bot.core.text import fit
from bot.core.turn import known_as
from bot.core.types import Lane, Lang, Library, Limits

PROMISE_AFTER_S = 20.0  # who waits no longer than this is not told
SOON_S = 60.0  # nor who has the answer in this time; and where no rate is known, it is told after this
AGAIN_S = 3600.0  # one person is told once in this time
RATE_S = 300.0  # answers of this time say how fast we are
TRUE_S = 60.0  # a promise that has not gone out by then is not true any more
MOST = 32  # in one sweep
STEPS = (2, 3, 4, 5, 10, 15, 20, 30)  # minutes that people say
_SWEEP_S, _SHARE = 2.0, 4.0  # so often we come by; promises take a quarter of what a channel sends: the rest is for answers


def minutes(seconds: float) -> int:
    """`seconds` rounded up to minutes that people say; 0 where it is longer than those."""
    return next((step for step in STEPS if seconds <= 60.0 * step), 0)


def worded(library: Library, lang: Lang, expected_s: float) -> str:
    """What is said to somebody whose answer comes in `expected_s` seconds, inf where nobody knows."""
    if expected_s == inf:
        return library.text("wait_unknown", lang)
    about = minutes(expected_s)
    return library.text("wait_minutes", lang, minutes=str(about)) if about else library.text("wait_long", lang)


def allowance(limits: Limits, now: float) -> int:
    """How many promises may go out on a channel in the sweep at `now`. A slow one gets one now and then."""
    ours_per_s = limits.rate_per_s / _SHARE
    return int(ours_per_s * now) - int(ours_per_s * (now - _SWEEP_S))


@dataclass(frozen=True, slots=True)
class Promises:
    """Tells people. Safe to repeat, and in several processes."""

    store: Store
    channels: Mapping[str, Channel]
    library: Library

    def tell(self, *, now: float) -> Sequence[tuple[Lane, int]]:
        """Stores a promise for everybody who is due one, and returns the hints for them. Some wait for the next sweep."""
        rate = self.store.answer_rate(now=now, within_s=RATE_S)
        if rate.over_s < PROMISE_AFTER_S:
            return []
        ways = {name: way for name, channel in self.channels.items() if (way := self._pushes(channel)).limits.can_push}
        left = {way.name: allowance(way.limits, now) for way in ways.values()}
        askers = self.store.askers(
            now=now,
            asked_before=now - (PROMISE_AFTER_S if rate.answered else SOON_S),
            behind=int(rate.per_s * SOON_S),
            told_since=now - AGAIN_S,
            channels=[name for name, way in ways.items() if left[way.name] > 0],
            limit=MOST,
        )
        hints = []
        for asker in askers:
            way = ways[asker.channel]
            expected_s = asker.place / rate.per_s if rate.answered else inf
            if left[way.name] > 0 and (made := self._tell(asker, way, expected_s, now)) is not None:
                left[way.name] -= 1
                hints.append((Lane.SENDS, made))
        return hints

    def _pushes(self, asked_on: Channel) -> Channel:
        """The channel that pushes what no screen shows."""
        return self.channels.get(asked_on.hand_over, asked_on)

    def _tell(self, asker: Asker, way: Channel, expected_s: float, now: float) -> int | None:
        """The promise's delivery. It answers no question: a screen must not show it as the last answer. None: they need not be told."""
        with self.store.begin() as tx:
            urn = known_as(tx, asker.urn)
            person = tx.contact(urn, now=now, lang=Lang.EN)  # locked: nobody tells them, and they cannot stop us, until the end
            if person.opted_out or tx.told(urn, WAIT, since=now - AGAIN_S):
                return None
            promise = NewDelivery(
                dedup=f"{WAIT}:{asker.id}",
                channel=way.name,
                urn=urn,
                parts=fit(worded(self.library, person.lang, expected_s), way.limits).parts,
                not_after=now + min(TRUE_S, way.limits.max_age_s),
                kind=WAIT,
            )
            return tx.insert_delivery(promise, now=now)
