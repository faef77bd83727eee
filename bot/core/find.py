"""Finds what answers a question: the search, where it is sure; else the model chooses among what it found. A follow-up is read with what
came before. Where the house is unsure, a remote endpoint may choose, too, if there is one (bot.core.remote)."""

from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass, replace

from bot.core import choose, trust
from bot.core.errors import ModelFailed
from bot.core.fill import DEAR, Likely, beside, certain
from bot.core.ports import Chooser
from bot.core.remote import NOTHING, Remote
from bot.core.retrieve import Hit, Index
from bot.core.route import Route, Router
from bot.core.types import Fact, Lang, Skill

# A follow-up's own words must nearly all stand in the fact: a change of subject must not be answered with the old subject.
FOLLOWS = 0.8
SAME = 0.97  # a question this near to a line of the fact is that line: nothing is left to choose
NEAR = 3  # facts that are offered where none is sure


@dataclass(frozen=True, slots=True)
class Found:
    """What answers: a fact in the asker's language, and vetted texts, the likeliest first: its own, and where another fact may as well be
    meant one of that. `confidence` in [0, 1]. `chosen`: the model chose it; `remote`: the remote endpoint did. `fleeting`: the model was
    to choose and did not get to it."""

    fact: Fact
    texts: Sequence[Likely]
    confidence: float
    chosen: bool = False
    remote: bool = False
    fleeting: bool = False

    @property
    def own(self) -> Sequence[Likely]:
        """The fact's own texts: who chose it had the other before its eyes."""
        return [one for one in self.texts if one.other is None]


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of a question: what answers it, the skill that it belongs to ("" for none), and where nothing answers for sure the
    facts that came nearest, in the asker's language. `fleeting`: who was to choose did not, so the next try may find another.
    `leans`: after other questions it may be another. `off_topic`: it is most likely no skill's business."""

    found: Found | None
    skill: str
    near: Sequence[Fact] = ()
    fleeting: bool = False
    leans: bool = False
    off_topic: bool = False


class Finder:
    """Finds answers. Without a `chooser` the search alone decides. `remote` is asked where that is not sure."""

    def __init__(
        self,
        skills: Sequence[Skill],
        index: Index,
        chooser: Chooser | None,
        *,
        remote: Remote | None = None,
        model_s: float,
        clock: Callable[[], float],
    ) -> None:
        self._index, self._chooser, self._remote, self._model_s, self._clock = index, chooser, remote, model_s, clock
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
        plain._chooser, plain._remote = None, None
        return plain

    def find(self, question: str, *, lang: Lang, skill: str, turns: Sequence[str], deadline: float) -> Finding:
        """What answers `question` in `lang`, or comes near it."""
        route = self._router.route(question, hint=skill)
        found = self._best(question, route.hits, lang, deadline)
        fleeting = found is not None and found.fleeting
        if found is not None and found.confidence >= (trust.CHOSEN if found.chosen else trust.CONFIDENT):
            ours = Finding(found, found.fact.skill, fleeting=fleeting)
        else:
            followed, near = self._follow_up(question, lang, skill, turns), self._near(route.hits, lang)
            ours = Finding(followed, route.skill, near, fleeting, leans=True, off_topic=route.off_topic)
        doubted = ours.found is None or (ours.found is found and ours.found.confidence < trust.DOUBTED)
        return self._elsewhere(question, route, ours, lang, deadline) if doubted else ours

    def _elsewhere(self, question: str, route: Route, ours: Finding, lang: Lang, deadline: float) -> Finding:
        """What the remote endpoint chooses; `ours` where nobody is asked there or nothing comes back."""
        if self._remote is None or not route.hits or route.hits[0].confidence < trust.HOPELESS:
            return ours
        facts = [self._index.twin(hit.fact, lang) for hit in route.hits]
        texts = [fact.sms for fact in facts]
        chosen = self._remote.choose(question, texts, lang=lang, deadline=deadline)
        if chosen is None:
            return replace(ours, fleeting=True)
        if chosen == NOTHING:
            return replace(ours, found=None, skill=route.skill, near=())
        fact = facts[chosen]
        likely = ours.found.own if ours.found is not None and ours.found.fact is fact else certain(fact.sms, fact)
        return replace(ours, found=Found(fact, likely, 1.0, remote=True), skill=fact.skill, near=())

    def _best(self, question: str, hits: Sequence[Hit], lang: Lang, deadline: float) -> Found | None:
        if not hits:
            return None
        alone = self._by_search(question, hits, lang)
        if hits[0].evidence.line >= SAME:
            return replace(alone, confidence=1.0)
        if self._chooser is None or alone.confidence >= trust.CONFIDENT:
            return alone
        offered = choose.options(question, hits, self._index, lang)
        shares = self._shares(question, [o.text for o in offered], deadline)
        return replace(alone, fleeting=True) if shares is None else _picked(offered, shares, alone)

    def _by_search(self, question: str, hits: Sequence[Hit], lang: Lang) -> Found:
        fact = self._index.twin(hits[0].fact, lang)
        texts, shares = self._index.likely(question, fact), trust.shares([hit.score for hit in hits])
        if len(hits) > 1 and shares[1] >= DEAR and hits[0].evidence.line < SAME:
            other = self._index.twin(hits[1].fact, lang)
            texts = beside(texts, shares[0], Likely(self._index.likely(question, other)[0].text, shares[1], other=other))
        return Found(fact, texts, hits[0].confidence)

    def _near(self, hits: Sequence[Hit], lang: Lang) -> Sequence[Fact]:
        """What may be offered: nothing where even the best has next to nothing to do with the question."""
        if not hits or hits[0].confidence < trust.OFFERED:
            return ()
        return tuple(self._index.twin(hit.fact, lang) for hit in hits[:NEAR] if hit.confidence >= trust.NEARLY)

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
        if not turns or self._index.covered(question) < FOLLOWS:  # then no fact can hold them: most questions need no second search
            return None
        together = f"{turns[-1]} {question}"
        hit = self._router.route(together, hint=skill).sure_hit
        return self._by_search(together, [hit], lang) if hit and self._index.coverage(question, hit.fact) >= FOLLOWS else None


def _picked(offered: Sequence[choose.Option], shares: Sequence[float], alone: Found) -> Found:
    """The text that search and model together find best. `shares`: the model's, for each text and at last for none. `alone`: what the
    search came to by itself."""
    *each, none = shares
    scores = [trust.choice(o.hit.evidence, share) for o, share in zip(offered, each, strict=True)]
    best = max(range(len(offered)), key=lambda n: scores[n])
    fact, hit = offered[best].fact, offered[best].hit
    # One sentence instead of the whole sms only where the search came to it by itself: the model alone takes it too often.
    same = fact is alone.fact and offered[best].text == alone.texts[0].text
    likely = alone.own if same else certain(fact.sms, fact)
    rival = max((score for o, score in zip(offered, scores, strict=True) if o.fact is not fact), default=0.0)
    share = sum(part for o, part in zip(offered, each, strict=True) if o.fact is fact)
    return Found(fact, likely, trust.chosen(hit.evidence, share, none, scores[best] - rival), chosen=True)
