"""The inbox: who waits for a person, what was said, and an answer. Calls for help of a roll call are on top."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from aiohttp import web

from bot.console.calls import calls_map, geo, ticket_map
from bot.console.frame import Frame, Waiting
from bot.console.names import Names
from bot.console.visit import Ask
from bot.console.where import where
from bot.core import spot
from bot.core.alert.staff import Role
from bot.core.desk import SERVES_ALL, Approval
from bot.core.errors import NotDone
from bot.core.refusal import Declined
from bot.core.ticket import URGENT, Ticket, TicketKind, TicketState
from bot.core.urn import mask

TICKETS = "/console/tickets"
SHOWN, LINES = 200, 30
SERVES_DAYS = 365  # prices and telephone numbers age: an approved answer is looked at again after this
_STATES = {"open": [TicketState.OPEN], "answered": [TicketState.ANSWERED], "closed": [TicketState.CLOSED]}


def add(frame: Frame) -> None:
    """Adds the pages."""
    inbox = Inbox(frame)
    frame.link(TICKETS, "nav_tickets", role=Role.AUTHOR, order=30)
    frame.waits(_waiting, role=Role.AUTHOR)
    frame.get(TICKETS, inbox.list, role=Role.AUTHOR)
    frame.get(f"{TICKETS}/approved", _approved, role=Role.AUTHOR)
    frame.post(f"{TICKETS}/approved/{{id}}/withdraw", _withdraw, role=Role.AUTHOR)
    frame.get(f"{TICKETS}/{{id}}", inbox.one, role=Role.AUTHOR)
    frame.post(f"{TICKETS}/{{id}}/answer", inbox.answer, role=Role.AUTHOR)
    frame.post(f"{TICKETS}/{{id}}/close", inbox.close, role=Role.AUTHOR)


def _waiting(ask: Ask) -> Sequence[Waiting]:
    counts = ask.app.store.counts()
    urgent, open_ = counts.get("ticket.urgent", 0), counts.get("ticket.open", 0)
    found = [Waiting(ask.say("tickets_urgent", count=urgent), TICKETS, urgent=True)] if urgent else []
    return [*found, Waiting(ask.say("tickets_open", count=open_ - urgent), TICKETS)] if open_ > urgent else found


class Inbox:
    """The pages."""

    def __init__(self, frame: Frame) -> None:
        self._names = Names(frame.app.own_key("console"))

    def list(self, ask: Ask) -> web.Response:
        """Who waits: calls for help first, then emergencies, then who waits longest."""
        state = ask.asked("state") if ask.asked("state") in _STATES else "open"
        if state == "open":
            tickets = sorted(ask.app.store.tickets(states=_STATES[state], limit=SHOWN), key=_first)
        else:
            tickets = list(ask.app.people.latest_tickets(states=_STATES[state], limit=SHOWN))
        known = ask.app.people.known({ticket.urn for ticket in tickets}).people
        places = {urn: person.contact.place for urn, person in known.items()}
        label = where(ask).label
        rows = [(one, mask(one.urn), label(places[one.urn]) if places.get(one.urn) else "") for one in tickets]
        urgent = [(one, places.get(one.urn, "")) for one in tickets if one.kind in URGENT]
        drawn, full = calls_map(ask, urgent) if state == "open" else "", len(rows) == SHOWN
        return ask.page("tickets.html", rows=rows, state=state, states=list(_STATES), now=ask.app.clock(), full=full, map=drawn)

    def one(self, ask: Ask) -> web.Response:
        """One ticket with all that was said."""
        return self._show(ask)

    def _show(self, ask: Ask, *, why: str = "", status: int = 200) -> web.Response:
        try:
            ticket, answers = ask.app.desk.show(ask.number("id"))
        except NotDone:
            raise web.HTTPNotFound from None
        person = ask.app.people.find_person(ticket.urn)
        place = person.contact.place if person else ""
        at = spot.last(ticket.question)
        return ask.page(
            "ticket.html",
            status=status,
            ticket=ticket,
            answers=answers,
            number=mask(ticket.urn),
            ref=self._names.ref(ticket.urn) if person else "",
            place=where(ask).label(place) if place else "",
            at=at and (f"{at[0]:.5f}, {at[1]:.5f}", geo(at)),
            map=ticket_map(ask, ticket, place) if ticket.kind in URGENT else "",
            stopped=person is not None and person.contact.opted_out,
            lines=ask.app.store.conversation(ticket.urn, limit=LINES),
            why=why,
            typed={"text": ask.text("text"), "question": ask.text("question") or ticket.question, "approve": bool(ask.text("approve"))},
            until=ask.text("until") or f"{_today(ask) + timedelta(days=SERVES_DAYS):%Y-%m-%d}",
            room=SERVES_ALL.units,
        )

    def answer(self, ask: Ask) -> web.Response:
        """Sends an answer, and lets it serve others where that was ticked."""
        id_, app = ask.number("id"), ask.app
        try:
            approval = _approval(ask) if ask.text("approve") else None
            done = app.desk.answer(id_, ask.text("text"), by=ask.member.name, again=bool(ask.text("again")), approval=approval)
        except NotDone as error:
            return self._show(ask, why=ask.why(error), status=409)
        _note(ask, "ticket.answer", f"ticket:{id_}", parts=done.parts, approved=done.approved)
        return ask.done(f"{TICKETS}/{id_}", "ticket_answered", parts=done.parts)

    def close(self, ask: Ask) -> web.Response:
        """Ends a ticket."""
        id_ = ask.number("id")
        try:
            ask.app.desk.close(id_)
        except NotDone as error:
            return self._show(ask, why=ask.why(error), status=409)
        _note(ask, "ticket.close", f"ticket:{id_}")
        return ask.done(TICKETS, "ticket_closed", id=id_)


def _first(ticket: Ticket) -> tuple[bool, bool, float]:
    return ticket.kind is not TicketKind.NEED_HELP, not ticket.urgent, ticket.opened


def _note(ask: Ask, what: str, about: str, **detail: object) -> None:
    with ask.app.people.begin() as tx:
        tx.audit(ask.member.name, what, about, detail, now=ask.app.clock())


def _today(ask: Ask) -> date:
    return datetime.fromtimestamp(ask.app.clock(), ask.app.settings.zone).date()


def _approval(ask: Ask) -> Approval:
    try:
        last = date.fromisoformat(ask.text("until"))
    except ValueError:
        raise Declined("bad_date") from None
    expires = datetime.combine(last + timedelta(days=1), time(), ask.app.settings.zone).timestamp()
    if expires <= ask.app.clock():
        raise Declined("date_over")
    return Approval(ask.text("question"), expires)


def _approved(ask: Ask) -> web.Response:
    return ask.page("tickets_approved.html", rows=ask.app.store.approved(), now=ask.app.clock())


def _withdraw(ask: Ask) -> web.Response:
    id_ = ask.number("id")
    ask.app.desk.withdraw(id_)
    _note(ask, "approved.withdraw", f"approved:{id_}")
    return ask.done(f"{TICKETS}/approved", "approved_withdrawn")
