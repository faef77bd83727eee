"""Who asks for the warnings in force, and who asks something else about warnings or hazards."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.app.texts import SKILLS
from bot.core.alert.ask import Ask
from bot.core.alert.tell import Teller
from bot.core.types import Lang
from skills.alert_texts import load as load_words
from skills.loader import load
from tests.core.alert.bench import WORDS
from tests.places.small import small

DATA = Path(__file__).resolve().parents[3] / "bench" / "data"
FLOODS, ALL = {"flood", "flash-flood"}, set[str]()
ABOUT_NOW = "alert-now"  # the fact that tells where warnings come from: who asks for those of now wants them and not that


@pytest.fixture(scope="module")
def ask() -> Ask:
    phrases = {
        phrase: WORDS.asked(phrase) for hazard in WORDS.hazards for lang in Lang for phrase in (*hazard.asks[lang], hazard.names[lang])
    }
    return Ask(phrases, small().match)


@pytest.mark.parametrize(
    ("text", "hazards", "places"),
    [
        ("is there a flood warning in Garissa?", FLOODS, ["KE-07", "KE:geonames:197745"]),
        ("kuna tahadhari ya mafuriko garissa", FLOODS, ["KE-07", "KE:geonames:197745"]),
        ("is there a flod warning in garisa", FLOODS, ["KE-07", "KE:geonames:197745"]),
        ("je kuna onyo lolote la mafuriko katika kaunti ya garissa", FLOODS, ["KE-07"]),
        ("flood warnings in tana river county", FLOODS, ["KE-40"]),
        ("flood warning bura", FLOODS, ["KE:test:bura-tana", "KE:test:bura-garissa"]),
        ("are there floods in mwingi", FLOODS, ["KE:test:mwingi"]),
        ("kuna mafuriko hola leo?", FLOODS, ["KE:test:hola"]),
        ("is there any danger of floods in hola", FLOODS, ["KE:test:hola"]),
        ("is there a warning for heavy rain in kitui", {"heavy-rain"}, ["KE-18"]),
        ("tahadhari ya mvua kubwa kitui", {"heavy-rain"}, ["KE-18"]),
        ("what warnings are there for kitui", ALL, ["KE-18"]),
        ("alerts kitui", ALL, ["KE-18"]),
        ("any flood warning near me", FLOODS, []),
        ("is there any flood alert today", FLOODS, []),
        ("flood alert", FLOODS, []),
        ("what are the current warnings", ALL, []),
        ("which alerts are active", ALL, []),
        ("show me the latest alerts", ALL, []),
        ("tahadhari yoyote leo eneo langu", ALL, []),
        ("kuna onyo", ALL, []),
        ("ALERTS", ALL, []),
        ("Tahadhari!", ALL, []),
        ("warnigs", ALL, []),
    ],
)
def test_asked(ask: Ask, text: str, hazards: set[str], places: list[str]) -> None:
    asked = ask.recognise(text)
    assert asked is not None
    assert (set(asked.hazards), sorted(place.id for place in asked.places)) == (hazards, sorted(places))


@pytest.mark.parametrize(
    "text", ["is there a flood warning in atlantis", "kuna onyo la mafuriko katika kijiji chetu", "alerts in Mtowambu"]
)
def test_asked_for_a_place_that_nobody_knows(ask: Ask, text: str) -> None:
    asked = ask.recognise(text)
    assert asked is not None
    assert (asked.lost, list(asked.places)) == (True, [])


@pytest.mark.parametrize(
    "text",
    [
        "how do I prepare for floods",
        "what to do in a flood",
        "what does a flood warning mean",
        "what is a warning",
        "tahadhari ya mafuriko ni nini",
        "is there a flood warning for my goats",
        "flood warning what do i pack",
        "kuna onyo la mafuriko nibebe nini",
        "is there food in garissa",
        "floods in garissa",
        "mafuriko garissa",
        "tsunami warning where do i run",
        "danger signs in pregnancy garissa",
        "warning signs in a child",
        "kamati ya onyo",
        "alert the chief in garissa",
        "how do i get alerts",
        "warning signs of malaria in mwingi",
        "is there rain insurance in kitui",
        "",
    ],
)
def test_not_asked(ask: Ask, text: str) -> None:
    assert ask.recognise(text) is None


def questions() -> Iterator[tuple[str, str]]:
    """Every question that ships or is measured with, and the fact that answers it."""
    library = load(SKILLS)
    for skill in library.skills:
        for fact in skill.facts:
            yield from ((question, fact.id) for question in (fact.title, *fact.questions))
            yield from ((detail.question, fact.id) for detail in fact.details)
        yield from ((case.text, case.fact) for case in skill.cases)
    yield from ((text, "") for lang in Lang for text in library.strays[lang])
    for path in sorted(DATA.rglob("*.jsonl")):
        for row in map(json.loads, path.read_text().splitlines()):
            yield row.get("text") or row["question"], row.get("fact", "")


def test_no_question_about_anything_else_is_taken() -> None:
    teller = Teller(load(SKILLS), load_words(SKILLS), small(), values={})
    asked = list(questions())
    taken = [(text, fact) for text, fact in asked if teller.asks(text) is not None]
    assert len(asked) > 15_000
    assert [one for one in taken if one[1] != ABOUT_NOW] == []
    assert len(taken) >= 10, "those that do ask for the warnings of now"
