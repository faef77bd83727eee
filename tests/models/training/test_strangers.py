"""Questions about what no fact is about, made from questions about what one is."""

import random
import re
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.app.texts import SKILLS
from bot.core.types import Lang
from models.training.strangers import _KNOWN, _STRANGE, strange
from skills.loader import load

EVERY = [word for words in _KNOWN.values() for word in words]


def names(text: str, words: Sequence[str]) -> list[str]:
    return [word for word in words if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)]


@pytest.mark.parametrize(
    ("text", "lang", "said"),
    [
        pytest.param("maize spacing", Lang.EN, "Spacing of maize", id="English"),
        pytest.param("Beans: when do BEANS need water", Lang.EN, "Water for beans", id="every time and in capitals"),
        pytest.param("nafasi ya mahindi", Lang.SW, "Nafasi ya mahindi", id="Swahili"),
        pytest.param("maziwa ya ng'ombe", Lang.SW, "Ng'ombe wa maziwa", id="an apostrophe"),
    ],
)
def test_the_crop_is_changed_and_the_rest_stays(text: str, lang: Lang, said: str) -> None:
    made = strange(text, lang, said, random.Random(1))
    assert made
    assert names(made, _STRANGE[lang])
    assert not names(made, EVERY)
    assert len(made.split()) == len(text.split())


@pytest.mark.parametrize(
    ("text", "lang", "said"),
    [
        pytest.param("how do i save money", Lang.EN, "Saving", id="nothing to change"),
        pytest.param("maize spacing", Lang.EN, "Spacing of beans", id="the fact is about something else"),
        pytest.param("can goats eat maize", Lang.EN, "Goats", id="something that we know would stay"),
        pytest.param("mahindi ama maize", Lang.EN, "Maize", id="in another language, too"),
    ],
)
def test_no_question_is_made_that_a_fact_may_answer(text: str, lang: Lang, said: str) -> None:
    assert strange(text, lang, said, random.Random(1)) == ""


@given(
    st.lists(st.sampled_from([*EVERY, "spacing", "ya", "of", "water", "lini"]), min_size=1, max_size=6),
    st.sampled_from(list(Lang)),
    st.sampled_from(EVERY),
    st.integers(),
)
def test_it_never_names_what_we_know(words: list[str], lang: Lang, said: str, seed: int) -> None:
    assert not names(strange(" ".join(words), lang, said, random.Random(seed)), EVERY)


def test_over_the_shipped_facts_it_never_names_what_the_fact_is_about() -> None:
    dice, made = random.Random(3), 0
    for fact in (fact for skill in load(SKILLS).skills for fact in skill.facts):
        for question in (*fact.questions, *(d.question for d in fact.details)):
            text = strange(question, fact.lang, f"{fact.title} {fact.sms}", dice)
            made += bool(text)
            assert not names(text, EVERY), (fact.id, text)
    assert made > 2000


@pytest.mark.parametrize("lang", list(Lang))
def test_no_fact_of_farming_has_a_stranger_in_its_title(lang: Lang) -> None:
    titles = [f.title for skill in load(SKILLS).skills if skill.name == "crop-advice" for f in skill.facts if f.lang == lang]
    found = [(title, words) for title in titles if (words := names(title, _STRANGE[lang]))]
    assert [(title, words) for title, words in found if title != "Orange sweet potato"] == []
