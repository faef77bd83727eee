"""Migrations: from nothing, with rows in, twice, from all sides; and that they say the same as the tables."""

import argparse
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

from bot.core.errors import BadSetting, StoreDown
from bot.core.types import Status
from bot.store import open_store
from bot.store.engine import make_engine
from bot.store.migrate import config, upgrade
from bot.store.tables import Row
from tests.store.bench import T, answer, ask, parts

ROOT = Path(__file__).resolve().parents[2]
HEAD = ScriptDirectory.from_config(config()).get_current_head()  # fails where there are two

# A migration as the next version could bring it: it rebuilds a table that others refer to.
NEXT = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "next", "{head}", None, None


def upgrade():
    with op.batch_alter_table("delivery", recreate="always" if op.get_bind().dialect.name == "sqlite" else "auto") as batch:
        batch.add_column(sa.Column("cost", sa.Double(), nullable=False, server_default="0"))
    {and_then}


def downgrade():
    pass
"""


def test_an_empty_database_gets_every_table(bare_url: str) -> None:
    upgrade(bare_url)
    assert tables(bare_url) == {*Row.metadata.tables, "alembic_version"}


def test_tables_and_migrations_say_the_same(bare_url: str) -> None:
    upgrade(bare_url)
    with opened(bare_url) as connection:
        checking = config()
        checking.attributes["connection"] = connection
        command.check(checking)


def test_the_developers_command_line_finds_its_way(bare_url: str) -> None:
    by_hand = config()
    by_hand.cmd_opts = argparse.Namespace(x=[f"url={bare_url}"])
    command.upgrade(by_hand, "head")
    command.check(by_hand)
    command.downgrade(by_hand, "base")
    assert tables(bare_url) == {"alembic_version"}


FIRST_ROWS = (
    "INSERT INTO contact VALUES ('tel:+254700000001', 'sw', true, true, 1, 1, true)",
    "INSERT INTO report VALUES ('sim', 'out-9', 'sent', 1)",
    """INSERT INTO message (channel, external_id, urn, text, "to", session_id, session_event, path, meta, received, state,
        skill, turns, asked, screen_until, lease_until, attempts, next_at, due_at, delay_s)
        VALUES ('sim', 'in-1', 'tel:+254700000001', 'x', '', '', '', '', '{}', 1, 'done', '', '[]', 1, 0, 0, 0, 0, 0, 2)""",
    """INSERT INTO delivery (dedup, channel, urn, lane, kind, message_id, skill, facts, choices, created, not_after, despite_stop,
        unsolicited, status, via, code, hold_until, lease_until, attempts, errors, next_at, due_at, delay_s)
        VALUES ('reply:1', 'sim', 'tel:+254700000001', 'sends', 'fact', 1, '', '[]', '[]', 1, 0, false,
        false, 'wired', '', '', 0, 0, 1, 0, 0, 0, 2)""",
    "INSERT INTO part VALUES (1, 0, '1-0-a', 'Plant.', 'wired', 'out-9')",
)


def test_a_database_of_the_first_version_keeps_what_it_has(bare_url: str) -> None:
    """The installations of version 0001 have rows without prices."""
    with opened(bare_url) as connection:
        first = config()
        first.attributes["connection"] = connection
        command.upgrade(first, "0001")
        for row in FIRST_ROWS:
            connection.execute(text(row))
    upgrade(bare_url)
    store = open_store(bare_url)
    assert parts(store, 1) == [Status.WIRED]
    assert [(spent.channel, spent.currency, spent.parts) for spent in store.costs(since=0)] == [("sim", "", 1)]
    store.expire(now=2)  # applies the report that crossed
    assert parts(store, 1) == [Status.SENT]
    with store.begin() as tx:
        assert tx.contact("tel:+254700000001", now=T, lang="en").opted_out
    assert store.heard("sim", "tel:+254700000001", since=0)
    store.close()


def test_a_second_upgrade_changes_nothing(url: str) -> None:
    store = open_store(url)
    delivery = answer(store, ask(store), "one", "two")
    upgrade(url)
    assert parts(store, delivery) == [Status.QUEUED, Status.QUEUED]
    store.close()


def test_processes_that_start_together_migrate_once(bare_url: str) -> None:
    call = [sys.executable, "-c", "import sys; from bot.store.migrate import upgrade; upgrade(sys.argv[1])", bare_url]
    started = [subprocess.Popen(call, cwd=ROOT) for _ in range(3)]
    assert [process.wait(60) for process in started] == [0, 0, 0]
    assert "message" in tables(bare_url)


def test_a_later_migration_keeps_every_row(bare_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade(bare_url)
    store = open_store(bare_url)
    delivery = answer(store, ask(store), "one", "two")
    bring(NEXT.format(head=HEAD, and_then=""), tmp_path, monkeypatch)
    upgrade(bare_url)
    assert parts(store, delivery) == [Status.QUEUED, Status.QUEUED]
    assert store.counts() == {"message.done": 1, "delivery.queued": 1}
    assert answer(store, ask(store), now=T) > delivery
    store.close()


def test_a_migration_that_fails_leaves_everything_as_it_was(bare_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    upgrade(bare_url)
    store = open_store(bare_url)
    delivery = answer(store, ask(store))
    bring(NEXT.format(head=HEAD, and_then="raise ZeroDivisionError"), tmp_path, monkeypatch)
    with pytest.raises(ZeroDivisionError):
        upgrade(bare_url)
    assert parts(store, delivery) == [Status.QUEUED]
    assert "cost" not in columns(bare_url, "delivery")
    store.close()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreDown, match=r"nowhere/ujumbe\.db.*unable to open"):
        upgrade(f"sqlite:///{tmp_path / 'nowhere' / 'ujumbe.db'}")


def test_another_database_is_refused() -> None:
    with pytest.raises(BadSetting, match="neither sqlite:///FILE nor postgresql"):
        upgrade("mysql://somewhere/ujumbe")


def bring(migration: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes upgrade() find one more migration."""
    (folder / "next.py").write_text(migration)
    more = config()
    versions = Path(more.get_main_option("script_location") or "") / "versions"
    more.set_main_option("version_locations", f"{versions}:{folder}")
    monkeypatch.setattr("bot.store.migrate.config", lambda: more)


def tables(url: str) -> set[str]:
    with opened(url) as connection:
        return set(inspect(connection).get_table_names())


def columns(url: str, table: str) -> set[str]:
    with opened(url) as connection:
        return {column["name"] for column in inspect(connection).get_columns(table)}


@contextmanager
def opened(url: str) -> Iterator[Connection]:
    engine = make_engine(url)
    with engine.begin() as connection:
        yield connection
    engine.dispose()
