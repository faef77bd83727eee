"""Which text of a fact goes out: every line that leads to it counts, and what it says itself."""

from dataclasses import replace

import pytest

from bot.core.answer import Answerer
from bot.core.pick import Text, pick
from bot.core.retrieve import Index
from bot.core.types import Detail, Lang, Limits
from tests.core import small

SMS = Text("the sms", True, [(0.0, 0.86), (0.0, 0.85), (0.0, 0.84)], 0.50, 0.2)
EGGS = Text("crush the eggs", False, [(0.0, 0.87)], 0.50, 0.2)


def test_one_line_that_happens_to_be_near_does_not_outweigh_many() -> None:
    assert pick([SMS, EGGS], meant=True)[0].text == SMS.text


@pytest.mark.parametrize(
    "told",
    [
        pytest.param(replace(EGGS, lines=[(0.0, 0.97)]), id="far-nearer"),
        pytest.param(replace(EGGS, says=0.95), id="says-it"),
        pytest.param(replace(EGGS, held=0.6), id="holds-the-words"),
    ],
)
def test_a_sentence_that_much_speaks_for_goes_out_alone(told: Text) -> None:
    assert pick([SMS, told], meant=True)[0].text == told.text


@pytest.mark.parametrize(("held", "text"), [(0.3, SMS.text), (0.9, EGGS.text)])
def test_without_an_embedding_model_the_words_decide(held: float, text: str) -> None:
    assert pick([SMS, replace(EGGS, lines=[(0.1, 0.0)], says=0.0, held=held)], meant=False)[0].text == text


def test_a_text_that_no_line_leads_to_is_weighed_too() -> None:
    assert pick([replace(SMS, lines=[]), EGGS], meant=True)[0].text == EGGS.text


FULL = "Armyworm: look at 10 plants in 5 places each week, in the funnel and under the leaves; crush what you find before it is big."
WORM = replace(
    small.FACTS[0],
    sms=FULL,
    details=(Detail("what do i do with the eggs", "Crush the eggs by hand, early in the day, before they hatch."),),
)


def test_who_asks_a_line_word_for_word_gets_what_it_leads_to() -> None:
    index = Index([WORM, *small.FACTS[1:]])
    assert index.likely("What do I do with the eggs?", WORM)[0].text == "Crush the eggs by hand, early in the day, before they hatch."
    assert index.likely(WORM.questions[0], WORM)[0].text == WORM.sms


def test_a_fact_without_details_says_its_sms() -> None:
    assert Index(small.FACTS).likely("anything", small.FACTS[0])[0].text == small.FACTS[0].sms


@pytest.mark.parametrize(
    ("limits", "text"),
    [
        pytest.param(small.SMS, "Crush the eggs by hand, early in the day, before they hatch.", id="sms"),
        pytest.param(
            Limits(gsm7=False, units=1600, units_joined=1600),
            f"Crush the eggs by hand, early in the day, before they hatch.\n\n{WORM.sms}",
            id="whatsapp",
        ),
    ],
)
def test_where_there_is_room_the_whole_sms_stands_behind_the_sentence(limits: Limits, text: str) -> None:
    skills = tuple(replace(s, facts=tuple(WORM if f is small.FACTS[0] else f for f in s.facts)) for s in small.LIBRARY.skills)
    answerer = Answerer(replace(small.LIBRARY, skills=skills), model_s=1.0, clock=lambda: 0.0)
    assert answerer.answer("what do i do with the eggs", lang=Lang.EN, limits=limits, deadline=9.0).text == text
