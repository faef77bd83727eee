"""The audit log in SQL. Rows are only added; triggers refuse everything else (migration 0006)."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, text

from bot.core.alert.audit import AuditQuery, Entry, Said, entry, said
from bot.store.engine import Database
from bot.store.staff_tables import AUDIT
from bot.store.statements import given

_A = AUDIT.c
_LAST = select(AUDIT).order_by(_A.n.desc()).limit(1)
_ADD = insert(AUDIT)
_BEHIND = select(AUDIT).where(_A.n > given("after")).order_by(_A.n).limit(given("most"))
_TURN = text("SELECT pg_advisory_xact_lock(7046029254386353131)")  # a number that means the log to all of our processes


class AuditRows:
    """The part of SqlTx that keeps the log."""

    _connection: Connection
    _said: list[Said]  # what this transaction has to tell, in order

    def audit(self, who: str, what: str, about: str = "", detail: Mapping[str, object] | None = None, *, now: float) -> None:
        self._said.append(said(who, what, about, detail or {}, now=now))

    def seal_audit(self) -> None:
        """Adds what was said to the log: the last thing that a transaction does. Whoever holds the log then waits for nobody, so no two
        transactions can wait for each other because of it."""
        if not self._said:
            return
        if self._connection.dialect.name == "postgresql":  # SQLite has one writer anyway
            self._connection.execute(_TURN)
        row = self._connection.execute(_LAST).first()
        last = None if row is None else _entry(row)
        for one in self._said:
            last = entry(last, one)
            self._connection.execute(_ADD, asdict(last))
        self._said.clear()


class AuditLog:
    """The part of SqlStore that shows the log."""

    _db: Database

    def audit_page(self, query: AuditQuery, *, before: int = 0, limit: int) -> Sequence[Entry]:
        rows = _matching(query).order_by(_A.n.desc()).limit(limit)
        with self._db.read() as connection:
            return [_entry(row) for row in connection.execute(rows.where(_A.n < before) if before else rows)]

    def audit_log(self, *, after: int = 0, limit: int) -> Sequence[Entry]:
        with self._db.read() as connection:
            return [_entry(row) for row in connection.execute(_BEHIND, {"after": after, "most": limit})]


def _matching(query: AuditQuery) -> Select[Any]:
    rows = select(AUDIT)
    if query.who:
        rows = rows.where(_A.who == query.who)
    if query.what:
        rows = rows.where(_A.what.startswith(query.what, autoescape=True))
    if query.about:
        rows = rows.where(_A.about == query.about)
    if query.since:
        rows = rows.where(_A.at >= query.since)
    return rows.where(_A.at < query.until) if query.until else rows


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.n, row.at, row.who, row.what, row.about, row.detail, row.before, row.hash)
