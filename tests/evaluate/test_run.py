"""Asking as the inbox does: what cannot wait and what is a keyword never reaches the answerer; and clean or messy."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count

import pytest

from bot.core.types import Lang, Limits, Reply
from bot.evaluate.register import CLEAN, MESSY, Registers
from bot.evaluate.run import Asker, Outcome
from bot.evaluate.sets import Question
from tests.core import small
from tests.evaluate.small import ASKED, ROUTER, TOLD, WORM, Told


def asker(answers: Told, *, limits: Limits = small.SMS, clock: Callable[[], float] | None = None) -> Asker:
    library = replace(
        small.LIBRARY,
        keywords={"person": ("PERSON",), "stop": ("STOP",)},
        texts={lang: {**texts, "stopped": f"Stopped. Call $help_line {lang}."} for lang, texts in small.LIBRARY.texts.items()},
    )
    return Asker(library, answers, ROUTER.route, limits, {"help_line": "0800"}, 5.0, clock=clock or count().__next__)


def ask(text: str, answers: Told | None = None, *, lang: Lang = Lang.EN, limits: Limits = small.SMS) -> Outcome:
    (outcome,) = asker(answers or Told({text: TOLD}), limits=limits).ask([Question(text, lang, None, None)])
    return outcome


def test_an_answer() -> None:
    answers = Told({"worms are eating my maize leaves": TOLD})
    outcome = ask("worms are eating my maize leaves", answers)
    assert (outcome.reply, outcome.skill, outcome.sent, outcome.fits) == (TOLD, "plants", [WORM], True)
    assert outcome.found[0] == ("plants", "worm")
    assert outcome.confidence is not None
    assert outcome.confidence > 0.5
    assert outcome.seconds == 1  # one tick of the clock
    assert answers.asked == [("worms are eating my maize leaves", Lang.EN, small.SMS)]


def test_the_message_alone_tells_the_language() -> None:
    answers = Told({})
    outcome = ask("viwavi wanakula mahindi yangu", answers, lang=Lang.EN)
    assert (answers.asked[0][1], outcome.reply.lang, outcome.question.lang) == (Lang.SW, Lang.SW, Lang.EN)


@pytest.mark.parametrize(
    ("text", "kind", "facts"),
    [
        pytest.param("a snake bit my son", "emergency", ("snakebite",), id="emergency"),
        pytest.param("STOP", "fixed", (), id="keyword"),
        pytest.param("PERSON", "none", (), id="nothing to say"),
    ],
)
def test_what_is_decided_at_once(text: str, kind: str, facts: Sequence[str]) -> None:
    answers = Told({})
    outcome = ask(text, answers)
    assert (outcome.reply.kind, tuple(outcome.reply.facts), outcome.sent, answers.asked) == (kind, facts, [], [])


def test_a_refusal_is_taken_to_the_skill_of_the_route() -> None:
    assert ask("price of maize seed", Told({})).skill == "plants"
    assert ask("who won the match", Told({})).skill == ""


@pytest.mark.parametrize(("text", "fits"), [("x" * 160, True), ("x" * 161, False), ("“" * 160, True), ("中" * 71, False)])
def test_one_part_is_what_goes_out(text: str, fits: bool) -> None:
    assert ask("hello there", Told({"hello there": Reply(text, Lang.EN, "refusal")})).fits is fits


def test_the_fact_of_the_replys_language() -> None:
    told = replace(TOLD, lang=Lang.SW)
    outcome = ask(ASKED.text, Told({ASKED.text: told}))
    assert [(fact.id, fact.lang) for fact in outcome.sent] == [("worm", Lang.SW)]
    assert ask(ASKED.text, Told({ASKED.text: replace(TOLD, facts=("gone",))})).sent == []


@pytest.mark.parametrize(
    ("text", "register"),
    [
        pytest.param("how do I store maize?", CLEAN, id="clean"),
        pytest.param("Nihifadhi vipi mahindi", CLEAN, id="clean swahili"),
        pytest.param("Ng'ombe 50kg, 1,000 shillings", CLEAN, id="apostrophe and numbers"),
        pytest.param("tell me about astronomy", CLEAN, id="a strange word is no slip"),
        pytest.param("spraying the maize", CLEAN, id="another form is no slip"),
        pytest.param("when 2 spray b4 rain", MESSY, id="textese"),
        pytest.param("sooo many worms", MESSY, id="drawn out"),
        pytest.param("fall armyworn", MESSY, id="slip"),
        pytest.param("kuhifdhi mahindi", MESSY, id="swahili slip"),
    ],
)
def test_clean_or_messy(text: str, register: str) -> None:
    assert Registers(small.LIBRARY).of(text) == register
