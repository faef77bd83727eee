"""Chooses the skill a question belongs to, from each skill's own words and from the facts it finds. It knows no skill by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.core import words
from bot.core.retrieve import Hit, Index
from bot.core.trust import CONFIDENT
from bot.core.types import Skill

# A menu choice is a strong hint and not a prison.
HINT = 0.5
# Below this prior no skill has anything to do with the question; one of its own words is enough. What its facts share with the
# question by chance does not count: "my goat is sick" is no matter of money.
FLOOR = 0.3
TOP = 12  # facts that are looked at


@dataclass(frozen=True, slots=True)
class Route:
    """Where a question goes: the skill ("" where none fits), the facts found, best first, and what speaks for each skill.

    `priors` (0 to 1) come from the menu and the skills' own words alone.
    """

    skill: str
    priors: Mapping[str, float]
    hits: Sequence[Hit]

    @property
    def sure_hit(self) -> Hit | None:
        """The best fact, where it may be answered from."""
        best = next(iter(self.hits), None)
        return best if best and best.confidence >= CONFIDENT else None


class Router:
    """Scores skills for a question."""

    def __init__(self, skills: Sequence[Skill], index: Index) -> None:
        self._index = index
        self._stems = {s.name: _route_stems(s) for s in skills}

    def route(self, text: str, *, hint: str = "", without: int = -1) -> Route:
        """The best skill for `text`. `hint` is the skill chosen in the menu; `without` as in Index.search."""
        priors = {name: self._prior(name, text, hint) for name in self._stems}
        route = Route("", priors, self._index.search(text, top=TOP, priors=priors, without=without))
        best = route.sure_hit
        if best is not None:
            return Route(best.fact.skill, priors, route.hits)
        likely = max(priors, key=lambda name: priors[name], default="")
        return Route(likely if likely and priors[likely] >= FLOOR else "", priors, route.hits)

    def _prior(self, name: str, text: str, hint: str) -> float:
        """What speaks for a skill before its facts are looked at: the menu, and the share of the question that is its own words."""
        asked = words.informative(words.tokens(text))
        own = sum(bool(words.stems(w) & self._stems[name]) for w in asked)
        return min(1.0, HINT * (name == hint) + own / max(1, min(2, len(asked))))


def _route_stems(skill: Skill) -> frozenset[str]:
    return frozenset(words.stem(w, lang) for lang, own in skill.route_words.items() for phrase in own for w in words.tokens(phrase))
