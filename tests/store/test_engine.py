"""SQLite as we open it: durable at every commit, a log that does not grow for ever, damage told with its remedy."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from bot.core.errors import StoreDown
from bot.store import open_store
from bot.store.copies import damage
from bot.store.engine import WAL_BYTES, Database, make_engine
from bot.store.sql import SqlStore
from tests.store.bench import put


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        pytest.param("journal_mode", "wal", id="readers-beside-the-writer"),
        pytest.param("synchronous", 2, id="full"),  # 1, NORMAL, may lose what the provider was told 200 for
        pytest.param("foreign_keys", 1, id="foreign-keys"),
        pytest.param("wal_autocheckpoint", 1000, id="checkpoints"),
        pytest.param("journal_size_limit", WAL_BYTES, id="log-size"),
        pytest.param("busy_timeout", 10_000, id="patience"),
    ],
)
def test_every_connection_of_a_live_store_is_set_up(sqlite_url: str, pragma: str, value: Any) -> None:
    store = SqlStore(sqlite_url)
    put(store)
    connections = [store._db._reader.connect() for _ in range(3)]
    assert [connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() for connection in connections] == [value] * 3
    for connection in connections:
        connection.close()
    store.close()


def test_only_a_note_of_who_works_on_what_may_be_lost_with_the_power(sqlite_url: str) -> None:
    """What is committed after it waits for the card again, on the same connection."""
    store = SqlStore(sqlite_url)
    found = []
    for may_be_lost in (True, False, True, False):
        with store._db.write(may_be_lost=may_be_lost) as connection:
            found.append(connection.exec_driver_sql("PRAGMA synchronous").scalar())
    assert found == [1, 2, 1, 2]
    store.close()


def _log(url: str) -> int:
    return Path(url.removeprefix("sqlite:///") + "-wal").stat().st_size


def test_the_log_shrinks_after_a_long_reader(sqlite_url: str) -> None:
    """While somebody reads an old state the log has to grow; once they end, it goes back to its size."""
    store = SqlStore(sqlite_url)
    with store._db.read() as reading:
        reading.scalar(text("SELECT count(*) FROM delivery"))
        for number in range(45):
            put(store, "x" * 900_000, urn=f"tel:+2547{number:08d}")
        assert _log(sqlite_url) > 2 * WAL_BYTES
    put(store)
    put(store)
    assert _log(sqlite_url) <= WAL_BYTES
    store.close()


def test_the_sweep_trims_a_log_that_overlapping_readers_kept_growing(sqlite_url: str) -> None:
    store = SqlStore(sqlite_url)
    with store._db.read() as reading:
        reading.scalar(text("SELECT count(*) FROM delivery"))
        for number in range(45):
            put(store, "x" * 900_000, urn=f"tel:+2547{number:08d}")
    assert _log(sqlite_url) > 2 * WAL_BYTES
    store.settle_clock(now=1.0)
    assert _log(sqlite_url) <= WAL_BYTES
    store.close()


def test_a_damaged_file_is_store_down_with_its_remedy(tmp_path: Path) -> None:
    path = tmp_path / "ujumbe.db"
    path.write_bytes(b"certainly no database" * 500)
    store = open_store(f"sqlite:///{path}")
    with pytest.raises(StoreDown, match="ujumbe restore FILE"):
        store.counts()
    assert "not a database" in damage(path)


def test_a_damaged_page_is_found(sqlite_url: str) -> None:
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    assert damage(path) == ""
    with closing(sqlite3.connect(path)) as connection:
        page = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'delivery'").fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xa5" * 4096)
    assert damage(path) != ""


def test_a_failed_connection_is_not_used_again(sqlite_url: str) -> None:
    """A stale connection goes; one that met a full table of values or a lock stays."""
    engine = make_engine(sqlite_url)
    database = Database(engine)
    before = engine.pool
    with pytest.raises(StoreDown, match="locked"), database.write():
        raise _error(sqlite3.SQLITE_BUSY, "database is locked")
    assert engine.pool is before
    with pytest.raises(StoreDown, match="read now"), database.write():
        raise _error(sqlite3.SQLITE_READONLY, "attempt to write a readonly database")
    assert engine.pool is not before
    database.close()


def _error(code: int, what: str) -> Exception:
    from sqlalchemy.exc import OperationalError

    cause = sqlite3.OperationalError(what)
    cause.sqlite_errorcode = code
    return OperationalError("INSERT", {}, cause)
