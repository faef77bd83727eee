"""Is a question written cleanly, or as people type on a phone? A rule that anybody can check, not a judgement."""

from collections.abc import Iterable

from rapidfuzz.distance import OSA
from rapidfuzz.process import extractOne

from bot.core import words
from bot.core.lexicon import ALL_FUNCTION
from bot.core.triage import vetted_words
from bot.core.types import Library

MESSY, CLEAN = "messy", "clean"
RULE = """\
messy: textese (a word that is written out before it is searched, as wen, b4, sooo), or a slip: a word of five letters or more that no
  vetted text has in any form and that is one letter away from one that a vetted text has"""
_LONG = 5  # from here on one letter off is more likely a slip than another word


class Registers:
    """Tells messy from clean, by the words of the library's vetted texts."""

    def __init__(self, library: Library) -> None:
        self._known = vetted_words(library) | ALL_FUNCTION
        self._stems = frozenset[str]().union(*(words.stems(w) for w in self._known))
        self._long = [w for w in self._known if len(w) >= _LONG - 1]

    def of(self, text: str) -> str:
        """MESSY or CLEAN."""
        spelt, meant = words.split(text), words.tokens(text)
        return MESSY if spelt != meant or self._slips(spelt) else CLEAN

    def _slips(self, spelt: Iterable[str]) -> bool:
        strange = {w for w in spelt if len(w) >= _LONG and self._stems.isdisjoint(words.stems(w))}
        return any(extractOne(w, self._long, scorer=OSA.distance, score_cutoff=1) for w in strange)
