"""What a message leads to, in the order that is promised: STOP, emergencies, silence, words, menus, questions."""

from dataclasses import replace

import pytest

from bot.core.decide import Decider
from bot.core.decision import SESSION_S, Decision
from bot.core.menu import in_lines
from bot.core.types import Contact, Lang, Session
from tests.small import EN, SW, TEXTS, small_library

NOW = 1_800_000_000.0
NEW = Contact("tel:+254700000001", EN, created=NOW, seen=NOW)
STOPPED = replace(NEW, opted_out=True)
FRESH = Session("sim:tel:+254700000001")


@pytest.fixture
def decider() -> Decider:
    return Decider(small_library(), values={"emergency_number": "112"})


def decide(
    decider: Decider, text: str, contact: Contact = NEW, session: Session = FRESH, *, screen: bool = False, last: str = "", now: float = NOW
) -> Decision:
    return decider.decide(text, contact, session, screen=screen, last=last, now=now)


def said(decision: Decision) -> str:
    return in_lines(decision.reply).text if decision.reply else ""


@pytest.mark.parametrize(
    ("text", "lang", "name"),
    [
        pytest.param("STOP", EN, "stopped", id="stop"),
        pytest.param("stop.", EN, "stopped", id="stop-full-stop"),
        pytest.param(" Simamisha! ", SW, "stopped", id="stop-swahili"),
        pytest.param("HELP", EN, "help", id="help"),
        pytest.param("msaada", SW, "help", id="help-swahili"),
        pytest.param("more", EN, "nothing_more", id="more-of-nothing"),
        pytest.param("START", EN, "started", id="start"),
        pytest.param("kiswahili", SW, "language_set", id="language-word"),
        pytest.param("   ", EN, "empty", id="blank"),
    ],
)
def test_words_get_their_fixed_text(decider: Decider, text: str, lang: Lang, name: str) -> None:
    assert said(decide(decider, text)) == TEXTS[lang][name]


@pytest.mark.parametrize("text", ["stop borer in maize", "how do i stop armyworm", "my maize is wilting"])
def test_ordinary_messages_are_questions(decider: Decider, text: str) -> None:
    decision = decide(decider, text)
    assert decision.question
    assert decision.reply is None
    assert not decision.contact.opted_out


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        pytest.param("S npk 50", SW, id="words-of-neither-language"),
        pytest.param("E when do i plant maize", EN, id="english"),
        pytest.param("E viwavi wanakula mahindi yangu", SW, id="the-words-speak-louder"),
    ],
)
def test_a_letter_before_a_question_sets_its_language(decider: Decider, text: str, lang: Lang) -> None:
    decision = decide(decider, text)
    assert decision.question
    assert decision.contact.lang is lang
    assert decision.session.turns == (text[2:],)


def test_a_letter_before_a_word_hides_no_stop(decider: Decider) -> None:
    assert said(decide(decider, "S SIMAMISHA")) == TEXTS[SW]["stopped"]
    assert said(decide(decider, "E STOP")) == TEXTS[EN]["stopped"]


def test_a_letter_never_changes_a_language_that_was_chosen(decider: Decider) -> None:
    assert decide(decider, "S npk 50", replace(NEW, lang_chosen=True)).contact.lang is EN


def test_thanks_cost_no_sms_but_close_a_screen(decider: Decider) -> None:
    assert decide(decider, "asante").reply is None
    assert not decide(decider, "asante").question
    assert said(decide(decider, "asante", screen=True)) == TEXTS[SW]["goodbye"]


class TestStop:
    def test_stops_and_drops_what_waits(self, decider: Decider) -> None:
        decision = decide(decider, "STOP")
        assert decision.contact.opted_out
        assert decision.expire
        assert decision.reply is not None
        assert decision.reply.despite_stop

    def test_is_confirmed_once(self, decider: Decider) -> None:
        assert decide(decider, "STOP", STOPPED).reply is None

    @pytest.mark.parametrize("text", ["hello", "MENU", "HELP", "1", "when to plant maize", ""])
    def test_nothing_ordinary_undoes_it_or_is_answered(self, decider: Decider, text: str) -> None:
        decision = decide(decider, text, STOPPED)
        assert decision.contact.opted_out
        assert decision.reply is None
        assert not decision.question

    def test_start_undoes_it(self, decider: Decider) -> None:
        assert not decide(decider, "START", STOPPED).contact.opted_out

    def test_wins_over_an_open_menu(self, decider: Decider) -> None:
        session = replace(FRESH, state="skill", skill="crops", more="rest", touched=NOW)
        decision = decide(decider, "STOP", session=session)
        assert (decision.session.state, decision.session.more) == ("", "")

    def test_a_screen_that_is_dialled_still_works(self, decider: Decider) -> None:
        session = replace(FRESH, state="top", touched=NOW)
        assert said(decide(decider, "1", STOPPED, session, screen=True)).startswith("Ask about Crops")

    def test_and_promises_no_sms(self, decider: Decider) -> None:
        assert decider.late(STOPPED, pushes=True).text == TEXTS[EN]["wait_screen"]
        assert decider.late(NEW, pushes=True).text == TEXTS[EN]["wait_sms"]


class TestEmergency:
    def test_gets_the_vetted_text_with_the_local_number(self, decider: Decider) -> None:
        decision = decide(decider, "snake bite my child help")
        assert said(decision) == "Keep still. Call 112."
        assert not decision.question

    def test_is_answered_even_after_stop(self, decider: Decider) -> None:
        decision = decide(decider, "nyoka ameniuma", STOPPED)
        assert said(decision) == "Tulia. Piga 112."
        assert decision.contact.opted_out
        assert decision.reply is not None
        assert decision.reply.despite_stop

    def test_speaks_the_chosen_language(self, decider: Decider) -> None:
        swahili = replace(NEW, lang=SW, lang_chosen=True)
        assert said(decide(decider, "snake bite", swahili)) == "Tulia. Piga 112."


class TestLanguage:
    def test_follows_the_message_until_one_is_chosen(self, decider: Decider) -> None:
        assert decide(decider, "mahindi yangu yanakauka nifanye nini").contact.lang is SW

    def test_keeps_the_chosen_one(self, decider: Decider) -> None:
        chosen = replace(NEW, lang=EN, lang_chosen=True)
        assert decide(decider, "mahindi yangu yanakauka nifanye nini", chosen).contact.lang is EN

    def test_is_remembered_from_a_greeting(self, decider: Decider) -> None:
        assert decide(decider, "naomba menyu").contact.lang is SW


class TestSession:
    def test_a_digit_means_something_while_the_menu_is_open(self, decider: Decider) -> None:
        opened = decide(decider, "MENU").session
        assert said(decide(decider, "2", session=opened)).startswith("Ask about Money")

    @pytest.mark.parametrize("age", [SESSION_S + 1, 5 * SESSION_S])
    def test_and_shows_the_menu_when_it_has_closed(self, decider: Decider, age: float) -> None:
        opened = decide(decider, "MENU").session
        assert said(decide(decider, "2", session=opened, now=NOW + age)).startswith("Ujumbe")

    def test_the_skill_stays_for_the_next_question(self, decider: Decider) -> None:
        session = decide(decider, "1", session=decide(decider, "MENU").session).session
        decision = decide(decider, "na nikipanda maharage?", session=session)
        assert decision.question
        assert decision.session.skill == "crops"

    def test_remembers_the_last_turns_only(self, decider: Decider) -> None:
        session = FRESH
        for n in range(6):
            session = decide(decider, f"question number {n} about maize", session=session).session
        assert list(session.turns) == [f"question number {n} about maize" for n in (3, 4, 5)]

    @pytest.mark.parametrize(("text", "screen"), [("MORE", False), ("9", False), ("9", True)])
    def test_more_gives_the_rest(self, decider: Decider, text: str, screen: bool) -> None:
        session = replace(FRESH, state="reading", more="the rest of it", touched=NOW)
        decision = decide(decider, text, session=session, screen=screen)
        assert said(decision) == "the rest of it"
        assert decision.session.more == ""
