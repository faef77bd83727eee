"""Every kind of store, each test with an empty one of its own."""

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from bot.core.storage import Store
from bot.store import open_store
from bot.store.memory import MemoryStore
from bot.store.migrate import upgrade
from bot.store.tables import Row
from tests import postgres

_numbers = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The URL of a running PostgreSQL's database "postgres"."""
    with postgres.running() as url:
        yield url


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with our tables and no rows."""
    path = tmp_path_factory.mktemp("sqlite") / "empty.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_database(server: str) -> str:
    """The URL of a PostgreSQL database with our tables."""
    upgrade(server)
    return server


@pytest.fixture
def sqlite_url(empty_file: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copy(empty_file, tmp_path / 'ujumbe.db')}"


@pytest.fixture
def postgres_url(migrated_database: str) -> str:
    # Emptied, not made anew: a database costs a thousand files.
    with postgres.connect(migrated_database) as connection:
        connection.execute("SET lock_timeout = '10s'")  # a test that left a transaction open must not stop all others
        connection.execute("SET session_replication_role = replica")  # the audit log refuses to be emptied
        connection.execute(f"TRUNCATE {', '.join(Row.metadata.tables)} RESTART IDENTITY")
    return migrated_database


@pytest.fixture
def bare_postgres_url(server: str) -> str:
    """The URL of a PostgreSQL database without a table."""
    name = f"bare{next(_numbers)}"
    with postgres.connect(server) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """The contract's subject."""
    opened = MemoryStore() if request.param == "memory" else open_store(request.getfixturevalue(URLS[request.param]))
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A SQL database without a table."""
    found: str = request.getfixturevalue("bare_postgres_url") if request.param == "postgresql" else f"sqlite:///{tmp_path / 'bare.db'}"
    return found


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty SQL database."""
    found: str = request.getfixturevalue(URLS[request.param])
    return found


URLS = {"sqlite": "sqlite_url", "postgresql": "postgres_url"}
