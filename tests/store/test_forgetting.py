"""Documents of received alerts are forgotten when they are old: the bytes go, and nothing else."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy import text

from bot.core.alert.intake import Intake
from bot.core.alert.stored import AlertQuery, State
from bot.store.engine import make_engine
from bot.store.sql import SqlStore
from tests.core.alert.received import HOUR, T, alert, cancel, info, intake, kept, raw, take, told, update

DAY = 86_400.0
FLOOD = alert("flood")


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = SqlStore(url)
    yield opened
    opened.close()


@pytest.fixture
def house(store: SqlStore) -> Intake:
    return intake(store)


def test_only_the_bytes_of_what_came_and_expired_before_then_go(store: SqlStore, house: Intake) -> None:
    lasting = alert("lasting", infos=(info(headline="Long", expires=T + 90 * DAY),))
    young = alert("young", infos=(info(headline="Young"),))
    [old], [lasts] = take(house, FLOOD), take(house, lasting)
    [came_later] = take(house, young, now=T + 3 * DAY)
    before = store.received_alert(old.id)
    assert store.forget_raw(before=T + 2 * DAY, limit=9) == 1
    assert [store.received_raw(one.id) for one in (old, lasts, came_later)] == [b"", raw(lasting), raw(young)]
    assert store.received_alert(old.id) == before
    assert store.received_body(old.id) == FLOOD
    assert store.forget_raw(before=T + 2 * DAY, limit=9) == 0


def test_the_oldest_go_first_and_no_more_than_asked(store: SqlStore, house: Intake) -> None:
    for n in reversed(range(3)):
        take(house, alert(f"n{n}", infos=(info(headline=f"Flood {n}"),)), now=T + n * HOUR)
    assert store.forget_raw(before=T + 9 * DAY, limit=2) == 2
    with_raw = [one.identifier for one in store.alerts(AlertQuery(), now=T, limit=9) if store.received_raw(one.id)]
    assert with_raw == ["n2"]


def test_the_lineage_and_the_log_stay(store: SqlStore, house: Intake) -> None:
    newer = update("newer", FLOOD)
    take(house, FLOOD, newer)
    with store.begin() as tx:
        tx.audit("amina", "alert.look", "alert:1", {}, now=T)
    logged = list(store.audit_log(limit=99))
    store.forget_raw(before=T + 9 * DAY, limit=9)
    assert list(store.audit_log(limit=99)) == logged
    assert [one.identifier for one in store.chain(1)] == ["flood", "newer"]
    take(house, cancel("end", newer))
    assert kept(house, newer).state is State.ENDED
    assert told(house) == []


def test_what_comes_again_is_known_by_what_it_says(store: SqlStore, house: Intake) -> None:
    [first] = take(house, FLOOD)
    store.forget_raw(before=T + 9 * DAY, limit=9)
    [again] = take(house, FLOOD, now=T + 9 * DAY)
    assert (again.id, again.new, kept(house, FLOOD).defects) == (first.id, False, ())
    take(house, replace(FLOOD, infos=(info(headline="Other words"),)), now=T + 9 * DAY)
    assert len(kept(house, FLOOD).defects) == 1
    assert store.received_raw(first.id) == b""


def test_looking_for_them_reads_no_others(sqlite_url: str) -> None:
    engine = make_engine(sqlite_url)
    plan = "EXPLAIN QUERY PLAN SELECT id FROM alert WHERE length(raw) > 0 AND received < 1 AND expires < 1 ORDER BY received LIMIT 9"
    with engine.begin() as connection:
        assert "ix_alert_with_raw" in " ".join(row.detail for row in connection.execute(text(plan)))
    engine.dispose()
