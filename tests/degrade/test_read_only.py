"""A database that can only be read for a while: a file without the right to write, a PostgreSQL that was demoted."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from sqlalchemy import make_url

from bot.core.errors import StoreDown
from bot.store import open_store
from bot.store.migrate import upgrade
from tests import postgres
from tests.store.bench import OTHER, put, send

NOBODY = 65534


@contextmanager
def as_a_user() -> Iterator[None]:
    """Root may write anywhere: where the tests run as root, the block runs as nobody."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(was)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that nobody can reach: pytest's are root's own."""
    with as_a_user():
        made = Path(tempfile.mkdtemp(prefix="ujumbe-ro-"))
    yield made
    made.chmod(0o700)
    shutil.rmtree(made)


@contextmanager
def only_readable(folder: Path, mode: int = 0o555) -> Iterator[None]:
    for path in folder.iterdir():
        path.chmod(0o444)
    folder.chmod(mode)
    yield
    folder.chmod(0o700)
    for path in folder.iterdir():
        path.chmod(0o644)


@pytest.mark.parametrize("mode", [pytest.param(0o555, id="nor-in-its-folder"), pytest.param(0o700, id="but-in-its-folder")])
def test_a_sqlite_file_without_the_right_to_write(folder: Path, mode: int) -> None:
    """Its connections were opened for reading, and are not used again once the right is back."""
    url = f"sqlite:///{folder / 'ujumbe.db'}"
    with as_a_user():
        upgrade(url)
        store = open_store(url)
        put(store)
        store.close()
        with only_readable(folder, mode):
            for _ in range(3):
                with pytest.raises(StoreDown, match=r"readonly|unable to open|read now"):
                    put(store)
        assert send(store, put(store, urn=OTHER)).value == "wired"
        store.close()


def test_a_sqlite_file_that_loses_the_right_while_it_is_open(folder: Path) -> None:
    """The first connections go on, new ones cannot: each write is done or refused, none is half done."""
    url = f"sqlite:///{folder / 'ujumbe.db'}"
    with as_a_user():
        upgrade(url)
        store = open_store(url)
        done = 1
        put(store)
        with only_readable(folder):
            for number in range(20):
                try:
                    put(store, urn=f"tel:+2547{number:08d}")
                    done += 1
                except StoreDown:
                    continue
        put(store, urn=OTHER)
        assert store.counts()["delivery.queued"] == done + 1
        store.close()


def test_a_postgresql_that_was_demoted_and_promoted_again(bare_postgres_url: str) -> None:
    """As after a failover: sessions begun while it was read-only stay so for ever, and must not be used again."""
    upgrade(bare_postgres_url)
    name = make_url(bare_postgres_url).database
    store = open_store(bare_postgres_url)
    put(store)
    store.close()
    with closing(postgres.connect(bare_postgres_url)) as admin:
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        for _ in range(3):
            with pytest.raises(StoreDown, match=r"read-only transaction.*It can only be read now"):
                put(store)
        assert store.counts() == {"delivery.queued": 1}, "who only reads is served"
        admin.execute("SET default_transaction_read_only = off")
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = off")
    with pytest.raises(StoreDown):  # the session that read meanwhile is the last of its kind
        put(store)
    assert send(store, put(store, urn=OTHER)).value == "wired"
    store.close()
