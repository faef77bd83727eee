"""USSD screens: an answer is shown or pushed, exactly one of the two, in every store."""

from functools import partial

from bot.core.storage import Store
from bot.core.types import Status
from tests.store.bench import LEASE_S, T, answer, ask, at_once, deliveries, hold, order, parts, put, report, take, wire

UNTIL = T + 10


def test_the_screen_gets_the_answer_and_no_sender_does(store: Store) -> None:
    asked = ask(store, screen_until=UNTIL)
    assert store.claim_screen(asked, now=T) is None
    delivery = answer(store, asked, "Plant", "now.")
    shown = store.claim_screen(asked, now=T + 1)
    assert shown is not None
    assert (shown.delivery_id, shown.message_id, shown.text, shown.status) == (delivery, asked, "Plant now.", Status.DELIVERED)
    assert parts(store, delivery) == [Status.DELIVERED, Status.DELIVERED]
    assert store.claim_delivery(delivery, now=UNTIL, lease_s=LEASE_S) is None
    assert store.hand_over(asked, now=UNTIL) is None
    assert store.due(now=T + 9999, limit=9) == []


def test_a_repeat_of_the_hop_sees_the_same_answer(store: Store) -> None:
    asked = ask(store, screen_until=UNTIL)
    answer(store, asked)
    shown = store.claim_screen(asked, now=T)
    assert shown is not None
    assert store.claim_screen(asked, now=T + 60) == shown
    assert deliveries(store) == {"delivered": 1}


def test_what_a_sender_has_is_not_shown(store: Store) -> None:
    asked = ask(store)
    claimed = hold(store, answer(store, asked))
    assert store.claim_screen(asked, now=T) is None
    wire(store, claimed)
    store.finish_delivery(claimed.claim, now=T)
    assert store.claim_screen(asked, now=T) is None


def test_a_screen_takes_what_a_sender_gave_back_untouched(store: Store) -> None:
    asked = ask(store, screen_until=T)
    delivery = answer(store, asked, "one", "two")
    store.retry_delivery(hold(store, delivery).claim, now=T, after_s=60, code="503")
    assert store.claim_screen(asked, now=T) is not None
    assert store.claim_delivery(delivery, now=T + 60, lease_s=LEASE_S) is None


def test_a_screen_does_not_take_what_is_half_sent(store: Store) -> None:
    asked = ask(store)
    claimed = hold(store, answer(store, asked, "one", "two"))
    wire(store, claimed)
    store.retry_delivery(claimed.claim, now=T, after_s=60, code="503")
    assert store.claim_screen(asked, now=T) is None


def test_a_screen_asks_for_one_question_only(store: Store) -> None:
    first, second = ask(store, screen_until=UNTIL), ask(store, screen_until=UNTIL)
    answer(store, first, "first")
    put(store, "an alert")
    assert store.claim_screen(second, now=T) is None
    assert store.claim_screen(second + 99, now=T) is None


def test_hand_over_after_the_answer_sends_it_at_once(store: Store) -> None:
    asked = ask(store, screen_until=UNTIL)
    delivery = answer(store, asked)
    assert store.claim_delivery(delivery, now=T, lease_s=LEASE_S) is None
    assert store.hand_over(asked, now=T + 1) == delivery
    assert store.hand_over(asked, now=T + 1) == delivery
    hold(store, delivery, now=T + 1)


def test_an_answer_after_the_hand_over_is_not_held(store: Store) -> None:
    asked = ask(store, screen_until=UNTIL)
    claimed = take(store, asked)
    assert store.hand_over(asked, now=T + 1) is None
    delivery = store.finish_message(claimed.claim, order(), now=T + 2)
    assert delivery is not None
    hold(store, delivery, now=T + 2)


def test_a_screen_that_dies_leaves_its_answer_to_the_sweep(store: Store) -> None:
    asked = ask(store, screen_until=UNTIL)
    delivery = answer(store, asked)
    assert store.due(now=UNTIL, limit=9) == []
    assert [row for _, row in store.due(now=UNTIL + 2, limit=9)] == [delivery]
    hold(store, delivery, now=UNTIL + 2)


def test_what_was_handed_over_is_not_shown(store: Store) -> None:
    asked = ask(store, screen_until=UNTIL)
    delivery = answer(store, asked)
    store.hand_over(asked, now=T)
    assert store.claim_screen(asked, now=T) is None
    hold(store, delivery)


def test_a_report_may_still_come_for_what_the_screen_showed(store: Store) -> None:
    asked = ask(store, screen_until=UNTIL)
    delivery = answer(store, asked)
    assert store.claim_screen(asked, now=T) is not None
    assert not report(store, Status.FAILED)
    assert report(store, Status.FAILED, key=store.parts(delivery)[0].key)
    assert parts(store, delivery) == [Status.DELIVERED]


def test_screen_and_senders_race_and_exactly_one_wins(store: Store) -> None:
    rounds, screens = 25, 0
    for n in range(rounds):
        asked = ask(store, urn=f"tel:+25470{n:07}", screen_until=T)
        delivery = answer(store, asked)
        show = partial(store.claim_screen, asked, now=T)
        send = partial(store.claim_delivery, delivery, now=T, lease_s=LEASE_S)
        shown, sent, shown_again, sent_again = at_once([show, send, show, send])
        assert [sent, sent_again].count(None) == (1 if shown is None else 2)
        assert shown == shown_again
        screens += shown is not None
    assert deliveries(store) == {status: n for status, n in (("delivered", screens), ("sending", rounds - screens)) if n}


def test_hand_over_and_finish_race_and_the_answer_is_free(store: Store) -> None:
    for n in range(25):
        urn = f"tel:+25470{n:07}"
        asked = ask(store, urn=urn, screen_until=UNTIL)
        finish = partial(store.finish_message, take(store, asked).claim, order(urn=urn), now=T)
        made, handed = at_once([finish, partial(store.hand_over, asked, now=T)])
        assert made is not None
        assert handed in (None, made)
        hold(store, made, now=T)
