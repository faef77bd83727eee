"""The audit log: sealed, never changed, in order under many writers. On both databases."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DatabaseError

from bot.core.alert.audit import SYSTEM, AuditQuery, Break, Entry, line, verify
from bot.store import open_store
from bot.store.engine import make_engine
from bot.store.sql import SqlStore
from tests.store.bench import T, at_once


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = SqlStore(url)
    yield opened
    opened.close()


def tell(store: SqlStore, what: str = "broadcast.approve", about: str = "broadcast:1", who: str = "amina", *, at: float = T) -> None:
    with store.begin() as tx:
        tx.audit(who, what, about, {"people": 12}, now=at)


def log(store: SqlStore) -> list[Entry]:
    return list(store.audit_log(limit=9999))


def test_an_entry_comes_back_as_it_was_said(store: SqlStore) -> None:
    with store.begin() as tx:
        tx.audit(
            "amina", "broadcast.approve", "broadcast:12", {"text": "Mafuriko \U0001f30a\0\ud800", "b": 1, "a": [None, 0.1]}, now=T + 1 / 3
        )
        tx.audit("", "feed.stale", now=5)
    first, second = log(store)
    assert (first.n, first.at, first.who, first.what, first.about, first.before) == (
        1,
        T + 1 / 3,
        "amina",
        "broadcast.approve",
        "broadcast:12",
        "",
    )
    assert json.loads(first.detail) == {"text": "Mafuriko \U0001f30a\0\ud800", "b": 1, "a": [None, 0.1]}
    assert first.detail.startswith('{"a":[null,0.1],"b":1')
    assert (second.n, second.who, second.about, second.detail, second.before) == (2, SYSTEM, "", "{}", first.hash)
    assert verify(log(store)) is None


def test_nothing_is_said_where_the_transaction_fails(store: SqlStore) -> None:
    with pytest.raises(ZeroDivisionError), store.begin() as tx:  # noqa: PT012  the block is what is tested
        tx.audit("amina", "broadcast.approve", now=T)
        raise ZeroDivisionError
    assert log(store) == []


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit SET who = 'juma'", "DELETE FROM audit", "UPDATE audit SET at = 0 WHERE n = 2", "TRUNCATE audit"],
)
def test_the_database_itself_refuses_a_change(store: SqlStore, url: str, statement: str) -> None:
    if "TRUNCATE" in statement and url.startswith("sqlite"):
        statement = "DELETE FROM audit WHERE n > 0"  # SQLite has no TRUNCATE
    tell(store)
    tell(store)
    engine = make_engine(url)
    with pytest.raises(DatabaseError, match="only added to"), engine.begin() as connection:
        connection.execute(text(statement))
    engine.dispose()
    assert verify(log(store)) is None
    assert len(log(store)) == 2


def test_many_writers_at_once_leave_one_whole_chain(store: SqlStore, url: str) -> None:
    other = SqlStore(url)  # as another process: without the first one's lock

    def write(store: SqlStore) -> None:
        for _ in range(5):
            tell(store)

    at_once([lambda s=s: write(s) for s in (store, other) * 3])
    other.close()
    assert [one.n for one in log(store)] == list(range(1, 31))
    assert verify(log(store)) is None


def test_who_said_something_first_does_not_wait_for_who_holds_a_row(store: SqlStore) -> None:
    """Two transactions that hold, in opposite order, a person and what they have to say: neither waits for the other one's log."""

    def one() -> None:
        with store.begin() as tx:
            tx.audit("amina", "a.b", now=T)
            tx.contact("tel:+254700000001", now=T, lang="en")

    def other() -> None:
        with store.begin() as tx:
            tx.contact("tel:+254700000001", now=T, lang="en")
            tx.audit("juma", "a.b", now=T)

    at_once([one, other] * 4)
    assert len(log(store)) == 8
    assert verify(log(store)) is None


def _changed(store: SqlStore, n: int, **values: object) -> list[Entry]:
    return [replace(one, **values) if one.n == n else one for one in log(store)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "values",
    [
        {"who": "juma"},
        {"at": T + 1},
        {"what": "broadcast.reject"},
        {"about": "broadcast:2"},
        {"detail": '{"people":13}'},
        {"hash": "0" * 64},
    ],
    ids=lambda values: next(iter(values)),
)
def test_every_field_is_sealed(store: SqlStore, values: dict[str, object]) -> None:
    for _ in range(3):
        tell(store)
    assert verify(_changed(store, 2, **values)) == Break(2, "changed")


def test_what_was_taken_out_or_put_in_is_missed(store: SqlStore) -> None:
    for _ in range(4):
        tell(store)
    whole = log(store)
    assert verify(whole[:1] + whole[2:]) == Break(3, "missing")
    assert verify(whole[1:]) == Break(2, "missing")
    assert verify([*whole, whole[1]]) == Break(2, "missing")
    assert verify(whole[2:], last=whole[1]) is None


def test_pages_go_from_the_newest_to_the_oldest(store: SqlStore) -> None:
    for n in range(5):
        tell(store, at=T + n)
    assert [one.n for one in store.audit_page(AuditQuery(), limit=2)] == [5, 4]
    assert [one.n for one in store.audit_page(AuditQuery(), before=4, limit=2)] == [3, 2]
    assert [one.n for one in store.audit_log(after=3, limit=9)] == [4, 5]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        pytest.param(AuditQuery(who="juma"), [2], id="who"),
        pytest.param(AuditQuery(what="staff"), [3], id="what begins so"),
        pytest.param(AuditQuery(what="%"), [], id="no pattern"),
        pytest.param(AuditQuery(about="broadcast:1"), [2, 1], id="about"),
        pytest.param(AuditQuery(since=T + 2), [3], id="since"),
        pytest.param(AuditQuery(until=T + 2), [2, 1], id="until"),
        pytest.param(AuditQuery(who="juma", what="staff"), [], id="both"),
    ],
)
def test_the_log_is_searched(store: SqlStore, query: AuditQuery, found: list[int]) -> None:
    tell(store, at=T)
    tell(store, who="juma", at=T + 1)
    tell(store, "staff.add", "staff:juma", at=T + 2)
    assert [one.n for one in store.audit_page(query, limit=9)] == found


@pytest.mark.parametrize(
    ("what", "about"),
    [
        ("approve", ""),
        ("Broadcast.approve", ""),
        ("a.b", "tel:+254700000001"),
        ("a.b", "contact:254700000001"),
        ("a.b", "a b"),
        ("a.b", "whatsapp:KE.x"),
    ],
)
def test_what_has_no_place_in_the_log_is_refused(store: SqlStore, what: str, about: str) -> None:
    with pytest.raises(ValueError, match="audit:"), store.begin() as tx:
        tx.audit("amina", what, about, now=T)
    assert log(store) == []


def test_a_line_of_the_export_holds_all_that_the_hash_is_made_over(store: SqlStore) -> None:
    tell(store)
    [one] = log(store)
    back = json.loads(line(one))
    again = Entry(**back | {"detail": json.dumps(back["detail"], sort_keys=True, separators=(",", ":"))})
    assert again == one
    assert verify([again]) is None


def test_a_thief_who_owns_the_database_is_found_out(sqlite_url: str) -> None:
    store = open_store(sqlite_url)
    assert isinstance(store, SqlStore)
    for _ in range(3):
        tell(store)
    with closing(sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.execute("DROP TRIGGER audit_no_update")
        connection.execute("UPDATE audit SET who = 'juma' WHERE n = 2")
    assert verify(log(store)) == Break(2, "changed")
    store.close()
