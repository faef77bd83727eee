"""Compares a question by its words: with whole entries, by BM25, and with each line that leads to one."""

from collections import defaultdict
from collections.abc import Container, Sequence

from bot.core import words
from bot.core.entries import QUESTION, Entries, texts
from bot.core.postings import inverse_frequency, postings
from bot.core.spelling import Spelling, Term, stemmed
from bot.core.types import Lang

# BM25 (Robertson and Zaragoza 2009): usual saturation; little length normalisation, as facts are all about one SMS long.
_K1, _B = 1.2, 0.4


class ByWords:
    """The words of all `entries` and of the `strays`, messages that no fact answers. A stray's place is behind those of the lines."""

    def __init__(self, entries: Entries, strays: Sequence[tuple[str, Lang]]) -> None:
        self._entries = entries
        asked = [*((line.text, line.fact.lang) for line in entries.lines), *strays]
        self._stems = [frozenset(stemmed(text, lang)) for text, lang in asked]
        self._idf = inverse_frequency([*(e.weights for e in entries.all), *self._stems[len(entries.lines) :]])
        self._mean = sum(e.length for e in entries.all) / max(1, len(entries.all))
        known = ((text, f.lang) for e in entries.all for f in e.facts.values() for text in texts(f))
        self._spelling = Spelling([*known, *strays], self._idf)
        self._same = {_folded(text): n for n, (text, _) in reversed([*enumerate(asked)])}
        self._wholes = [sum(self._idf.get(s, 0.0) for s in stems) for stems in self._stems]
        self._in_entries = postings((n, s, w) for n, e in enumerate(entries.all) for s, w in e.weights.items())
        self._in_lines = postings((n, s, 1.0) for n, stems in enumerate(self._stems) for s in stems)

    @property
    def rarest(self) -> float:
        """What a word is worth that is as rare as any."""
        return self._spelling.rarest

    def terms(self, text: str) -> Sequence[Term]:
        """The words of `text` that may name its topic."""
        return self._spelling.terms(text)

    def same(self, text: str) -> int | None:
        """The first line or stray that asks the very same, None where none does."""
        return self._same.get(_folded(text))

    def entries(self, terms: Sequence[Term], *, without: int = -1) -> tuple[dict[int, float], dict[int, float]]:
        """Entry -> BM25, and entry -> the worth of those of `terms` that stand in it; as if its line `without` were not there."""
        left_out, its_stems = self._left_out(without)
        bm25: defaultdict[int, float] = defaultdict(float)
        found: defaultdict[int, float] = defaultdict(float)
        for t in terms:
            rarity = max((self._idf[s] for s in t.stems), default=1.0)
            best: defaultdict[int, float] = defaultdict(float)
            near: defaultdict[int, float] = defaultdict(float)
            for s, nearness in t.stems.items():
                for n, held in self._in_entries.get(s, ()):
                    weight = held - (QUESTION if n == left_out and s in its_stems else 0.0)
                    if weight <= 0:
                        continue
                    short = _K1 * (1 - _B + _B * self._entries.all[n].length / self._mean)
                    best[n] = max(best[n], nearness * self._idf[s] * weight * (_K1 + 1) / (weight + short))
                    near[n] = max(near[n], nearness)
            for n, value in best.items():
                bm25[n] += value * t.worth / rarity
                found[n] += near[n] * t.worth
        return bm25, found

    def lines(self, terms: Sequence[Term]) -> dict[int, float]:
        """Line or stray -> how much of the question and of it is the same, 0 to 1."""
        shared: defaultdict[int, float] = defaultdict(float)
        for t in terms:
            best: defaultdict[int, float] = defaultdict(float)
            for s, nearness in t.stems.items():
                for i, _ in self._in_lines.get(s, ()):
                    best[i] = max(best[i], nearness)
            for i, nearness in best.items():
                shared[i] += t.worth * nearness
        asked = worth(terms)
        return {i: min(1.0, 2 * value / (asked + self._wholes[i])) for i, value in shared.items()}

    def _left_out(self, without: int) -> tuple[int, frozenset[str]]:
        """The entry whose line it is, and the stems of that line."""
        ours = 0 <= without < len(self._entries.lines)
        return (self._entries.lines[without].entry, self._stems[without]) if ours else (-1, frozenset())


def worth(terms: Sequence[Term]) -> float:
    """What all of them are worth."""
    return sum(t.worth for t in terms)


def reach(terms: Sequence[Term]) -> float:
    """More BM25 than this no entry gets by `terms`."""
    return worth(terms) * (_K1 + 1)


def coverage(terms: Sequence[Term], stems: Container[str]) -> float:
    """How much of what `terms` ask about is among `stems`, 0 to 1."""
    return sum(t.worth * max((n for s, n in t.stems.items() if s in stems), default=0.0) for t in terms) / worth(terms)


def _folded(text: str) -> str:
    """Two texts with the same one are the same question."""
    return " ".join(words.tokens(text))
