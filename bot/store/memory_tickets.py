"""The in-memory double of bot.store.tickets."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from bot.core.ticket import URGENT, Approved, Ticket, TicketAnswer, TicketState, answer_key
from bot.store.memory_rows import Question, Tables
from bot.store.rules import clean


class MemoryTicketRows:
    """The part of MemoryTx that keeps tickets."""

    _t: Tables

    def last_question(self, urn: str, *, since: float) -> str:
        asked = self._last_asked(urn, since)
        return asked.message.text if asked else ""

    def last_topic(self, urn: str, *, since: float) -> str:
        asked = self._last_asked(urn, since)
        replies = [row for row in self._t.outgoing.values() if asked is not None and row.order.message_id == asked.id]
        return max(replies, key=lambda row: row.id).order.skill if replies else ""

    def _last_asked(self, urn: str, since: float) -> Question | None:
        asked = [row for row in self._t.questions.values() if row.message.urn == clean(urn) and row.asked and row.received >= since]
        return max(asked, key=lambda row: row.id, default=None)

    def ticket(self, id: int) -> Ticket | None:
        return self._t.tickets.get(id)

    def open_ticket(self, urn: str) -> Ticket | None:
        return _newest(row for row in self._t.tickets.values() if row.urn == clean(urn) and row.state is TicketState.OPEN)

    def emergency_ticket(self, urn: str, topic: str, *, since: float) -> Ticket | None:
        theirs = (row for row in self._t.tickets.values() if row.urn == clean(urn) and row.kind in URGENT)
        return _newest(row for row in theirs if row.topic == topic and row.opened > since)

    def add_ticket(self, ticket: Ticket) -> int:
        added = len(self._t.tickets) + 1
        self.save_ticket(replace(ticket, id=added))
        return added

    def save_ticket(self, ticket: Ticket) -> None:
        kept = replace(ticket, urn=clean(ticket.urn), question=clean(ticket.question), answer=clean(ticket.answer))
        self._t.tickets[ticket.id] = kept

    def approve(self, approved: Approved) -> int:
        for old in list(self._t.approved.values()):
            if (old.lang, old.folded) == (approved.lang, clean(approved.folded)):
                self.withdraw(old.id, now=approved.approved_at)
        added = len(self._t.approved) + 1
        question, answer = clean(approved.question), clean(approved.answer)
        self._t.approved[added] = replace(approved, id=added, question=question, folded=clean(approved.folded), answer=answer)
        return added

    def withdraw(self, id: int, *, now: float) -> bool:
        row = self._t.approved.get(id)
        if row is None or row.withdrawn:
            return False
        self._t.approved[id] = replace(row, withdrawn=now)
        return True


class MemoryTickets:
    """The part of MemoryStore that shows tickets."""

    _tables: Tables
    _write: Callable[[], AbstractContextManager[Tables]]

    def tickets(self, *, states: Sequence[TicketState], limit: int) -> Sequence[Ticket]:
        rows = [row for row in self._tables.tickets.values() if row.state in states]
        return sorted(rows, key=lambda row: (not row.urgent, row.opened, row.id))[:limit]

    def urgent_tickets(self) -> Sequence[int]:
        return [row.id for row in self._tables.tickets.values() if row.urgent and row.state is TicketState.OPEN]

    def ticket_answers(self, ticket: Ticket) -> Sequence[TicketAnswer]:
        t = self._tables
        found = (t.dedups.get(answer_key(ticket.id, n)) for n in range(1, ticket.answers + 1))
        rows = [t.outgoing[row] for row in found if row is not None]
        return [TicketAnswer(" ".join(p.text for p in row.parts), row.status, row.code, row.created) for row in rows]

    def approved(self) -> Sequence[Approved]:
        return [row for row in reversed(self._tables.approved.values()) if not row.withdrawn]

    def approved_version(self) -> str:
        return ".".join(str(row.id) for row in self._tables.approved.values() if not row.withdrawn)


def counts(tables: Tables) -> list[str]:
    """What Store.counts counts, once for each row."""
    rows = tables.tickets.values()
    urgent = ["ticket.urgent" for row in rows if row.urgent and row.state is TicketState.OPEN]
    return [f"ticket.{row.state}" for row in rows] + urgent


def _newest(rows: Iterable[Ticket]) -> Ticket | None:
    return max(rows, key=lambda row: row.id, default=None)
