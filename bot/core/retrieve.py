"""Finds the fact that a question asks for, and says how sure it is.

A fact and its translations are one entry, so that a mixed message finds it whichever language each of its words is in. Each word
of the question is looked up by its stems; a word that nobody taught us is taken for the nearest known spelling, for less weight.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.core import words
from bot.core.lexicon import ALL_FUNCTION, WEAK
from bot.core.types import Fact, Lang

# BM25 (Robertson and Zaragoza 2009): usual saturation; little length normalisation, as facts are all about one SMS long.
_K1, _B = 1.2, 0.4
# How often a word of each field counts: a title names the topic, a question is what people really type.
_TITLE, _QUESTION, _BODY = 2.0, 1.5, 1.0
# A misspelt word may be one letter off from 4 letters on and two off from 7 on, and begins as it should. It counts for less by this times
# the share of its letters that are off: "maze" is less surely maize than "armyworn" is armyworm.
_ONE_OFF, _TWO_OFF, _COST = 4, 7, 1.6
# A word of WEAK says this much of its topic, against 1 for any other.
_WEAK = 0.25

# Confidence is a logistic curve over two things: how near the best of the fact's own questions is, and how much of the question was
# found at all, counted in words as rare as any. Fitted on the shipped skills' questions, each held out in turn, their cases, and
# off-topic messages of our own; never on the evaluation sets. Plain coverage and the margin to the next fact added nothing to these.
_BIAS, _LINE, _STRENGTH = -6.9, 8.2, 3.1
_ENOUGH = 3.0  # rare words found; more say no more
# From here on a hit may be answered. Below SURE a model that says NOINFO is believed; above, the search is: the small base model says
# NOINFO to half of the questions that its passage answers.
CONFIDENT = 0.6
SURE = 0.75
_COMMON = sorted(w for w in WEAK | ALL_FUNCTION if len(w) >= _ONE_OFF)


@dataclass(frozen=True, slots=True)
class Hit:
    """A fact that may answer. `score` orders hits; `confidence` in [0, 1] is how likely this one is what was asked."""

    fact: Fact
    score: float
    confidence: float


@dataclass(frozen=True, slots=True)
class _Line:
    lang: Lang
    stems: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Entry:
    """One fact in all its languages."""

    facts: Mapping[Lang, Fact]
    weights: Mapping[str, float]  # stem -> how often, by field
    length: float
    lines: Sequence[_Line]  # its questions and titles


@dataclass(frozen=True, slots=True)
class _Term:
    """One word of the question: the stems it may stand for, each with how near it is, and what the word is worth."""

    stems: Mapping[str, float]
    worth: float


class Index:
    """All facts, ready to be searched. Made once; searching changes nothing and is safe from any thread."""

    def __init__(self, facts: Iterable[Fact]) -> None:
        twins: defaultdict[tuple[str, str], dict[Lang, Fact]] = defaultdict(dict)
        for fact in facts:
            twins[fact.skill, fact.id][fact.lang] = fact
        self._entries = [_entry(versions) for versions in twins.values()]
        self._idf = _idf(self._entries)
        self._mean = sum(e.length for e in self._entries) / max(1, len(self._entries))
        self._spelt = _spellings(f for e in self._entries for f in e.facts.values())
        self._rarest = max(self._idf.values(), default=1.0)
        self._near = lru_cache(maxsize=4096)(self._nearest)

    def twin(self, fact: Fact, lang: Lang) -> Fact:
        """The same fact in `lang`, or `fact` itself where it was never translated."""
        return next((e.facts.get(lang, fact) for e in self._entries if fact in e.facts.values()), fact)

    def search(self, text: str, *, skill: str = "", top: int = 3) -> list[Hit]:
        """The `top` facts nearest to `text`, best first, in the language that fits it best; only those of `skill` where one is given."""
        terms = self._terms(text)
        if not terms:
            return []
        found = [(self._score(e, terms), e) for e in self._entries if not skill or next(iter(e.facts.values())).skill == skill]
        ranked = sorted(((s, e) for s, e in found if s > 0), key=lambda pair: -pair[0])
        return [self._hit(e, s, terms) for s, e in ranked[:top]]

    def coverage(self, text: str, fact: Fact) -> float:
        """How much of what `text` asks about stands in `fact`, 0 to 1; 1 where it asks about nothing ("and how much?")."""
        terms = self._terms(text)
        entry = next((e for e in self._entries if fact in e.facts.values()), None)
        return _coverage(entry.weights, terms) if entry and terms else float(not terms)

    def _terms(self, text: str) -> list[_Term]:
        typed = words.informative(words.tokens(text))
        terms = [self._term(word) for word in typed]
        for n, (left, right) in enumerate(pairwise(typed)):
            joined = self._near(left + right) if not (terms[n].stems and terms[n + 1].stems) else {}  # "armi worm"
            if joined and max(joined.values()) > max([0.0, *terms[n].stems.values(), *terms[n + 1].stems.values()]) - 0.3:
                terms[n] = terms[n + 1] = _Term(joined, terms[n].worth)
        return terms

    def _term(self, word: str) -> _Term:
        near = {s: 1.0 for s in words.stems(word) if s in self._idf} or dict(self._near(word))
        rarity = max((self._idf[s] for s in near), default=self._rarest)
        return _Term(near, rarity * (_WEAK if word in WEAK or (not near and _misspelt_common(word)) else 1.0))

    def _nearest(self, word: str) -> Mapping[str, float]:
        """The known stems that `word` may be a misspelling of."""
        allowed = 0 if len(word) < _ONE_OFF else 1 if len(word) < _TWO_OFF else 2
        if not allowed:
            return {}
        near = process.extract(word, self._spelt.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=4)
        best = min((distance for _, distance, _ in near), default=0)
        likely = [known for known, distance, _ in near if distance == best and known[0] == word[0]]
        return {s: 1 - _COST * best / len(word) for known in likely for s in self._spelt[known] if s in self._idf}

    def _score(self, entry: _Entry, terms: Sequence[_Term]) -> float:
        short = _K1 * (1 - _B + _B * entry.length / self._mean)
        bm25 = sum(
            max(
                (near * self._idf[s] * (f := entry.weights.get(s, 0.0)) * (_K1 + 1) / (f + short) for s, near in t.stems.items()),
                default=0.0,
            )
            * (t.worth / max(self._idf[s] for s in t.stems) if t.stems else 0.0)
            for t in terms
        )
        return bm25 * (0.5 + self._best_line(entry, terms)[0])

    def _best_line(self, entry: _Entry, terms: Sequence[_Term]) -> tuple[float, Lang]:
        """How near the nearest of the entry's own questions is (0 to 1), and the language it is in."""
        return max(((self._alike(line, terms), line.lang) for line in entry.lines), default=(0.0, Lang.EN))

    def _alike(self, line: _Line, terms: Sequence[_Term]) -> float:
        asked = sum(t.worth for t in terms)
        shared = sum(t.worth * max((n for s, n in t.stems.items() if s in line.stems), default=0.0) for t in terms)
        whole = sum(self._idf.get(s, 0.0) for s in line.stems)
        return min(1.0, 2 * shared / (asked + whole)) if shared else 0.0

    def _hit(self, entry: _Entry, score: float, terms: Sequence[_Term]) -> Hit:
        line, lang = self._best_line(entry, terms)
        found = sum(t.worth * _match(entry.weights, t) for t in terms) / self._rarest
        fact = entry.facts.get(lang) or next(iter(entry.facts.values()))
        return Hit(fact, score, 1 / (1 + math.exp(-(_BIAS + _LINE * line + _STRENGTH * min(_ENOUGH, found)))))


@lru_cache(maxsize=4096)
def _misspelt_common(word: str) -> bool:
    """Whether `word` is a common word with a letter wrong ("somethng"): no reason to think that it names a topic."""
    return len(word) > _ONE_OFF and process.extractOne(word, _COMMON, scorer=OSA.distance, score_cutoff=1) is not None


def _match(weights: Mapping[str, float], term: _Term) -> float:
    return max((near for s, near in term.stems.items() if s in weights), default=0.0)


def _coverage(weights: Mapping[str, float], terms: Sequence[_Term]) -> float:
    return sum(t.worth * _match(weights, t) for t in terms) / sum(t.worth for t in terms)


def _stemmed(text: str, lang: Lang) -> list[str]:
    return [words.stem(w, lang) for w in words.informative(words.tokens(text))]


def _entry(versions: Mapping[Lang, Fact]) -> _Entry:
    weights: defaultdict[str, float] = defaultdict(float)
    lines = []
    for lang, fact in versions.items():
        fields = ((fact.title, _TITLE), (fact.body, _BODY), *((q, _QUESTION) for q in fact.questions))
        for text, weight in fields:
            for s in _stemmed(text, lang):
                weights[s] += weight
        lines += [_Line(lang, frozenset(_stemmed(text, lang))) for text in (fact.title, *fact.questions)]
    return _Entry(versions, weights, sum(weights.values()), lines)


def _idf(entries: Sequence[_Entry]) -> dict[str, float]:
    count = Counter(s for e in entries for s in e.weights)
    return {s: math.log(1 + (len(entries) - n + 0.5) / (n + 0.5)) for s, n in count.items()}


def _spellings(facts: Iterable[Fact]) -> dict[str, frozenset[str]]:
    """Every known spelling -> its stems; also two neighbours written as one word ("armyworm" for "army worm")."""
    known: defaultdict[str, set[str]] = defaultdict(set)
    for fact in facts:
        for text in (fact.title, fact.body, *fact.questions):
            typed = words.informative(words.tokens(text))
            for word in typed:
                known[word].add(words.stem(word, fact.lang))
            for left, right in pairwise(typed):
                known[left + right].update(words.stem(w, fact.lang) for w in (left, right))
    return {word: frozenset(stems) for word, stems in known.items()}
