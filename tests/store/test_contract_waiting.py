"""The contract of what an operator sees and decides about what waits, held by every store."""

import pytest

from bot.core.storage import NewDelivery, Store
from bot.core.types import Lane, Status
from bot.core.waiting import AGES_S, NEVER, Heap, Waiting, Wanted
from tests.store.bench import LEASE_S, OTHER, URN, T, answer, ask, deliveries, hold, order, parts, put, report, send, take, wire

STALE_S = 3 * 3600.0
EVERYTHING = Wanted(urgent=True)


def kept(store: Store, **wanted: object) -> int:
    return store.hold(Wanted(**wanted), held_by="amina", now=T)  # type: ignore[arg-type]


def waiting(store: Store, wanted: Wanted = EVERYTHING, *, limit: int = 99, texts: bool = False) -> list[Waiting]:
    return list(store.waiting(wanted, limit=limit, stale_after_s=STALE_S, texts=texts))


def heaps(store: Store, *, now: float = T) -> list[Heap]:
    return list(store.heaps(now=now, stale_after_s=STALE_S))


def names(rows: list[Waiting]) -> list[str]:
    return [f"{'q' if row.question else 'd'}{row.id}" for row in rows]


def free(store: Store, delivery: int, *, now: float = T) -> bool:
    return store.claim_delivery(delivery, now=now, lease_s=LEASE_S) is not None


class TestLooking:
    def test_what_waits_is_listed_oldest_first(self, store: Store) -> None:
        young, old = put(store, "one", "two", now=T), put(store, now=T - 60, urn=OTHER, not_after=T + 60, kind="fact")
        asked = ask(store, now=T - 30, text="When?")
        send(store, put(store, urn="tel:+254700000009"))
        rows = waiting(store, texts=True)
        assert names(rows) == [f"d{old}", f"q{asked}", f"d{young}"]
        assert (rows[0].urn, rows[0].kind, rows[0].ends, rows[0].status, rows[0].lane) == (OTHER, "fact", T + 60, "queued", Lane.SENDS)
        assert (rows[1].text, rows[1].ends, rows[1].status, rows[1].lane) == ("When?", T - 30 + STALE_S, "new", Lane.ANSWERS)
        assert (rows[2].text, rows[2].made, rows[2].ends, rows[2].tries, rows[2].code) == ("one two", T, 0.0, 0, "")
        assert [row.text for row in waiting(store)] == ["", "", ""]
        assert names(waiting(store, limit=2)) == [f"d{old}", f"q{asked}"]

    def test_a_try_that_failed_says_why_and_when_the_next_one_is(self, store: Store) -> None:
        delivery = put(store)
        store.retry_delivery(hold(store, delivery).claim, now=T, after_s=40, code="503")
        [row] = waiting(store)
        assert (row.status, row.tries, row.code, row.next_at, row.held) == ("errored", 1, "503", T + 40, False)

    def test_what_a_screen_may_still_take_is_next_after_it(self, store: Store) -> None:
        put(store, hold_until=T + 7)
        assert [row.next_at for row in waiting(store)] == [T + 7]

    def test_what_waits_is_counted_by_age_and_end(self, store: Store) -> None:
        put(store, now=T - 30, not_after=T + 30)
        put(store, now=T - 50, not_after=T - 1, urn=OTHER)
        put(store, now=T - 700, kind="fact")
        ask(store, now=T - 2 * 3600)
        alert = put(store, now=T - 9 * 3600, lane=Lane.ALERTS, not_after=T + 9 * 3600)
        store.retry_delivery(hold(store, alert).claim, now=T, after_s=40, code="503")
        found = heaps(store)
        assert sorted((heap.lane, heap.status, heap.code, heap.age, heap.ends, heap.count, T - heap.oldest) for heap in found) == [
            ("alerts", "errored", "503", 4, 4, 1, 9 * 3600.0),
            ("answers", "new", "", 3, 2, 1, 7200.0),
            ("sends", "queued", "", 0, 0, 1, 50.0),
            ("sends", "queued", "", 0, 1, 1, 30.0),
            ("sends", "queued", "", 2, NEVER, 1, 700.0),
        ]
        assert len(AGES_S) == 4

    def test_nothing_waits(self, store: Store) -> None:
        send(store, put(store))
        assert (heaps(store), waiting(store), store.unclaimed(EVERYTHING)) == ([], [], (0, 0))

    def test_what_was_given_up_is_counted_by_its_reason(self, store: Store) -> None:
        put(store, not_after=T + 1)
        put(store, not_after=T + 1, urn=OTHER, now=T - 7200)
        store.expire(now=T + 2)
        store.drop(Wanted(question=ask(store)), now=T)
        ask(store, now=T - 7200)
        assert store.given_up(since=T - 3600) == {"expired": 1, "question dropped": 1}


FILTERS = [
    pytest.param(Wanted(urgent=True), {"sms", "whatsapp", "alert", "emergency", "question", "old"}, id="everything"),
    pytest.param(Wanted(), {"sms", "whatsapp", "question", "old"}, id="all-but-what-is-urgent"),
    pytest.param(Wanted(channel="sim"), {"sms", "question", "old"}, id="channel"),
    pytest.param(Wanted(channel="sim", urgent=True), {"sms", "question", "old", "alert", "emergency"}, id="channel-urgent"),
    pytest.param(Wanted(lane="sends"), {"sms", "whatsapp", "old"}, id="lane"),
    pytest.param(Wanted(lane="answers"), {"question"}, id="questions"),
    pytest.param(Wanted(lane="alerts"), set[str](), id="alerts-by-accident"),
    pytest.param(Wanted(lane="alerts", urgent=True), {"alert"}, id="alerts"),
    pytest.param(Wanted(kind="menu"), {"whatsapp"}, id="kind"),
    pytest.param(Wanted(made_before=T - 60), {"old"}, id="age"),
    pytest.param(Wanted(delivery=1), {"sms"}, id="one-delivery"),
    pytest.param(Wanted(question=1), {"question"}, id="one-question"),
    pytest.param(Wanted(question=9), set[str](), id="no-such"),
    pytest.param(Wanted(channel="at_sms"), set[str](), id="another-channel"),
]


def crowd(store: Store) -> dict[str, int]:
    """One of each, each of its own person; the question's number is 1, too."""
    rows = {
        "sms": {"kind": "fact"},
        "whatsapp": {"channel": "sim_whatsapp", "kind": "menu"},
        "alert": {"lane": Lane.ALERTS},
        "emergency": {"kind": "emergency"},
        "old": {"now": T - 61},
    }
    stored = {name: put(store, urn=f"tel:+25470000010{n}", **values) for n, (name, values) in enumerate(rows.items())}  # type: ignore[arg-type]
    return stored | {"question": ask(store, urn="tel:+254700000199")}


def claimable(store: Store, crowd: dict[str, int]) -> set[str]:
    """Which of the crowd a worker gets."""
    got = {name for name, row in crowd.items() if name != "question" and free(store, row)}
    return got | ({"question"} if store.claim_message(crowd["question"], now=T, lease_s=LEASE_S) else set())


class TestHolding:
    @pytest.mark.parametrize(("wanted", "meant"), FILTERS)
    def test_one_filter_says_what_is_listed_held_and_dropped(self, store: Store, wanted: Wanted, meant: set[str]) -> None:
        rows = crowd(store)
        expected = {f"{'q' if name == 'question' else 'd'}{rows[name]}" for name in meant}
        assert set(names(waiting(store, wanted))) == expected
        assert sum(store.unclaimed(wanted)) == len(meant)
        number = store.hold(wanted, held_by="amina", now=T)
        assert len(waiting(store)) == len(rows), "what is held is still shown"
        assert {names([row])[0] for row in waiting(store) if row.held} == expected
        assert sum(heap.count for heap in heaps(store) if heap.held) == len(meant)
        assert claimable(store, rows) == set(rows) - meant
        assert store.release([number]) == 1
        assert claimable(store, rows) == meant

    @pytest.mark.parametrize(("wanted", "meant"), FILTERS)
    def test_what_is_dropped_is_over(self, store: Store, wanted: Wanted, meant: set[str]) -> None:
        rows = crowd(store)
        assert store.drop(wanted, now=T) == len(meant)
        assert claimable(store, rows) == set(rows) - meant
        questions = {"message.dropped": 1} if "question" in meant else {"message.answering": 1}
        assert {name: n for name, n in store.counts().items() if name.startswith("message")} == questions

    def test_a_hold_is_on_what_comes_later_too(self, store: Store) -> None:
        number = kept(store, channel="sim")
        later, asked = put(store, now=T + 60), ask(store, now=T + 60)
        assert not free(store, later, now=T + 99)
        assert store.claim_message(asked, now=T + 99, lease_s=LEASE_S) is None
        store.release([number])
        assert free(store, later, now=T + 99)
        assert store.claim_message(asked, now=T + 99, lease_s=LEASE_S) is not None

    def test_what_is_held_is_not_hinted_and_is_due_when_released(self, store: Store) -> None:
        number, delivery, asked = kept(store), put(store), ask(store)
        assert list(store.due(now=T + 999, limit=9)) == []
        store.release([number])
        assert set(store.due(now=T + 999, limit=9)) == {(Lane.SENDS, delivery), (Lane.ANSWERS, asked)}

    def test_what_a_sender_has_goes_out_and_what_follows_it_waits_for_it(self, store: Store) -> None:
        first, second = put(store, kind="fact"), put(store, kind="menu")
        claimed = hold(store, first)
        number = kept(store, kind="fact")
        assert not free(store, second)
        wire(store, claimed)
        assert store.finish_delivery(claimed.claim, now=T) is Status.WIRED
        assert free(store, second)
        assert store.release([number]) == 1

    def test_what_is_held_keeps_nobody_else_back(self, store: Store) -> None:
        held, other = put(store, kind="fact"), put(store, kind="menu")
        asked, next_one = ask(store), ask(store)
        kept(store, kind="fact")
        kept(store, question=asked)
        assert not free(store, held)
        assert free(store, other)
        assert store.claim_message(next_one, now=T, lease_s=LEASE_S) is not None

    def test_what_waits_behind_a_delivery_is_woken_past_a_held_one(self, store: Store) -> None:
        first, _, last = put(store), put(store, kind="held"), put(store)
        claimed = hold(store, first)
        kept(store, kind="held")
        store.due(now=T + 5, limit=9)
        store.fail_delivery(claimed.claim, now=T + 5, reason="rejected")
        assert list(store.due(now=T + 5, limit=9)) == [(Lane.SENDS, last)]

    def test_what_is_held_expires_as_ever(self, store: Store) -> None:
        kept(store)
        delivery = put(store, not_after=T + 60)
        assert store.expire(now=T + 61) == 1
        assert parts(store, delivery) == [Status.FAILED]

    def test_a_screen_takes_its_answer_from_under_a_hold(self, store: Store) -> None:
        asked = ask(store, channel="sim_ussd", screen_until=T + 7)
        kept(store, channel="sim")
        answer(store, asked, "Now.")
        assert store.claim_screen(asked, now=T) is not None

    def test_holds_are_told_and_no_number_is_used_twice(self, store: Store) -> None:
        first, second = kept(store, channel="sim"), kept(store, lane="alerts", kind="x", made_before=T, urgent=True)
        [one, two] = store.holds()
        assert (one.id, one.wanted, one.since, one.held_by) == (first, Wanted(channel="sim"), T, "amina")
        assert (two.id, two.wanted) == (second, Wanted(lane="alerts", kind="x", made_before=T, urgent=True))
        assert store.release([second, second, 99]) == 1
        assert store.release([second]) == 0
        assert kept(store) == second + 1

    def test_two_holds_hold_until_both_are_released(self, store: Store) -> None:
        delivery, first, second = put(store), kept(store), kept(store, channel="sim")
        store.release([first])
        assert not free(store, delivery)
        store.release([second])
        assert free(store, delivery)


class TestDropping:
    def test_what_may_have_gone_out_is_not_called_failed(self, store: Store) -> None:
        delivery = put(store, "one", "two")
        claimed = hold(store, delivery)
        assert store.part_sending(claimed.claim, 0, now=T, lease_s=LEASE_S)
        store.retry_delivery(claimed.claim, now=T, after_s=9, code="timeout")
        assert store.drop(EVERYTHING, now=T) == 1
        assert parts(store, delivery) == [Status.UNKNOWN, Status.FAILED]

    def test_what_a_worker_has_is_left_to_it(self, store: Store) -> None:
        delivery, asked = put(store), ask(store)
        claimed, question = hold(store, delivery), take(store, asked)
        assert store.unclaimed(EVERYTHING) == (0, 0)
        assert store.drop(EVERYTHING, now=T) == 0
        wire(store, claimed)
        assert store.finish_delivery(claimed.claim, now=T) is Status.WIRED
        assert store.finish_message(question.claim, order(dedup="reply:1"), now=T) is not None

    def test_the_next_question_of_a_person_has_its_turn(self, store: Store) -> None:
        first, second = ask(store), ask(store)
        assert store.drop(Wanted(question=first), now=T) == 1
        take(store, second)

    def test_any_number(self, store: Store) -> None:
        with store.begin() as tx:
            for _ in range(1100):
                tx.insert_delivery(order(), now=T)
        assert store.drop(EVERYTHING, now=T) == 1100
        assert deliveries(store) == {"failed": 1100}


class TestSending:
    def test_what_waits_for_its_next_try_is_due_now(self, store: Store) -> None:
        delivery = put(store)
        store.retry_delivery(hold(store, delivery).claim, now=T, after_s=300, code="503")
        assert store.hurry(Wanted(channel="sim"), now=T + 5) == 1
        assert list(store.due(now=T + 5, limit=9)) == [(Lane.SENDS, delivery)]
        assert hold(store, delivery, now=T + 5).errors == 1

    def test_a_question_counts_as_asked_now(self, store: Store) -> None:
        asked = ask(store, now=T - 9999)
        assert store.hurry(Wanted(question=asked), now=T) == 1
        claimed = take(store, asked)
        assert (claimed.asked, claimed.received) == (T, T - 9999)

    def test_what_is_held_stays_held(self, store: Store) -> None:
        delivery = put(store)
        kept(store)
        assert store.hurry(EVERYTHING, now=T) == 1
        assert not free(store, delivery)

    @pytest.mark.parametrize("codes", [("expired",), ()])
    def test_what_expired_can_be_sent_again(self, store: Store, codes: tuple[str, ...]) -> None:
        delivery = put(store, "one", "two", not_after=T + 60)
        store.expire(now=T + 61)
        assert store.revivable(EVERYTHING, codes=codes) == 1
        assert store.revive(EVERYTHING, codes=codes, now=T + 100, not_after=T + 200) == 1
        assert store.revivable(EVERYTHING, codes=codes) == 0
        assert store.expire(now=T + 150) == 0
        assert list(store.due(now=T + 100, limit=9)) == [(Lane.SENDS, delivery)]
        assert send(store, delivery, now=T + 100) is Status.WIRED

    def test_what_was_held_for_a_screen_goes_by_the_sender(self, store: Store) -> None:
        asked = ask(store, channel="sim_ussd", screen_until=T + 9999)
        claimed = take(store, asked)
        made = store.finish_message(claimed.claim, NewDelivery(dedup="x", channel="sim", urn=URN, parts=("Now.",), not_after=T + 1), now=T)
        assert made is not None
        store.expire(now=T + 2)
        store.revive(EVERYTHING, codes=("expired",), now=T + 3, not_after=T + 99)
        assert free(store, made, now=T + 3)

    @pytest.mark.parametrize("how", ["part-wired", "part-unknown", "reported-failed", "opted-out", "rejected", "on-its-way"])
    def test_what_may_have_gone_out_is_never_sent_again(self, store: Store, how: str) -> None:
        delivery = put(store, "one", "two", not_after=T + 60)
        if how == "opted-out":
            with store.begin() as tx:
                tx.expire_replies(URN)
        elif how != "on-its-way":
            claimed = hold(store, delivery)
            if how == "part-wired":
                wire(store, claimed)
            elif how == "part-unknown":
                assert store.part_sending(claimed.claim, 0, now=T, lease_s=LEASE_S)
            elif how == "reported-failed":
                wire(store, claimed)
                report(store, Status.FAILED)
            reason = "rejected" if how == "rejected" else "expired"
            store.fail_delivery(claimed.claim, now=T, reason=reason)
        before = parts(store, delivery)
        codes = {"rejected": ("expired",), "opted-out": ("opted_out",)}.get(how, ())
        assert store.revivable(EVERYTHING, codes=codes) == 0
        assert store.revive(EVERYTHING, codes=codes, now=T, not_after=T + 99) == 0
        assert parts(store, delivery) == before
