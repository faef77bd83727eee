"""Who is told that the answer takes long, and what: over the in-memory store that the contract test holds to the real one."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.promise import AGAIN_S, MOST, PROMISE_AFTER_S, SOON_S, STEPS, TRUE_S, Promises, allowance, minutes, worded
from bot.core.storage import NewDelivery, Store
from bot.core.types import Contact, Lane, Lang, Limits, Linked, Message, SessionEvent
from bot.core.waiting import Wanted
from bot.store.memory import MemoryStore
from tests.core.test_inbox import Plain
from tests.small import EN, SW, TEXTS, small_library

NOW = 1_800_000_000.0
UNKNOWN = TEXTS[EN]["wait_unknown"]


def about(steps: int) -> str:
    return f"About {steps} minutes."


def person(n: int) -> str:
    return f"tel:+2547000{n:05}"


class Bench:
    """A store, its line, and somebody who comes by."""

    def __init__(self) -> None:
        self.now, self.store, self.numbers = NOW, MemoryStore(), 0
        screens = Limits(units=156, max_parts=1, reply_within_s=7.0, can_push=False)
        self.channels = {
            "sms": Plain("sms", Limits(rate_per_s=1000.0)),
            "ussd": Plain("ussd", screens, hand_over="sms"),
            "mute": Plain("mute", screens),
        }
        self.promises = Promises(self.store, self.channels, small_library())  # type: ignore[arg-type]

    def ask(self, n: int, channel: str = "sms", *, lang: Lang = EN, screen_s: float = 0.0) -> int:
        self.numbers += 1
        dial = {"session_id": "d1", "session_event": SessionEvent.RESUME} if screen_s else {}
        asked = Message(channel=channel, external_id=f"m{self.numbers}", urn=person(n), text="When?", **dial)  # type: ignore[arg-type]
        with self.store.begin() as tx:
            stored = tx.insert_message(asked, now=self.now)
            assert stored is not None
            tx.contact(person(n), now=self.now, lang=lang)
            tx.queue_question(stored, skill="", turns=(), screen_until=self.now + screen_s if screen_s else 0.0, now=self.now)
        return stored

    def answer(self, question: int) -> None:
        claimed = self.store.claim_message(question, now=self.now, lease_s=20)
        assert claimed is not None
        answer = NewDelivery(dedup=f"reply:{question}", channel="sms", urn=claimed.message.urn, parts=("Now.",), message_id=question)
        assert self.store.finish_message(claimed.claim, answer, now=self.now) is not None

    def crowd(self, many: int, *, answered: int, after_s: float = PROMISE_AFTER_S) -> list[int]:
        """Persons 0, 1, ... ask at once, and the first ones have their answer when the time has passed. The questions that wait."""
        asked = [self.ask(n) for n in range(many + answered)]
        self.now += after_s
        for question in asked[:answered]:
            self.answer(question)
        return asked[answered:]

    def sweep(self) -> dict[str, str]:
        """Comes by once. What is new for whom."""
        before = set(self.store._tables.outgoing)
        hints = self.promises.tell(now=self.now)
        new = {row.id: row for row in self.store._tables.outgoing.values() if row.id not in before}
        assert list(hints) == [(Lane.SENDS, made) for made in new]
        return {row.order.urn: row.parts[0].text for row in new.values()}


@pytest.fixture
def bench() -> Bench:
    return Bench()


class TestMinutes:
    @pytest.mark.parametrize(
        ("seconds", "said"), [(61.0, 2), (120.0, 2), (121.0, 3), (240.0, 4), (301.0, 10), (1200.5, 30), (1800.0, 30), (1800.1, 0), (inf, 0)]
    )
    def test_are_rounded_up_to_what_people_say(self, seconds: float, said: int) -> None:
        assert minutes(seconds) == said

    @given(st.floats(SOON_S, 60.0 * STEPS[-1]))
    def test_are_never_less_than_it_takes_nor_twice_as_long_and_more(self, seconds: float) -> None:
        assert seconds <= 60.0 * minutes(seconds) <= 2 * seconds

    @pytest.mark.parametrize(
        ("expected_s", "name"), [(90.0, "wait_minutes"), (1800.0, "wait_minutes"), (1801.0, "wait_long"), (inf, "wait_unknown")]
    )
    @pytest.mark.parametrize("lang", Lang)
    def test_are_only_said_where_they_are_known(self, expected_s: float, name: str, lang: Lang) -> None:
        said = TEXTS[lang][name].replace("$minutes", str(minutes(expected_s)))
        assert worded(small_library(), lang, expected_s) == said


class TestAllowance:
    @pytest.mark.parametrize(("rate_per_s", "each"), [(10.0, 5), (2.0, 1), (1000.0, 500)])
    def test_a_channel_carries_a_quarter_of_promises(self, rate_per_s: float, each: int) -> None:
        assert {allowance(Limits(rate_per_s=rate_per_s), NOW + 2 * n) for n in range(50)} == {each}

    @given(st.floats(0.01, 50.0))
    def test_a_slow_one_too_over_the_sweeps(self, rate_per_s: float) -> None:
        total = sum(allowance(Limits(rate_per_s=rate_per_s), NOW + 2 * n) for n in range(400))
        assert abs(total - 800 * rate_per_s / 4) <= 1.001

    def test_who_finds_no_room_has_their_turn_in_the_next_sweep(self, bench: Bench) -> None:
        bench.channels["sms"].limits = Limits(rate_per_s=10.0)
        bench.crowd(40, answered=1)
        told = [bench.sweep() for _ in range(3)]
        assert [len(one) for one in told] == [5, 5, 5]
        assert len({urn for one in told for urn in one}) == 15


class TestWhoIsTold:
    def test_who_waits_long_by_the_rate_and_the_place(self, bench: Bench) -> None:
        bench.crowd(45, answered=10)  # one in 2 s: the first 30 have it in a minute
        assert bench.sweep() == {person(n): about(2) for n in range(40, 55)}
        assert bench.sweep() == {}

    def test_the_time_is_that_of_the_place(self, bench: Bench) -> None:
        bench.crowd(30, answered=1)  # one in 20 s
        told = bench.sweep()
        assert [told.get(person(n)) for n in (3, 4, 6, 7, 9, 10, 12, 13, 15, 16, 30)] == [
            None,
            *[about(2)] * 2,
            *[about(3)] * 2,
            *[about(4)] * 2,
            *[about(5)] * 2,
            *[about(10)] * 2,
        ]

    def test_nobody_where_the_line_is_short(self, bench: Bench) -> None:
        bench.crowd(30, answered=10)
        assert bench.sweep() == {}

    def test_nobody_who_has_just_come(self, bench: Bench) -> None:
        bench.crowd(5, answered=1)
        bench.now += 1
        bench.ask(99)
        assert person(99) not in bench.sweep()
        bench.now += PROMISE_AFTER_S
        assert person(99) in bench.sweep()

    def test_where_nothing_is_answered_no_time_is_promised_and_a_minute_later(self, bench: Bench) -> None:
        bench.ask(1)
        bench.now += SOON_S - 1
        assert bench.sweep() == {}
        bench.now += 1
        assert bench.sweep() == {person(1): UNKNOWN}

    def test_what_was_answered_in_quiet_times_is_no_rate(self, bench: Bench) -> None:
        bench.answer(bench.ask(1))
        bench.now += 240
        bench.crowd(3, answered=0, after_s=SOON_S)
        assert set(bench.sweep().values()) == {UNKNOWN}

    def test_a_line_of_hours_has_no_minutes(self, bench: Bench) -> None:
        asked = [bench.ask(n) for n in range(100)]
        bench.now += PROMISE_AFTER_S
        bench.answer(asked[0])
        told: dict[str, str] = {}
        while more := bench.sweep():
            assert len(more) <= MOST
            told |= more
        assert told[person(90)] == about(30)
        assert told[person(91)] == TEXTS[EN]["wait_long"]

    def test_everybody_in_their_language(self, bench: Bench) -> None:
        bench.ask(1, lang=SW)
        bench.now += SOON_S
        assert bench.sweep() == {person(1): TEXTS[SW]["wait_unknown"]}


class TestOnce:
    def test_a_person_is_told_once_an_hour_whatever_they_ask(self, bench: Bench) -> None:
        first = bench.ask(1)
        bench.ask(1)
        bench.now += SOON_S
        assert bench.sweep() == {person(1): UNKNOWN}
        told_at = bench.now
        bench.answer(first)
        bench.ask(1)
        bench.now += 2000
        assert bench.sweep() == {}
        bench.now = told_at + AGAIN_S + 1
        assert len(bench.sweep()) == 1

    def test_a_question_is_told_of_once_however_long_it_waits(self, bench: Bench) -> None:
        bench.ask(1)
        bench.now += SOON_S
        assert len(bench.sweep()) == 1
        bench.now += 2 * AGAIN_S
        assert bench.sweep() == {}

    def test_who_was_told_does_not_stand_in_the_way_of_who_was_not(self, bench: Bench) -> None:
        bench.crowd(3 * MOST, answered=0, after_s=SOON_S)
        assert [len(bench.sweep()) for _ in range(4)] == [MOST, MOST, MOST, 0]

    def test_a_promise_that_is_no_longer_true_is_not_sent(self, bench: Bench) -> None:
        bench.ask(1)
        bench.now += SOON_S
        bench.sweep()
        [row] = bench.store._tables.outgoing.values()
        assert (row.order.not_after, row.order.kind, row.order.dedup) == (bench.now + TRUE_S, "wait", "wait:1")


class TestNever:
    def test_who_stopped_us(self, bench: Bench) -> None:
        bench.ask(1)
        bench.now += SOON_S
        with bench.store.begin() as tx:
            tx.save_contact(Contact(person(1), EN, opted_out=True))
        assert bench.sweep() == {}

    def test_who_stops_us_in_that_moment(self, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
        bench.ask(1)
        bench.now += SOON_S
        before = bench.store.askers

        def then_stop(**named: object) -> object:
            found = before(**named)  # type: ignore[arg-type]
            with bench.store.begin() as tx:
                tx.save_contact(Contact(person(1), EN, opted_out=True))
            return found

        monkeypatch.setattr(bench.store, "askers", then_stop)
        assert bench.sweep() == {}

    def test_what_somebody_works_on(self, bench: Bench) -> None:
        question = bench.ask(1)
        bench.now += SOON_S
        assert bench.store.claim_message(question, now=bench.now, lease_s=20) is not None
        assert bench.sweep() == {}

    def test_what_an_operator_holds(self, bench: Bench) -> None:
        bench.ask(1)
        bench.now += SOON_S
        bench.store.hold(Wanted(), held_by="amina", now=bench.now)
        assert bench.sweep() == {}

    def test_who_looks_at_a_screen(self, bench: Bench) -> None:
        bench.ask(1, "ussd", screen_s=SOON_S + 1)
        bench.now += SOON_S
        assert bench.sweep() == {}

    def test_whom_nothing_can_be_pushed_to(self, bench: Bench) -> None:
        bench.ask(1, "mute", screen_s=7.0)
        bench.ask(2, "gone")
        bench.now += SOON_S
        assert bench.sweep() == {}


def test_who_asked_on_a_screen_is_told_by_sms_and_a_screen_does_not_take_it_for_an_answer(bench: Bench) -> None:
    bench.ask(1, "ussd", screen_s=7.0)
    bench.now += SOON_S
    assert bench.sweep() == {person(1): UNKNOWN}
    [row] = bench.store._tables.outgoing.values()
    assert (row.order.channel, row.order.message_id) == ("sms", None)
    with bench.store.begin() as tx:
        assert tx.last_answer(person(1), since=0.0) is None


def test_who_turned_out_to_be_somebody_we_know_is_told_as_that_person(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    store: Store = bench.store
    with store.begin() as tx:
        stored = tx.insert_message(Message(channel="sms", external_id="x", urn="whatsapp:US.1", text="When?"), now=NOW)
        assert stored is not None
        tx.contact("whatsapp:US.1", now=NOW, lang=EN)
        tx.queue_question(stored, skill="", turns=(), screen_until=0.0, now=NOW)
    bench.now += SOON_S
    before = bench.store.askers

    def then_link(**named: object) -> object:
        found = before(**named)  # type: ignore[arg-type]
        with store.begin() as tx:
            tx.link(Linked(channel="sms", urn=person(1), other="whatsapp:US.1"))
        return found

    monkeypatch.setattr(bench.store, "askers", then_link)
    assert bench.sweep() == {person(1): UNKNOWN}
