"""What `ujumbe queue` shows, as lines for people and as JSON for machines."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, tzinfo
from typing import Any

from bot.core.types import Lane
from bot.core.urn import mask
from bot.core.waiting import Heap, Hold, Waiting, Wanted

DAY_S = 86_400.0
AGES = ("<1 min", "<10 min", "<1 h", "<6 h", "older")
ENDS = ("over", "within 10 min", "within 1 h", "within 6 h", "later", "never")
_HEAD = ("lane", "channel", "kind", "status", "count", *AGES, "oldest")
_LIST = ("id", "age", "lane", "channel", "person", "kind", "status", "tries", "next", "last trouble")


def summary(heaps: Sequence[Heap], holds: Sequence[Hold], given_up: Mapping[str, int], *, now: float, zone: tzinfo) -> Iterator[str]:
    """What waits, why, and until when; the holds in force; what was given up in a day."""
    if heaps:
        yield from table([_HEAD, *_piles(heaps, now), _total(heaps, now)])
        yield f"Expires: {_tally(_counts((ENDS[heap.ends], heap.count) for heap in heaps), ENDS)}"
        troubles = _counts((heap.code, heap.count) for heap in heaps if heap.code)
        yield f"Last trouble: {_tally(troubles)}" if troubles else "Last trouble: none"
    else:
        yield "Nothing waits."
    yield from (hold_line(hold, zone=zone) for hold in holds)
    if given_up:
        yield f"Given up in the last 24 hours: {_tally(given_up)}"


def _piles(heaps: Sequence[Heap], now: float) -> Iterator[Sequence[str]]:
    """The rows of the table: what differs only in age, end and trouble is one."""
    piles: dict[tuple[str, ...], list[Heap]] = {}
    for heap in heaps:
        piles.setdefault((heap.lane, heap.channel, _kind(heap.lane, heap.kind), _status(heap)), []).append(heap)
    for name in sorted(piles):
        yield *name, *_numbers(piles[name], now)


def _total(heaps: Sequence[Heap], now: float) -> Sequence[str]:
    return ("all", "", "", "", *_numbers(heaps, now))


def _numbers(heaps: Sequence[Heap], now: float) -> Sequence[str]:
    ages = _counts((AGES[heap.age], heap.count) for heap in heaps)
    return (str(sum(ages.values())), *(str(ages[age] or "-") for age in AGES), age(now - min(heap.oldest for heap in heaps)))


def listed(rows: Sequence[Waiting], *, now: float, zone: tzinfo) -> Iterator[str]:
    """A line for each row, and its text under it where it was asked for."""
    if not rows:
        yield "Nothing that waits fits."
        return
    head, *lines = table([_LIST, *(_line(row, now, zone) for row in rows)])
    yield head
    for line, row in zip(lines, rows, strict=True):
        yield line
        if row.text:
            yield f"    {' / '.join(row.text.splitlines())}"


def _line(row: Waiting, now: float, zone: tzinfo) -> Sequence[str]:
    later = f"{datetime.fromtimestamp(row.next_at, zone):%H:%M:%S}" if row.next_at > now else "now"
    kind = _kind(row.lane, row.kind)
    said = (row_id(row), age(now - row.made), row.lane, row.channel, mask(row.urn), kind, _status(row))
    return (*said, str(row.tries), "when released" if row.held else later, row.code)


def hold_line(hold: Hold, *, zone: tzinfo) -> str:
    """One hold in force."""
    since = f"{datetime.fromtimestamp(hold.since, zone):%Y-%m-%d %H:%M}"
    urgent = "ALERTS AND EMERGENCIES TOO" if hold.wanted.urgent else "but for alerts and emergencies"
    return f"Hold {hold.id}: {named(hold.wanted, zone=zone)}, {urgent}, since {since} by {hold.held_by}"


def named(wanted: Wanted, *, zone: tzinfo) -> str:
    """A filter in words."""
    parts = [f"{name} {value}" for name in ("channel", "lane", "kind") if (value := getattr(wanted, name))]
    parts += [f"delivery d{wanted.delivery}"] if wanted.delivery else []
    parts += [f"question q{wanted.question}"] if wanted.question else []
    parts += [f"made before {datetime.fromtimestamp(wanted.made_before, zone):%Y-%m-%d %H:%M:%S}"] if wanted.made_before else []
    return ", ".join(parts) or "everything"


def counted(deliveries: int, questions: int) -> str:
    """So many deliveries and questions, in words."""
    one = (f"{deliveries} deliver{'y' if deliveries == 1 else 'ies'}", f"{questions} question{'' if questions == 1 else 's'}")
    return " and ".join(words for words, number in zip(one, (deliveries, questions), strict=True) if number) or "nothing"


def age(seconds: float) -> str:
    """A length of time, short: "40 s", "3 min", "2 h 10 min", "3 d 4 h"."""
    minutes = int(seconds // 60)
    if minutes < 1:
        return f"{max(seconds, 0.0):.0f} s"
    if minutes < 60:
        return f"{minutes} min"
    hours = minutes // 60
    return f"{hours} h {minutes % 60} min" if hours < 48 else f"{hours // 24} d {hours % 24} h"


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Lines with columns as wide as their widest word."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()


def row_id(row: Waiting) -> str:
    """How a row is called on the command line."""
    return f"{'q' if row.question else 'd'}{row.id}"


def as_json(heaps: Sequence[Heap], holds: Sequence[Hold], given_up: Mapping[str, int], *, now: float) -> Mapping[str, Any]:
    """Everything of the summary."""
    return {
        "at": now,
        "waiting": [_heap_json(heap, now) for heap in heaps],
        "count": sum(heap.count for heap in heaps),
        "oldest_s": max((now - heap.oldest for heap in heaps), default=0.0),
        "by_age": dict(_counts((AGES[heap.age], heap.count) for heap in heaps)),
        "by_end": dict(_counts((ENDS[heap.ends], heap.count) for heap in heaps)),
        "by_trouble": dict(_counts((heap.code, heap.count) for heap in heaps if heap.code)),
        "holds": [asdict(hold.wanted) | {"id": hold.id, "since": hold.since, "held_by": hold.held_by} for hold in holds],
        "given_up_in_24_hours": dict(given_up),
    }


def _heap_json(heap: Heap, now: float) -> Mapping[str, Any]:
    return asdict(heap) | {"age": AGES[heap.age], "ends": ENDS[heap.ends], "oldest_s": now - heap.oldest}


def row_json(row: Waiting, *, texts: bool) -> Mapping[str, Any]:
    """One row of the list. The number is masked here, too."""
    said = asdict(row) | {"id": row_id(row), "urn": mask(row.urn)}
    del said["question"]
    return said if texts else {name: value for name, value in said.items() if name != "text"}


def _kind(lane: Lane, kind: str) -> str:
    return "question" if lane is Lane.ANSWERS else kind or "-"


def _status(row: Heap | Waiting) -> str:
    return "held" if row.held else row.status


def _counts(pairs: Iterable[tuple[str, int]]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name, number in pairs:
        counts[name] += number
    return counts


def _tally(counts: Mapping[str, int], order: Sequence[str] = ()) -> str:
    """ "12 expired, 3 loop": in the order given, else the most first."""
    names = [name for name in order if counts.get(name)] or sorted(counts, key=lambda name: (-counts[name], name))
    return ", ".join(f"{counts[name]} {name or 'without a reason'}" for name in names)
