"""Rows for the tables of any revision, made from what the database says of its columns: so that a later revision needs nothing here."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, Connection, Float, Integer, LargeBinary, MetaData, Table, Text, insert, select
from sqlalchemy.types import TypeEngine

# Texts as people and broken gateways send them. None has a NUL or half a surrogate pair: the store takes those out at the door.
TEXTS = ("", "Plant now.", "🌽👨‍👩‍👧 ምድር हिन्दी", "\u202eabc\u200d\ufeff\ufffd\u0001", "' OR 1=1; -- %s :x \\", "long " * 2000, "\r\n\t")
ROWS = len(TEXTS)
_IDS = ("id", "delivery_id", "message_id", "alert_id", "broadcast_id")
_SPELT: Mapping[str, Sequence[str]] = {  # columns whose words we read back into enums
    "lang": ("en", "sw"),
    "lane": ("sends", "alerts"),
    "state": ("done", "new", "answering"),
    "status": ("queued", "errored", "sending", "wired", "delivered", "failed", "unknown"),
    "session_event": ("", "new", "resume"),
}


def fill(connection: Connection) -> None:
    """Puts ROWS awkward rows into every table."""
    for table in _tables(connection):
        connection.execute(insert(table), [{column.name: _value(table, column, n) for column in table.columns} for n in range(ROWS)])


def content(connection: Connection) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table."""
    return {table.name: _rows(connection, table) for table in _tables(connection)}


def _tables(connection: Connection) -> list[Table]:
    """Parents first."""
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def _rows(connection: Connection, table: Table) -> list[dict[str, Any]]:
    return [row._asdict() for row in connection.execute(select(table).order_by(*table.primary_key.columns))]


def _value(table: Table, column: Any, n: int) -> Any:
    kind: TypeEngine[Any] = column.type
    if column.name in _IDS or (column.primary_key and isinstance(kind, BigInteger | Integer)):
        return n + 1
    if isinstance(kind, Boolean) or kind.__class__.__name__ == "BOOLEAN":
        return bool(n % 2)
    if isinstance(kind, JSON):
        return _structure(column.name, n)
    if isinstance(kind, Text):
        return _words(table, column, n)
    if isinstance(kind, LargeBinary):
        return TEXTS[n].encode()
    if isinstance(kind, BigInteger | Integer):
        return (0, 1, 2**31 - 1)[n % 3]
    assert isinstance(kind, Float), f"{table.name}.{column.name} is of a kind that these rows do not know: {kind!r}"
    return (0.0, 1_800_000_000.125, 1e15)[n % 3]


def _structure(name: str, n: int) -> Any:
    if name == "meta":
        return {"linkId": TEXTS[n]} if n else {}
    return [[TEXTS[n], "label"]] if name == "choices" else [TEXTS[n]] * (n % 3)


def _words(table: Table, column: Any, n: int) -> str:
    if column.name in _SPELT:
        return _SPELT[column.name][n % len(_SPELT[column.name])]
    unique = column.primary_key or any(column.name in found.columns for found in table.constraints if list(getattr(found, "columns", ())))
    return f"{n}:{TEXTS[n]}"[:500] if unique else TEXTS[n]
