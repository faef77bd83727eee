"""Finding the fact that a messy question asks for, and knowing when there is none."""

import dataclasses
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.retrieve import Index
from bot.core.trust import CONFIDENT, SURE
from bot.core.types import Detail, Lang
from tests.core import small

INDEX = Index(small.FACTS)


@pytest.mark.parametrize(
    ("question", "id", "lang"),
    [
        pytest.param("worms are eating my maize leaves", "worm", Lang.EN, id="as written in the fact"),
        pytest.param("WORMS R EATING MY MAIZE", "worm", Lang.EN, id="capitals and textese"),
        pytest.param("hw do i kill armi worm", "worm", Lang.EN, id="misspelt in two words"),
        pytest.param("army worm killing", "worm", Lang.EN, id="in two words"),
        pytest.param("dawa ya viwaviajeshi, niue vipi", "worm", Lang.SW, id="misspelt swahili"),
        pytest.param("viwavi wamekula mahindi", "worm", Lang.SW, id="another tense"),
        pytest.param("jinsi ya kuhifadhi mahindi", "store", Lang.SW, id="infinitive for subjunctive"),
        pytest.param("how do i hifadhi mahindi", "store", Lang.SW, id="two languages mixed"),
        pytest.param("ninapanda maharagwe lini", "beans", Lang.SW, id="another spelling"),
        pytest.param("storing of maizes", "store", Lang.EN, id="other forms"),
        pytest.param("is loan app gud", "loan", Lang.EN, id="short and misspelt"),
    ],
)
def test_the_right_fact_comes_first(question: str, id: str, lang: Lang) -> None:
    best = INDEX.search(question)[0]
    assert (best.fact.id, best.fact.lang) == (id, lang)
    assert best.confidence >= CONFIDENT


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("who won the football match", id="off-topic"),
        pytest.param("nani alishinda mechi jana", id="off-topic in swahili"),
        pytest.param("what is the price of maize in kampala market", id="near the subject, not in the guide"),
        pytest.param("i want to know", id="nothing but common words"),
        pytest.param("mambo vipi", id="a greeting"),
        pytest.param("", id="empty"),
        pytest.param("12345 ???", id="numbers only"),
    ],
)
def test_a_question_without_a_fact_is_not_confident(question: str) -> None:
    assert all(hit.confidence < CONFIDENT for hit in INDEX.search(question))


def test_a_fact_says_its_own_questions_for_sure() -> None:
    for fact in small.FACTS:
        for question in fact.questions:
            best = INDEX.search(question)[0]
            assert best.fact.id == fact.id, question
            assert best.confidence >= CONFIDENT, question
    assert CONFIDENT < SURE


def test_one_skill_only() -> None:
    assert {hit.fact.skill for hit in INDEX.search("maize loan pin beans", skill="money", top=9)} == {"money"}


def test_top_limits_the_hits_and_orders_them() -> None:
    hits = INDEX.search("maize beans loan pin", top=2)
    assert len(hits) == 2
    assert hits[0].score >= hits[1].score


def test_the_twin_is_the_same_fact_in_the_other_language() -> None:
    for fact in small.FACTS:
        other = Lang.SW if fact.lang is Lang.EN else Lang.EN
        twin = INDEX.twin(fact, other)
        assert (twin.id, twin.lang) == (fact.id, other)


def test_a_fact_without_a_twin_stands_for_itself() -> None:
    only = small.FACTS[0]
    assert Index([only]).twin(only, Lang.SW) is only


def test_facts_of_two_skills_may_share_an_id() -> None:
    other = dataclasses.replace(small.FACTS[-2], id="worm")
    found = Index([*small.FACTS, other]).search("how do i kill armyworm")[0].fact
    assert found.skill == "plants"


def test_coverage_is_what_stands_in_the_fact() -> None:
    worm = small.FACTS[0]
    assert INDEX.coverage("armyworm eggs", worm) == 1
    assert INDEX.coverage("armyworm president", worm) < 0.6
    assert INDEX.coverage("and how much?", worm) == 1  # asks about nothing of its own
    assert INDEX.coverage("football", worm) == 0


def test_an_empty_index_finds_nothing() -> None:
    assert Index([]).search("maize") == []


@given(st.text(max_size=200))
def test_any_text_can_be_searched(text: str) -> None:
    for hit in INDEX.search(text):
        assert 0 <= hit.confidence <= 1
        assert hit.score > 0


WORDS = ["worms", "maize", "how", "many", "army", "dawa", "ya", "viwavi", "loan", "app", "kuhifadhi", "beans", "ndizi", "12", "xyzzy"]


@given(st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join))
def test_no_fact_covers_more_of_a_text_than_is_said(text: str) -> None:
    assert INDEX.covered(text) == pytest.approx(max(INDEX.coverage(text, fact) for fact in small.FACTS))


class Heard:
    """A Meaning that finds a text near the lines that `near_to` accepts, and notes what it is asked."""

    def __init__(self, near_to: str) -> None:
        self.near_to, self.lines, self.passages, self.looked = near_to, list[str](), list[str](), list[Sequence[int]]()

    def learn(self, lines: Sequence[str], passages: Sequence[str]) -> None:
        self.lines, self.passages = list(lines), list(passages)

    def compare(self, question: str) -> tuple[Sequence[float], Sequence[float]]:
        return self.near(question, range(len(self.lines))), [0.0] * len(self.passages)

    def near(self, question: str, lines: Sequence[int]) -> Sequence[float]:
        self.looked.append(lines)
        return [float(self.lines[n] == self.near_to) for n in lines]

    def says(self, question: str, passages: Sequence[int]) -> Sequence[float]:
        return [0.0] * len(passages)


@pytest.mark.parametrize("first", [0, 1])
def test_the_detail_that_means_the_same_comes_first_and_only_the_facts_own_lines_are_looked_at(first: int) -> None:
    details = (Detail("what of the eggs", "Crush the eggs."), Detail("what of the larvae", "Pick the larvae."))
    fact = dataclasses.replace(small.FACTS[0], details=details)
    meaning = Heard(details[first].question)
    found = Index((fact, *small.FACTS[1:]), meaning).details("the little ones", fact)
    assert found == [details[first].sentence, details[1 - first].sentence]
    assert [[meaning.lines[n] for n in lines] for lines in meaning.looked] == [[detail.question for detail in details]]
