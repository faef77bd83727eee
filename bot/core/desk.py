"""The desk: where a person answers tickets. What goes out is stored like any other delivery, and what may serve others is approved."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.approved import folded
from bot.core.language import detect
from bot.core.ports import Channel, Clock, Queue
from bot.core.refusal import Declined
from bot.core.storage import NewDelivery, Store, Tx
from bot.core.text import fit, fits_one
from bot.core.ticket import Approved, Ticket, TicketAnswer, TicketState, answer_key
from bot.core.types import Contact, Lane, Limits

WORTH_S = 48 * 3600.0  # an answer that could not go out for so long would only puzzle the person
SERVES_ALL = Limits(units=156, max_parts=1)  # an approved answer fits one SMS and one USSD screen, like every fact


@dataclass(frozen=True, slots=True)
class Approval:
    """That an answer serves others who ask `question`, until `expires` (0: for ever)."""

    question: str
    expires: float = 0.0


@dataclass(frozen=True, slots=True)
class Answered:
    """What became of an answer: so many parts are on their way, and it is approved under that id (0: it is not)."""

    parts: int
    approved: int = 0


@dataclass(frozen=True, slots=True)
class Desk:
    """Tickets for an operator. Every method that changes something raises Declined where it cannot, and then changes nothing."""

    store: Store
    channels: Mapping[str, Channel]
    queue: Queue
    clock: Clock

    def show(self, id: int) -> tuple[Ticket, Sequence[TicketAnswer]]:
        """A ticket and what was answered to it, as it stands with the person's phone."""
        with self.store.begin() as tx:
            ticket = _ticket(tx, id)
        return ticket, self.store.ticket_answers(ticket)

    def answer(self, id: int, text: str, *, by: str, again: bool = False, approval: Approval | None = None) -> Answered:
        """Answers a ticket. `again`: also where it was answered before."""
        now = self.clock()
        asked, _ = self.show(id)
        with self.store.begin() as tx:
            # The person first and then the ticket, as the inbox does: two that hold one each would wait for each other.
            person = tx.contact(asked.urn, now=now, lang=asked.lang)
            ticket = _ticket(tx, id)
            _check(ticket, person, again=again)
            channel = self._channel(ticket)
            parts = _fitted(text, channel.limits)
            nth = ticket.answers + 1
            delivery = NewDelivery(
                dedup=answer_key(id, nth), channel=channel.name, urn=ticket.urn, parts=parts, not_after=now + WORTH_S, kind="person"
            )
            stored = tx.insert_delivery(delivery, now=now)
            given = replace(ticket, state=TicketState.ANSWERED, answered=now, answer=text.strip(), answers=nth, answered_by=by)
            tx.save_ticket(given)
            approved = tx.approve(_approved(given, approval)) if approval else 0
        if stored is not None:
            self.queue.hint(Lane.SENDS, stored)
        return Answered(len(parts), approved)

    def approve(self, id: int, approval: Approval, *, by: str) -> int:
        """Approves a ticket's last answer, for one more wording of the question. Nothing is sent. Returns the approval's id."""
        with self.store.begin() as tx:
            ticket = _ticket(tx, id)
            if not ticket.answers:
                raise Declined("not_answered", id=id)
            return tx.approve(_approved(replace(ticket, answered=self.clock(), answered_by=by), approval))

    def close(self, id: int) -> None:
        """Ends a ticket without an answer, or after one."""
        with self.store.begin() as tx:
            ticket = _ticket(tx, id)
            if ticket.state is TicketState.CLOSED:
                raise Declined("closed_already", id=id)
            tx.save_ticket(replace(ticket, state=TicketState.CLOSED))

    def withdraw(self, id: int) -> None:
        """Takes an approved answer back: the next who asks does not get it any more."""
        with self.store.begin() as tx:
            if not tx.withdraw(id, now=self.clock()):
                raise Declined("not_in_force", id=id)

    def _channel(self, ticket: Ticket) -> Channel:
        """What pushes an answer to where the ticket was asked."""
        asked_on = self.channels.get(ticket.channel)
        pushes = self.channels.get(asked_on.hand_over or asked_on.name) if asked_on else None
        if pushes is None or not pushes.limits.can_push:
            raise Declined("no_way_back", id=ticket.id, channel=ticket.channel)
        return pushes


def _ticket(tx: Tx, id: int) -> Ticket:
    ticket = tx.ticket(id)
    if ticket is None:
        raise Declined("no_ticket", id=id)
    return ticket


def _check(ticket: Ticket, person: Contact, *, again: bool) -> None:
    """That the ticket may be answered, and its person wants to hear from us. Both are held: a STOP is not missed."""
    if ticket.state is TicketState.CLOSED:
        raise Declined("ticket_is_closed", id=ticket.id)
    if ticket.state is TicketState.ANSWERED and not again:
        raise Declined("answered_already", id=ticket.id, name=ticket.answered_by)
    if ticket.urn != person.urn:
        raise Declined("number_changed", id=ticket.id)
    if person.opted_out:
        raise Declined("has_stopped", id=ticket.id)


def _fitted(text: str, limits: Limits) -> Sequence[str]:
    """The parts of an answer. What a person wrote is never cut."""
    fitted = fit(text.strip(), limits)
    if not fitted.parts:
        raise Declined("answer_empty")
    if fitted.rest:
        raise Declined("answer_too_long", parts=limits.max_parts, over=len(fitted.rest))
    return fitted.parts


def _approved(ticket: Ticket, approval: Approval) -> Approved:
    lang = detect(approval.question, default=ticket.lang)
    key = folded(approval.question, lang)
    if not key:
        raise Declined("asks_nothing")
    if not fits_one(ticket.answer, SERVES_ALL):
        raise Declined("not_one_sms", room=SERVES_ALL.units)
    return Approved(
        lang=lang,
        question=" ".join(approval.question.split()),
        folded=key,
        answer=ticket.answer,
        approved_by=ticket.answered_by,
        approved_at=ticket.answered,
        ticket_id=ticket.id,
        expires=approval.expires,
    )
