"""Finds the facts that may answer a question, and gathers what speaks for each.

A fact and its translations are one entry, so that a mixed message finds it whichever language each of its words is in. Four things are
looked at: the entry's words (BM25), the nearest of its own question lines, how much of the question was found at all, and, where an
embedding model is there, how near the question is in meaning. `bot.core.trust` weighs them.
"""

import heapq
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from bot.core import trust
from bot.core.by_meaning import ByMeaning
from bot.core.by_words import ByWords, coverage, reach, worth
from bot.core.entries import Entries, Line
from bot.core.fill import Likely, certain
from bot.core.pick import Text, pick
from bot.core.ports import Meaning
from bot.core.spelling import Term, stemmed
from bot.core.topic import Kin
from bot.core.trust import Evidence
from bot.core.twins import said_by
from bot.core.types import Fact, Lang

_LOOKED_AT = 24  # entries looked at closely: the best so many by words, and by each kind of meaning


@dataclass(frozen=True, slots=True)
class Hit:
    """A fact that may answer. `score` orders hits; `confidence` in [0, 1] is how likely this one is what was asked."""

    fact: Fact
    score: float
    confidence: float
    evidence: Evidence = field(default_factory=Evidence)


@dataclass(frozen=True, slots=True)
class _Seen:
    """A question beside all that there is: by entry, by line or stray, and the nearest stray by words and by meaning."""

    terms: Sequence[Term]
    without: int
    bm25: Mapping[int, float]
    found: Mapping[int, float]
    alike: Mapping[int, float]
    near: Sequence[float]
    like: Mapping[int, float]
    says: Mapping[int, float]
    crowd: Mapping[int, float]
    nobody: float
    stray: float
    strange: float


class Index:
    """All facts, ready to be searched. Made once; searching changes nothing and is safe from any thread."""

    def __init__(
        self,
        facts: Iterable[Fact],
        meaning: Meaning | None = None,
        strays: Iterable[tuple[str, Lang]] = (),
        about: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """`strays` are messages that no fact answers: a question like one of them is less likely to be answered by a fact. `about` tells
        the skill whose topic a stray is of all the same, NOBODY for none: see `topics`."""
        self._entries = Entries(facts)
        others = list(strays)
        self._asked = len(self._entries.lines) + len(others)
        self._by_words = ByWords(self._entries, others)
        self._by_meaning = ByMeaning(meaning, self._entries, others, about)

    @property
    def lines(self) -> Sequence[Line]:
        """What leads to the facts."""
        return self._entries.lines

    @property
    def texts(self) -> int:
        """How many lines, strays and passages a question is held against."""
        return self._asked + len(self._entries.passages)

    def topics(self, text: str) -> Mapping[str, Kin]:
        """How far `text` looks like each skill's topic, and like nobody's business; nothing where the search goes by words alone."""
        return self._by_meaning.topics(text)

    def twin(self, fact: Fact, lang: Lang) -> Fact:
        """The same fact in `lang`, or `fact` itself where it was never translated."""
        entry = self._entries.of(fact)
        return fact if entry is None else entry.facts.get(lang, fact)

    def search(
        self, text: str, *, skill: str = "", top: int = 3, priors: Mapping[str, float] | None = None, without: int = -1
    ) -> list[Hit]:
        """The `top` facts nearest to `text`, best first, in the language that fits it best; only those of `skill` where one is given.

        `priors` says how much speaks for each skill (0 to 1) before its facts are looked at. `without` leaves out one of `lines`, or
        (counted on) of the strays: to ask its own question as if nobody had thought of it."""
        found = self._evidence(text, without, priors or {})
        scores = {n: trust.score(evidence) for n, (evidence, _) in found.items()}
        ranked = sorted(found, key=lambda n: -scores[n])
        kept = [n for n in ranked if not skill or self._entries.all[n].skill == skill][:top]
        return [self._hit(n, found, scores, kept) for n in kept]

    def likely(self, question: str, fact: Fact) -> Sequence[Likely]:
        """The texts of `fact`, its sms and the sentences that a detail leads to: the one that most likely answers `question` first."""
        same = self._by_words.same(question)
        if same is not None and same < len(self.lines) and self.lines[same].fact is fact:
            return certain(self.lines[same].answer, fact)
        return pick(self.candidates(question, fact), meant=self._by_meaning.there) if fact.details else certain(fact.sms, fact)

    def candidates(self, question: str, fact: Fact, *, without: int = -1) -> Sequence[Text]:
        """The texts of `fact` that may be sent, its sms first, and what speaks for each; as if the line `without` were not there."""
        entry = self._entries.of(fact)
        held = [i for i in self._entries.lines_of(entry) if i != without] if entry is not None else []
        terms = self._by_words.terms(question)
        alike, near = self._by_words.lines(terms), self._by_meaning.near(question, held)
        lines: dict[str, list[tuple[float, float]]] = {text: [] for text in (fact.sms, *(detail.sentence for detail in fact.details))}
        said = {answer: said_by(fact, answer, line.fact) for answer, line in {self.lines[i].answer: self.lines[i] for i in held}.items()}
        for i, cosine in zip(held, near, strict=True):
            lines[said[self.lines[i].answer]].append((alike.get(i, 0.0), cosine))
        says = self._by_meaning.says(question, [self._entries.spoken(fact, text) for text in lines])
        shares = [coverage(terms, frozenset(stemmed(text, fact.lang))) if terms else 0.0 for text in lines]
        return [Text(text, text == fact.sms, lines[text], *both) for text, *both in zip(lines, says, shares, strict=True)]

    def details(self, text: str, fact: Fact, *, without: int = -1) -> list[str]:
        """The sentences of `fact` that its details ask for, nearest to the question first, each once."""
        entry = self._entries.of(fact)
        held = self._entries.lines_of(entry) if entry is not None else ()
        own = [i for i in held if self.lines[i].fact is fact]
        own = [i for i in own if i != without and self.lines[i].answer != fact.sms]
        if not own:
            return []
        alike = self._by_words.lines(self._by_words.terms(text))
        near = self._by_meaning.near(text, own)
        nearness = {i: trust.nearness(alike.get(i, 0.0), meant) for i, meant in zip(own, near, strict=True)}
        ranked = sorted(own, key=lambda i: -nearness[i])
        return list(dict.fromkeys(self.lines[i].answer for i in ranked))

    def covered(self, text: str) -> float:
        """The most of what `text` asks about that stands in any one fact: no fact has more `coverage`."""
        terms = self._by_words.terms(text)
        if not terms:
            return 1.0
        _, found = self._by_words.entries(terms)
        return max(found.values(), default=0.0) / worth(terms)

    def coverage(self, text: str, fact: Fact) -> float:
        """How much of what `text` asks about stands in `fact`, 0 to 1; 1 where it asks about nothing ("and how much?")."""
        terms = self._by_words.terms(text)
        entry = self._entries.of(fact)
        return float(not terms) if entry is None or not terms else coverage(terms, entry.weights)

    def _evidence(self, text: str, without: int, priors: Mapping[str, float]) -> dict[int, tuple[Evidence, int]]:
        """What speaks for each entry that anything speaks for, and its line nearest to the question."""
        seen = self._look(text, without)
        return {n: self._of(n, seen, priors) for n in {*_best(seen.bm25), *_best(seen.like), *_best(seen.says), *_best(seen.crowd)}}

    def _look(self, text: str, without: int) -> _Seen:
        """Compares the question with all that there is."""
        terms = self._by_words.terms(text)
        bm25, found = self._by_words.entries(terms, without=without)
        alike = self._by_words.lines(terms)
        same = self._by_words.same(text)
        if same is not None and same != without:
            alike[same] = 1.0
        near, like, says = self._by_meaning.compare(text, without=without) if terms else ((), {}, {})
        crowd = self._by_meaning.crowd(near) if near else {}
        nobody = self._by_meaning.nobody(near) if near else trust.CROWD_FLOOR
        aside = [i for i in range(len(self.lines), self._asked) if i != without]
        stray = max((alike.get(i, 0.0) for i in aside), default=0.0)
        strange = max((near[i] for i in aside), default=0.0) if near else 0.0
        return _Seen(terms, without, bm25, found, alike, near, like, says, crowd, nobody, stray, strange)

    def _of(self, n: int, seen: _Seen, priors: Mapping[str, float]) -> tuple[Evidence, int]:
        """What speaks for entry `n`, and its line nearest to the question, -1 for none."""
        entry, asked, held = self._entries.all[n], worth(seen.terms), seen.found.get(n, 0.0)
        lines = [i for i in self._entries.lines_of(entry) if i != seen.without]
        shared = [seen.alike.get(i, 0.0) for i in lines]
        meant = [seen.near[i] for i in lines] if seen.near else [0.0] * len(lines)
        nearness = list(map(trust.nearness, shared, meant))
        evidence = Evidence(
            words=seen.bm25.get(n, 0.0) / reach(seen.terms) if asked else 0.0,
            line=max(shared, default=0.0),
            found=held / self._by_words.rarest,
            covered=held / asked if asked else 0.0,
            like=seen.like.get(n, 0.0),
            says=seen.says.get(n, 0.0),
            prior=priors.get(entry.skill, 0.0),
            stray=seen.stray,
            meant=bool(seen.near),
            strange=seen.strange - max(meant) if seen.near and lines else 0.0,
            crowd=seen.crowd.get(n, trust.CROWD_FLOOR),
            nobody=seen.nobody,
        )
        return evidence, lines[nearness.index(max(nearness))] if lines else -1

    def _hit(self, place: int, found: Mapping[int, tuple[Evidence, int]], scores: Mapping[int, float], kept: Sequence[int]) -> Hit:
        evidence, line = found[place]
        rivals = [scores[n] for n in kept if n != place]
        evidence = replace(evidence, margin=scores[place] - max(rivals, default=0.0))
        fact = self.lines[line].fact if line >= 0 else next(iter(self._entries.all[place].facts.values()))
        return Hit(fact, scores[place], trust.confidence(evidence), evidence)


def _best(scores: Mapping[int, float]) -> Sequence[int]:
    return heapq.nlargest(_LOOKED_AT, scores, key=lambda n: scores[n])
