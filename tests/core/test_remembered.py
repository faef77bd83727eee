"""The same question again: answered without another look, and with nothing but what the Answerer would have said."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.remembered import Memory, Seen
from bot.core.types import Lang, Library, Limits
from tests.core import small
from tests.core.remembering import NOW, QUESTION, SCREEN, House, Moody, Scribe


@pytest.fixture
def unsure(monkeypatch: pytest.MonkeyPatch) -> None:
    """A search that is never sure: then the model is asked."""
    monkeypatch.setattr("bot.core.trust.CONFIDENT", 1.01)


@pytest.mark.usefixtures("unsure")
def test_the_same_question_is_looked_for_once() -> None:
    chooser = Moody()
    house = House(chooser=chooser)
    first = house.ask()
    assert [house.ask(), house.ask(f"  {QUESTION}\n"), house.ask(f"E: {QUESTION}")] == [first] * 3
    assert first == house.plainly(QUESTION, Lang.EN)
    assert len(chooser.prompts) == 2  # ours, and the one that this test asked itself
    assert house.seen == {Seen.MISS: 1, Seen.HIT: 3}


@pytest.mark.parametrize(
    "given_",
    [
        pytest.param({"question": "armyworm in my maize, what now"}, id="another-sign"),
        pytest.param({"question": QUESTION.upper()}, id="capitals"),
        pytest.param({"question": "in my maize armyworm what now"}, id="another-order"),
        pytest.param({"lang": Lang.SW}, id="another-language"),
        pytest.param({"skill": "money"}, id="another-menu"),
    ],
)
@pytest.mark.usefixtures("unsure")
def test_what_a_model_may_take_for_another_question_is_one(given_: dict[str, Any]) -> None:
    house = House(chooser=Moody())
    house.ask()
    house.ask(**given_)
    assert house.seen == {Seen.MISS: 2}


def test_without_a_model_a_question_is_its_words() -> None:
    house = House()
    house.ask("when do i plant beans")
    house.ask("WHEN do I plant... beans?!")
    house.ask("when do i plnt beans")
    assert house.seen == {Seen.MISS: 2, Seen.HIT: 1}


@pytest.mark.parametrize("parts", [{}, {"writer": Scribe()}], ids=["search", "writes"])
def test_an_answer_that_is_made_for_one_size_is_for_no_other(parts: dict[str, Any]) -> None:
    house = House(**parts)
    for limits in (small.SMS, SCREEN, replace(small.SMS, rate_per_s=1.0)):
        house.ask("when to spray army worm", limits=limits)
    assert house.seen == {Seen.MISS: 2, Seen.HIT: 1}


QUESTIONS = (QUESTION, "when do i plant beans", "and how many?", "plant beans, loan app", "nifanye nini viwavi", "who is the president", "")
TYPED = (str, str.upper, "{}?".format, " {}  ".format, "S: {}".format, "{} b4".format, "{} before".format, lambda q: q.replace(" ", ",  "))
ASKED = st.builds(lambda question, typed: str(typed(question)), st.sampled_from(QUESTIONS), st.sampled_from(TYPED))
SKILLS = st.sampled_from(["", "plants", "money"])
LIMITS = st.sampled_from([small.SMS, SCREEN, Limits(gsm7=False, units=4096)])


@pytest.mark.parametrize("parts", [{}, {"chooser": Moody()}, {"writer": Scribe()}], ids=["search", "chooses", "writes"])
@pytest.mark.usefixtures("unsure")
@given(pair=st.tuples(ASKED, ASKED), lang=st.sampled_from(list(Lang)), skill=SKILLS, limits=st.tuples(LIMITS, LIMITS))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_what_hangs_on_the_same_is_answered_the_same(
    parts: dict[str, Any], pair: tuple[str, str], lang: Lang, skill: str, limits: tuple[Limits, Limits]
) -> None:
    original = House(**parts).original
    keys = [original.hangs_on(text, lang=lang, skill=skill, limits=size) for text, size in zip(pair, limits, strict=True)]
    if keys[0] == keys[1]:
        first, second = (
            original.answer(text, lang=lang, skill=skill, limits=size, deadline=NOW + 50) for text, size in zip(pair, limits, strict=True)
        )
        assert first == second


Asker = tuple[str, Lang, str, tuple[str, ...]]
ASKERS = st.tuples(ASKED, st.sampled_from(list(Lang)), SKILLS, st.sampled_from([(), ("spacing of beans",), ("worms in maize",)]))


@pytest.mark.parametrize("sure", [True, False])
@given(askers=st.lists(ASKERS, min_size=1, max_size=12))
@settings(deadline=None, max_examples=40)
def test_everybody_gets_what_they_would_have_got(askers: list[Asker], sure: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("bot.core.trust.CONFIDENT", 0.4 if sure else 1.01)
        house = House(chooser=Moody())
        for question, lang, skill, turns in askers:
            given_ = {"skill": skill, "turns": turns}
            assert house.ask(question, lang, **given_) == house.plainly(question, lang, **given_)


def test_a_follow_up_is_its_persons_own() -> None:
    house = House()
    turns = ("worms in maize", "spacing of beans")
    assert house.ask("and how many?").kind == "refusal"
    assert house.ask("and how many?", turns=turns).facts == ("beans",)
    assert house.ask("and how many?").kind == "refusal"
    assert house.seen == {Seen.MISS: 2, Seen.HIT: 1}
    fresh = House()
    assert fresh.ask("and how many?", turns=turns).facts == ("beans",)
    assert fresh.ask("and how many?").kind == "refusal"


def test_a_question_that_leans_on_nothing_is_the_same_after_any_other() -> None:
    house = House()
    for turns in (("spacing of beans",), (), ("worms in maize",)):
        assert house.ask("how do i kill armyworm", turns=turns).facts == ("worm",)
    assert house.seen == {Seen.MISS: 1, Seen.HIT: 2}


def test_an_answer_is_remembered_for_an_hour_and_for_its_day() -> None:
    house = House()
    house.ask()
    house.now += 3599
    house.ask()
    assert house.seen == {Seen.MISS: 1, Seen.HIT: 1}
    house.now += 2
    house.ask()
    assert house.seen[Seen.MISS] == 2
    house.day = "2026-11-28"
    house.ask()
    assert house.seen[Seen.MISS] == 3


def _with_facts(**changes: str) -> Library:
    skills = [replace(skill, facts=tuple(replace(fact, **changes) for fact in skill.facts)) for skill in small.LIBRARY.skills]  # type: ignore[arg-type]
    return replace(small.LIBRARY, skills=tuple(skills))


def test_a_fact_that_expires_tonight_is_not_sent_tomorrow(monkeypatch: pytest.MonkeyPatch) -> None:
    house = House(_with_facts(expires="2026-11-27"))
    monkeypatch.setattr("bot.core.answer.today", lambda: house.day)
    assert house.ask().kind == "fact"
    house.day = "2026-11-28"
    assert house.ask().kind == "refusal"


@pytest.mark.parametrize(
    ("changed", "parts"),
    [
        pytest.param(_with_facts(sms="Look again."), {}, id="text"),
        pytest.param(_with_facts(expires="2020-01-31"), {}, id="expiry"),
        pytest.param(small.LIBRARY, {"values": {"help_line": "0800 000"}}, id="help-line"),
        pytest.param(small.LIBRARY, {"chooser": Moody()}, id="model"),
    ],
)
def test_what_is_answered_from_something_else_is_looked_for_anew(changed: Library, parts: dict[str, Any]) -> None:
    old = House()
    for question in (QUESTION, "who is the president"):
        old.ask(question)
        new = House(changed, memory=old.memory, **parts)
        assert new.ask(question) == new.plainly(question, Lang.EN)
    assert old.seen == {Seen.MISS: 4}


def test_the_same_library_read_again_is_the_same() -> None:
    old = House()
    old.ask()
    House(_with_facts(), memory=old.memory).ask()
    assert old.seen == {Seen.MISS: 1, Seen.HIT: 1}


def test_the_answer_that_nobody_asked_for_longest_makes_room() -> None:
    seen = Counter[Seen]()
    house = House(memory=Memory(most=2, clock=lambda: NOW, tell=lambda one: seen.update([one])))
    for question in ("one", "two", "one", "three", "one", "two"):
        house.ask(question)
    assert len(house.memory) == 2
    assert seen == {Seen.MISS: 4, Seen.HIT: 2, Seen.EVICTED: 2}
