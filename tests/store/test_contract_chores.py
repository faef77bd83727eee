"""The contract of the CHORES lane and of looking in, held by every store."""

from collections.abc import Callable

import pytest

from bot.core.storage import Line, Store
from bot.core.types import Lane, Status
from bot.core.waiting import Wanted
from bot.store.rules import FIRST_DELAY_S, KEEP_REPORTS_S
from tests.store.bench import (
    LEASE_S,
    OTHER,
    URN,
    T,
    answer,
    ask,
    at_once,
    deliveries,
    hold,
    message,
    order,
    parts,
    put,
    report,
    send,
    take,
    wire,
)


def test_nothing_is_due_at_once(store: Store) -> None:
    ask(store)
    put(store)
    assert store.due(now=T + FIRST_DELAY_S - 0.1, limit=9) == []


def test_due_finds_what_waits_by_lane(store: Store) -> None:
    asked, reply, alert = ask(store), put(store), put(store, lane=Lane.ALERTS)
    with store.begin() as tx:
        tx.insert_message(message(), now=T)  # never queued: nothing to do
    assert set(store.due(now=T + FIRST_DELAY_S, limit=9)) == {(Lane.ANSWERS, asked), (Lane.SENDS, reply), (Lane.ALERTS, alert)}


@pytest.mark.parametrize("store_row", [ask, put])
def test_each_hint_comes_later_than_the_one_before(store: Store, store_row: Callable[[Store], int]) -> None:
    row = store_row(store)
    expected = [2, 4, 8, 16, 32, 64, 128, 256, 512, 812, 1112]
    looks = sorted({after + near for after in expected for near in (-1, 0, 1)})
    assert [after for after in looks if row in [found for _, found in store.due(now=T + after, limit=9)]] == expected


def test_a_claim_is_progress(store: Store) -> None:
    asked = ask(store)
    for after in (2, 4, 8, 16):
        assert store.due(now=T + after, limit=9)
    claimed = take(store, asked, now=T + 20)
    assert store.due(now=T + 20 + LEASE_S - 1, limit=9) == []
    assert list(store.due(now=T + 20 + LEASE_S, limit=9)) == [(Lane.ANSWERS, asked)]  # its worker was killed
    assert list(store.due(now=T + 22 + LEASE_S, limit=9)) == [(Lane.ANSWERS, asked)]
    store.finish_message(claimed.claim, order(), now=T + 50)
    assert [lane for lane, _ in store.due(now=T + 99, limit=9)] == [Lane.SENDS]


def test_a_limit_takes_who_waits_longest(store: Store) -> None:
    last, first, middle = ask(store, now=T + 3), put(store, now=T), ask(store, now=T + 1, urn=OTHER)
    assert list(store.due(now=T + 9, limit=2)) == [(Lane.SENDS, first), (Lane.ANSWERS, middle)]
    assert list(store.due(now=T + 9, limit=2)) == [(Lane.ANSWERS, last)]


def test_no_lane_starves_another(store: Store) -> None:
    alerts = [put(store, lane=Lane.ALERTS, urn=f"tel:+2547000001{n:02}", now=T) for n in range(20)]
    replies = [put(store, urn=f"tel:+2547000002{n:02}", now=T + 5) for n in range(4)]
    asked = [ask(store, urn=f"tel:+2547000003{n:02}", now=T + 6) for n in range(4)]
    found = store.due(now=T + 9, limit=12)
    assert [row for lane, row in found if lane is Lane.SENDS] == replies[:3]
    assert [row for lane, row in found if lane is Lane.ANSWERS] == asked[:3]
    assert [row for lane, row in found if lane is Lane.ALERTS] == alerts[:6]


def test_what_could_not_go_is_not_hinted(store: Store) -> None:
    asked, shut, other = ask(store), put(store, channel="shut"), put(store, channel="open", urn=OTHER)
    assert set(store.due(now=T + 2, limit=9, closed=["shut"])) == {(Lane.ANSWERS, asked), (Lane.SENDS, other)}
    assert list(store.due(now=T + 2, limit=9)) == [(Lane.SENDS, shut)]


def test_the_next_one_is_who_waits_longest_and_could_go(store: Store) -> None:
    people = [f"tel:+2547000001{n:02}" for n in range(7)]
    late, early, fresh = (put(store, channel="open", urn=people[n], now=T + at) for n, at in enumerate((20, 10, 90)))
    put(store, channel="other", urn=people[3], now=T)
    put(store, channel="open", urn=people[4], now=T, lane=Lane.ALERTS)
    put(store, channel="open", urn=people[5], now=T, hold_until=T + 200)
    postponed = put(store, channel="open", urn=people[6], now=T)
    store.postpone_delivery(hold(store, postponed, now=T).claim, now=T, until=T + 92)
    found = [store.next_due("open", Lane.SENDS, now=T + at) for at in (91, 91, 91, 92.5, 92.5)]
    assert found[:3] == [early, late, None]
    assert set(found[3:]) == {fresh, postponed}
    assert early not in [row for _, row in store.due(now=T + 92.9, limit=99)]  # it is hinted, so the sweep leaves it for a moment
    assert early in [row for _, row in store.due(now=T + 93, limit=99)]


def test_the_next_one_is_nobodys_twice(store: Store) -> None:
    rows = [put(store, urn=f"tel:+2547000001{n:02}") for n in range(12)]
    found = at_once([lambda: [store.next_due("sim", Lane.SENDS, now=T + 9) for _ in range(3)]] * 4)
    hinted = [row for some in found for row in some if row is not None]
    assert len(hinted) == len(set(hinted))
    while (row := store.next_due("sim", Lane.SENDS, now=T + 9)) is not None:
        hinted.append(row)
    assert sorted(hinted) == rows


def test_what_is_held_is_not_next(store: Store) -> None:
    put(store)
    store.hold(Wanted(channel="sim"), held_by="amina", now=T)
    assert store.next_due("sim", Lane.SENDS, now=T + 9) is None


def test_two_sweeps_do_not_hint_the_same_row(store: Store) -> None:
    rows = [put(store, urn=f"tel:+2547000001{n:02}") for n in range(20)]
    found = at_once([lambda: store.due(now=T + 2, limit=20)] * 4)
    assert sorted(row for due in found for _, row in due) == rows


def test_expire_fails_what_is_too_late(store: Store) -> None:
    late, errored, sending, in_time, no_limit = (put(store, "one", "two", not_after=end, urn=f"tel:+25470000010{n}") for n, end in ENDS)
    store.retry_delivery(hold(store, errored).claim, now=T, after_s=60, code="503")
    hold(store, sending)
    assert store.expire(now=T + 10) == 0
    assert store.expire(now=T + 11) == 2
    assert store.expire(now=T + 11) == 0
    assert parts(store, late) == parts(store, errored) == [Status.FAILED, Status.FAILED]
    for other in (sending, in_time, no_limit):
        assert parts(store, other) == [Status.QUEUED, Status.QUEUED]
    assert deliveries(store) == {"failed": 2, "sending": 1, "queued": 2}
    assert store.claim_delivery(late, now=T + 11, lease_s=LEASE_S) is None


ENDS = ((1, T + 10), (2, T + 10), (3, T + 10), (4, T + 99), (5, 0.0))


def test_expire_takes_any_number(store: Store) -> None:
    with store.begin() as tx:
        for _ in range(1200):
            tx.insert_delivery(order(not_after=T), now=T)
    assert store.expire(now=T + 1) == 1200


def test_expire_forgets_reports_that_nobody_claimed(store: Store) -> None:
    claimed = hold(store, put(store, "one", "two"))
    assert not report(store, Status.DELIVERED, "out-0", now=T - KEEP_REPORTS_S)
    assert not report(store, Status.DELIVERED, "out-1", now=T - KEEP_REPORTS_S + 1)
    store.expire(now=T)
    wire(store, claimed, 0)
    wire(store, claimed, 1)
    assert parts(store, claimed.claim.id) == [Status.WIRED, Status.DELIVERED]


def test_parts_of_nothing_are_none(store: Store) -> None:
    assert list(store.parts(99)) == []


def test_a_conversation_reads_from_old_to_new(store: Store) -> None:
    asked = ask(store, text="When?", now=T)
    delivery = answer(store, asked, "Now", "or soon", now=T + 5)
    ask(store, urn=OTHER, text="not ours")
    put(store, "not ours", urn=OTHER)
    send(store, delivery, now=T + 5)
    report(store, Status.DELIVERED)
    alert = put(store, "Rain!", now=T + 9, channel="at_sms")
    assert list(store.conversation(URN, limit=9)) == [
        Line(True, "When?", T, "done", f"in-{asked}", "sim"),
        Line(False, "Now", T + 5, "delivered", f"out-{delivery}-0", "sim"),
        Line(False, "or soon", T + 5, "wired", f"out-{delivery}-1", "sim"),
        Line(False, "Rain!", T + 9, "queued", f"out-{alert}-0", "at_sms"),
    ]
    assert [line.text for line in store.conversation(URN, limit=2)] == ["or soon", "Rain!"]
    assert list(store.conversation("tel:+254700000099", limit=9)) == []


def test_question_and_reply_of_one_moment_stand_in_order(store: Store) -> None:
    first = ask(store, text="one?")
    answer(store, first, "one.")
    assert [line.text for line in store.conversation(URN, limit=9)] == ["one?", "one."]


def test_what_a_screen_showed_was_said_on_the_screens_channel(store: Store) -> None:
    asked = ask(store, channel="sim_ussd", screen_until=T + 9)
    answer(store, asked, "Now.")
    assert [line.channel for line in store.conversation(URN, limit=9)] == ["sim_ussd", "sim"]
    assert store.claim_screen(asked, now=T) is not None
    assert [(line.channel, line.status) for line in store.conversation(URN, limit=9)] == [("sim_ussd", "done"), ("sim_ussd", "delivered")]


def test_counts_by_table_and_status(store: Store) -> None:
    assert store.counts() == {}
    answer(store, ask(store))
    take(store, ask(store))
    ask(store)
    put(store, "one", "two")
    assert store.counts() == {"message.done": 1, "message.answering": 1, "message.new": 1, "delivery.queued": 2}
