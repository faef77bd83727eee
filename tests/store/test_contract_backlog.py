"""The contract of what says how long questions wait, held by every store."""

from typing import Any

from bot.core.backlog import WAIT, Asker, Rate
from bot.core.storage import Store
from bot.core.types import Contact, Lang
from bot.core.waiting import Wanted
from tests.store.bench import OTHER, URN, T, answer, ask, message, put, take

THIRD = "tel:+254700000003"
WITHIN_S = 300.0


def rate(store: Store, *, now: float = T) -> Rate:
    return store.answer_rate(now=now, within_s=WITHIN_S)


def askers(store: Store, **values: Any) -> list[Asker]:
    named: dict[str, Any] = {"now": T, "asked_before": T, "behind": 0, "told_since": T - 3600, "channels": ["sim", "sim_ussd"], "limit": 99}
    return list(store.askers(**named | values))


def ids(store: Store, **values: Any) -> list[int]:
    return [asker.id for asker in askers(store, **values)]


class TestTheRate:
    def test_nobody_waits(self, store: Store) -> None:
        assert rate(store) == Rate()
        answer(store, ask(store))
        assert rate(store, now=T + 60) == Rate()

    def test_is_counted_since_the_oldest_that_waits(self, store: Store) -> None:
        answer(store, ask(store, now=T - 200), now=T - 150)
        ask(store, now=T - 100, urn=OTHER)
        for n, at in enumerate((T - 90, T - 50, T)):
            answer(store, ask(store, now=T - 99, urn=f"tel:+2547000001{n:02}"), now=at)
        assert rate(store) == Rate(answered=3, over_s=100.0)
        assert rate(store).per_s == 0.03

    def test_but_not_from_before_the_time_that_counts(self, store: Store) -> None:
        ask(store, now=T - 1000)
        for at in (T - WITHIN_S, T - WITHIN_S + 1):
            answer(store, ask(store, now=T - 900, urn=OTHER), now=at)
        assert rate(store) == Rate(answered=1, over_s=WITHIN_S)

    def test_only_what_answers_a_question_counts(self, store: Store) -> None:
        ask(store, now=T - 100)
        with store.begin() as tx:
            word = tx.insert_message(message(text="Hello", urn=OTHER), now=T - 50)
            assert word is not None
            tx.settle_message(word)
        put(store, urn=OTHER, now=T - 50, message_id=word)
        put(store, urn=OTHER, now=T - 50, kind=WAIT)
        assert rate(store) == Rate(answered=0, over_s=100.0)
        assert rate(store).per_s == 0.0

    def test_what_somebody_has_in_hand_still_waits_and_what_is_held_does_not(self, store: Store) -> None:
        asked = ask(store, now=T - 40)
        take(store, asked, now=T - 30)
        assert rate(store).over_s == 40.0
        ask(store, now=T - 20, urn=OTHER)
        store.hold(Wanted(question=asked), held_by="amina", now=T)
        assert rate(store).over_s == 20.0

    def test_a_clock_that_went_back_makes_no_rate(self, store: Store) -> None:
        ask(store, now=T + 60)
        assert rate(store) == Rate()


class TestTheLine:
    def test_is_in_the_order_of_asking_and_knows_each_ones_place(self, store: Store) -> None:
        late, early = ask(store, now=T - 30, urn=OTHER), ask(store, now=T - 60)
        same = ask(store, now=T - 60, urn=THIRD, channel="sim_ussd")
        assert askers(store) == [
            Asker(early, URN, "sim", 1),
            Asker(same, THIRD, "sim_ussd", 2),
            Asker(late, OTHER, "sim", 3),
        ]
        assert ids(store, behind=1) == [same, late]
        assert ids(store, behind=3) == []
        assert ids(store, asked_before=T - 60) == [early, same]
        assert ids(store, limit=1) == [early]
        assert askers(store, channels=["sim_ussd"]) == [Asker(same, THIRD, "sim_ussd", 2)]
        assert ids(store, channels=[]) == []

    def test_what_is_in_hand_takes_a_place_and_what_is_over_or_held_takes_none(self, store: Store) -> None:
        over, held, in_hand, last = (ask(store, now=T - 60, urn=f"tel:+2547000001{n:02}") for n in range(4))
        answer(store, over, now=T - 50)
        store.hold(Wanted(question=held), held_by="amina", now=T)
        take(store, in_hand)
        assert [(asker.id, asker.place) for asker in askers(store)] == [(last, 2)]

    def test_who_looks_at_a_screen_is_left_alone_until_it_gives_up(self, store: Store) -> None:
        asked = ask(store, channel="sim_ussd", screen_until=T + 7)
        assert ids(store, now=T + 6.9) == []
        assert ids(store, now=T + 7) == [asked]

    def test_who_was_told_lately_of_any_question_is_not_named(self, store: Store) -> None:
        asked = ask(store, now=T - 60)
        put(store, now=T - 3600, kind=WAIT, dedup=f"{WAIT}:999{asked}")
        put(store, now=T - 5, kind="fact")
        put(store, now=T - 5, kind=WAIT, urn=OTHER)
        assert ids(store) == []
        assert ids(store, told_since=T - 3599) == [asked]

    def test_who_was_told_of_this_question_is_not_named_ever_again(self, store: Store) -> None:
        asked, other = ask(store, now=T - 60), ask(store, now=T - 50)
        put(store, now=T - 59, kind=WAIT, dedup=f"{WAIT}:{asked}")
        assert ids(store, told_since=T - 1) == [other]

    def test_who_stopped_us_is_not_named(self, store: Store) -> None:
        ask(store)
        with store.begin() as tx:
            tx.save_contact(Contact(URN, Lang.EN, opted_out=True))
            tx.save_contact(Contact(OTHER, Lang.EN))
        other = ask(store, urn=OTHER)
        assert [(asker.id, asker.place) for asker in askers(store)] == [(other, 2)]
