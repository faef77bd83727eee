"""The shipped skills' own cases against the search alone: no model, so every miss is the search's or the text's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.answer import Answerer
from bot.core.types import Case, Lang, Library, Limits
from skills.loader import load

LIBRARY: Library = load(Path(__file__).resolve().parents[2] / "skills")
ANSWERER = Answerer(LIBRARY, None, model_s=1, values={"help_line": "+254700000001", "emergency_number": "112"})

# Measured when this was written: English 33 of 36, Swahili 38 of 39. Refused: "my maize reached my knee, is it time for CAN" and
# "Somethng is eating holes in the leaf of my corn...". Given flood-now for flood-before: "they say floods coming next week..." and
# "tujitayarishe vipi kabla mafuriko hayajafika". A drop below is a loss for the people who ask.
RATES = {Lang.EN: 0.91, Lang.SW: 0.95}


def _cases(lang: Lang, *, answered: bool) -> list[Case]:
    return [c for s in LIBRARY.skills for c in s.cases if c.lang is lang and bool(c.fact) is answered]


def _misses(cases: list[Case]) -> Iterator[str]:
    for case in cases:
        reply = ANSWERER.answer(case.text, lang=case.lang, limits=Limits(), deadline=float("inf"))
        if tuple(reply.facts) != ((case.fact,) if case.fact else ()):
            yield f"{case.text!r}: wanted {case.fact or 'a refusal'}, got {', '.join(reply.facts) or 'a refusal'}"


@pytest.mark.parametrize("lang", list(Lang))
def test_the_right_fact_answers(lang: Lang) -> None:
    cases = _cases(lang, answered=True)
    misses = list(_misses(cases))
    assert len(cases) >= 30
    assert 1 - len(misses) / len(cases) >= RATES[lang], "\n".join(misses)


@pytest.mark.parametrize("lang", list(Lang))
def test_what_no_fact_answers_is_refused(lang: Lang) -> None:
    cases = _cases(lang, answered=False)
    assert cases
    assert not list(_misses(cases))


def test_every_fact_is_found_by_each_of_its_own_questions() -> None:
    asked = [Case(q, f.lang, f.id) for s in LIBRARY.skills for f in s.facts for q in f.questions]
    misses = list(_misses(asked))
    assert len(misses) <= len(asked) * 0.01, "\n".join(misses)
