"""`ujumbe queue [list | hold | release | drop | send]`: what waits, and what an operator decides about it after an outage.

No line ever has a whole number in it, and no text unless it is asked for.
"""

import argparse
import json
import re
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo

from bot.core.errors import NotDone
from bot.core.ports import Clock
from bot.core.types import Lane
from bot.core.waiting import URGENT_KINDS, Hold, WaitingStore, Wanted
from bot.queue_table import DAY_S, as_json, counted, hold_line, listed, named, row_json, summary

SHOWN = 50
_MANY = 100_000
WORTH_S = 3600.0  # what an operator sends again is worth sending for so long
EXPIRED = "expired"
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_URGENT = "Alerts and texts for emergencies"

Say = Callable[[str], None]
Ask = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Place:
    """What the commands work with. `channels` are the names that are set up; `ask` puts a question to the operator."""

    store: WaitingStore
    channels: Collection[str]
    clock: Clock
    stale_after_s: float
    user: str
    ask: Ask
    zone: tzinfo = UTC


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Adds the commands to `ujumbe queue`. Pass the parsed `args` to `run`."""
    parser.add_argument("--json", action="store_true", help="for machines")
    commands = parser.add_subparsers(dest="queue_command", metavar="ACTION")
    listing = commands.add_parser("list", help="one line for each, the oldest first")
    _add_filter(listing, rows=False)
    listing.add_argument("--limit", type=int, default=SHOWN, metavar="N", help=f"at most so many lines (default: {SHOWN})")
    listing.add_argument("--text", action="store_true", help="also what they say")
    listing.add_argument("--json", action="store_true", default=argparse.SUPPRESS, help="for machines")
    hold = commands.add_parser("hold", help="keep back what fits, now and later, until you release it")
    release = commands.add_parser("release", help="end holds: all, by number, or those made for a channel, lane or kind")
    release.add_argument("holds", nargs="*", type=int, metavar="N", help="a hold's number in `ujumbe queue`")
    _add_place(release)
    release.add_argument("--all", action="store_true", help="every hold")
    drop = commands.add_parser("drop", help="put an end to what fits: nobody gets it")
    send = commands.add_parser("send", help="send what fits now, without waiting for its next try")
    for command in (hold, drop, send):
        _add_filter(command, rows=True)
        command.add_argument("--alerts", action="store_true", help="alerts and texts for emergencies, too")
        command.add_argument("--all", action="store_true", help="everything that waits")
    given_up = send.add_mutually_exclusive_group()
    given_up.add_argument("--expired", action="store_true", help="instead of what waits: what expired, where no part may have gone out")
    given_up.add_argument("--given-up", metavar="REASON", help="the same for another reason that `ujumbe queue` shows")
    for command in (drop, send):
        command.add_argument("--yes", action="store_true", help="do not ask")


def _add_place(command: argparse.ArgumentParser) -> None:
    command.add_argument("--channel", default="", help="only this channel")
    command.add_argument("--lane", default="", choices=[Lane.SENDS, Lane.ANSWERS, Lane.ALERTS], help="only this lane")
    command.add_argument("--kind", default="", help="only deliveries of this kind: fact, model, menu, person ...")


def _add_filter(command: argparse.ArgumentParser, *, rows: bool) -> None:
    _add_place(command)
    command.add_argument("--older-than", type=_duration, default=0.0, metavar="TIME", help="only what is older: 90s, 30m, 2h, 1d")
    if rows:
        command.add_argument("rows", nargs="*", type=_row, metavar="ID", help="only these: d12 is a delivery, q7 a question")


def _duration(text: str) -> float:
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no length of time. Write 90s, 30m, 2h or 1d.")
    return float(found[1]) * _SECONDS[found[2]]


def _row(text: str) -> Wanted:
    found = re.fullmatch(r"([dq])([1-9][0-9]{0,17})", text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no id. `ujumbe queue list` shows them: d12 is a delivery, q7 a question.")
    return Wanted(delivery=int(found[2])) if found[1] == "d" else Wanted(question=int(found[2]))


def run(args: argparse.Namespace, place: Place, say: Say) -> int:
    """Runs what `add_commands` parsed. Returns the exit status. Raises NotDone with the reason and the remedy."""
    actions = {"list": _list, "hold": _hold, "release": _release, "drop": _drop, "send": _send}
    for line in actions.get(args.queue_command, _summary)(args, place):
        say(line)
    return 0


def _summary(args: argparse.Namespace, place: Place) -> Iterator[str]:
    now, store = place.clock(), place.store
    heaps, holds = store.heaps(now=now, stale_after_s=place.stale_after_s), store.holds()
    given_up = store.given_up(since=now - DAY_S)
    if args.json:
        yield json.dumps(as_json(heaps, holds, given_up, now=now), indent=2)
    else:
        yield from summary(heaps, holds, given_up, now=now, zone=place.zone)


def _list(args: argparse.Namespace, place: Place) -> Iterator[str]:
    [wanted] = _wanted(args, place, urgent=True)
    limit = max(args.limit, 0)
    found = place.store.waiting(wanted, limit=limit + 1, stale_after_s=place.stale_after_s, texts=args.text)
    if args.json:
        yield json.dumps([row_json(row, texts=args.text) for row in found[:limit]], indent=2)
        return
    yield from listed(found[:limit], now=place.clock(), zone=place.zone)
    if len(found) > limit:
        yield f"... and more: --limit {10 * max(limit, 1)} shows them."


def _hold(args: argparse.Namespace, place: Place) -> Iterator[str]:
    for wanted in _wanted(args, place, urgent=args.alerts):
        made = place.store.hold(wanted, held_by=place.user, now=place.clock())
        later = "" if wanted.made_before or wanted.delivery or wanted.question else ", and all that comes from now on"
        yield f"Hold {made}: {named(wanted, zone=place.zone)}. Kept back: {counted(*place.store.unclaimed(wanted))}{later}."
        yield f"{_URGENT} {'are held, too' if args.alerts else 'are not held: that takes --alerts'}."
        yield f"What a worker has at this moment still goes out. `ujumbe queue release {made}` ends the hold."


def _release(args: argparse.Namespace, place: Place) -> Iterator[str]:
    meant = _holds(args, place.store.holds())
    if not meant:
        raise NotDone("No such hold is in force. `ujumbe queue` shows the holds and their numbers.")
    for hold in meant:
        place.store.release([hold.id])
        kept = counted(*place.store.unclaimed(hold.wanted))
        yield f"Hold {hold.id} is released: {named(hold.wanted, zone=place.zone)}. Kept back until now: {kept}."
    left = place.store.holds()
    if left:
        yield "Still in force:"
        yield from (hold_line(hold, zone=place.zone) for hold in left)


def _holds(args: argparse.Namespace, holds: Sequence[Hold]) -> Sequence[Hold]:
    if args.all:
        return holds
    if args.holds:
        return [hold for hold in holds if hold.id in args.holds]
    given = {name: getattr(args, name) for name in ("channel", "lane", "kind") if getattr(args, name)}
    if not given:
        raise NotDone("Say which hold to release: its number, --channel, --lane, --kind or --all. `ujumbe queue` shows them.")
    return [hold for hold in holds if all(getattr(hold.wanted, name) == value for name, value in given.items())]


def _drop(args: argparse.Namespace, place: Place) -> Iterator[str]:
    meant = _wanted(args, place, urgent=args.alerts)
    deliveries, questions = _count(meant, place)
    if not deliveries + questions:
        yield _nothing(args)
        return
    _confirm(args, place, f"Drop {counted(deliveries, questions)}? Nobody gets them.")
    dropped = sum(place.store.drop(wanted, now=place.clock()) for wanted in meant)
    yield f"Dropped: {dropped}. What a worker had at that moment was left to it."


def _send(args: argparse.Namespace, place: Place) -> Iterator[str]:
    meant = _wanted(args, place, urgent=args.alerts)
    if args.expired or args.given_up:
        yield from _revive(args, place, meant, [args.given_up or EXPIRED])
        return
    due = sum(place.store.hurry(wanted, now=place.clock()) for wanted in meant)
    if due:
        yield f"Due now: {due}. The workers take them as fast as their channels allow."
        looked = [row for wanted in meant for row in place.store.waiting(wanted, limit=_MANY, stale_after_s=place.stale_after_s)]
        held = sum(row.held for row in looked)
        if held:
            yield f"Held all the same: {held}. `ujumbe queue release` ends a hold."
    if args.rows and not due:
        yield from _revive(args, place, meant, ())
    elif not due:
        yield _nothing(args)


def _revive(args: argparse.Namespace, place: Place, meant: Sequence[Wanted], codes: Sequence[str]) -> Iterator[str]:
    """What had been given up. For rows that are named any reason counts but a person's STOP."""
    count = sum(place.store.revivable(wanted, codes=codes) for wanted in meant)
    if not count:
        yield "Nothing that was given up fits, or its person said STOP, or a part of it may have gone out: that is never sent again."
        return
    _confirm(args, place, f"Send {counted(count, 0)} again that had been given up?")
    now = place.clock()
    sent = sum(place.store.revive(wanted, codes=codes, now=now, not_after=now + WORTH_S) for wanted in meant)
    yield f"On their way again: {sent}. They are worth sending for {WORTH_S / 60:.0f} minutes more."


def _wanted(args: argparse.Namespace, place: Place, *, urgent: bool) -> Sequence[Wanted]:
    """The filters that the arguments mean: one, or one for each id. Raises NotDone where they say nothing or cannot be meant."""
    rows = getattr(args, "rows", [])
    if not (args.channel or args.lane or args.kind or args.older_than or rows or getattr(args, "all", True)):
        raise NotDone("Say what is meant: --channel, --lane, --kind, --older-than, ids as in `ujumbe queue list`, or --all.")
    if (args.lane == Lane.ALERTS or args.kind in URGENT_KINDS) and not urgent:
        raise NotDone(f"{_URGENT} are only meant with --alerts. Add it where you are sure.")
    if args.channel and args.channel not in place.channels:
        raise NotDone(f"There is no channel {args.channel!r}. Set up are: {', '.join(sorted(place.channels))}.")
    before = place.clock() - args.older_than if args.older_than else 0.0
    wanted = Wanted(channel=args.channel, lane=args.lane, kind=args.kind, made_before=before, urgent=urgent)
    return [replace(wanted, delivery=row.delivery, question=row.question) for row in rows] or [wanted]


def _count(meant: Sequence[Wanted], place: Place) -> tuple[int, int]:
    counts = [place.store.unclaimed(wanted) for wanted in meant]
    return sum(deliveries for deliveries, _ in counts), sum(questions for _, questions in counts)


def _confirm(args: argparse.Namespace, place: Place, question: str) -> None:
    if not args.yes and not place.ask(f"{question} [y/N] "):
        raise NotDone("Nothing was changed. Answer y, or add --yes where nobody can answer.")


def _nothing(args: argparse.Namespace) -> str:
    return "Nothing that waits fits." + ("" if args.alerts else f" {_URGENT} are only meant with --alerts.")
