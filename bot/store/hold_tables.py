"""The table of holds. See bot.store.tables for how it is spelt, and bot.core.waiting for the fields."""

from typing import Any

from sqlalchemy import BigInteger
from sqlmodel import Field

from bot.store.tables import Row, _id, _table, _time, _words


def _row_id() -> Any:
    return Field(default=0, sa_type=BigInteger, nullable=False)


class Hold(Row, table=True):
    """What fits it is claimed by nobody. Looked at by every claim, and nearly always empty."""

    __table_args__ = ({"sqlite_autoincrement": True},)  # an operator may still know an old number

    id: int | None = _id()
    channel: str = _words()  # "", 0: any
    lane: str = _words()
    kind: str = _words()
    made_before: float = _time()
    question: int = _row_id()
    delivery: int = _row_id()
    urgent: bool = False  # alerts and texts for emergencies too
    since: float = _time()
    held_by: str = _words()


HOLD = _table("hold")
