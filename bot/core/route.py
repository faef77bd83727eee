"""Chooses the skill a question belongs to, from each skill's own words and from the facts it finds. It knows no skill by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core import words
from bot.core.retrieve import CONFIDENT, Hit, Index
from bot.core.types import Skill

# A menu choice is a strong hint and not a prison: it is worth this much of a sure hit. Route words break ties.
HINT, ROUTE_WORD = 0.35, 0.25
# How far a skill's prior lowers what a fact of it must reach: a question out of the menu, in the skill's words, is seldom off-topic.
LEAN = 0.5
# Below this prior no skill has anything to do with the question; one of its own words is enough. What its facts share with the
# question by chance does not count: "my goat is sick" is no matter of money.
FLOOR = 0.12


@dataclass(frozen=True, slots=True)
class Route:
    """Where a question goes: the skill ("" where none fits), the facts found, best first, and what speaks for each skill.

    `priors` come from the menu and the skill's own words alone, `scores` from its best fact as well.
    """

    skill: str
    priors: Mapping[str, float]
    scores: Mapping[str, float]
    hits: Sequence[Hit]

    @property
    def sure_hit(self) -> Hit | None:
        """The best fact where it may be answered from. The more speaks for its skill, the less the fact itself has to."""
        best = next(iter(self.hits), None)
        return best if best and best.confidence >= CONFIDENT - LEAN * self.priors[best.fact.skill] else None


class Router:
    """Scores skills for a question."""

    def __init__(self, skills: Sequence[Skill], index: Index) -> None:
        self._index = index
        self._stems = {s.name: _route_stems(s) for s in skills}

    def route(self, text: str, *, hint: str = "") -> Route:
        """The best skill for `text`. `hint` is the skill chosen in the menu."""
        per_skill = {name: self._index.search(text, skill=name, top=2) for name in self._stems}
        priors = {name: self._prior(name, text, hint) for name in self._stems}
        scores = {name: priors[name] + (hits[0].confidence if hits else 0.0) for name, hits in per_skill.items()}
        best = max(scores, key=lambda name: scores[name], default="")
        hits = sorted((h for found in per_skill.values() for h in found), key=lambda h: -_rank(h, scores))
        return Route(best if priors and priors[best] >= FLOOR else "", priors, scores, hits)

    def _prior(self, name: str, text: str, hint: str) -> float:
        """What speaks for a skill before its facts are looked at: the menu, and the share of the question that is its own words."""
        asked = words.informative(words.tokens(text))
        own = sum(bool(words.stems(w) & self._stems[name]) for w in asked)
        return HINT * (name == hint) + ROUTE_WORD * min(1.0, own / max(1, min(2, len(asked))))


def _rank(hit: Hit, scores: Mapping[str, float]) -> float:
    """A hit's own score, weighed by its skill's: the right skill's fact wins where two are near."""
    return hit.score * (0.5 + min(1.0, scores[hit.fact.skill]))


def _route_stems(skill: Skill) -> frozenset[str]:
    return frozenset(words.stem(w, lang) for lang, own in skill.route_words.items() for phrase in own for w in words.tokens(phrase))
