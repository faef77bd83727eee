"""The tables of tickets and approved answers. See bot.store.tables for how they are spelt, and bot.core.ticket for the fields."""

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field

from bot.store.tables import Row, _id, _table, _time, _words

OPEN_SQL = text("state = 'open'")


class Ticket(Row, table=True):
    """One person's need of a person. Field for field bot.core.ticket.Ticket."""

    __table_args__ = (
        Index("ix_ticket_urn_id", "urn", "id"),
        Index("ix_ticket_open", "urgent", "opened", sqlite_where=OPEN_SQL, postgresql_where=OPEN_SQL),
        {"sqlite_autoincrement": True},  # "ticket:<id>:<n>" must stay unique
    )

    id: int | None = _id()
    urn: str = _words()
    channel: str = _words()
    lang: str = _words()
    kind: str = _words()
    topic: str = _words()
    urgent: bool = False
    state: str = _words()
    question: str = _words()
    opened: float = _time()
    answered: float = _time()
    answer: str = _words()
    answers: int = 0
    answered_by: str = _words()


class Approved(Row, table=True):
    """An answer that serves others too. Field for field bot.core.ticket.Approved. `ticket_id` refers to nothing: tickets may go."""

    __table_args__ = ({"sqlite_autoincrement": True},)  # the highest id is part of the version

    id: int | None = _id()
    lang: str = _words()
    skill: str = _words()
    question: str = _words()
    folded: str = _words()
    answer: str = _words()
    approved_by: str = _words()
    approved_at: float = _time()
    ticket_id: int = Field(default=0, sa_type=BigInteger, nullable=False)
    expires: float = _time()
    withdrawn: float = _time()


TICKET = _table("ticket")
APPROVED = _table("approved")
