"""Tickets: what waits for a person. And approved answers: what a person's answer becomes where it may serve others too.

Here are their values and what they need of a store. Who opens them is bot.core.handoff, who answers them bot.core.desk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.core.types import Lang, Status


class TicketKind(StrEnum):
    """Why a person is needed."""

    PERSON = "person"  # somebody asked for one
    EMERGENCY = "emergency"  # somebody is in danger; they got their vetted text already
    NEED_HELP = "need_help"  # somebody said to a roll call that they need help


URGENT = frozenset({TicketKind.EMERGENCY, TicketKind.NEED_HELP})
ROLL_CALL = "roll-call"  # the topic of every ticket of NEED_HELP


class TicketState(StrEnum):
    """Where a ticket stands."""

    OPEN = "open"  # waits for an operator
    ANSWERED = "answered"
    CLOSED = "closed"  # over: no answer goes out any more


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """One person's need of a person. `id` 0: not stored yet. `channel` is where it was asked; an answer may go out by its partner."""

    id: int = 0
    urn: str
    channel: str
    lang: Lang
    kind: TicketKind
    topic: str = ""  # the emergency's id, ROLL_CALL, or the skill that the question seems to be of
    urgent: bool = False
    state: TicketState = TicketState.OPEN
    question: str = ""  # everything they said to it, a line each
    opened: float
    answered: float = 0.0
    answer: str = ""  # the last one
    answers: int = 0  # how many were given; the n-th is the delivery "ticket:<id>:<n>"
    answered_by: str = ""  # who gave the last one


@dataclass(frozen=True, slots=True)
class TicketAnswer:
    """One answer on its way, as its delivery stands. `code` says why, where it stands badly."""

    text: str
    status: Status
    code: str
    created: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """An answer of a person that others who ask the same may get, word for word, without the model. `id` 0: not stored yet."""

    id: int = 0
    lang: Lang
    skill: str = ""
    question: str
    folded: str  # bot.core.approved.folded(question, lang): one answer at a time is in force for each
    answer: str
    approved_by: str
    approved_at: float
    ticket_id: int = 0  # where it came from
    expires: float = 0.0  # 0: never
    withdrawn: float = 0.0  # when somebody took it back; 0: in force


def answer_key(ticket_id: int, n: int) -> str:
    """The dedup key of a ticket's `n`-th answer, 1 for the first: no answer can be stored twice."""
    return f"ticket:{ticket_id}:{n}"


class TicketTx(Protocol):
    """The part of a transaction that keeps tickets.

    Who opens or changes a ticket of a person holds that person's contact first (Tx.contact): so nobody gets two by writing twice."""

    def last_question(self, urn: str, *, since: float) -> str:
        """The newest question that `urn` asked after `since`, "" where there is none."""
        ...

    def last_topic(self, urn: str, *, since: float) -> str:
        """The skill of the reply to that question, "" where it had none or none came yet."""
        ...

    def ticket(self, id: int) -> Ticket | None:
        """The ticket, held until the end of the transaction."""
        ...

    def open_ticket(self, urn: str) -> Ticket | None:
        """The newest ticket of `urn` that is open."""
        ...

    def emergency_ticket(self, urn: str, topic: str, *, since: float) -> Ticket | None:
        """The newest ticket of `urn` of an URGENT kind about `topic` that was opened after `since`, whatever its state."""
        ...

    def add_ticket(self, ticket: Ticket) -> int:
        """Stores a new ticket and returns its id, which is never used again."""
        ...

    def save_ticket(self, ticket: Ticket) -> None:
        """Overwrites the ticket of that id."""
        ...

    def approve(self, approved: Approved) -> int:
        """Puts an answer in force, in the place of the one to the same folded question and language. Returns its id."""
        ...

    def withdraw(self, id: int, *, now: float) -> bool:
        """Takes an approved answer back. False where none of that id is in force."""
        ...


class TicketStore(Protocol):
    """The part of a store that shows tickets and approved answers."""

    def tickets(self, *, states: Sequence[TicketState], limit: int) -> Sequence[Ticket]:
        """Tickets in `states`: urgent ones first, then who waits longest."""
        ...

    def urgent_tickets(self) -> Sequence[int]:
        """The ids of urgent tickets that are open, the oldest first. Store.counts has how many they are as "ticket.urgent"."""
        ...

    def ticket_answers(self, ticket: Ticket) -> Sequence[TicketAnswer]:
        """What was answered, the oldest first."""
        ...

    def approved(self) -> Sequence[Approved]:
        """Every approved answer that was not taken back, the newest first; also those that expired."""
        ...

    def approved_version(self) -> str:
        """Another text after every change of `approved`. Cheap enough to ask for with every question."""
        ...
