"""Outcomes by hand, and an answerer that says what it is told."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from bot.core.retrieve import Index
from bot.core.route import Router
from bot.core.types import Case, Fact, Lang, Library, Limits, Reply
from bot.evaluate.register import CLEAN
from bot.evaluate.run import Outcome
from bot.evaluate.sets import Question
from tests.core import small

WORM = small.FACTS[0]
ROUTER = Router(small.LIBRARY.skills, Index(small.FACTS))
ASKED = Question("worms on my maize", Lang.EN, "plants", "worm", ("armyworm",))
STRAY = Question("who won the match", Lang.EN, "", "")
TOLD = Reply(WORM.sms, Lang.EN, "fact", "plants", ("worm",))
OTHER = Reply("Never tell anyone your PIN.", Lang.EN, "fact", "money", ("pin",))
REFUSED = Reply("That is not in my guide.", Lang.EN, "refusal")
URGENT = Reply("Stay still. Go to a hospital now.", Lang.EN, "emergency", facts=("snakebite",))


def outcome(
    question: Question = ASKED,
    reply: Reply = TOLD,
    *,
    skill: str = "plants",
    found: Sequence[tuple[str, str]] = (("plants", "worm"),),
    seconds: float = 0.1,
    sent: Sequence[Fact] = (WORM,),
    fits: bool = True,
    register: str = CLEAN,
) -> Outcome:
    """One that is right in everything, but for what is given."""
    return Outcome(question, reply, skill, found, 0.9, seconds, sent, fits, register)


def with_cases(*cases: Case) -> Library:
    """The small library, its skill of plants with `cases`."""
    plants, money = small.LIBRARY.skills
    return replace(small.LIBRARY, skills=(replace(plants, cases=cases), money))


class Told:
    """Answers with what it was told for a question, refuses every other, and keeps what it was asked for."""

    def __init__(self, replies: Mapping[str, Reply]) -> None:
        self._replies = replies
        self.asked: list[tuple[str, Lang, Limits]] = []

    def answer(self, question: str, *, lang: Lang, skill: str, turns: Sequence[str], limits: Limits, deadline: float) -> Reply:
        self.asked.append((question, lang, limits))
        return self._replies.get(question, replace(REFUSED, lang=lang))
