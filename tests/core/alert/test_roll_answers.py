"""Answers to a roll call, through the inbox as it really happens: which messages count, what is kept, and who hears of a call for help."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.alert.cap import Severity
from bot.core.alert.notice import RollAnswer, RollCall
from bot.core.alert.roll import CALLED_S, ROLL_S
from bot.core.around import Around
from bot.core.decide import Decider
from bot.core.decision import SESSION_S, RollSaid
from bot.core.handoff import AGAIN_S
from bot.core.inbox import WORTH_S
from bot.core.storage import NewDelivery
from bot.core.ticket import ROLL_CALL, TicketKind, TicketState
from bot.core.types import OFFER, Contact, Session
from tests.core.alert.bench import FLOOD_EN, AlertBench, notice
from tests.core.test_inbox import NOW, PERSON
from tests.small import EN, SW, TEXTS, small_library

SAFE, NEED_HELP = RollAnswer.SAFE, RollAnswer.NEED_HELP
THANKS, ASK_BACK = TEXTS[EN]["roll_thanks"], TEXTS[EN]["roll_ask"]
WANTED = TEXTS[EN]["help_wanted"].replace("$emergency_number", "112")
ADDED, ADDED_SW = (TEXTS[lang]["help_added"].replace("$emergency_number", "112") for lang in (EN, SW))


@pytest.fixture
def bench() -> AlertBench:
    bench = AlertBench()
    bench.roll_call()
    bench.now += 60
    return bench


class TestByMessage:
    @pytest.mark.parametrize("text", ["1", "1 safe", "safe", "I am safe", "saef"])
    def test_safe_is_kept_and_thanked(self, bench: AlertBench, text: str) -> None:
        assert bench.say(text) == [THANKS]
        assert bench.answered() is SAFE
        assert bench.tickets() == []

    def test_in_swahili(self, bench: AlertBench) -> None:
        assert bench.say("niko salama") == [TEXTS[SW]["roll_thanks"]]
        assert bench.answered() is SAFE

    @pytest.mark.parametrize("text", ["2", "need help", "2 help we are on the roof", "HELP", "msaada", "not safe"])
    def test_a_need_of_help_opens_an_urgent_ticket(self, bench: AlertBench, text: str) -> None:
        [shown] = bench.say(text)
        assert shown in {WANTED, TEXTS[SW]["help_wanted"].replace("$emergency_number", "112")}
        assert bench.answered() is NEED_HELP
        [ticket] = bench.tickets()
        assert (ticket.kind, ticket.topic, ticket.urgent, ticket.state) == (TicketKind.NEED_HELP, ROLL_CALL, True, TicketState.OPEN)
        assert ticket.question == text
        assert bench.store.counts()["ticket.urgent"] == 1

    def test_the_ticket_says_where_they_live(self, bench: AlertBench) -> None:
        bench.live_in("KE:test:hola")
        bench.say("2")
        assert bench.tickets()[0].question == "2 [Hola (Tana River)]"

    def test_a_later_answer_takes_the_place_of_an_earlier_one(self, bench: AlertBench) -> None:
        bench.say("1")
        bench.now += 20 * 3600
        bench.say("2")
        assert bench.answered() is NEED_HELP
        bench.say("1")
        assert bench.answered() is SAFE

    def test_no_roll_call_no_answer(self) -> None:
        bench = AlertBench()
        assert bench.say("1")[0].startswith("Ujumbe")
        assert bench.say("MSAADA") == [TEXTS[SW]["help"]]
        assert bench.say("salama")[0].startswith("Ujumbe")
        assert bench.tickets() == []

    def test_one_that_never_went_out_is_not_answered(self) -> None:
        bench = AlertBench()
        bench.roll_call(sent=False)
        bench.now += 60
        assert bench.say("1")[0].startswith("Ujumbe")

    def test_it_is_over_after_two_days(self, bench: AlertBench) -> None:
        bench.now = NOW + ROLL_S + 1
        assert bench.say("1")[0].startswith("Ujumbe")

    @pytest.mark.parametrize(
        ("answered", "after", "counts"), [(False, ROLL_S - 1, True), (True, CALLED_S - 1, True), (True, CALLED_S + 1, False)]
    )
    def test_help_alone_is_a_call_for_help_for_a_while(self, bench: AlertBench, answered: bool, after: float, counts: bool) -> None:
        if answered:
            bench.say("1")
        bench.now = NOW + after
        assert bench.say("HELP") == [WANTED if counts else TEXTS[EN]["help"]]

    def test_ok_is_no_answer_and_asked_back(self, bench: AlertBench) -> None:
        assert bench.say("THANKS") == [ASK_BACK]
        assert bench.answered() is None
        bench.say("1")
        assert bench.say("THANKS") == []

    def test_a_question_stays_one(self, bench: AlertBench) -> None:
        assert [lane for lane, _ in bench.send("how far apart do i plant maize").hints] == ["answers"]
        assert bench.answered() is None

    def test_an_emergency_comes_first(self, bench: AlertBench) -> None:
        assert bench.say("2 snake bite") == ["Keep still. Call 112."]

    def test_the_newest_roll_call_is_answered(self, bench: AlertBench) -> None:
        bench.roll_call(2)
        bench.now += 1
        bench.say("1")
        assert bench.answered(2) is SAFE


class TestWhoseDigit:
    def test_a_menu_opened_since_has_it(self, bench: AlertBench) -> None:
        bench.say("MENU")
        assert bench.say("1")[0].startswith("Ask about Crops")
        assert bench.answered() is None

    def test_a_menu_opened_before_has_it_no_more(self) -> None:
        bench = AlertBench()
        bench.say("MENU")
        bench.now += 60
        bench.roll_call()
        bench.now += 60
        assert bench.say("asante") == [TEXTS[SW]["roll_ask"]]
        assert bench.say("1") == [TEXTS[SW]["roll_thanks"]]
        assert bench.answered() is SAFE

    def test_words_count_in_an_open_menu_too(self, bench: AlertBench) -> None:
        bench.say("MENU")
        assert bench.say("need help") == [WANTED]

    def test_a_menu_opened_since_that_has_closed_makes_us_ask(self, bench: AlertBench) -> None:
        bench.say("MENU")
        bench.now += SESSION_S + 60
        assert bench.say("2") == [ASK_BACK]
        assert bench.answered() is None
        assert bench.say("2") == [WANTED]
        assert bench.answered() is NEED_HELP

    @pytest.mark.parametrize("offered_first", [True, False])
    def test_what_was_offered_last_has_it(self, offered_first: bool) -> None:
        bench = AlertBench()
        if not offered_first:
            bench.roll_call()
            bench.now += 60
        [(_, question)] = bench.send("can i dry my pin").hints
        claimed = bench.store.claim_message(question, now=bench.now, lease_s=9)
        assert claimed is not None
        made = NewDelivery(dedup="o", channel="sms", urn=PERSON, parts=("?",), message_id=question, kind=OFFER, facts=("maize-drying",))
        bench.store.finish_message(claimed.claim, made, now=bench.now)
        bench.now += 60
        if offered_first:
            bench.roll_call()
            bench.now += 60
        assert bench.say("1") == [THANKS if offered_first else "Dry maize to 13 percent before storing."]

    def test_which_place_is_asked_has_it(self, bench: AlertBench) -> None:
        bench.say("PLACE Bura")
        bench.say("2")
        assert bench.place() == "KE:test:bura-garissa"
        assert bench.answered() is None

    def test_after_a_warning_that_they_asked_for_it_is_the_roll_calls(self, bench: AlertBench) -> None:
        bench.put(notice())
        bench.say("ALERTS")
        assert bench.say("1") == [THANKS]


class TestMoreTold:
    def test_the_next_message_goes_to_the_ticket(self, bench: AlertBench) -> None:
        bench.say("2")
        bench.now += AGAIN_S - 1
        assert bench.say("we are on the roof of Bulla school, 3 children") == [ADDED]
        assert bench.tickets()[0].question == "2\nwe are on the roof of Bulla school, 3 children"

    def test_then_questions_are_answered_and_kept_too(self, bench: AlertBench) -> None:
        bench.say("2")
        assert bench.say("can you come to the school?") == [ADDED]
        assert [lane for lane, _ in bench.send("how do i clean water to drink").hints] == ["answers"]
        assert bench.say("the water is rising") == [ADDED]
        assert bench.tickets()[0].question == "2\ncan you come to the school?\nhow do i clean water to drink\nthe water is rising"

    def test_after_an_hour_a_message_is_a_message(self, bench: AlertBench) -> None:
        bench.say("2")
        bench.now += AGAIN_S + 1
        assert [lane for lane, _ in bench.send("we are on the roof").hints] == ["answers"]

    def test_said_twice_it_is_one_ticket(self, bench: AlertBench) -> None:
        bench.say("2")
        bench.say("need help at the school")
        assert bench.tickets()[0].question == "2\nneed help at the school"

    def test_what_was_closed_opens_again(self, bench: AlertBench) -> None:
        bench.say("2")
        [ticket] = bench.tickets()
        with bench.store.begin() as tx:
            tx.save_ticket(type(ticket)(**{n: getattr(ticket, n) for n in ticket.__slots__} | {"state": TicketState.CLOSED}))
        bench.say("it is worse now")
        assert bench.tickets()[0].state is TicketState.OPEN

    def test_a_shared_location_goes_to_the_ticket(self, bench: AlertBench) -> None:
        bench.say("2")
        shown = bench.say("", channel="whatsapp", meta={"latitude": "-1.49", "longitude": "40.02"})
        assert shown == [ADDED]
        assert bench.place() == "KE:test:hola"
        assert bench.tickets()[0].question == "2\nLocation: -1.49000, 40.02000"

    def test_by_dial_and_then_by_message(self, bench: AlertBench) -> None:
        bench.see("")
        bench.see("2")
        assert bench.say("at the mosque in Hola") == [ADDED]
        assert bench.tickets()[0].question.endswith("\nat the mosque in Hola")


def test_in_an_exercise_the_ticket_says_so() -> None:
    decider = Decider(small_library(), values={"emergency_number": "112"})
    around = Around(roll_call=lambda: RollCall(1, NOW - 60, None, exercise=True))
    decision = decider.decide("2", Contact(PERSON, EN), Session("sms:x"), screen=False, last="", now=NOW, around=around)
    assert decision.wish is not None
    assert decision.wish.words == "EXERCISE: 2"
    assert decision.roll == RollSaid(1, NEED_HELP, "2")


class TestStopped:
    @pytest.fixture(autouse=True)
    def stopped(self, bench: AlertBench) -> None:
        bench.say("STOP")

    def test_safe_is_kept_silently(self, bench: AlertBench) -> None:
        assert bench.say("1") == []
        assert bench.answered() is SAFE

    def test_a_call_for_help_is_heard_and_answered_and_they_stay_stopped(self, bench: AlertBench) -> None:
        assert bench.say("2") == [WANTED]
        assert bench.say("on the roof") == [ADDED]
        assert bench.say("three of us") == []
        assert bench.tickets()[0].question == "2\non the roof\nthree of us"

    @pytest.mark.parametrize("text", ["THANKS", "MENU", "ALERTS", "PLACE Hola", "how far apart do i plant maize"])
    def test_anything_else_gets_silence(self, bench: AlertBench, text: str) -> None:
        assert bench.send(text).hints == ()


class TestLate:
    """A gateway that was off delivers what it kept, hours later."""

    def test_an_answer_is_kept_and_a_call_for_help_answered(self, bench: AlertBench) -> None:
        sent = bench.now
        bench.now += WORTH_S + 60
        assert bench.say("1", sent_at=sent) == []
        assert bench.answered() is SAFE
        assert bench.say("2", sent_at=sent + 30) == [WANTED]

    def test_what_was_written_before_the_roll_call_is_no_answer_to_it(self, bench: AlertBench) -> None:
        bench.say("1", sent_at=NOW - 3600)
        assert bench.answered() is None


class TestOnScreen:
    def test_asked_under_the_warning(self, bench: AlertBench) -> None:
        bench.live_in("KE-07")
        bench.put(notice())
        assert bench.see("") == f"{FLOOD_EN}\n1 I am safe\n2 I need help\n0 Menu"
        assert bench.see("1") == f"{THANKS}\n0 Menu"
        assert bench.answered() is SAFE
        assert bench.see("", dial="d2") == f"{FLOOD_EN}\n0 Menu"
        assert bench.see("2", dial="d2").startswith(WANTED)

    def test_asked_alone_where_no_warning_is_theirs(self, bench: AlertBench) -> None:
        assert bench.see("") == "Are you safe?\n1 I am safe\n2 I need help\n0 Menu"
        assert bench.see("2") == f"{WANTED}\n0 Menu"
        assert bench.see("2*at the mosque in Hola").startswith(ADDED)
        assert bench.tickets()[0].question == "2\nat the mosque in Hola"
        assert bench.answered() is NEED_HELP

    def test_a_warning_too_long_for_it_is_read_by_3(self, bench: AlertBench) -> None:
        bench.live_in("KE-07")
        bench.put(notice(texts={EN: "word " * 40}))
        assert bench.see("") == "ALERT: FLOOD\n1 I am safe\n2 I need help\n3 Read\n0 Menu"
        assert bench.see("1") == f"{THANKS}\n3 Read\n0 Menu"
        assert bench.see("1*3").startswith("word word")

    def test_who_was_not_sent_it_answers_by_digit_under_the_warning_that_asks(self) -> None:
        bench = AlertBench()
        bench.roll_call(to="tel:+254700000099")
        bench.live_in("KE-07")
        bench.put(notice())
        assert bench.see("") == f"{FLOOD_EN}\n1 I am safe\n2 I need help\n0 Menu"
        assert bench.see("1") == f"{THANKS}\n0 Menu"
        assert bench.answered(sent=False) is SAFE
        assert bench.see("", dial="d2") == f"{FLOOD_EN}\n0 Menu"  # as for who was sent it
        assert bench.see("2", dial="d2") == f"{WANTED}\n0 Menu"
        assert bench.answered(sent=False) is NEED_HELP
        assert bench.tickets()[0].question == "2 [Garissa (county)]"

    def test_also_where_the_warning_is_read_page_by_page(self) -> None:
        bench = AlertBench()
        bench.roll_call(to="tel:+254700000099")
        bench.live_in("KE-07")
        bench.put(notice(texts={EN: "word " * 40}))
        assert bench.see("") == "ALERT: FLOOD\n1 I am safe\n2 I need help\n3 Read\n0 Menu"
        assert bench.see("2") == f"{WANTED}\n3 Read\n0 Menu"
        assert bench.answered(sent=False) is NEED_HELP

    def test_a_warning_that_asks_nothing_takes_no_digit(self) -> None:
        bench = AlertBench()
        bench.live_in("KE-07")
        bench.put(notice())
        assert bench.see("") == f"{FLOOD_EN}\n0 Menu"
        bench.see("2")
        assert (bench.tickets(), bench.store.counts().get("ticket.urgent", 0)) == ([], 0)

    def test_the_digit_is_for_the_roll_call_that_the_screen_shows(self, bench: AlertBench) -> None:
        """Another warning that asks, and is worse, comes between the screen and the key."""
        bench.roll_call(2, to="tel:+254700000099")
        bench.live_in("KE-07")
        bench.put(notice("broadcast:2"))
        bench.see("")
        bench.roll_call(3, to="tel:+254700000099")
        bench.put(notice("broadcast:3", severity=Severity.EXTREME))
        bench.see("2")
        assert (bench.answered(2, sent=False), bench.answered(3, sent=False), bench.answered(1)) == (NEED_HELP, None, None)

    def test_a_session_of_an_older_version_goes_on(self, bench: AlertBench) -> None:
        bench.live_in("KE-07")
        bench.put(notice())
        bench.see("")
        with bench.store.begin() as tx:
            session = tx.session("ussd:d1")
            assert session is not None
            tx.save_session(replace(session, state=session.state.rpartition("|")[0]))
        assert bench.see("1") == f"{THANKS}\n0 Menu"
        assert bench.answered() is SAFE

    def test_in_the_menu_a_digit_is_the_menus(self, bench: AlertBench) -> None:
        bench.see("")
        bench.see("0")
        assert bench.see("0*1").startswith("Ask about Crops")
        assert bench.see("0*1*niko salama") == f"{TEXTS[SW]['roll_thanks']}\n0 Menyu"
        assert bench.answered() is SAFE

    def test_a_repeated_hop_is_one_answer(self, bench: AlertBench) -> None:
        bench.see("")
        assert bench.see("2") == bench.see("2")
        assert len(bench.tickets()) == 1


DONE = ["1", "2", "niko salama", "need help", "MENU", "9", "asante", "PLACE Bura", "ALERTS", "maize spacing", "STOP", "START"]
STEPS = st.lists(st.sampled_from([*DONE, "wait", "call"]), max_size=8)


def live(bench: AlertBench, steps: list[str]) -> int:
    """Lives through `steps` and returns how many roll calls there were."""
    calls = 0
    for step in steps:
        bench.now += SESSION_S + 1 if step == "wait" else 5
        if step == "call":
            calls += 1
            bench.roll_call(calls)
        elif step != "wait":
            bench.say(step)
    return calls


@settings(max_examples=50, deadline=None)
@given(STEPS, st.sampled_from(["1", "2"]))
def test_a_digit_right_after_a_roll_call_is_never_lost(steps: list[str], last: str) -> None:
    """Whatever was said before, open menus and a STOP among it."""
    bench = AlertBench()
    bench.put(notice())
    calls = live(bench, [*steps, "call"])
    bench.now += 5
    bench.say(last)
    assert bench.answered(calls) is (SAFE if last == "1" else NEED_HELP)


@settings(max_examples=50, deadline=None)
@given(STEPS)
def test_after_a_stop_nothing_but_a_call_for_help_is_answered(steps: list[str]) -> None:
    bench = AlertBench()
    bench.put(notice())
    live(bench, [*steps, "STOP"])
    for step in (step for step in steps if step not in ("START", "call", "wait")):
        bench.now += 5
        shown = bench.say(step)
        assert shown in ([], [ADDED], [ADDED_SW]) or step in ("2", "need help"), step
