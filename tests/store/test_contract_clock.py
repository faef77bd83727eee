"""A clock that jumps by a day: in every store, what waits is neither held back for a day nor too late at once."""

import pytest

from bot.core.jump import JUMP_S
from bot.core.storage import Store
from bot.core.types import Lane, Session, Status
from bot.store import open_store
from bot.store.copies import mark_restored
from tests.store.bench import LEASE_S, OTHER, T, answer, ask, hold, parts, put, send, take, wire

DAY_S = 86400.0
BACK, AHEAD = T - DAY_S, T + DAY_S


@pytest.fixture
def clocked(store: Store) -> Store:
    """A store that was told the time at T."""
    assert store.settle_clock(now=T) == 0.0
    return store


@pytest.mark.parametrize("moved", [0.0, 2.0, JUMP_S, -JUMP_S, DAY_S], ids=lambda s: f"{s:g}s")
def test_time_that_passes_is_no_jump(clocked: Store, moved: float) -> None:
    """A day between two sweeps is a service that was stopped: only who saw both sides can say that it was a jump."""
    delivery = put(clocked, not_after=T + 60)
    assert clocked.settle_clock(now=T + moved) == 0.0
    clocked.expire(now=T + moved)
    assert parts(clocked, delivery) == [Status.FAILED if moved > 60 else Status.QUEUED]


def test_after_a_jump_back_everything_is_due_as_soon_as_before(clocked: Store) -> None:
    asked, errored = ask(clocked), put(clocked, urn=OTHER)
    clocked.retry_delivery(hold(clocked, errored).claim, now=T, after_s=20, code="x")
    assert clocked.due(now=BACK + 60, limit=9) == []
    assert clocked.settle_clock(now=BACK) == -DAY_S
    assert clocked.claim_delivery(errored, now=BACK + 19, lease_s=9) is None
    assert sorted(clocked.due(now=BACK + 21, limit=9)) == sorted([(Lane.ANSWERS, asked), (Lane.SENDS, errored)])
    hold(clocked, errored, now=BACK + 21)
    take(clocked, asked, now=BACK)


def test_after_a_jump_back_a_dead_workers_lease_ends_in_time(clocked: Store) -> None:
    asked, sending = ask(clocked), put(clocked, urn=OTHER)
    take(clocked, asked)
    hold(clocked, sending)
    clocked.settle_clock(now=BACK)
    assert clocked.claim_message(asked, now=BACK + LEASE_S - 1, lease_s=9) is None
    take(clocked, asked, now=BACK + LEASE_S)
    hold(clocked, sending, now=BACK + LEASE_S)


def test_after_a_jump_back_a_worker_that_lives_keeps_its_claim(clocked: Store) -> None:
    claimed = hold(clocked, put(clocked))
    clocked.settle_clock(now=BACK)
    wire(clocked, claimed, now=BACK + 1)
    assert clocked.finish_delivery(claimed.claim, now=BACK + 2) is Status.WIRED


def test_after_a_jump_back_buckets_give_slots_as_before(clocked: Store) -> None:
    for _ in range(2):
        clocked.take_slot("sim", rate_per_s=0.1, burst=2, now=T)
    clocked.take_slot("other", rate_per_s=1 / 30, burst=1, now=T)
    assert clocked.take_slot("sim", rate_per_s=0.1, burst=2, now=BACK) > DAY_S - 60
    clocked.settle_clock(now=BACK)
    assert clocked.take_slot("sim", rate_per_s=0.1, burst=2, now=BACK) == pytest.approx(10.0)
    assert clocked.take_slot("other", rate_per_s=1.0, burst=1, now=BACK) == pytest.approx(30.0)


def test_after_a_jump_back_an_answer_held_for_a_screen_is_let_go_in_time(clocked: Store) -> None:
    delivery = answer(clocked, ask(clocked, screen_until=T + 8))
    clocked.settle_clock(now=BACK)
    assert clocked.claim_delivery(delivery, now=BACK + 7, lease_s=9) is None
    hold(clocked, delivery, now=BACK + 8)


def test_what_was_written_by_the_new_time_already_stays(clocked: Store) -> None:
    """Other processes see the jump before the sweep tells the store."""
    fresh = put(clocked, now=BACK, not_after=BACK + 600)
    clocked.retry_delivery(hold(clocked, fresh, now=BACK).claim, now=BACK, after_s=30, code="x")
    clocked.settle_clock(now=BACK + 1)
    assert clocked.claim_delivery(fresh, now=BACK + 29, lease_s=9) is None
    hold(clocked, fresh, now=BACK + 30)


def test_after_a_jump_forward_nothing_is_too_late(clocked: Store) -> None:
    reply, alert = put(clocked, not_after=T + 600), put(clocked, urn=OTHER, lane=Lane.ALERTS, not_after=T + 600)
    assert clocked.settle_clock(now=AHEAD, jumped_s=DAY_S) == DAY_S
    assert clocked.expire(now=AHEAD) == 1
    assert parts(clocked, alert) == [Status.FAILED], "an alert's end is a time of the world"
    assert send(clocked, reply, now=AHEAD) is Status.WIRED
    late = put(clocked, now=AHEAD, not_after=AHEAD + 600)
    assert clocked.expire(now=AHEAD + 601) == 1
    assert parts(clocked, late) == [Status.FAILED]


def test_after_a_jump_forward_a_worker_that_lives_keeps_its_claim(clocked: Store) -> None:
    question, sending = take(clocked, ask(clocked)), hold(clocked, put(clocked, urn=OTHER))
    clocked.settle_clock(now=AHEAD, jumped_s=DAY_S)
    assert clocked.claim_message(question.claim.id, now=AHEAD + LEASE_S - 1, lease_s=9) is None
    assert clocked.claim_delivery(sending.claim.id, now=AHEAD + LEASE_S - 1, lease_s=9) is None
    hold(clocked, sending.claim.id, now=AHEAD + LEASE_S)


def test_after_a_jump_forward_a_question_just_asked_is_still_fresh(clocked: Store) -> None:
    """Its answer is worth as long as any, and the window of a channel that counts hours from it is open."""
    asked = ask(clocked)
    answer(clocked, asked)
    waiting = ask(clocked, urn=OTHER)
    clocked.settle_clock(now=AHEAD, jumped_s=DAY_S)
    assert take(clocked, waiting, now=AHEAD).received == AHEAD
    assert clocked.heard("sim", "tel:+254700000001", since=AHEAD - 3600)


def test_after_a_jump_forward_what_came_by_the_new_time_stays(clocked: Store) -> None:
    fresh = put(clocked, now=AHEAD, not_after=AHEAD + 600)
    claimed = hold(clocked, fresh, now=AHEAD)
    clocked.settle_clock(now=AHEAD + 1, jumped_s=DAY_S)
    hold(clocked, claimed.claim.id, now=AHEAD + LEASE_S)
    clocked.expire(now=AHEAD + 601)


@pytest.mark.parametrize(("now", "jumped_s"), [pytest.param(BACK, 0.0, id="back"), pytest.param(AHEAD, DAY_S, id="forward")])
def test_a_menu_that_was_open_stays_open_no_longer_than_before(clocked: Store, now: float, jumped_s: float) -> None:
    with clocked.begin() as tx:
        tx.save_session(Session("sim:x", touched=T))
    clocked.settle_clock(now=now, jumped_s=jumped_s)
    with clocked.begin() as tx:
        session = tx.session("sim:x")
    assert session is not None
    assert session.touched == now


def test_a_second_look_finds_nothing_to_do(clocked: Store) -> None:
    put(clocked)
    clocked.settle_clock(now=BACK)
    assert clocked.settle_clock(now=BACK + 2) == 0.0
    clocked.expire(now=BACK + 2)
    assert clocked.settle_clock(now=BACK + 4) == 0.0


def test_no_backup_was_brought_back(store: Store) -> None:
    assert store.restored_at() == 0.0


def test_a_restore_is_remembered_for_a_day(url: str) -> None:
    store = open_store(url)
    mark_restored(url, now=T)
    store.expire(now=T + 23 * 3600)
    assert store.restored_at() == T
    store.settle_clock(now=BACK)
    assert store.restored_at() == T
    store.expire(now=T + 26 * 3600)
    assert store.restored_at() == 0.0
    store.close()
