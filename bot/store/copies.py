"""Copies of a database: made while it is in use, looked through, and made fit to go on from."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, MetaData, make_url, select, text, update

from bot.core.errors import NotDone
from bot.store import clock, outbox
from bot.store.engine import Database, make_engine
from bot.store.rules import LIVE, OPEN, MessageState
from bot.store.statements import one_of
from bot.store.tables import DELIVERY, MESSAGE

RESTORED = "restored"  # the code of deliveries that a restore has ended
_BATCH = 500


def sqlite_file(url: str) -> Path | None:
    """The file of a SQLite database, None for PostgreSQL."""
    address = make_url(url)
    return Path(address.database or "") if address.get_backend_name() == "sqlite" else None


def copy_sqlite(source: Path, target: Path) -> None:
    """Writes a copy of `source` as it is at this moment, whoever writes to it meanwhile. Raises NotDone.

    VACUUM INTO: one snapshot, without the rests of deleted rows, which may hold people's words."""
    if not source.exists():
        raise NotDone(f"{source} is not there. Is UJUMBE_DATA_DIR the folder of the service?")
    try:
        with closing(sqlite3.connect(source, timeout=10)) as connection:
            connection.execute("VACUUM INTO ?", (str(target),))
    except sqlite3.Error as error:
        raise NotDone(f"{source} cannot be copied now ({error}). Is there room for a second one of it beside the backup?") from None
    check_sqlite(target)


def check_sqlite(path: Path) -> None:
    """Reads the whole database. Raises NotDone where it is damaged."""
    if found := damage(path):
        raise NotDone(f"{path.name} is damaged ({found}). Nothing was changed.")


def damage(path: Path, *, quick: bool = False) -> str:
    """The first thing that is wrong in a SQLite database, "" where it is whole. Reads all of it; `quick` leaves the indexes out."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as connection:
            wrong = str(connection.execute(f"PRAGMA {'quick' if quick else 'integrity'}_check(1)").fetchone()[0])
            return "" if wrong == "ok" else " ".join(wrong.split())
    except sqlite3.Error as error:
        return str(error)


def settle_sqlite(path: Path) -> None:
    """Brings everything that is committed into the file itself, so that it can be moved alone. Raises sqlite3.Error."""
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        connection.execute("PRAGMA journal_mode = DELETE").fetchone()


def end_waiting(url: str) -> tuple[int, int]:
    """Ends what waits in a database that was brought back: it may have gone out since. Returns how many deliveries and questions."""
    with _opened(url) as connection:
        waiting = select(DELIVERY.c.id).where(one_of(DELIVERY.c.status, LIVE)).order_by(DELIVERY.c.id)
        deliveries = connection.scalars(waiting).all()
        for start in range(0, len(deliveries), _BATCH):
            outbox.fail(connection, deliveries[start : start + _BATCH], RESTORED)
        done = update(MESSAGE).where(one_of(MESSAGE.c.state, OPEN)).values(state=MessageState.DONE, token=None)
        return len(deliveries), connection.execute(done).rowcount


def mark_restored(url: str, *, now: float) -> None:
    """Notes that what people sent before `now` may have been answered by what is not there any more."""
    with _opened(url) as connection:
        clock.keep_restored(connection, now=now)


def others(url: str) -> int:
    """How many other sessions a PostgreSQL database has."""
    with _opened(url) as connection:
        asked = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        return int(connection.execute(text(asked)).scalar_one())


def drop_everything(url: str) -> str:
    """SQL that drops every table, and the function that guards one, of a PostgreSQL database's own schema, whatever version made it."""
    with _opened(url) as connection:
        found = MetaData()
        found.reflect(connection)
        quote = connection.dialect.identifier_preparer.quote
        tables = "".join(f"DROP TABLE IF EXISTS {quote(table)} CASCADE;\n" for table in found.tables)
        return f"{tables}DROP FUNCTION IF EXISTS audit_is_append_only;\n"


@contextmanager
def _opened(url: str) -> Iterator[Connection]:
    database = Database(make_engine(url))
    try:
        with database.write() as connection:
            yield connection
    finally:
        database.close()
