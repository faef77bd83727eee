"""The database connection: everything that differs between SQLite and PostgreSQL, in one place."""

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DatabaseError, InterfaceError, InternalError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from bot.core.errors import BadSetting, StoreDown
from bot.store.failure import down, is_stale

PATIENCE_S = 10  # for a lock, a connection, an answer
FRESH_S = 0.25  # a connection that was used so lately stands
_RESTS = "rests since"
_LOOK_S = 0.0005  # how often a writer asks whether it is its turn
WAL_BYTES = 16 * 1024 * 1024  # what SQLite's log keeps of its size once its pages are in the database
_DOWN = (OperationalError, InterfaceError, InternalError, PoolTimeout)

Insert = postgresql.Insert | sqlite.Insert


def make_engine(url: str, *, foreign_keys: bool = True) -> Engine:
    """An engine for `url`. Raises BadSetting where it is neither SQLite nor PostgreSQL. Connects at the first use.

    Statements' values are kept out of every error: they are people's words and numbers."""
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        engine = create_engine(address, hide_parameters=True, pool_size=16, pool_timeout=PATIENCE_S)
        _teach_sqlite(engine, foreign_keys=foreign_keys)
        return engine
    engine = create_engine(
        address,
        hide_parameters=True,
        pool_size=16,
        pool_timeout=PATIENCE_S,
        pool_use_lifo=True,  # the one that was just used needs no ping
        # A claim that waited for another one looks at the row again, as it is then: so READ COMMITTED, whatever the server's default.
        isolation_level="READ COMMITTED",
        connect_args={"connect_timeout": PATIENCE_S, "options": f"-c lock_timeout={PATIENCE_S}s"},
    )
    _ping_the_rested(engine)
    return engine


def _ping_the_rested(engine: Engine) -> None:
    """A connection that rested is asked whether it still stands; the others of a server that is gone are then given up, too. SQLAlchemy's
    own pre-ping asks every time: an answer has fifteen transactions within 30 ms, and beside a broadcast each question waited, too."""

    @event.listens_for(engine, "checkin")
    def rests(_: object, record: Any) -> None:
        record.info[_RESTS] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def wakes(connection: Any, record: Any, _: object) -> None:
        since = record.info.pop(_RESTS, None)
        if since is None or time.monotonic() - since < FRESH_S:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error:
            raise InvalidatePoolError from None


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except ArgumentError:
        address = URL.create("none")
    if address.drivername in ("postgres", "postgresql"):
        address = address.set(drivername="postgresql+psycopg")
    if address.drivername not in ("sqlite", "sqlite+pysqlite", "postgresql+psycopg"):
        raise BadSetting(
            "database_url is neither sqlite:///FILE nor postgresql+psycopg://USER:PASSWORD@HOST/NAME. Mend it in the settings."
        )
    return address


def _teach_sqlite(engine: Engine, *, foreign_keys: bool) -> None:
    """SQLite as we need it: durable at COMMIT, readers beside the writer, and transactions that begin where we say."""

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _: object) -> None:
        connection.isolation_level = None  # the driver would begin by itself, late and without IMMEDIATE
        for pragma in (
            f"busy_timeout = {PATIENCE_S * 1000}",
            "journal_mode = WAL",
            "synchronous = FULL",  # NORMAL may lose the last commits with the power, and the provider was told 200
            f"journal_size_limit = {WAL_BYTES}",
            f"foreign_keys = {int(foreign_keys)}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later cannot wait for its turn (SQLITE_BUSY at once): take the turn at the start.
        options = connection.get_execution_options()
        if options.get("reads_only", False):
            connection.exec_driver_sql("BEGIN")
            return
        connection.exec_driver_sql(f"PRAGMA synchronous = {'NORMAL' if options.get('may_be_lost', False) else 'FULL'}")
        _begin_in_turn(connection)


def _begin_in_turn(connection: Connection) -> None:
    """BEGIN IMMEDIATE, asked again every half millisecond while another process writes. SQLite's own waiting sleeps longer each time,
    up to 25 ms and past many a free moment: an answer beside a broadcast, with its five writes, waited mostly for that."""
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection), "only SQLite has turns"
    raw.execute("PRAGMA busy_timeout = 0")
    try:
        until = time.monotonic() + PATIENCE_S
        while _busy(raw) and time.monotonic() < until:
            time.sleep(_LOOK_S)
        if not raw.in_transaction:
            connection.exec_driver_sql("BEGIN IMMEDIATE")  # SQLAlchemy words what is wrong
    finally:
        raw.execute(f"PRAGMA busy_timeout = {PATIENCE_S * 1000}")


def _busy(raw: sqlite3.Connection) -> bool:
    """Whether somebody else writes. If not, the transaction has begun, or cannot."""
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    except sqlite3.Error:
        pass
    return False


class Database:
    """Transactions on one engine. Errors that mean "not now" come out as StoreDown."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        # PostgreSQL gives each statement a snapshot of its own anyway, and the driver forgets what it has prepared at every ROLLBACK, with
        # which a transaction that only read ends.
        self.in_one_step = engine.dialect.name == "postgresql"  # whether it takes a step of several tables as one statement
        alone = {"isolation_level": "AUTOCOMMIT"} if self.in_one_step else {}
        self._reader = engine.execution_options(reads_only=True, **alone)
        self._hasty = engine.execution_options(may_be_lost=True)
        self._alone = engine.execution_options(**alone)
        # SQLite has one writer at a time, and waits for it by sleeping, unfairly. Threads of one process queue here instead.
        self._turn = threading.Lock() if engine.dialect.name == "sqlite" else None

    @contextmanager
    def write(self, *, may_be_lost: bool = False) -> Iterator[Connection]:
        """One write transaction: commits at the end of the block, rolls back on an error.

        `may_be_lost`: with the power, and with nothing less; then SQLite does not wait for the card. For what is only a note of who works
        on what: a claim that is lost is made again, and whatever is committed after it brings it to the card before itself."""
        with self._my_turn(), self._answering(), (self._hasty if may_be_lost else self._engine).begin() as connection:
            yield connection

    @contextmanager
    def one(self, *, may_be_lost: bool = False) -> Iterator[Connection]:
        """As `write`, for a block of one statement. PostgreSQL commits that by itself: BEGIN and COMMIT would each be one more way to the
        server and back."""
        engine = self._alone if self.in_one_step else self._hasty if may_be_lost else self._engine
        with self._my_turn(), self._answering(), engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """For reading; waits for no writer. On SQLite one snapshot, on PostgreSQL one for each statement."""
        with self._answering(), self._reader.connect() as connection:
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    def trim_log(self) -> None:
        """Brings SQLite's log back to its size where readers that always overlapped kept it growing: waits for them once."""
        log = Path(f"{self._engine.url.database}-wal")
        if self._turn is None or not log.exists() or log.stat().st_size <= 2 * WAL_BYTES:
            return
        with self._my_turn(), self._answering(), self._engine.connect() as connection:
            raw = connection.connection.driver_connection
            assert isinstance(raw, sqlite3.Connection), "only SQLite has a log"
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()  # outside of SQLAlchemy: inside of a transaction it does nothing

    @contextmanager
    def _my_turn(self) -> Iterator[None]:
        if self._turn is None:
            yield
        elif self._turn.acquire(timeout=PATIENCE_S):
            try:
                yield
            finally:
                self._turn.release()
        else:
            raise StoreDown(f"The database was busy for {PATIENCE_S} s. Is begin() used inside begin()?")

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except DatabaseError as error:
            if is_stale(error):
                self._engine.dispose()  # what is in use now is closed when it comes back
            if isinstance(error, _DOWN) or is_stale(error):
                raise down(self._engine.url, error) from error
            raise
        except (InterfaceError, PoolTimeout) as error:
            raise down(self._engine.url, error) from error


@cache
def insert_once(dialect: str, table: Table, *unique: str) -> Insert:
    """INSERT that changes nothing where a row with the same `unique` columns is there."""
    return insert_new(dialect, table).on_conflict_do_nothing(index_elements=unique)


@cache
def insert_or_update(dialect: str, table: Table, *unique: str) -> Insert:
    """INSERT that overwrites the row with the same `unique` columns where one is there."""
    statement = insert_new(dialect, table)
    changed = {column.name: statement.excluded[column.name] for column in table.c if column.name not in unique}
    return statement.on_conflict_do_update(index_elements=unique, set_=changed)


def insert_new(dialect: str, table: Table) -> Insert:
    """The dialect's own INSERT, which knows ON CONFLICT."""
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
