"""Finds what answers a question: the search offers texts, the model chooses among them, and a follow-up is read with what came before."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace

from bot.core import choose, trust
from bot.core.errors import ModelFailed
from bot.core.ports import Chooser
from bot.core.retrieve import Hit, Index
from bot.core.route import Route, Router
from bot.core.types import Fact, Lang, Skill

# A follow-up's own words must nearly all stand in the fact: a change of subject must not be answered with the old subject.
FOLLOWS = 0.8
SAME = 0.97  # a question this near to a line of the fact is that line: nothing is left to choose


@dataclass(frozen=True, slots=True)
class Found:
    """A vetted text that answers, of a fact in the asker's language. `confidence` in [0, 1]; `chosen`: the model chose it."""

    fact: Fact
    text: str
    confidence: float
    chosen: bool = False


class Finder:
    """Finds answers. Without a `chooser` the search alone decides."""

    def __init__(
        self, skills: Sequence[Skill], index: Index, chooser: Chooser | None, *, model_s: float, clock: Callable[[], float]
    ) -> None:
        self._index, self._chooser, self._model_s, self._clock = index, chooser, model_s, clock
        self._router = Router(skills, index)

    @property
    def chooses(self) -> bool:
        """Whether a model chooses."""
        return self._chooser is not None

    def route(self, text: str) -> Route:
        """What the search alone finds."""
        return self._router.route(text)

    def without_chooser(self) -> "Finder":
        """The same, by the search alone."""
        plain = copy(self)
        plain._chooser = None
        return plain

    def find(self, question: str, *, lang: Lang, skill: str, turns: Sequence[str], deadline: float) -> tuple[Found | None, str]:
        """What answers `question` in `lang`, or None, and the skill that the question belongs to ("" for none)."""
        route = self._router.route(question, hint=skill)
        found = self._best(question, route.hits, lang, deadline)
        if found is not None and found.confidence >= (trust.CHOSEN if found.chosen else trust.CONFIDENT):
            return found, found.fact.skill
        return self._follow_up(question, lang, skill, turns), route.skill

    def _best(self, question: str, hits: Sequence[Hit], lang: Lang, deadline: float) -> Found | None:
        if not hits:
            return None
        alone = self._by_search(hits[0], lang)
        if hits[0].evidence.line >= SAME:
            return replace(alone, confidence=1.0)
        if self._chooser is None:
            return alone
        offered = choose.options(question, hits, self._index, lang)
        shares = self._shares(question, [o.text for o in offered], deadline)
        return alone if shares is None else _picked(offered, shares)

    def _by_search(self, hit: Hit, lang: Lang) -> Found:
        """The text of the nearest line; a detail that was asked for in another language has no twin, so the sms stands for it."""
        fact = self._index.twin(hit.fact, lang)
        return Found(fact, hit.answer if fact is hit.fact else fact.sms, hit.confidence)

    def _shares(self, question: str, texts: Sequence[str], deadline: float) -> Sequence[float] | None:
        """What the model makes of the texts, None where it did not get to it."""
        until = min(deadline, self._clock() + self._model_s)
        if self._chooser is None or until <= self._clock():
            return None
        try:
            return self._chooser.choose(choose.prompt(question, texts), choose.answers(len(texts)), deadline=until)
        except ModelFailed:
            return None

    def _follow_up(self, question: str, lang: Lang, skill: str, turns: Sequence[str]) -> Found | None:
        """A short question that leans on the one before ("na maharage?"): read together, and the fact must hold all of the new words."""
        if not turns:
            return None
        hit = self._router.route(f"{turns[-1]} {question}", hint=skill).sure_hit
        return self._by_search(hit, lang) if hit and self._index.coverage(question, hit.fact) >= FOLLOWS else None


def _picked(offered: Sequence[choose.Option], shares: Sequence[float]) -> Found:
    """The text that search and model together find best. `shares`: the model's, for each text and at last for none."""
    *each, none = shares
    scores = [trust.choice(o.hit.evidence, share) for o, share in zip(offered, each, strict=True)]
    best = max(range(len(offered)), key=lambda n: scores[n])
    fact, hit = offered[best].fact, offered[best].hit
    # One sentence instead of the whole sms only where the search came to it by itself: the model alone takes it too often.
    text = offered[best].text if offered[best].text == hit.answer else fact.sms
    rival = max((score for o, score in zip(offered, scores, strict=True) if o.fact is not fact), default=0.0)
    share = sum(part for o, part in zip(offered, each, strict=True) if o.fact is fact)
    return Found(fact, text, trust.chosen(hit.evidence, share, none, scores[best] - rival), chosen=True)
