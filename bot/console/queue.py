"""What waits, what is kept back, and what the messages cost."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from aiohttp import web

from bot.console.frame import Frame, Waiting
from bot.console.visit import Ask
from bot.core.alert.staff import Role
from bot.core.types import Lane
from bot.core.waiting import AGES_S, Heap, Wanted

QUEUE = "/console/queue"
DAY_S = 86_400.0
DAYS = (1, 7, 30)


def add(frame: Frame) -> None:
    """Adds the page."""
    frame.link(QUEUE, "nav_queue", order=60)
    frame.get(QUEUE, _show)
    frame.post(f"{QUEUE}/hold", _hold, role=Role.ADMIN)
    frame.post(f"{QUEUE}/release", _release, role=Role.ADMIN)
    frame.waits(_waiting, role=Role.ADMIN)


def _waiting(ask: Ask) -> Sequence[Waiting]:
    """A hold that somebody forgot is the worst kind of silence."""
    holds = ask.app.store.holds()
    return [Waiting(ask.say("holds_in_force", count=len(holds)), QUEUE, urgent=any(hold.wanted.urgent for hold in holds))] if holds else []


def _show(ask: Ask) -> web.Response:
    app, now = ask.app, ask.app.clock()
    heaps = app.store.heaps(now=now, stale_after_s=app.settings.stale_after_s)
    days = int(ask.asked("days")) if ask.asked("days") in map(str, DAYS) else DAYS[0]
    return ask.page(
        "queue.html",
        piles=_piles(heaps, now),
        total=sum(heap.count for heap in heaps),
        troubles=_most((heap.code, heap.count) for heap in heaps if heap.code),
        given_up=_most(app.store.given_up(since=now - DAY_S).items()),
        holds=app.store.holds(),
        spent=app.store.costs(since=now - days * DAY_S),
        days=days,
        choices=DAYS,
        channels=sorted(app.channels),
        lanes=[Lane.SENDS, Lane.ANSWERS, Lane.ALERTS],
        may=ask.member.may(Role.ADMIN),
        now=now,
    )


def _piles(heaps: Sequence[Heap], now: float) -> Sequence[Mapping[str, object]]:
    """What differs only in age, end and trouble is one row."""
    found: dict[tuple[str, ...], list[Heap]] = {}
    for heap in heaps:
        kind = "question" if heap.lane is Lane.ANSWERS else heap.kind or "-"
        found.setdefault((heap.lane, heap.channel, kind, "held" if heap.held else heap.status), []).append(heap)
    return [
        {
            "lane": lane,
            "channel": channel,
            "kind": kind,
            "status": status,
            "count": sum(heap.count for heap in some),
            "old": sum(heap.count for heap in some if heap.age == len(AGES_S)),
            "oldest_s": now - min(heap.oldest for heap in some),
        }
        for (lane, channel, kind, status), some in sorted(found.items())
    ]


def _most(pairs: Iterable[tuple[str, int]]) -> Sequence[tuple[str, int]]:
    counts: Counter[str] = Counter()
    for name, number in pairs:
        counts[name] += number
    return counts.most_common()


def _hold(ask: Ask) -> web.Response:
    """Keeps back a channel or a lane. Alerts and texts for emergencies only where that was ticked."""
    app, channel, lane = ask.app, ask.text("channel"), ask.text("lane")
    urgent = bool(ask.text("urgent"))
    if (channel and channel not in app.channels) or (lane and lane not in set(Lane)) or not (channel or lane):
        return ask.done(QUEUE, "hold_what", bad=True)
    if lane == Lane.ALERTS and not urgent:
        return ask.done(QUEUE, "hold_urgent_only", bad=True)
    made = app.store.hold(Wanted(channel=channel, lane=lane, urgent=urgent), held_by=ask.member.name, now=app.clock())
    with app.people.begin() as tx:
        tx.audit(ask.member.name, "queue.hold", f"hold:{made}", {"channel": channel, "lane": lane, "urgent": urgent}, now=app.clock())
    return ask.done(QUEUE, "hold_made", id=made)


def _release(ask: Ask) -> web.Response:
    app, typed = ask.app, ask.text("hold")
    id_ = int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 19 else 0
    if not app.store.release([id_]):
        return ask.done(QUEUE, "hold_gone", bad=True)
    with app.people.begin() as tx:
        tx.audit(ask.member.name, "queue.release", f"hold:{id_}", now=app.clock())
    return ask.done(QUEUE, "hold_released", id=id_)
