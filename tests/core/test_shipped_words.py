"""The words that ship, held against the questions that ship: no question is taken for a command, and every spelling does its work."""

import pytest

from bot.app.texts import SKILLS
from bot.core.keywords import Keyword, Keywords, Word
from bot.core.types import Library
from skills.loader import load


@pytest.fixture(scope="module")
def library() -> Library:
    return load(SKILLS)


@pytest.fixture(scope="module")
def keywords(library: Library) -> Keywords:
    return Keywords(library.keywords)


def test_no_shipped_question_is_a_command(library: Library, keywords: Keywords) -> None:
    facts = [fact for skill in library.skills for fact in skill.facts]
    asked = [question for fact in facts for question in fact.questions] + [case.text for skill in library.skills for case in skill.cases]
    assert len(asked) > 500
    taken = [text for text in asked if keywords.recognise(text)]
    assert taken == []


def test_every_call_for_a_person_is_one(library: Library, keywords: Keywords) -> None:
    for spelling in library.keywords["person"]:
        for typed in (spelling, spelling.lower(), f"{spelling.capitalize()}."):
            assert keywords.recognise(typed) == Keyword(Word.PERSON), typed


@pytest.mark.parametrize("text", ["HELP", "msaada", "naomba msaada", "nisaidie", "help me", "SAIDIA"])
def test_a_cry_for_help_stays_one(keywords: Keywords, text: str) -> None:
    found = keywords.recognise(text)
    assert found is not None
    assert found.word is Word.HELP
