"""The contract of what breaks loops and ends stale questions, held by every store."""

import pytest

from bot.core.storage import Lately, Repeats, Store
from bot.core.types import Status
from tests.store.bench import LEASE_S, OTHER, URN, T, ask, at_once, deliveries, message, order, parts, put, send, take

TWICE = Repeats(2, 600.0)


def say(store: Store, *texts: str, now: float = T, **values: object) -> list[Status]:
    return parts(store, put(store, *texts, now=now, **{"repeats": TWICE} | values))


SENT, LOOPED = [Status.QUEUED], [Status.FAILED]


class TestTheSameText:
    def test_goes_out_so_often_and_is_then_kept_as_failed(self, store: Store) -> None:
        assert [say(store, "Hello") for _ in range(4)] == [SENT, SENT, LOOPED, LOOPED]
        assert deliveries(store) == {"queued": 2, "failed": 2}
        assert store.given_up(since=T - 1) == {"loop": 2}
        assert store.claim_delivery(3, now=T, lease_s=LEASE_S) is None
        assert 3 not in [row for _, row in store.due(now=T + 99, limit=9)]

    def test_what_went_out_counts_as_well(self, store: Store) -> None:
        for _ in range(2):
            send(store, put(store, "Hello", repeats=TWICE))
        assert say(store, "Hello") == LOOPED

    def test_goes_out_again_when_the_time_is_over_however_often_it_was_tried(self, store: Store) -> None:
        moments = [0, 1, 300, 599, 600.5, 600.6, 601.5]
        assert [say(store, "Hello", now=T + at) for at in moments] == [SENT, SENT, LOOPED, LOOPED, SENT, LOOPED, SENT]

    @pytest.mark.parametrize(
        ("texts", "values"),
        [
            pytest.param(("Hello!",), {}, id="another-text"),
            pytest.param(("Hello",), {"urn": OTHER}, id="another-person"),
            pytest.param(("Hello", "you"), {}, id="a-longer-text"),
            pytest.param(("Hello",), {"repeats": None}, id="as-often-as-it-comes"),
            pytest.param(("Hello",), {"repeats": Repeats(3, 600.0)}, id="a-higher-limit"),
        ],
    )
    def test_nothing_else_is_kept_back(self, store: Store, texts: tuple[str, ...], values: dict[str, object]) -> None:
        for _ in range(2):
            say(store, "Hello")
        assert say(store, *texts, **values) == [Status.QUEUED] * len(texts)

    def test_texts_of_several_parts_are_compared_too(self, store: Store) -> None:
        assert [say(store, "one", "two")[0] for _ in range(3)] == [Status.QUEUED, Status.QUEUED, Status.FAILED]
        assert say(store, "one", "three") == [Status.QUEUED, Status.QUEUED]

    def test_is_the_same_however_it_was_damaged_on_the_way(self, store: Store) -> None:
        for _ in range(2):
            say(store, "Hel\0lo")
        assert say(store, "Hello") == LOOPED

    def test_an_answer_is_counted_where_no_screen_waits_for_it(self, store: Store) -> None:
        def answered(**values: float) -> list[Status]:
            claimed = take(store, ask(store, **values))  # type: ignore[arg-type]
            made = store.finish_message(claimed.claim, order("Now.", dedup=f"reply:{claimed.claim.id}", repeats=TWICE), now=T)
            assert made is not None
            return parts(store, made)

        assert [answered() for _ in range(3)] == [SENT, SENT, LOOPED]
        assert answered(screen_until=T + 7) == SENT

    def test_no_two_threads_get_past_the_limit(self, store: Store) -> None:
        def reply() -> None:
            with store.begin() as tx:
                tx.contact(URN, now=T, lang="en")  # as the inbox does
                tx.insert_delivery(order("Hello", repeats=TWICE), now=T)

        at_once([reply] * 8)
        assert deliveries(store) == {"queued": 2, "failed": 6}


def heard(store: Store, text: str = "x", *, now: float = T, asked: bool = False, **values: object) -> None:
    with store.begin() as tx:
        stored = tx.insert_message(message(text=text, **values), now=now)
        assert stored is not None
        if asked:
            tx.queue_question(stored, skill="", turns=(), screen_until=0.0, now=now)


def lately(store: Store, text: str = "x", urn: str = URN) -> Lately:
    with store.begin() as tx:
        return tx.lately(urn, text, since=T - 600, same_since=T - 60)


class TestLately:
    def test_messages_and_those_with_the_same_words_are_counted(self, store: Store) -> None:
        assert lately(store) == Lately(0, 0)
        for now, text in ((T - 601, "x"), (T - 600, "x"), (T - 60, "x"), (T, "y"), (T, "x")):
            heard(store, text, now=now)
        heard(store, urn=OTHER)
        assert lately(store) == Lately(4, 2)
        assert lately(store, "y") == Lately(4, 1)

    def test_keys_on_a_screen_do_not_count_and_questions_there_do(self, store: Store) -> None:
        heard(store, session_id="d1")
        heard(store, session_id="d1", asked=True)
        assert lately(store) == Lately(1, 1)

    def test_what_was_told_is_known_by_its_kind(self, store: Store) -> None:
        put(store, kind="too_many", now=T - 60)
        put(store, kind="fact")
        with store.begin() as tx:
            asked = [(URN, "too_many", T - 60), (URN, "too_many", T - 59), (OTHER, "too_many", T - 60), (URN, "menu", 0.0)]
            assert [tx.told(urn, kind, since=since) for urn, kind, since in asked] == [True, False, False, False]

    def test_what_nobody_answers_is_counted(self, store: Store) -> None:
        with store.begin() as tx:
            stored = tx.insert_message(message(), now=T)
            assert stored is not None
            tx.ignore_message(stored)
        assert store.counts() == {"message.ignored": 1}
        assert store.claim_message(stored, now=T, lease_s=LEASE_S) is None
        assert store.given_up(since=T - 1) == {"question ignored": 1}


class TestExpiring:
    def expire(self, store: Store, asked: int, *, now: float = T, since: float = T - 60, notice: bool = True) -> int | None:
        claimed = take(store, asked, now=now)
        text = order("We were away.", kind="stale", dedup=f"stale:{asked}") if notice else None
        return store.expire_message(claimed.claim, text, since=since, now=now)

    def test_a_person_is_told_once_for_all_their_questions(self, store: Store) -> None:
        first, second = ask(store), ask(store)
        made = self.expire(store, first)
        assert made is not None
        assert self.expire(store, second) is None
        other = self.expire(store, ask(store, urn=OTHER))
        assert other is not None
        assert store.counts() == {"message.expired": 3, "delivery.queued": 2}
        assert [part.text for part in store.parts(made)] == ["We were away."]

    def test_and_again_another_time(self, store: Store) -> None:
        assert self.expire(store, ask(store)) is not None
        assert self.expire(store, ask(store, now=T + 61), now=T + 61, since=T + 1) is not None

    def test_the_notice_is_no_answer_that_a_screen_could_read_again(self, store: Store) -> None:
        self.expire(store, ask(store))
        with store.begin() as tx:
            assert tx.last_answer(URN, since=T - 99) is None

    def test_it_can_be_ended_without_a_word(self, store: Store) -> None:
        assert self.expire(store, ask(store), notice=False) is None
        assert store.counts() == {"message.expired": 1}

    def test_the_next_question_is_due_at_once(self, store: Store) -> None:
        first, second = ask(store), ask(store)
        claimed = take(store, first)
        store.due(now=T + 5, limit=9)
        store.expire_message(claimed.claim, None, since=T, now=T + 5)
        assert [row for _, row in store.due(now=T + 5, limit=9)] == [second]

    def test_who_lost_the_claim_ends_nothing(self, store: Store) -> None:
        asked = ask(store)
        lost = take(store, asked)
        take(store, asked, now=T + LEASE_S)
        assert store.expire_message(lost.claim, order("x"), since=T, now=T + LEASE_S) is None
        assert store.counts() == {"message.answering": 1}
