"""Every step from every version, with rows in every table; kills in the middle; two at once; a newer version."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from bot.core.errors import BadSetting
from bot.store import open_store
from bot.store.engine import make_engine
from bot.store.migrate import config, upgrade
from bot.store.version import versions
from tests.store.bench import T, answer, ask
from tests.store.old_rows import ROWS, content, fill

ROOT = Path(__file__).resolve().parents[2]
REVISIONS = [script.revision for script in ScriptDirectory.from_config(config()).walk_revisions()][::-1]
# The command line's own upgrade, in a process that ends at its n-th statement as a power cut ends it.
KILLED = """
import os, signal, sys
from sqlalchemy import event
from sqlalchemy.engine import Engine
from bot.store.migrate import upgrade

left = int(sys.argv[2])

@event.listens_for(Engine, "before_cursor_execute")
def count(*_):
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGKILL)

upgrade(sys.argv[1])
"""


@contextmanager
def opened(url: str) -> Iterator[Connection]:
    engine = make_engine(url, foreign_keys=False)
    with engine.begin() as connection:
        yield connection
    engine.dispose()


def step(url: str, revision: str) -> None:
    """As `upgrade`, as far as `revision`."""
    with opened(url) as connection:
        settings = config()
        settings.attributes["connection"] = connection
        command.upgrade(settings, revision)


def state(url: str) -> tuple[str | None, list[tuple[str, str]]]:
    """The version, and every column there is."""
    with opened(url) as connection:
        looked = inspect(connection)
        columns = [(table, column["name"]) for table in looked.get_table_names() for column in looked.get_columns(table)]
        return MigrationContext.configure(connection).get_current_revision(), sorted(columns)


@pytest.mark.parametrize("start", REVISIONS)
def test_every_row_of_every_version_is_kept_at_every_step(bare_url: str, start: str) -> None:
    step(bare_url, start)
    with opened(bare_url) as connection:
        fill(connection)
        before = content(connection)
    assert all(len(rows) == ROWS for rows in before.values())
    for revision in REVISIONS[REVISIONS.index(start) + 1 :]:
        step(bare_url, revision)
        with opened(bare_url) as connection:
            after = content(connection)
        for table, rows in before.items():
            kept = [{name: row[name] for name in old} for row, old in zip(after[table], rows, strict=True)]
            assert kept == rows, f"{table} after {revision}"


@pytest.mark.parametrize("start", REVISIONS)
def test_the_result_is_what_the_tables_say(bare_url: str, start: str) -> None:
    step(bare_url, start)
    with opened(bare_url) as connection:
        fill(connection)
    upgrade(bare_url)
    with opened(bare_url) as connection:
        checking = config()
        checking.attributes["connection"] = connection
        command.check(checking)
        if connection.dialect.name == "sqlite":
            assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
            assert connection.execute(text("PRAGMA foreign_key_check")).all() == []


@pytest.mark.parametrize("start", REVISIONS[:-1])
def test_the_store_works_on_rows_of_every_version(bare_url: str, start: str) -> None:
    step(bare_url, start)
    with opened(bare_url) as connection:
        fill(connection)
        if connection.dialect.name == "postgresql":  # the rows were given their numbers: the next one is not theirs
            for table in ("message", "delivery"):
                connection.execute(text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), 100)"))
    upgrade(bare_url)
    store = open_store(bare_url)
    assert store.counts()["message.done"] > 0
    store.settle_clock(now=T)
    store.expire(now=T)
    store.due(now=T, limit=100)
    assert store.parts(answer(store, ask(store)))
    store.close()


@pytest.mark.parametrize("start", ["", REVISIONS[0], REVISIONS[-2]], ids=lambda revision: f"from-{revision or 'nothing'}")
def test_a_kill_in_the_middle_leaves_the_old_version_or_the_new_one(bare_url: str, start: str) -> None:
    if start:
        step(bare_url, start)
        with opened(bare_url) as connection:
            fill(connection)
            rows = content(connection)
    old, killed = state(bare_url), 0
    for statement in (1, 3, 5, 20, 45):
        call = [sys.executable, "-c", KILLED, bare_url, str(statement)]
        ended = subprocess.run(call, cwd=ROOT, capture_output=True, check=False)
        if ended.returncode == 0:
            break
        assert ended.returncode == -signal.SIGKILL, ended.stderr.decode()
        killed += 1
        assert state(bare_url) == old, f"half-way after statement {statement}"
    assert killed >= 2
    upgrade(bare_url)
    assert versions(bare_url)[0] == REVISIONS[-1]
    if start:
        with opened(bare_url) as connection:
            after = content(connection)
        assert {name: len(after[name]) for name in rows} == dict.fromkeys(rows, ROWS)


def test_one_migrates_and_the_others_wait_for_it(bare_url: str) -> None:
    step(bare_url, REVISIONS[0])
    with opened(bare_url) as connection:
        fill(connection)
    call = [sys.executable, "-c", "import sys; from bot.store.migrate import upgrade; upgrade(sys.argv[1])", bare_url]
    started = [subprocess.Popen(call, cwd=ROOT, env=os.environ | {"N": str(n)}) for n in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    assert versions(bare_url)[0] == REVISIONS[-1]


def test_a_newer_version_is_refused_in_plain_words_and_left_alone(bare_url: str) -> None:
    upgrade(bare_url)
    with opened(bare_url) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for look in (upgrade, versions):
        with pytest.raises(BadSetting, match=r"version 9999, which this Ujumbe does not know.*newer Ujumbe.*ujumbe restore FILE"):
            look(bare_url)
    with opened(bare_url) as connection:
        assert connection.scalar(text("SELECT version_num FROM alembic_version")) == "9999"
