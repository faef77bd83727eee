"""Chooses the skill a question belongs to: that of the fact that answers it, else the topic it looks like (bot.core.topic), else, where
nothing compares meanings, what each skill's own words say. It knows no skill by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.core import topic, words
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

    `priors` (0 to 1) come from the menu and the skills' own words alone. `off_topic`: it is most likely no skill's business. `topics`: how
    likely it is about each, where no fact was sure and meanings could be compared.
    """

    skill: str
    priors: Mapping[str, float]
    hits: Sequence[Hit]
    off_topic: bool = False
    topics: Mapping[str, float] = field(default_factory=dict)

    @property
    def sure_hit(self) -> Hit | None:
        """The best fact, where it may be answered from."""
        best = next(iter(self.hits), None)
        return best if best and best.confidence >= CONFIDENT else None


class OwnWords:
    """The words that each skill calls its own."""

    def __init__(self, skills: Sequence[Skill]) -> None:
        self._stems = {s.name: _route_stems(s) for s in skills}

    def shares(self, text: str) -> Mapping[str, float]:
        """How much of `text` is each skill's own words, 0 to 1: two are enough."""
        asked = [words.stems(word) for word in words.informative(words.tokens(text))]
        most = max(1, min(2, len(asked)))
        return {name: min(1.0, sum(bool(stems & own) for stems in asked) / most) for name, own in self._stems.items()}

    def likely(self, text: str) -> str:
        """The skill that its own words speak for most, "" where they hardly do for any."""
        return _likely(self.shares(text))


class Router:
    """Scores skills for a question."""

    def __init__(self, skills: Sequence[Skill], index: Index) -> None:
        self._index, self._own = index, OwnWords(skills)

    def route(self, text: str, *, hint: str = "", without: int = -1) -> Route:
        """The best skill for `text`. `hint` is the skill chosen in the menu; `without` as in Index.search."""
        own = self._own.shares(text)
        priors = {name: min(1.0, HINT * (name == hint) + share) for name, share in own.items()}
        route = Route("", priors, self._index.search(text, top=TOP, priors=priors, without=without))
        best = route.sure_hit
        if best is not None:
            return Route(best.fact.skill, priors, route.hits)
        return self._unanswered(text, hint, own, route)

    def _unanswered(self, text: str, hint: str, own: Mapping[str, float], route: Route) -> Route:
        """Where a question goes that no fact is sure to answer. One that names nothing ("and how much?") looks like anything."""
        kin = self._index.topics(text) if words.informative(words.tokens(text)) else {}
        if kin:
            topics = topic.shares(kin, own, hint=hint)
            likely = max(topics, key=lambda name: topics[name])
            return replace(route, skill=likely, off_topic=topics.get(topic.NOBODY, 0.0) >= topic.OFF, topics=topics)
        return replace(route, skill=_likely(route.priors))


def _likely(shares: Mapping[str, float]) -> str:
    likely = max(shares, key=lambda name: shares[name], default="")
    return likely if likely and shares[likely] >= FLOOR else ""


def _route_stems(skill: Skill) -> frozenset[str]:
    return frozenset(words.stem(w, lang) for lang, own in skill.route_words.items() for phrase in own for w in words.tokens(phrase))
