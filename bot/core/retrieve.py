"""Finds the facts that may answer a question, and gathers what speaks for each.

A fact and its translations are one entry, so that a mixed message finds it whichever language each of its words is in. Four things are
looked at: the entry's words (BM25), the nearest of its own question lines, how much of the question was found at all, and, where an
embedding model is there, how near the question is in meaning. `bot.core.trust` weighs them.
"""

import heapq
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from bot.core import trust, words
from bot.core.ports import Meaning, Sorts
from bot.core.postings import inverse_frequency, postings
from bot.core.quote import sentences
from bot.core.spelling import Spelling, Term, stemmed
from bot.core.topic import NOBODY, Kin
from bot.core.trust import Evidence
from bot.core.types import Fact, Lang

# BM25 (Robertson and Zaragoza 2009): usual saturation; little length normalisation, as facts are all about one SMS long.
_K1, _B = 1.2, 0.4
# How often a word of each field counts: a title names the topic, a question is what people really type.
_TITLE, _QUESTION, _BODY = 2.0, 1.5, 1.0
# How fast a line's weight in the crowd falls with its distance: by e for so much of a cosine. As models/training has it.
_HEAT = 0.03
_FAR = 7 * _HEAT  # behind the nearest line: weighs less than a thousandth of it
_NOBODY = -1  # the strays, among entries
_LOOKED_AT = 24  # entries looked at closely: the best so many by words, and by each kind of meaning


@dataclass(frozen=True, slots=True)
class Line:
    """A question or title that leads to `fact`, and the sentence that answers it: its sms, or the sentence of a detail."""

    entry: int
    fact: Fact
    text: str
    answer: str


@dataclass(frozen=True, slots=True)
class Hit:
    """A fact that may answer. `score` orders hits; `confidence` in [0, 1] is how likely this one is what was asked.

    `answer` is the text of the fact's line that is nearest to the question: the sms, or one sentence of the passage.
    """

    fact: Fact
    score: float
    confidence: float
    answer: str
    evidence: Evidence = field(default_factory=Evidence)


@dataclass(frozen=True, slots=True)
class _Entry:
    """One fact in all its languages, and where its lines stand."""

    facts: Mapping[Lang, Fact]
    weights: Mapping[str, float]  # stem -> how often, by field
    length: float
    lines: slice
    passages: slice

    @property
    def skill(self) -> str:
        return next(iter(self.facts.values())).skill


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
        twins: defaultdict[tuple[str, str], dict[Lang, Fact]] = defaultdict(dict)
        for fact in facts:
            twins[fact.skill, fact.id][fact.lang] = fact
        self.lines: list[Line] = []
        self._passages: list[str] = []
        self._entries = [self._entry(n, versions) for n, versions in enumerate(twins.values())]
        self._places = {id(f): n for n, e in enumerate(self._entries) for f in e.facts.values()}
        self._strays = list(strays)
        asked = [*((line.text, line.fact.lang) for line in self.lines), *self._strays]
        self._stems = [frozenset(stemmed(text, lang)) for text, lang in asked]
        self._idf = inverse_frequency([*(e.weights for e in self._entries), *self._stems[len(self.lines) :]])
        self._mean = sum(e.length for e in self._entries) / max(1, len(self._entries))
        known = ((text, f.lang) for e in self._entries for f in e.facts.values() for text in _texts(f))
        self._spelling = Spelling([*known, *self._strays], self._idf)
        self._same = {_folded(text): n for n, (text, _) in reversed([*enumerate(asked)])}
        self._wholes = [sum(self._idf.get(s, 0.0) for s in stems) for stems in self._stems]
        self._in_entries = postings((n, s, w) for n, e in enumerate(self._entries) for s, w in e.weights.items())
        self._in_lines = postings((n, s, 1.0) for n, stems in enumerate(self._stems) for s in stems)
        self._meaning = meaning
        if meaning is not None:
            meaning.learn([text for text, _ in asked], self._passages)
        self._sorts = meaning if isinstance(meaning, Sorts) and NOBODY in about.values() else None
        if self._sorts is not None:
            sorted_out = [*(line.fact.skill for line in self.lines), *(about.get(text) for text, _ in self._strays)]
            self._sorts.sort(sorted_out, strays=len(self._strays))

    @property
    def texts(self) -> int:
        """How many lines, strays and passages a question is held against."""
        return len(self._stems) + len(self._passages)

    def topics(self, text: str) -> Mapping[str, Kin]:
        """How far `text` looks like each skill's topic, and like nobody's business; nothing where the search goes by words alone."""
        return self._sorts.topics(text) if self._sorts is not None else {}

    def twin(self, fact: Fact, lang: Lang) -> Fact:
        """The same fact in `lang`, or `fact` itself where it was never translated."""
        place = self._places.get(id(fact))
        return fact if place is None else self._entries[place].facts.get(lang, fact)

    def search(
        self, text: str, *, skill: str = "", top: int = 3, priors: Mapping[str, float] | None = None, without: int = -1
    ) -> list[Hit]:
        """The `top` facts nearest to `text`, best first, in the language that fits it best; only those of `skill` where one is given.

        `priors` says how much speaks for each skill (0 to 1) before its facts are looked at. `without` leaves out one of `lines`, or
        (counted on) of the strays: to ask its own question as if nobody had thought of it."""
        terms = self._spelling.terms(text)
        found = self._evidence(text, terms, without, priors or {})
        scores = {n: trust.score(evidence) for n, (evidence, _) in found.items()}
        ranked = sorted(found, key=lambda n: -scores[n])
        kept = [n for n in ranked if not skill or self._entries[n].skill == skill][:top]
        return [self._hit(n, found, scores, kept) for n in kept]

    def details(self, text: str, fact: Fact, *, without: int = -1) -> list[str]:
        """The sentences of `fact` that its details ask for, nearest to the question first, each once."""
        place = self._places.get(id(fact))
        held = range(len(self.lines))[self._entries[place].lines] if place is not None else ()
        own = [i for i in held if self.lines[i].fact is fact]
        own = [i for i in own if i != without and self.lines[i].answer != fact.sms]
        if not own:
            return []
        terms = self._spelling.terms(text)
        alike = self._by_lines(terms, sum(t.worth for t in terms))
        near = self._meaning.near(text, own) if self._meaning is not None else [0.0] * len(own)
        nearness = {i: trust.nearness(alike.get(i, 0.0), meant) for i, meant in zip(own, near, strict=True)}
        ranked = sorted(own, key=lambda i: -nearness[i])
        return list(dict.fromkeys(self.lines[i].answer for i in ranked))

    def covered(self, text: str) -> float:
        """The most of what `text` asks about that stands in any one fact: no fact has more `coverage`."""
        terms = self._spelling.terms(text)
        if not terms:
            return 1.0
        _, found = self._by_words(terms, self._left_out(-1))
        return max(found.values(), default=0.0) / sum(t.worth for t in terms)

    def coverage(self, text: str, fact: Fact) -> float:
        """How much of what `text` asks about stands in `fact`, 0 to 1; 1 where it asks about nothing ("and how much?")."""
        terms = self._spelling.terms(text)
        place = self._places.get(id(fact))
        if place is None or not terms:
            return float(not terms)
        weights = self._entries[place].weights
        return sum(t.worth * max((n for s, n in t.stems.items() if s in weights), default=0.0) for t in terms) / sum(t.worth for t in terms)

    def _entry(self, number: int, versions: Mapping[Lang, Fact]) -> _Entry:
        weights: defaultdict[str, float] = defaultdict(float)
        start, spoken = len(self.lines), len(self._passages)
        for lang, fact in versions.items():
            asked = [*fact.questions, *(d.question for d in fact.details)]
            for text, weight in ((fact.title, _TITLE), (fact.body, _BODY), *((q, _QUESTION) for q in asked)):
                for s in stemmed(text, lang):
                    weights[s] += weight
            self.lines += [Line(number, fact, text, fact.sms) for text in (fact.title, *fact.questions)]
            self.lines += [Line(number, fact, d.question, d.sentence) for d in fact.details]
            self._passages += _said(fact)
        lines, passages = slice(start, len(self.lines)), slice(spoken, len(self._passages))
        return _Entry(versions, weights, sum(weights.values()), lines, passages)

    def _evidence(self, text: str, terms: Sequence[Term], without: int, priors: Mapping[str, float]) -> dict[int, tuple[Evidence, int]]:
        """What speaks for each entry that anything speaks for, and its line nearest to the question."""
        worth = sum(t.worth for t in terms)
        bm25, found = self._by_words(terms, self._left_out(without))
        alike = self._by_lines(terms, worth)
        same = self._same.get(_folded(text), without)
        if same != without:
            alike[same] = 1.0
        near, like, says = self._by_meaning(text, terms, without)
        aside = [i for i in range(len(self.lines), len(self._stems)) if i != without]
        stray = max((alike.get(i, 0.0) for i in aside), default=0.0)
        strange = max((near[i] for i in aside), default=0.0) if near else 0.0
        crowd = self._crowd(near) if near else {}
        nobody = crowd.get(_NOBODY, trust.CROWD_FLOOR)
        evidence = {}
        for n in {*_best(bm25), *_best(like), *_best(says), *_best({n: share for n, share in crowd.items() if n != _NOBODY})}:
            lines = [i for i in range(len(self.lines))[self._entries[n].lines] if i != without]
            shared = [alike.get(i, 0.0) for i in lines]
            meant = [near[i] for i in lines] if near else [0.0] * len(lines)
            nearness = list(map(trust.nearness, shared, meant))
            nearest = lines[nearness.index(max(nearness))] if lines else -1
            seen = Evidence(
                words=bm25.get(n, 0.0) / (worth * (_K1 + 1)) if worth else 0.0,
                line=max(shared, default=0.0),
                found=found.get(n, 0.0) / self._spelling.rarest,
                covered=found.get(n, 0.0) / worth if worth else 0.0,
                like=like.get(n, 0.0),
                says=says.get(n, 0.0),
                prior=priors.get(self._entries[n].skill, 0.0),
                stray=stray,
                meant=bool(near),
                strange=strange - max(meant) if near and lines else 0.0,
                crowd=crowd.get(n, trust.CROWD_FLOOR),
                nobody=nobody,
            )
            evidence[n] = (seen, nearest)
        return evidence

    def _crowd(self, near: Sequence[float]) -> dict[int, float]:
        """Entry, and _NOBODY for the strays -> the logarithm of its lines' share of all that lies near the question: many lines that are
        rather near say more than one."""
        top = max(near)
        least = top - _FAR
        shares: defaultdict[int, float] = defaultdict(float)
        for i in [i for i, value in enumerate(near) if value > least]:
            shares[self.lines[i].entry if i < len(self.lines) else _NOBODY] += math.exp((near[i] - top) / _HEAT)
        whole = sum(shares.values())
        return {n: max(trust.CROWD_FLOOR, math.log(share / whole)) for n, share in shares.items()}

    def _left_out(self, without: int) -> tuple[int, frozenset[str]]:
        ours = 0 <= without < len(self.lines)
        return (self.lines[without].entry, self._stems[without]) if ours else (-1, frozenset())

    def _by_words(self, terms: Sequence[Term], left_out: tuple[int, frozenset[str]]) -> tuple[dict[int, float], dict[int, float]]:
        """Entry -> BM25, and entry -> the worth of the question's words that stand in it."""
        bm25: defaultdict[int, float] = defaultdict(float)
        found: defaultdict[int, float] = defaultdict(float)
        for t in terms:
            rarity = max((self._idf[s] for s in t.stems), default=1.0)
            best: defaultdict[int, float] = defaultdict(float)
            near: defaultdict[int, float] = defaultdict(float)
            for s, nearness in t.stems.items():
                for n, held in self._in_entries.get(s, ()):
                    weight = held - (_QUESTION if n == left_out[0] and s in left_out[1] else 0.0)
                    if weight <= 0:
                        continue
                    short = _K1 * (1 - _B + _B * self._entries[n].length / self._mean)
                    best[n] = max(best[n], nearness * self._idf[s] * weight * (_K1 + 1) / (weight + short))
                    near[n] = max(near[n], nearness)
            for n, value in best.items():
                bm25[n] += value * t.worth / rarity
                found[n] += near[n] * t.worth
        return bm25, found

    def _by_lines(self, terms: Sequence[Term], worth: float) -> dict[int, float]:
        """Line -> how much of the question and the line is the same, 0 to 1."""
        shared: defaultdict[int, float] = defaultdict(float)
        for t in terms:
            best: defaultdict[int, float] = defaultdict(float)
            for s, nearness in t.stems.items():
                for i, _ in self._in_lines.get(s, ()):
                    best[i] = max(best[i], nearness)
            for i, nearness in best.items():
                shared[i] += t.worth * nearness
        return {i: min(1.0, 2 * value / (worth + self._wholes[i])) for i, value in shared.items()}

    def _by_meaning(self, text: str, terms: Sequence[Term], without: int) -> tuple[Sequence[float], dict[int, float], dict[int, float]]:
        """How near each line is in meaning; and how far each entry's nearest line and nearest passage stand above the middle."""
        if self._meaning is None or not terms:
            return (), {}, {}
        lines, passages = self._meaning.compare(text)
        lines = [*lines[:without], -1.0, *lines[without + 1 :]] if without >= 0 else lines
        return lines, _above([max(lines[e.lines]) for e in self._entries]), _above([max(passages[e.passages]) for e in self._entries])

    def _hit(self, place: int, found: Mapping[int, tuple[Evidence, int]], scores: Mapping[int, float], kept: Sequence[int]) -> Hit:
        evidence, line = found[place]
        rivals = [scores[n] for n in kept if n != place]
        evidence = replace(evidence, margin=scores[place] - max(rivals, default=0.0))
        fact = self.lines[line].fact if line >= 0 else next(iter(self._entries[place].facts.values()))
        answer = self.lines[line].answer if line >= 0 else fact.sms
        return Hit(fact, scores[place], trust.confidence(evidence), answer, evidence)


def _folded(text: str) -> str:
    """Two texts with the same one are the same question."""
    return " ".join(words.tokens(text))


def _best(scores: Mapping[int, float]) -> Sequence[int]:
    return heapq.nlargest(_LOOKED_AT, scores, key=lambda n: scores[n])


def _above(values: Sequence[float]) -> dict[int, float]:
    """Each value, by its place, over the middle of all."""
    middle = sum(values) / max(1, len(values))
    return {n: value - middle for n, value in enumerate(values)}


def _texts(fact: Fact) -> Iterable[str]:
    return (fact.title, fact.body, *fact.questions, *(d.question for d in fact.details))


def _said(fact: Fact) -> Sequence[str]:
    """What the fact says, in pieces small enough to have one meaning."""
    return (f"{fact.title}. {fact.sms}", *sentences(fact.body))
