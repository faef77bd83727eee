"""What a database's errors mean: whether its connection can be used again, and what people hear of it."""

import sqlite3

from sqlalchemy import URL
from sqlalchemy.exc import DatabaseError

from bot.core.errors import StoreDown

# A connection that met one of these may never get well again, though the database does: a SQLite file that could only be opened for
# reading stays so, and a session of a PostgreSQL that was demoted goes on with the old server.
_STALE = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB}
_READ_ONLY = "25006"  # PostgreSQL's read_only_sql_transaction

_ROOM = "Make room on its disk: it goes on by itself then."
_WRITE = "It can only be read now: give this user the right to write it, or its server the role of the primary; it goes on by itself then."
_BROKEN = "Its file is damaged: stop the service and bring back a backup with `ujumbe restore FILE`."
_REMEDIES: dict[int | str, str] = {
    sqlite3.SQLITE_FULL: _ROOM,
    "53100": _ROOM,  # disk_full
    sqlite3.SQLITE_READONLY: _WRITE,
    _READ_ONLY: _WRITE,
    sqlite3.SQLITE_IOERR: "Its disk is full or failing: look at the space and the system's log; it goes on by itself once the disk does.",
    sqlite3.SQLITE_CORRUPT: _BROKEN,
    sqlite3.SQLITE_NOTADB: _BROKEN,
}


def is_stale(error: DatabaseError) -> bool:
    """Whether the connection that met `error` must not be used again."""
    return _code(error.orig) in {*_STALE, _READ_ONLY}


def down(url: URL, error: Exception) -> StoreDown:
    """What the caller hears when the database at `url` fails with `error`."""
    cause = getattr(error, "orig", None) or error
    what = " ".join(str(cause).split())
    remedy = _REMEDIES.get(_code(cause), "Is it up and migrated?")
    return StoreDown(f"The database {url.render_as_string()} cannot answer now: {type(cause).__name__}: {what}. {remedy}")


def _code(cause: object) -> int | str:
    """The database's own word for what went wrong: SQLite's primary result code or PostgreSQL's SQLSTATE, "" where it has none."""
    number = getattr(cause, "sqlite_errorcode", None)
    if isinstance(number, int):
        return number & 0xFF  # the other bits say more closely what it was
    return getattr(cause, "sqlstate", None) or ""
