"""The contract of the ANSWERS lane, held by every store."""

from bot.core.storage import Claim, Store
from bot.core.types import Lane
from tests.store.bench import LEASE_S, OTHER, URN, T, answer, ask, at_once, deliveries, hold, message, order, take


def test_a_question_is_claimed_once(store: Store) -> None:
    asked = ask(store)
    claimed = take(store, asked)
    assert claimed.claim.attempts == 1
    assert store.claim_message(asked, now=T + LEASE_S - 0.1, lease_s=LEASE_S) is None
    assert store.claim_message(asked + 99, now=T, lease_s=LEASE_S) is None
    assert store.counts() == {"message.answering": 1}


def test_a_lease_that_ran_out_frees_the_question(store: Store) -> None:
    asked = ask(store)
    first = take(store, asked)
    second = take(store, asked, now=T + LEASE_S)
    assert second.claim.attempts == 2
    assert second.claim.token != first.claim.token


def test_a_renewed_lease_does_not_run_out(store: Store) -> None:
    asked = ask(store)
    claimed = take(store, asked)
    assert store.renew_message(claimed.claim, now=T + 15, lease_s=LEASE_S)
    assert store.claim_message(asked, now=T + LEASE_S + 1, lease_s=LEASE_S) is None
    assert store.claim_message(asked, now=T + 15 + LEASE_S, lease_s=LEASE_S) is not None


def test_a_stale_token_changes_nothing(store: Store) -> None:
    asked = ask(store)
    stale = take(store, asked).claim
    fresh = take(store, asked, now=T + LEASE_S).claim
    for claim in (stale, Claim(asked, "", 1), Claim(asked + 99, fresh.token, 1)):
        assert not store.renew_message(claim, now=T, lease_s=LEASE_S)
        assert store.finish_message(claim, order(), now=T) is None
        store.release_message(claim, now=T, after_s=0)
    assert deliveries(store) == {}
    assert store.counts() == {"message.answering": 1}
    assert store.finish_message(fresh, order("fresh"), now=T) is not None


def test_a_question_is_finished_once(store: Store) -> None:
    claimed = take(store, ask(store))
    made = store.finish_message(claimed.claim, order("one", "two"), now=T)
    assert made is not None
    assert store.finish_message(claimed.claim, order("again"), now=T) is None
    assert not store.renew_message(claimed.claim, now=T, lease_s=LEASE_S)
    store.release_message(claimed.claim, now=T, after_s=0)
    assert store.counts() == {"message.done": 1, "delivery.queued": 1}
    assert store.claim_message(claimed.claim.id, now=T + 999, lease_s=LEASE_S) is None


def test_an_answer_that_is_there_already_is_named_not_repeated(store: Store) -> None:
    asked = ask(store)
    with store.begin() as tx:
        first = tx.insert_delivery(order(dedup=f"reply:{asked}"), now=T)
    assert store.finish_message(take(store, asked).claim, order(dedup=f"reply:{asked}"), now=T) == first
    assert deliveries(store) == {"queued": 1}


def test_a_released_question_comes_back_after_its_wait(store: Store) -> None:
    asked = ask(store)
    store.release_message(take(store, asked).claim, now=T, after_s=30)
    assert store.claim_message(asked, now=T + 29.9, lease_s=LEASE_S) is None
    assert store.due(now=T + 29.9, limit=9) == []
    assert list(store.due(now=T + 30, limit=9)) == [(Lane.ANSWERS, asked)]
    assert take(store, asked, now=T + 30).claim.attempts == 2


def test_questions_of_one_person_are_answered_in_order(store: Store) -> None:
    first, second, other = ask(store), ask(store), ask(store, urn=OTHER)
    assert store.claim_message(second, now=T, lease_s=LEASE_S) is None
    take(store, other)
    claimed = take(store, first)
    assert store.claim_message(second, now=T, lease_s=LEASE_S) is None
    store.release_message(claimed.claim, now=T, after_s=5)
    assert store.claim_message(second, now=T, lease_s=LEASE_S) is None
    answer(store, first, now=T + 5)
    take(store, second, now=T + 5)


def test_finishing_a_question_makes_the_next_one_due(store: Store) -> None:
    first, second, third = ask(store), ask(store), ask(store)
    claimed = take(store, first)
    for later in (2, 4, 8, 16):  # hints for the others come to nothing, more and more rarely
        store.due(now=T + later, limit=9)
    assert store.renew_message(claimed.claim, now=T + 17, lease_s=LEASE_S)
    store.finish_message(claimed.claim, order(), now=T + 17)
    due = store.due(now=T + 17, limit=9)
    assert (Lane.ANSWERS, second) in due
    assert (Lane.ANSWERS, third) not in due
    take(store, second, now=T + 17)


def test_an_answer_is_held_for_its_screen(store: Store) -> None:
    delivery = answer(store, ask(store, screen_until=T + 10))
    assert store.claim_delivery(delivery, now=T + 9.9, lease_s=LEASE_S) is None
    hold(store, delivery, now=T + 10)


def test_hold_for_screen_holds_an_unanswered_question_again(store: Store) -> None:
    asked = ask(store)
    with store.begin() as tx:
        tx.hold_for_screen(asked, until=T + 10)
    delivery = answer(store, asked)
    assert store.claim_delivery(delivery, now=T + 9.9, lease_s=LEASE_S) is None
    with store.begin() as tx:
        tx.hold_for_screen(asked, until=T + 99)  # answered by now: nothing to wait for
    hold(store, delivery, now=T + 10)


def test_no_two_threads_claim_the_same_question(store: Store) -> None:
    asked = [ask(store, urn=f"tel:+2547000001{n:02}") for n in range(12)]

    def claim_all() -> list[int]:
        claims = [store.claim_message(row, now=T, lease_s=LEASE_S) for row in asked]
        return [claimed.claim.id for claimed in claims if claimed is not None]

    taken = at_once([claim_all] * 6)
    assert sorted(row for rows in taken for row in rows) == asked


def test_of_many_finishers_one_stores_the_answer(store: Store) -> None:
    claimed = take(store, ask(store))
    made = at_once([lambda: store.finish_message(claimed.claim, order("one", "two"), now=T)] * 6)
    assert len([row for row in made if row is not None]) == 1
    assert store.counts() == {"message.done": 1, "delivery.queued": 1}


def test_the_provider_repeating_itself_from_all_sides_is_one_message(store: Store) -> None:
    same = message()

    def take_in() -> int | None:
        with store.begin() as tx:
            tx.contact(URN, now=T, lang="en")
            return tx.insert_message(same, now=T)

    assert len([row for row in at_once([take_in] * 6) if row is not None]) == 1
    assert store.counts() == {"message.stored": 1}
