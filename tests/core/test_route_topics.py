"""Where a question goes that no fact answers, when meanings can be compared."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from bot.core.answer import Answerer
from bot.core.retrieve import Index
from bot.core.route import Router
from bot.core.topic import NOBODY, Kin
from bot.core.types import OFFER, Lang
from tests.core import small

OFF, NEAR_MISS, UNSORTED = "who won the match", "price of a goat today", "send me a song"
STRAYS = [(OFF, Lang.EN), (NEAR_MISS, Lang.EN), (UNSORTED, Lang.EN)]
ABOUT = {OFF: NOBODY, NEAR_MISS: "plants"}


class Sorting:
    """A Sorts that finds nothing near, and every question to look like `looks`; it keeps what it was taught."""

    def __init__(self, looks: str, share: float = 0.96, near: float = 0.8) -> None:
        self.looks, self.share, self.nearest = looks, share, near
        self.lines, self.topics_of, self.strays = 0, list[str | None](), -1
        self.asked = list[str]()

    def learn(self, lines: Sequence[str], passages: Sequence[str]) -> None:
        self.lines, self._passages = len(lines), len(passages)

    def compare(self, question: str) -> tuple[Sequence[float], Sequence[float]]:
        return [0.0] * self.lines, [0.0] * self._passages

    def near(self, question: str, lines: Sequence[int]) -> Sequence[float]:
        return [0.0] * len(lines)

    def says(self, question: str, passages: Sequence[int]) -> Sequence[float]:
        return [0.0] * len(passages)

    def sort(self, topics: Sequence[str | None], *, strays: int) -> None:
        self.topics_of, self.strays = list(topics), strays

    def topics(self, question: str) -> Mapping[str, Kin]:
        self.asked.append(question)
        rest = (1 - self.share) / 2
        return {name: Kin(self.nearest, self.share) if name == self.looks else Kin(0.5, rest) for name in ("plants", "money", NOBODY)}


def router(meaning: Sorting, about: Mapping[str, str] = ABOUT) -> Router:
    return Router(small.LIBRARY.skills, Index(small.FACTS, meaning, STRAYS, about))


def test_it_is_taught_every_lines_skill_and_of_the_strays_what_somebody_said() -> None:
    meaning = Sorting("money")
    router(meaning)
    assert meaning.strays == len(STRAYS)
    assert meaning.topics_of[-len(STRAYS) :] == [NOBODY, "plants", None]
    assert len(meaning.topics_of) == meaning.lines
    assert set(meaning.topics_of[: -len(STRAYS)]) == {"plants", "money"}


@pytest.mark.parametrize("looks", ["plants", "money"])
def test_a_question_that_no_fact_answers_goes_where_it_looks_like(looks: str) -> None:
    route = router(Sorting(looks)).route("my card was charged twice at the shop")
    assert (route.skill, route.off_topic) == (looks, False)
    assert route.topics[looks] > 0.5


def test_what_looks_like_nobodys_business_goes_nowhere_and_is_called_that_where_it_is_plain() -> None:
    plain, doubtful = (router(Sorting(NOBODY, *looks)).route("who sings this one") for looks in ((0.96, 0.8), (0.4, 0.5)))
    assert (plain.skill, plain.off_topic) == ("", True)
    assert (doubtful.skill, doubtful.off_topic) == ("", False)


def test_a_sure_fact_decides_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    meaning = Sorting(NOBODY)
    monkeypatch.setattr("bot.core.route.CONFIDENT", 0.0)
    route = router(meaning).route("how do i kill armyworm")
    assert (route.skill, route.off_topic, meaning.asked) == ("plants", False, [])


def test_what_names_nothing_is_the_menus() -> None:
    meaning = Sorting(NOBODY)
    assert router(meaning).route("and how many", hint="money").skill == "money"
    assert meaning.asked == []


@pytest.mark.parametrize("about", [{}, {NEAR_MISS: "plants"}])
def test_where_nobody_said_what_is_off_topic_the_skills_own_words_decide(about: Mapping[str, str]) -> None:
    meaning = Sorting("plants")
    assert router(meaning, about).route("benki gani").skill == "money"
    assert (meaning.asked, meaning.strays) == ([], -1)


def answerer(looks: str) -> Answerer:
    skills = (replace(small.LIBRARY.skills[0], unanswered={Lang.EN: (NEAR_MISS,)}), *small.LIBRARY.skills[1:])
    library = replace(small.LIBRARY, skills=skills, strays={Lang.EN: (OFF, NEAR_MISS, UNSORTED)}, off_topic=frozenset({OFF}))
    return Answerer(library, meaning=Sorting(looks), model_s=1)


@pytest.mark.parametrize(
    ("looks", "text", "skill"),
    [
        ("money", "Not in my money guide. Send PERSON.", "money"),
        (NOBODY, "I only know farming and money. Send PERSON.", ""),
    ],
)
def test_the_refusal_speaks_for_the_topic_and_carries_it(looks: str, text: str, skill: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.core.trust.OFFERED", 1.0)  # nothing is
    reply = answerer(looks).answer("the cashier shouted at everybody", lang=Lang.EN, limits=small.SMS, deadline=1e12)
    assert (reply.kind, reply.text, reply.skill) == ("refusal", text, skill)


def test_an_offer_carries_the_topic(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.core.trust.OFFERED", 0.0)
    monkeypatch.setattr("bot.core.trust.NEARLY", 0.0)
    monkeypatch.setattr("bot.core.trust.CONFIDENT", 1.1)
    monkeypatch.setattr("bot.core.route.CONFIDENT", 1.1)
    reply = answerer("plants").answer("armyworm", lang=Lang.EN, limits=small.SMS, deadline=1e12)
    assert (reply.kind, reply.skill) == (OFFER, "plants")
