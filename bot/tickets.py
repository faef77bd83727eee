"""`ujumbe tickets list | show | answer | ...`: arguments in, lines out. No line ever has a whole number in it."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from bot.core.desk import Approval, Desk
from bot.core.errors import NotDone
from bot.core.ticket import Approved, Ticket, TicketAnswer, TicketState
from bot.core.types import Status
from bot.core.urn import mask

SERVES_DAYS = 365  # prices and telephone numbers age: an approved answer is looked at again after this
SHOWN = 500
_WIDE = 60  # characters of a question in a list
_NO_QUESTION = "(no question yet)"

_GOES = {
    Status.QUEUED: "waits to be sent",
    Status.SENDING: "is being sent",
    Status.ERRORED: "could not be sent yet and is tried again",
    Status.WIRED: "the provider has it",
    Status.SENT: "is on its way to the phone",
    Status.DELIVERED: "the phone has it",
    Status.READ: "was read",
    Status.UNKNOWN: "may or may not have gone out",
    Status.FAILED: "was not sent",
}
Say = Callable[[str], None]


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Adds the commands to `ujumbe tickets`. `args.tickets_command` is the chosen one; pass `args` to `run`."""
    commands = parser.add_subparsers(dest="tickets_command", required=True, metavar="ACTION")
    listing = commands.add_parser("list", help="who waits for a person, the urgent ones first")
    listing.add_argument("--all", action="store_true", help="also those that were answered or closed")
    for name, what in (("show", "everything about one ticket"), ("close", "end a ticket: no answer goes out for it any more")):
        commands.add_parser(name, help=what).add_argument("ticket", type=int, metavar="N")
    _add_answer(commands.add_parser("answer", help="send an answer to who asked"))
    _add_approve(commands.add_parser("approve", help="let a ticket's last answer serve one more wording of its question"))
    commands.add_parser("approved", help="the answers that serve others who ask the same")
    withdraw = commands.add_parser("withdraw", help="take an approved answer back")
    withdraw.add_argument("approved", type=int, metavar="ID", help="its number in `ujumbe tickets approved`")


def _add_answer(answer: argparse.ArgumentParser) -> None:
    answer.add_argument("ticket", type=int, metavar="N")
    answer.add_argument("text", help="what they get, word for word")
    answer.add_argument("--approve", metavar="QUESTION", help="everybody who asks this very question gets the answer too, at once")
    answer.add_argument("--again", action="store_true", help="also where the ticket was answered before")
    _add_common(answer)


def _add_approve(approve: argparse.ArgumentParser) -> None:
    approve.add_argument("ticket", type=int, metavar="N")
    approve.add_argument("approve", metavar="QUESTION", help="everybody who asks this very question gets the answer, at once")
    _add_common(approve)


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--until", type=_date, metavar="DATE", help=f"last day of an approval (default: in {SERVES_DAYS} days)")
    command.add_argument("--by", default="", help="who you are (default: the user of this machine)")


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date. Write year-month-day, as in 2027-01-31.") from None


def run(args: argparse.Namespace, desk: Desk, say: Say, *, user: str, zone: tzinfo = UTC) -> int:
    """Runs what `add_commands` parsed. Returns the exit status. Raises NotDone with the reason and the remedy."""
    match args.tickets_command:
        case "list":
            lines = _listed(desk, zone, states=tuple(TicketState) if args.all else (TicketState.OPEN,))
        case "show":
            lines = _shown(*desk.show(args.ticket), zone)
        case "answer":
            lines = _answered(args, desk, args.by or user, zone)
        case "approve":
            lines = _approve(args, desk, args.by or user, zone)
        case "close":
            desk.close(args.ticket)
            lines = iter([f"Ticket {args.ticket} is closed."])
        case "approved":
            lines = _in_force(desk, zone)
        case _:
            desk.withdraw(args.approved)
            lines = iter([f"Approved answer {args.approved} is taken back: nobody gets it any more."])
    for line in lines:
        say(line)
    return 0


def _listed(desk: Desk, zone: tzinfo, *, states: Sequence[TicketState]) -> Iterator[str]:
    tickets = desk.store.tickets(states=states, limit=SHOWN)
    if not tickets:
        yield "No ticket waits." if states == (TicketState.OPEN,) else "There is no ticket."
    for ticket in tickets:
        what = f"{ticket.id:>5}  {_why(ticket):<22}  {ticket.state:<8}  {_when(ticket.opened, zone)}"
        yield f"{what}  {mask(ticket.urn):<20}  {ticket.lang}  {_short(ticket.question)}"


def _shown(ticket: Ticket, answers: Sequence[TicketAnswer], zone: tzinfo) -> Iterator[str]:
    yield f"Ticket {ticket.id}: {_why(ticket)}, {ticket.state}, opened {_when(ticket.opened, zone)}"
    yield f"Person: {mask(ticket.urn)} by {ticket.channel}, writes {ticket.lang}"
    yield "Question:"
    yield from (f"  {line}" for line in (ticket.question or _NO_QUESTION).split("\n"))
    for answer in answers:
        why = f" ({answer.code})" if answer.code else ""
        yield f"Answer of {_when(answer.created, zone)}, {answer.status}: {_GOES[answer.status]}{why}"
        yield f"  {answer.text}"
    if answers:
        yield f"Last answered by {ticket.answered_by}"


def _answered(args: argparse.Namespace, desk: Desk, by: str, zone: tzinfo) -> Iterator[str]:
    approval = _approval(args, desk.clock(), zone)
    done = desk.answer(args.ticket, args.text, by=by, again=args.again, approval=approval)
    count = "1 message is" if done.parts == 1 else f"{done.parts} messages are"
    yield f"Ticket {args.ticket} is answered: {count} on the way. `ujumbe tickets show {args.ticket}` says when the phone has it."
    if approval:
        yield _serves(approval, done.approved, zone)


def _approve(args: argparse.Namespace, desk: Desk, by: str, zone: tzinfo) -> Iterator[str]:
    approval = _approval(args, desk.clock(), zone)
    assert approval  # the question is not optional here
    yield _serves(approval, desk.approve(args.ticket, approval, by=by), zone)


def _serves(approval: Approval, id: int, zone: tzinfo) -> str:
    return f"It serves others until {_day(approval.expires, zone)}: `ujumbe tickets withdraw {id}` takes it back."


def _approval(args: argparse.Namespace, now: float, zone: tzinfo) -> Approval | None:
    if args.approve is None:
        if args.until:
            raise NotDone("--until says how long an approved answer serves: give it together with --approve.")
        return None
    last = args.until or datetime.fromtimestamp(now, zone).date() + timedelta(days=SERVES_DAYS)
    expires = datetime.combine(last + timedelta(days=1), time(), zone).timestamp()
    if expires <= now:
        raise NotDone(f"{last} is over. Give a later day after --until.")
    return Approval(args.approve, expires)


def _in_force(desk: Desk, zone: tzinfo) -> Iterator[str]:
    approved = desk.store.approved()
    if not approved:
        yield "No answer is approved."
    for one in approved:
        force = f"{one.id:>5}  {one.lang}  {_until(one, desk.clock(), zone):<18}  by {one.approved_by}"
        yield f"{force}  {_short(one.question)} -> {one.answer}"


def _until(one: Approved, now: float, zone: tzinfo) -> str:
    if not one.expires:
        return "for ever"
    return f"{'until' if now < one.expires else 'EXPIRED'} {_day(one.expires, zone)}"


def _why(ticket: Ticket) -> str:
    kind = f"{ticket.kind} {ticket.topic}".strip()
    return f"URGENT {kind}" if ticket.urgent else kind


def _short(text: str) -> str:
    line = text.replace("\n", " / ") or _NO_QUESTION
    return line if len(line) <= _WIDE else f"{line[: _WIDE - 3]}..."


def _when(at: float, zone: tzinfo) -> str:
    return f"{datetime.fromtimestamp(at, zone):%Y-%m-%d %H:%M}"


def _day(end: float, zone: tzinfo) -> str:
    """The last whole day before `end`."""
    return f"{datetime.fromtimestamp(end - 1, zone):%Y-%m-%d}"
