"""The contract of notices and roll calls, held by every store."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import insert, select

from bot.core.alert.broadcast import Mode, Stage
from bot.core.alert.cap import Severity
from bot.core.alert.notice import TOLD, Notice, RollAnswer, RollCall
from bot.core.storage import Store
from bot.core.types import Lang, Linked, Status
from bot.store import open_store
from bot.store.alert_tables import BROADCAST, MEMBERSHIP, Broadcast
from bot.store.sql import SqlStore
from tests.store.bench import OTHER, URN, T, hold, put, send

SAFE, NEED_HELP = RollAnswer.SAFE, RollAnswer.NEED_HELP


def notice(key: str = "broadcast:1", **values: Any) -> Notice:
    known: dict[str, Any] = {
        "hazard": "flood",
        "severity": Severity.SEVERE,
        "texts": {Lang.EN: "FLOOD.", Lang.SW: "MAFURIKO ‘sasa’."},
        "places": ("KE-07", "KE:geonames:197745"),
        "since": T,
        "expires": T + 60,
        "source": "KenyaMet",
    }
    return Notice(key=key, **known | values)


def in_force(store: Store, *, now: float = T) -> list[Notice]:
    with store.begin() as tx:
        return list(tx.notices(now=now))


def keep(store: Store, *notices: Notice) -> None:
    with store.begin() as tx:
        for one in notices:
            tx.put_notice(one)


def end(store: Store, key: str, *, now: float = T) -> bool:
    with store.begin() as tx:
        return tx.end_notice(key, now=now)


def test_a_notice_comes_back_as_it_was_put(store: Store) -> None:
    keep(store, notice())
    assert in_force(store) == [notice()]


def test_it_is_in_force_until_it_expires(store: Store) -> None:
    keep(store, notice())
    assert in_force(store, now=T + 59.9) == [notice()]
    assert in_force(store, now=T + 60) == []


def test_the_same_key_takes_its_place(store: Store) -> None:
    keep(store, notice(), notice(texts={Lang.EN: "Update."}, places=()))
    assert in_force(store) == [notice(texts={Lang.EN: "Update."}, places=())]


def test_what_is_ended_is_told_no_more_and_can_be_put_again(store: Store) -> None:
    keep(store, notice(), notice("alert:2"))
    assert end(store, "broadcast:1")
    assert not end(store, "broadcast:1")
    assert not end(store, "broadcast:9")
    assert [one.key for one in in_force(store)] == ["alert:2"]
    keep(store, notice())
    assert {one.key for one in in_force(store)} == {"alert:2", "broadcast:1"}


def test_the_worst_comes_first_and_then_the_newest(store: Store) -> None:
    keep(
        store,
        notice("minor", severity=Severity.MINOR),
        notice("old", since=T - 9),
        notice("new", since=T + 9),
        notice("unknown", severity=Severity.UNKNOWN),
        notice("worst", severity=Severity.EXTREME),
    )
    assert [one.key for one in in_force(store)] == ["worst", "new", "old", "minor", "unknown"]


def test_nothing_is_kept_of_a_block_that_fails(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.begin() as tx:  # noqa: PT012  the block is what is tested
        tx.put_notice(notice())
        raise ZeroDivisionError
    assert in_force(store) == []


# Broadcasts are kept in SQL only: in memory a delivery that belongs to one is a roll call.


def broadcast(store: Store, number: int, **values: Any) -> None:
    """Puts a broadcast as it is; the desk's rules are tested elsewhere."""
    if isinstance(store, SqlStore):
        row = Broadcast(**{"id": number, "mode": Mode.LIVE, "stage": Stage.SENDING, "roll_call": True} | values)
        with store._db.write() as connection:
            connection.execute(insert(BROADCAST).values(row.model_dump()))


def asked(store: Store, number: int = 1, *, now: float = T, urn: str = URN, sent: bool = True, **values: Any) -> int:
    """A roll call's delivery to `urn`."""
    broadcast(store, number, **values)
    made = put(store, "Are you safe?", now=now, urn=urn, dedup=f"b:{number}:{urn}", broadcast_id=number)
    if sent:
        assert send(store, made, now=now) is Status.WIRED
    return made


def call(store: Store, *, since: float = T, urn: str = URN) -> RollCall | None:
    with store.begin() as tx:
        return tx.roll_call(urn, since=since)


def shown(store: Store, number: int) -> RollCall | None:
    with store.begin() as tx:
        return tx.roll_call_of(number, URN, asked=T + 7)


def say(store: Store, answer: RollAnswer, number: int = 1, *, urn: str = URN) -> None:
    with store.begin() as tx:
        tx.answer_roll(number, urn, answer, words="1 ‘safe’", now=T + 1)


def test_the_newest_roll_call_of_this_person(store: Store) -> None:
    assert call(store) is None
    asked(store, 1)
    asked(store, 2, now=T + 5)
    asked(store, 3, now=T + 6, urn=OTHER)
    assert call(store) == RollCall(2, T + 5, None)
    assert call(store, since=T + 5.1) is None


def test_who_was_told_its_words_when_they_asked_may_answer_it(store: Store) -> None:
    broadcast(store, 1)
    told = put(store, "FLOOD. Reply 1 safe, 2 need help", now=T, dedup="reply:1", kind=TOLD, facts=("broadcast:1",))
    assert call(store) is None
    assert send(store, told, now=T) is Status.WIRED
    assert call(store) == RollCall(1, T, None)
    say(store, NEED_HELP)
    assert call(store) == RollCall(1, T, NEED_HELP)
    assert call(store, urn=OTHER) is None
    asked(store, 2, now=T - 5)
    assert call(store, since=T - 9) == RollCall(2, T - 5, None)


def test_who_is_shown_its_words_on_a_screen_may_answer_it(store: Store) -> None:
    asked(store, 1, urn=OTHER)
    assert (call(store), shown(store, 1)) == (None, RollCall(1, T + 7, None))
    say(store, NEED_HELP)
    assert shown(store, 1) == RollCall(1, T + 7, NEED_HELP)
    assert shown(store, 2) is None


@pytest.mark.parametrize("values", [{"roll_call": False}, {"stage": Stage.STOPPED}, {"stage": Stage.WAITING}])
def test_one_that_asks_nothing_or_does_not_go_out_is_not_answered_on_a_screen(sql: SqlStore, values: dict[str, Any]) -> None:
    broadcast(sql, 1, **values)
    assert shown(sql, 1) is None


def test_what_they_were_told_of_a_feed_is_no_roll_call(store: Store) -> None:
    told = put(store, "FLOOD", now=T, dedup="reply:1", kind=TOLD, facts=("alert:1",))
    send(store, told, now=T)
    assert call(store) is None


def test_what_they_said_last_stands(store: Store) -> None:
    asked(store)
    asked(store, 2, urn=OTHER)
    say(store, SAFE)
    assert call(store) == RollCall(1, T, SAFE)
    say(store, NEED_HELP)
    assert call(store) == RollCall(1, T, NEED_HELP)
    assert call(store, urn=OTHER) == RollCall(2, T, None)


def test_one_that_waits_to_be_sent_was_not_heard(store: Store) -> None:
    made = asked(store, sent=False)
    assert call(store) is None
    claimed = hold(store, made)
    assert call(store) is None
    assert store.part_sending(claimed.claim, 0, now=T, lease_s=9)
    assert call(store) is not None, "the provider is being called: they may have it"


def test_one_that_was_refused_was_not_heard(store: Store) -> None:
    claimed = hold(store, asked(store, sent=False))
    store.fail_delivery(claimed.claim, now=T, reason="exercise")
    assert call(store) is None


def test_one_that_may_have_gone_out_counts(store: Store) -> None:
    claimed = hold(store, asked(store, sent=False))
    assert store.part_sending(claimed.claim, 0, now=T, lease_s=9)
    store.part_unknown(claimed.claim, 0, "timeout", now=T)
    store.finish_delivery(claimed.claim, now=T)
    assert call(store) == RollCall(1, T, None)


def test_who_turns_out_to_be_another_takes_it_along(store: Store) -> None:
    asked(store, urn="whatsapp:KE.abc")
    say(store, SAFE, urn="whatsapp:KE.abc")
    with store.begin() as tx:
        tx.contact("whatsapp:KE.abc", now=T, lang="en")
        tx.link(Linked(channel="sim", urn=URN, other="whatsapp:KE.abc"))
    assert call(store) == RollCall(1, T, SAFE)


def test_of_two_answers_of_one_person_the_later_stands(sql: SqlStore) -> None:
    asked(sql, urn="whatsapp:KE.abc")
    with sql.begin() as tx:
        tx.contact("whatsapp:KE.abc", now=T, lang="en")
        tx.answer_roll(1, "whatsapp:KE.abc", NEED_HELP, words="2", now=T + 9)
        tx.answer_roll(1, URN, SAFE, words="1", now=T + 1)
        tx.set_groups("whatsapp:KE.abc", ["exercise", "volunteers"])
        tx.set_groups(URN, ["volunteers"])
        tx.link(Linked(channel="sim", urn=URN, other="whatsapp:KE.abc"))
    with sql._db.read() as connection:
        groups = {tuple(row) for row in connection.execute(select(MEMBERSHIP.c.urn, MEMBERSHIP.c.name))}
    assert groups == {(URN, "exercise"), (URN, "volunteers")}
    assert call(sql) == RollCall(1, T, NEED_HELP)


@pytest.fixture
def sql(url: str) -> Iterator[SqlStore]:
    opened = open_store(url)
    yield opened
    opened.close()


@pytest.mark.parametrize(("stage", "counts"), [(Stage.SENT, True), (Stage.PAUSED, True), (Stage.STOPPED, False)])
def test_a_stopped_one_is_over(sql: SqlStore, stage: Stage, counts: bool) -> None:
    asked(sql, stage=stage)
    assert (call(sql) is not None) is counts


def test_a_broadcast_that_asks_nothing_is_none(sql: SqlStore) -> None:
    asked(sql, roll_call=False)
    assert call(sql) is None


def test_an_exercise_is_known_as_one(sql: SqlStore) -> None:
    asked(sql, mode=Mode.EXERCISE)
    assert call(sql) == RollCall(1, T, None, exercise=True)
