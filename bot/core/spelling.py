"""What a word of a question may stand for: its stems where we know it, else those of the nearest known spelling, for less weight."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.core import words
from bot.core.lexicon import ALL_FUNCTION, WEAK
from bot.core.types import Lang

# A misspelt word may be one letter off from 4 letters on and two off from 7 on, and begins as it should. It counts for less by this times
# the share of its letters that are off: "maze" is less surely maize than "armyworn" is armyworm.
_ONE_OFF, _TWO_OFF, _COST = 4, 7, 1.6
# A word of WEAK says this much of its topic, against 1 for any other.
_WEAK = 0.25
_JOINED = 0.3  # how much nearer two words must be apart than written as one, to be read apart
_COMMON = sorted(w for w in WEAK | ALL_FUNCTION if len(w) >= _ONE_OFF)


@dataclass(frozen=True, slots=True)
class Term:
    """One word of the question: the stems it may stand for, each with how near it is (0 to 1), and what the word is worth."""

    stems: Mapping[str, float]
    worth: float


class Spelling:
    """Reads questions by the words of known texts. `idf` gives what each stem is worth; the rarest stem's worth goes to strangers."""

    def __init__(self, texts: Iterable[tuple[str, Lang]], idf: Mapping[str, float]) -> None:
        self._idf = idf
        self._known = _spellings(texts)
        self.rarest = max(idf.values(), default=1.0)
        self._near = lru_cache(maxsize=4096)(self._nearest)

    def terms(self, text: str) -> list[Term]:
        """The words of `text` that may name its topic."""
        typed = words.informative(words.tokens(text))
        terms = [self._term(word) for word in typed]
        for n, (left, right) in enumerate(pairwise(typed)):
            joined = self._near(left + right) if not (terms[n].stems and terms[n + 1].stems) else {}  # "armi worm"
            if joined and max(joined.values()) > max([0.0, *terms[n].stems.values(), *terms[n + 1].stems.values()]) - _JOINED:
                terms[n] = terms[n + 1] = Term(joined, terms[n].worth)
        return terms

    def _term(self, word: str) -> Term:
        near = {s: 1.0 for s in words.stems(word) if s in self._idf} or dict(self._near(word))
        rarity = max((self._idf[s] for s in near), default=self.rarest)
        return Term(near, rarity * (_WEAK if word in WEAK or (not near and _misspelt_common(word)) else 1.0))

    def _nearest(self, word: str) -> Mapping[str, float]:
        """The known stems that `word` may be a misspelling of."""
        allowed = 0 if len(word) < _ONE_OFF else 1 if len(word) < _TWO_OFF else 2
        if not allowed:
            return {}
        near = process.extract(word, self._known.keys(), scorer=OSA.distance, score_cutoff=allowed, limit=4)
        best = min((distance for _, distance, _ in near), default=0)
        likely = [known for known, distance, _ in near if distance == best and known[0] == word[0]]
        return {s: 1 - _COST * best / len(word) for known in likely for s in self._known[known] if s in self._idf}


def stemmed(text: str, lang: Lang) -> Sequence[str]:
    """The stems of the words of `text` that may name its topic."""
    return [words.stem(w, lang) for w in words.informative(words.tokens(text))]


@lru_cache(maxsize=4096)
def _misspelt_common(word: str) -> bool:
    """Whether `word` is a common word with a letter wrong ("somethng"): no reason to think that it names a topic."""
    return len(word) > _ONE_OFF and process.extractOne(word, _COMMON, scorer=OSA.distance, score_cutoff=1) is not None


def _spellings(texts: Iterable[tuple[str, Lang]]) -> dict[str, frozenset[str]]:
    """Every known spelling -> its stems; also two neighbours written as one word ("armyworm" for "army worm")."""
    known: defaultdict[str, set[str]] = defaultdict(set)
    for text, lang in texts:
        typed = words.informative(words.tokens(text))
        for word in typed:
            known[word].add(words.stem(word, lang))
        for left, right in pairwise(typed):
            known[left + right].update(words.stem(w, lang) for w in (left, right))
    return {word: frozenset(stems) for word, stems in known.items()}
