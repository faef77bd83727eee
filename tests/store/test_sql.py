"""What only a database can do: be away, be busy, cross, plan badly."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from threading import Thread, Timer
from typing import Any

import pytest
from sqlalchemy import event

from bot.core.errors import BadSetting, StoreDown
from bot.core.storage import Repeats, Store
from bot.core.types import Contact, Lane, Lang, Status, StatusUpdate
from bot.store import open_store
from bot.store.engine import make_engine
from bot.store.memory import MemoryStore
from bot.store.sql import SqlStore
from tests import postgres
from tests.store.bench import LEASE_S, OTHER, URN, T, answer, ask, hold, message, order, parts, put, report, send, take


def path_of(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("sqlite:////nowhere/at/all.db", id="sqlite"),
        pytest.param("postgresql+psycopg://ujumbe:hunter2@/ujumbe?host=/nowhere", id="postgresql"),
        pytest.param("postgres://ujumbe:hunter2@/ujumbe?host=/nowhere", id="as-hosters-write-it"),
    ],
)
@pytest.mark.parametrize(
    "call",
    [
        pytest.param(put, id="write"),
        pytest.param(lambda store: store.counts(), id="read"),
        pytest.param(lambda store: store.claim_message(1, now=T, lease_s=9), id="claim"),
    ],
)
def test_a_database_that_is_away_is_store_down(url: str, call: Callable[[Store], object]) -> None:
    store = open_store(url)
    with pytest.raises(StoreDown, match="cannot answer now") as caught:
        call(store)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("url", ["mysql://localhost/ujumbe", "", "ujumbe.db", "postgresql+asyncpg://localhost/ujumbe"])
def test_an_address_that_we_cannot_use_is_a_bad_setting(url: str) -> None:
    with pytest.raises(BadSetting, match="database_url is neither sqlite"):
        open_store(url)


def test_a_busy_sqlite_is_store_down(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.engine.PATIENCE_S", 0.1)
    store = open_store(sqlite_url)
    with closing(sqlite3.connect(path_of(sqlite_url), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreDown, match="locked"):
            put(store)
        assert store.counts() == {}  # who only reads waits for nobody
        other.execute("ROLLBACK")
    put(store)
    store.close()


def test_a_writer_goes_on_as_soon_as_another_process_lets_it(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    with closing(sqlite3.connect(path_of(sqlite_url), isolation_level=None, check_same_thread=False)) as other:
        other.execute("BEGIN IMMEDIATE")
        timer = Timer(0.05, other.execute, ["ROLLBACK"])
        timer.start()
        put(store)
        timer.join()
    with closing(sqlite3.connect(path_of(sqlite_url))) as reader:
        assert reader.execute("SELECT count(*) FROM delivery").fetchone() == (1,)
    store.close()


def test_a_locked_row_in_postgresql_is_store_down(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.store.engine.PATIENCE_S", 1)
    store = open_store(postgres_url)
    asked = ask(store)
    with closing(postgres.connect(postgres_url)) as other:
        other.execute("BEGIN")
        other.execute("SELECT id FROM message FOR UPDATE")
        with pytest.raises(StoreDown, match="lock timeout"):
            store.claim_message(asked, now=T, lease_s=9)
    take(store, asked)
    store.close()


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_begin_inside_begin_is_found_out(sqlite_url: str, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.setattr("bot.store.engine.PATIENCE_S", 0.1)
    monkeypatch.setattr("bot.store.memory.PATIENCE_S", 0.1)
    store: Store = MemoryStore() if kind == "memory" else open_store(sqlite_url)
    with store.begin() as tx:
        with pytest.raises(StoreDown, match=r"begin\(\) used inside begin\(\)"):
            put(store)
        tx.contact(URN, now=T, lang="en")
    put(store)
    store.close()


def test_sqlite_is_durable_at_commit(sqlite_url: str) -> None:
    with make_engine(sqlite_url).connect() as connection:
        pragmas = {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys")}
        connection.engine.dispose()
    assert pragmas == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_an_error_shows_nobodys_words(url: str) -> None:
    store = open_store(url)
    with pytest.raises(Exception, match=r"(?i)foreign key") as caught:
        put(store, "a secret", message_id=99, urn=URN)
    assert "secret" not in str(caught.value)
    assert URN not in str(caught.value)
    store.close()


def test_a_report_that_crosses_with_its_id_is_found_by_the_sweep(postgres_url: str) -> None:
    """Two transactions that cannot see each other: the report finds no part, the sender finds no report."""
    store = open_store(postgres_url)
    delivery = put(store)
    claimed = hold(store, delivery)
    assert store.part_sending(claimed.claim, 0, now=T, lease_s=LEASE_S)
    with store.begin() as tx:
        assert not tx.apply_status(StatusUpdate(channel="sim", external_id="out-0", status=Status.DELIVERED), now=T)
        store.part_wired(claimed.claim, 0, "out-0", now=T)
    assert parts(store, delivery) == [Status.WIRED]
    store.finish_delivery(claimed.claim, now=T)
    store.expire(now=T)
    assert parts(store, delivery) == [Status.DELIVERED]
    assert not report(store, Status.READ, "another")
    store.close()


def test_a_stop_is_not_overwritten_by_what_was_read_before_it(url: str) -> None:
    """Two processes have the same person in hand: the second one reads only what the first one has written."""
    store, other = open_store(url), open_store(url)
    with store.begin() as tx:
        tx.contact(URN, now=T, lang="en")

    def stop() -> None:
        with other.begin() as tx:
            before = tx.contact(URN, now=T, lang="en")
            tx.save_contact(Contact(URN, before.lang, opted_out=True))

    with store.begin() as tx:
        before = tx.contact(URN, now=T, lang="en")
        stopping = Thread(target=stop)
        stopping.start()
        stopping.join(0.2)  # time enough for it to go wrong
        tx.save_contact(Contact(URN, Lang.SW, opted_out=before.opted_out))
    stopping.join()
    with store.begin() as tx:
        assert tx.contact(URN, now=T, lang="en") == Contact(URN, Lang.SW, opted_out=True)
    store.close()
    other.close()


def test_no_statement_reads_a_whole_table(sqlite_url: str) -> None:
    """With years of rows a scan is what makes a small box slow: SQLite's own plans of everything that runs often."""
    store = SqlStore(sqlite_url)
    plans: list[str] = []

    @event.listens_for(store._db._engine, "before_cursor_execute")
    def explain(_: object, cursor: sqlite3.Cursor, statement: str, values: object, *_rest: object) -> None:
        if statement.startswith(("SELECT", "UPDATE", "DELETE")):
            plan = cursor.connection.execute(f"EXPLAIN QUERY PLAN {statement}", values)  # type: ignore[arg-type]
            plans.extend(f"{row[3]}: {statement}" for row in plan)

    live(store)
    scans = [plan for plan in plans if plan.startswith("SCAN") and not plan.startswith(ALLOWED)]
    assert len(plans) > 60
    assert scans == []


# The index holds only what is not over; holds are few, and mostly none; a person's newest rows were found by an index before, and so was
# the line of questions. Whoever counts the answers of the last minutes walks back from the newest row to the first one that is too old.
ALLOWED = (
    "SCAN delivery USING INDEX ix_delivery_live",
    "SCAN hold:",
    "SCAN anon_1:",
    "SCAN line:",
    "SCAN (subquery",
    "SCAN delivery: SELECT count(*) AS count_1 \nFROM delivery JOIN message ",
)


def live(store: Store) -> None:
    """A day in the life: everything but what a person looks at."""
    shown, pushed = ask(store, screen_until=T + 9), ask(store, urn=OTHER)
    answer(store, shown)
    store.claim_screen(shown, now=T)
    store.hand_over(shown, now=T)
    store.release_message(take(store, pushed).claim, now=T, after_s=0)
    send(store, answer(store, pushed))
    report(store, Status.DELIVERED)
    report(store, Status.DELIVERED, key="unknown")
    failing = put(store)
    store.retry_delivery(hold(store, failing).claim, now=T, after_s=0, code="503")
    store.part_unknown(hold(store, failing).claim, 0, "timeout", now=T)
    store.fail_delivery(hold(store, put(store, urn="tel:+254700000009")).claim, now=T, reason="rejected")
    store.postpone_delivery(hold(store, put(store, urn="tel:+254700000008")).claim, now=T, until=T)
    for _ in range(2):
        store.take_slot("sim", rate_per_s=1.0, burst=1.0, now=T)
    for version in range(2):
        store.swap_bucket("sim", store.bucket("sim")[0], version=version)
    store.due(now=T + 9, limit=9)
    put(store, urn="tel:+254700000007")
    assert store.next_due("sim", Lane.SENDS, now=T + 9) is not None
    store.expire(now=T)
    with store.begin() as tx:
        tx.insert_message(message(), now=T)
        tx.contact(URN, now=T, lang="en")
        tx.last_answer(URN, since=0)
        tx.open_question(URN, since=0)
        tx.session(f"sim:{URN}")
        tx.end_session("sim:dial")
        tx.expire_replies(URN)
        tx.hold_for_screen(shown, until=T)
        tx.settle_message(shown)
        tx.ignore_message(shown)
        tx.lately(URN, "When?", since=T, same_since=T)
        tx.told(URN, "too_many", since=T)
        tx.insert_delivery(order(repeats=Repeats(3, 600.0)), now=T)
    store.expire_message(take(store, ask(store, urn="tel:+254700000007")).claim, order(kind="stale"), since=T, now=T)
    ask(store, urn="tel:+254700000006")
    store.answer_rate(now=T + 60, within_s=300.0)
    store.askers(now=T, asked_before=T, behind=0, told_since=T, channels=["sim"], limit=9)
    store.conversation(URN, limit=9)


def test_a_read_leaves_what_postgresql_has_prepared(postgres_url: str) -> None:
    """The driver forgets all of a connection's prepared statements at a ROLLBACK: planning a claim takes longer than making it."""
    store = SqlStore(postgres_url)
    for _ in range(9):
        bucket, version = store.bucket("sms")
        assert store.swap_bucket("sms", bucket, version=version)
    with store._db.read() as connection:
        prepared = connection.exec_driver_sql("SELECT statement FROM pg_prepared_statements").scalars().all()
    assert {one.split()[0] for one in prepared if "channel_bucket" in one} >= {"SELECT", "UPDATE"}
    store.close()


def test_only_a_connection_that_rested_is_asked_whether_it_stands(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqlStore(postgres_url)
    dialect, pings = store._db._engine.dialect, list[object]()
    ping = dialect.do_ping

    def counted(connection: Any) -> bool:
        pings.append(connection)
        return ping(connection)

    monkeypatch.setattr(dialect, "do_ping", counted)
    for _ in range(5):
        store.buckets()
    assert len(pings) == 0
    monkeypatch.setattr("bot.store.engine.FRESH_S", 0.0)
    store.buckets()
    assert len(pings) == 1
    store.close()


def test_connections_that_died_while_they_rested_are_made_anew(postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqlStore(postgres_url)
    with store._db.read() as one, store._db.read() as two:
        own = {link.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() for link in (one, two)}
    other = SqlStore(postgres_url)
    with other._db.read() as link:
        for pid in own:
            link.exec_driver_sql(f"SELECT pg_terminate_backend({pid}, 5000)")
    monkeypatch.setattr("bot.store.engine.FRESH_S", 0.0)
    for _ in range(3):
        assert store.buckets() == {}
    store.close()
    other.close()
