"""Whether what a model emits can be language at all. Pure, and only what is plainly broken: whether a text is true is bot.core.guard's."""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from math import isclose, isfinite, log2

_TAIL = 512  # characters: a model that loops does so at its end, and the look at it stays quick
_SHORT, _SHORT_TIMES = 12, 4  # a piece of up to so many characters may not stand so often at the end...
_LONG, _LONG_TIMES = 80, 3  # ...nor a longer one, such as a whole sentence, so often
_RUN = 24  # characters that a repetition has at least: "ha ha ha ha" is none
_WORDS = 12  # words from which one word may not be more than half of them
_ENOUGH = 48  # characters from which entropy tells something
_BITS = (2.4, 5.0)  # a character, letters in one case; all our vetted texts lie within 3.2 and 4.7
_SCRIPTS = 4  # Japanese with a brand's name mixes four; tokens drawn by chance mix more
_BREAKS = "\n\r\t"
_NO_LETTERS = ("Cc", "Cs", "Co", "Cn")  # control, half a pair, private, nobody's
_SUM_SLACK = 1e-3


def garbled(text: str) -> str:
    """What is broken about `text`, in a few words that hold nothing of it; "" where nothing is. An empty text is sound."""
    for broken, words in (
        (_unreadable, "characters that are none"),
        (_repeats, "the same piece over and over"),
        (_one_word, "one word over and over"),
        (_too_even, "too few different characters"),
        (_noise, "characters as drawn by chance"),
    ):
        if broken(text):
            return words
    return ""


def unsound(shares: Sequence[float], count: int) -> str:
    """What is broken about the `shares` of a choice among `count` texts, in a few words; "" where nothing is."""
    if len(shares) != count:
        return f"{len(shares)} shares for {count} texts"
    if not all(isfinite(share) and share >= 0 for share in shares):
        return "shares that are no numbers"
    if not isclose(sum(shares), 1.0, abs_tol=_SUM_SLACK):
        return "shares that do not add up"
    if count > 1 and min(shares) == max(shares):  # logits that are all the same: never so by chance
        return "the same share for every text"
    return ""


def _unreadable(text: str) -> bool:
    return any(c == "\N{REPLACEMENT CHARACTER}" or (unicodedata.category(c) in _NO_LETTERS and c not in _BREAKS) for c in text)


def _repeats(text: str) -> bool:
    """Whether `text` ends in a piece that stands there too often. The last time it may be cut off: the model was stopped there."""
    tail = text[-_TAIL:]
    for period in range(1, min(_LONG, len(tail) // _LONG_TIMES) + 1):
        times = _SHORT_TIMES if period <= _SHORT else _LONG_TIMES
        if _run(tail, period) >= max(_RUN, period * times):
            return True
    return False


def _run(text: str, period: int) -> int:
    """How many of the last characters are each the same as the one `period` before, with the first `period` of them."""
    at = len(text) - period
    while at > 0 and text[at - 1] == text[at - 1 + period]:
        at -= 1
    return len(text) - at


def _one_word(text: str) -> bool:
    words = text.casefold().split()
    return len(words) >= _WORDS and max(Counter(words).values()) * 2 > len(words)


def _too_even(text: str) -> bool:
    return len(text) >= _ENOUGH and _bits(text) < _BITS[0]


def _noise(text: str) -> bool:
    """More scripts than any language mixes; or in Latin letters more surprise than any language has (a syllabary has more by nature)."""
    scripts = Counter(unicodedata.name(c, "?").split()[0] for c in text if c.isalpha())
    if len(scripts) > _SCRIPTS:
        return True
    latin = scripts["LATIN"] * 2 > scripts.total() or not scripts
    return latin and len(text) >= _ENOUGH and _bits(text) > _BITS[1]


def _bits(text: str) -> float:
    """Entropy of the characters of `text`, in bits a character."""
    counts = Counter(text.casefold()).values()
    total = sum(counts)
    return -sum(n / total * log2(n / total) for n in counts)
