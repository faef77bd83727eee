"""The steps that PostgreSQL takes in one statement: that they are one, and what such a statement finds when it had to wait for its row."""

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from time import monotonic, sleep
from typing import TypeVar

import pytest
from sqlalchemy import event

from bot.core.bucket import Bucket
from bot.core.storage import ClaimedDelivery
from bot.core.types import Status, StatusUpdate
from bot.store.sql import SqlStore
from tests import postgres
from tests.store.bench import LEASE_S, URN, T, deliveries, hold, put

_Result = TypeVar("_Result")


@pytest.fixture
def store(postgres_url: str) -> Iterator[SqlStore]:
    opened = SqlStore(postgres_url)
    yield opened
    opened.close()


def called(store: SqlStore, delivery: int) -> ClaimedDelivery:
    claimed = hold(store, delivery)
    assert store.part_sending(claimed.claim, 0, now=T, lease_s=LEASE_S)
    return claimed


def sent(store: SqlStore, n: int) -> None:
    """To a person of their own."""
    claimed = called(store, put(store, urn=f"tel:+2547000001{n:02}"))
    assert store.part_wired(claimed.claim, 0, f"out-{n}", now=T, last=True) is Status.WIRED


def read_whole(store: SqlStore) -> int:
    """How often a table was read from its first row on, of those that grow."""
    with store._db.read() as connection:
        connection.exec_driver_sql("SELECT pg_stat_force_next_flush()")
        tables = "('delivery', 'part', 'contact', 'report')"
        return int(connection.exec_driver_sql(f"SELECT sum(seq_scan) FROM pg_stat_user_tables WHERE relname IN {tables}").scalar() or 0)


def waiting(url: str, call: Callable[[], _Result]) -> Future[_Result]:
    """`call` on a thread of its own, which waits for a lock in the database by now."""
    pool = ThreadPoolExecutor(1)
    made, until = pool.submit(call), monotonic() + 10
    pool.shutdown(wait=False)
    with postgres.connect(url) as looking:
        while not looking.execute("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'").fetchone():
            assert monotonic() < until, "it does not wait"
            assert not made.done(), "it did not wait"
            sleep(0.01)
    return made


def test_a_part_goes_in_three_statements_and_a_turn_takes_one(store: SqlStore) -> None:
    """Each commits by itself: no BEGIN goes before it, and no COMMIT comes after."""
    delivery, alone = put(store), []

    @event.listens_for(store._db._engine, "before_cursor_execute")
    def count(_: object, cursor: object, *_rest: object) -> None:
        alone.append(cursor.connection.autocommit)  # type: ignore[attr-defined]

    claimed = called(store, delivery)
    store.part_wired(claimed.claim, 0, "out-0", now=T, last=True)
    assert alone == [True] * 3
    assert store.swap_bucket("sim", Bucket(), version=0)
    assert store.swap_bucket("sim", Bucket(), version=1)
    assert alone == [True] * 5


def test_a_plan_that_was_made_on_small_tables_reads_none_of_them_whole(store: SqlStore) -> None:
    """PostgreSQL keeps it: a worker that started on an empty database would read all parts at each call, until they are analyzed."""
    for n in range(30):
        sent(store, n)
    before = read_whole(store)
    for n in range(30, 50):
        sent(store, n)
    assert read_whole(store) == before


def test_a_claim_that_waited_for_a_stop_is_none(store: SqlStore, postgres_url: str) -> None:
    delivery = put(store)
    with store.begin() as tx:
        tx.expire_replies(URN)
        claimed = waiting(postgres_url, lambda: store.claim_delivery(delivery, now=T, lease_s=LEASE_S))
    assert claimed.result(10) is None
    assert deliveries(store) == {"failed": 1}


def test_an_end_that_waited_for_a_report_does_not_undo_it(store: SqlStore, postgres_url: str) -> None:
    delivery = put(store)
    claimed = called(store, delivery)
    delivered = StatusUpdate(channel="sim", external_id="", status=Status.DELIVERED, key=claimed.parts[0].key)
    with store.begin() as tx:
        assert tx.apply_status(delivered, now=T)
        ended = waiting(postgres_url, lambda: store.part_wired(claimed.claim, 0, "out-0", now=T, last=True))
    assert ended.result(10) is Status.DELIVERED
    assert [(part.status, part.external_id) for part in store.parts(delivery)] == [(Status.DELIVERED, "out-0")]
    assert deliveries(store) == {"delivered": 1}


def test_a_call_that_waited_for_the_end_of_its_part_is_not_made(store: SqlStore, postgres_url: str) -> None:
    """Two hold one claim only where a worker was taken for dead; whoever comes second must not call the provider again."""
    delivery = put(store)
    claimed = called(store, delivery)
    with store.begin() as tx:
        tx._connection.exec_driver_sql("SELECT id FROM delivery FOR UPDATE")
        tx._connection.exec_driver_sql("UPDATE part SET status = 'wired', external_id = 'out-0'")
        again = waiting(postgres_url, lambda: store.part_sending(claimed.claim, 0, now=T, lease_s=LEASE_S))
    assert again.result(10) is False
    assert [part.status for part in store.parts(delivery)] == [Status.WIRED]


def test_a_claim_that_waited_for_another_one_is_none(store: SqlStore, postgres_url: str) -> None:
    delivery = put(store)
    with store.begin() as tx:
        tx._connection.exec_driver_sql(f"UPDATE delivery SET status = 'sending', token = 'theirs', lease_until = {T + 60}")
        claimed = waiting(postgres_url, lambda: store.claim_delivery(delivery, now=T, lease_s=LEASE_S))
    assert claimed.result(10) is None
