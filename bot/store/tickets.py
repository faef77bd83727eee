"""Tickets and approved answers in SQL. Few rows and far from the hot path."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, update

from bot.core.ticket import URGENT, Approved, Ticket, TicketAnswer, TicketKind, TicketState, answer_key
from bot.core.types import Lang, Status
from bot.store import outbox
from bot.store.engine import Database
from bot.store.statements import one_of
from bot.store.tables import DELIVERY, MESSAGE
from bot.store.ticket_tables import APPROVED, TICKET

_T, _A, _M, _D = TICKET.c, APPROVED.c, MESSAGE.c, DELIVERY.c
_OPEN = one_of(_T.state, [TicketState.OPEN])
_IN_FORCE = _A.withdrawn == 0.0


class TicketRows:
    """The part of SqlTx that keeps tickets."""

    _connection: Connection

    def last_question(self, urn: str, *, since: float) -> str:
        asked = select(_M.text).where(_M.urn == urn, _M.asked > 0, _M.received >= since).order_by(_M.id.desc()).limit(1)
        return str(self._connection.scalar(asked) or "")

    def last_topic(self, urn: str, *, since: float) -> str:
        asked = select(_M.id).where(_M.urn == urn, _M.asked > 0, _M.received >= since).order_by(_M.id.desc()).limit(1)
        replied = select(_D.skill).where(_D.message_id == asked.scalar_subquery()).order_by(_D.id.desc()).limit(1)
        return str(self._connection.scalar(replied) or "")

    def ticket(self, id: int) -> Ticket | None:
        return self._one(select(TICKET).where(_T.id == id))

    def open_ticket(self, urn: str) -> Ticket | None:
        return self._one(select(TICKET).where(_T.urn == urn, _OPEN))

    def emergency_ticket(self, urn: str, topic: str, *, since: float) -> Ticket | None:
        about = _T.kind.in_(sorted(URGENT)) & (_T.topic == topic)
        return self._one(select(TICKET).where(_T.urn == urn, about, _T.opened > since))

    def add_ticket(self, ticket: Ticket) -> int:
        return _added(self._connection, TICKET, ticket)

    def save_ticket(self, ticket: Ticket) -> None:
        self._connection.execute(update(TICKET).where(_T.id == ticket.id).values(_values(ticket)))

    def approve(self, approved: Approved) -> int:
        same = (_A.lang == approved.lang) & (_A.folded == approved.folded)
        self._connection.execute(update(APPROVED).where(same, _IN_FORCE).values(withdrawn=approved.approved_at))
        return _added(self._connection, APPROVED, approved)

    def withdraw(self, id: int, *, now: float) -> bool:
        return self._connection.execute(update(APPROVED).where(_A.id == id, _IN_FORCE).values(withdrawn=now)).rowcount == 1

    def _one(self, rows: Select[Any]) -> Ticket | None:
        """The newest of `rows`, held until the end."""
        row = self._connection.execute(rows.order_by(_T.id.desc()).limit(1).with_for_update()).first()
        return None if row is None else as_ticket(row)


class Tickets:
    """The part of SqlStore that shows tickets."""

    _db: Database

    def tickets(self, *, states: Sequence[TicketState], limit: int) -> Sequence[Ticket]:
        rows = select(TICKET).where(one_of(_T.state, states)).order_by(_T.urgent.desc(), _T.opened, _T.id).limit(limit)
        with self._db.read() as connection:
            return [as_ticket(row) for row in connection.execute(rows)]

    def latest_tickets(self, *, states: Sequence[TicketState], limit: int) -> Sequence[Ticket]:
        rows = select(TICKET).where(one_of(_T.state, states)).order_by(_T.opened.desc(), _T.id.desc()).limit(limit)
        with self._db.read() as connection:
            return [as_ticket(row) for row in connection.execute(rows)]

    def urgent_tickets(self) -> Sequence[int]:
        with self._db.read() as connection:
            return connection.scalars(select(_T.id).where(_OPEN, _T.urgent.is_(True)).order_by(_T.id)).all()

    def ticket_answers(self, ticket: Ticket) -> Sequence[TicketAnswer]:
        keys = [answer_key(ticket.id, n) for n in range(1, ticket.answers + 1)]
        rows = select(_D.id, _D.status, _D.code, _D.created).where(_D.dedup.in_(keys)).order_by(_D.id)
        with self._db.read() as connection:
            return [_answer(connection, row) for row in connection.execute(rows).all()]

    def approved(self) -> Sequence[Approved]:
        rows = select(APPROVED).where(_IN_FORCE).order_by(_A.id.desc())
        with self._db.read() as connection:
            return [Approved(**row._asdict() | {"lang": Lang(row.lang)}) for row in connection.execute(rows)]

    def approved_version(self) -> str:
        # Rows come with a new id, go by being taken back, and are otherwise never changed.
        seen = select(func.count(), func.coalesce(func.max(_A.id), 0), func.coalesce(func.sum(_A.id), 0)).where(_IN_FORCE)
        with self._db.read() as connection:
            return ".".join(str(int(number)) for number in connection.execute(seen).one())


def counts(connection: Connection) -> dict[str, int]:
    """Tickets by state, and how many of the open ones are urgent."""
    by_state = connection.execute(select(_T.state, func.count()).group_by(_T.state))
    counted = {f"ticket.{state}": int(count) for state, count in by_state}
    urgent = connection.scalar(select(func.count()).where(_OPEN, _T.urgent.is_(True)))
    return counted | ({"ticket.urgent": int(urgent)} if urgent else {})


def _added(connection: Connection, table: Any, row: Ticket | Approved) -> int:
    added: int = connection.execute(insert(table).values(_values(row)).returning(table.c.id)).scalar_one()
    return added


def _values(row: Ticket | Approved) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if name != "id"}


def as_ticket(row: Row[Any]) -> Ticket:
    """The ticket of a row, which may have more columns."""
    spelt = {"lang": Lang(row.lang), "kind": TicketKind(row.kind), "state": TicketState(row.state)}
    return Ticket(**{name: getattr(row, name) for name in TICKET.c.keys()} | spelt)  # noqa: SIM118  a column collection is no mapping


def _answer(connection: Connection, row: Row[*tuple[Any, ...]]) -> TicketAnswer:
    text = " ".join(part.text for part in outbox.parts(connection, row.id))
    return TicketAnswer(text, Status(row.status), row.code, row.created)
