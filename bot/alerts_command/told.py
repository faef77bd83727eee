"""What the commands say in plain lines. Nothing is cut: what goes out is shown word for word."""

from collections.abc import Iterator
from datetime import datetime, tzinfo

from bot.api import shapes
from bot.core.alert.preview import Exclusion, Stopper

_STOPPERS = {
    Stopper.NO_TEXT: "a language of these people has no text",
    Stopper.NOBODY: "nobody would get it",
    Stopper.EXPIRED: "its end is over",
    Stopper.LATE: "it ends before the last one has it",
    Stopper.NOT_WHOLE: "a channel cannot carry the whole text",
    Stopper.NO_WAY: "a channel is missing, or may not write first",
}
_EXCLUDED = {
    Exclusion.DUPLICATE: "the same number twice",
    Exclusion.OPTED_OUT: "sent STOP",
    Exclusion.NO_CHANNEL: "no channel reaches them",
    Exclusion.NOT_IN_EXERCISE: "not in the group exercise",
}


def lines(shape: shapes.Shape, zone: tzinfo) -> Iterator[str]:
    """The shape as lines."""
    match shape:
        case shapes.BroadcastList():
            yield from (_row(one) for one in shape.broadcasts)
            if not shape.broadcasts:
                yield "There is no such broadcast."
        case shapes.BroadcastShape():
            yield from _broadcast(shape, zone)
        case shapes.Submitted():
            yield f"Broadcast {shape.broadcast.id} waits for another person: {shape.people} people."
            yield f"They approve it with: ujumbe alerts approve {shape.broadcast.id} --as NAME --confirm PEOPLE"
        case shapes.PreviewShape():
            yield from _preview(shape, zone)
        case shapes.ProgressShape():
            yield _progress(shape, zone)


def _row(one: shapes.BroadcastShape) -> str:
    mode = "EXERCISE " if one.mode == "exercise" else ""
    return f"{one.id:>6}  {one.stage:<8}  {one.type:<6}  {one.people:>9,} people  {one.author:<12}  {mode}{one.title}"


def _broadcast(one: shapes.BroadcastShape, zone: tzinfo) -> Iterator[str]:
    mode = "EXERCISE, " if one.mode == "exercise" else ""
    yield f"Broadcast {one.id} ({mode}{one.type}) is {one.stage}: {one.title}"
    if one.follows:
        yield f"It follows broadcast {one.follows}."
    people = one.audience
    every = not people.got or people.rest
    whom = [place.label for place in people.places] + [f"group {group}" for group in people.groups]
    whom += ["everyone"] * people.everyone + ["people whose place nobody knows"] * people.unplaced
    got = [f"who got broadcast {people.got}" + " and says nothing" * people.silent] if people.got else []
    whom = [*whom, *got] if every else got
    without = f", without {'; '.join(place.label for place in people.without)}" if people.without else ""
    yield f"For: {'; '.join(whom) or 'nobody yet'}{without}. Until: {_when(one.expires, zone) or 'nobody said'}."
    yield f"By {one.author}" + (f", approved by {one.approver} at {_when(one.approved, zone)}." if one.approver else ".")
    if one.why:
        yield f"Why: {one.why}"
    for lang, text in sorted(one.texts.items()):
        yield f"{lang}: {text}"


def _preview(one: shapes.PreviewShape, zone: tzinfo) -> Iterator[str]:
    for line in one.lines:
        cost = f", {_money(line.cost)}" if line.cost else ""
        yield f"{line.channel} {line.lang}: {line.people} people, {line.units} units, {line.segments} parts{cost}"
        yield f"    {line.text}"
    yield f"{one.people} people get it. The approver types that number."
    yield from (f"{count} do not: {_EXCLUDED[why]}." for why, count in one.excluded.items() if count)
    if one.costs:
        unknown = f", and what {', '.join(one.unpriced)} costs, which nobody said" if one.unpriced else ""
        yield f"It costs {' and '.join(_money(cost) for cost in one.costs)}{unknown}."
    if one.lines:
        yield f"The last one has it at {_when(one.ends, zone)}; {one.in_time:.0%} before it expires."
    yield from (f"Look at this: {lang.lang}: {lang.what.replace('_', ' ')}." for lang in one.missing)
    yield from (f"It cannot go out: {why}" for why in one.cannot)
    yield from (f"It cannot go out: {_STOPPERS[why]}." for why in one.stoppers)


def _progress(one: shapes.ProgressShape, zone: tzinfo) -> str:
    parts = [f"{one.stage}", f"{one.taken:,} of {one.people:,} gone out", f"{one.delivered:,} delivered"]
    parts += [f"{one.failed:,} failed"] * bool(one.failed) + [f"{one.unknown:,} unclear"] * bool(one.unknown)
    parts += [f"{one.left:,} left", f"{one.rate_per_s:g} a second"] if one.left else []
    parts += [f"done at {_when(one.finish, zone)}"] if one.finish and one.left else []
    parts += [f"{one.safe:,} safe", f"{one.need_help:,} need help"] if one.safe or one.need_help else []
    return f"broadcast {one.id}: {', '.join(parts)}"


def _money(cost: shapes.Cost) -> str:
    return f"{cost.currency} {cost.amount}".strip() if cost.currency else cost.category


def _when(at: datetime | None, zone: tzinfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if at else ""
