"""Where a text may be cut: at sentences, clauses and words, never inside what belongs together."""

import re
import unicodedata
from dataclasses import dataclass
from enum import IntEnum

# Words that stand before their number: money, Swahili measures and times, and what is counted off or dialled.
_BEFORE = """
    kes kshs? tsh tzs ugx ush usd ngn ghs etb rwf zar rs shs? shilingi birr naira
    kilo gramu miligramu tani lita mililita mita sentimita milimita kilomita futi inchi ekari hekta
    mifuko mfuko magunia gunia madebe debe chupa vikombe kikombe vijiko kijiko mbegu mashimo nyuzi asilimia
    saa dakika siku wiki mwezi miezi mwaka miaka tarehe umri
    no number namba nambari page ukurasa step hatua day week month year call piga dial sms
"""
_GAP = r"[^\S\n]{0,2}"  # never a paragraph's end
_NUMBER = r"\d+(?:[.,:/]\d+| \d{3}(?!\d)| \d/\d)*"
_LINK = rf"(?:-|x|to|by|hadi|kwa){_GAP}(?=\d)"  # 2 to 3 weeks, 75 cm x 25 cm
_RATE = rf"(?:per|kwa){_GAP}[^\W\d_]+"  # 50 kg per acre
_UNIT = rf"(?:{_GAP}%|{_GAP}(?!{_LINK}|{_RATE})(?:deg{_GAP})?[^\W\d_][^\s.,;:!?]{{0,15}})"
_AMOUNT = rf"{_NUMBER}{_UNIT}?"
_WEB = r"(?:https?://|www\.)\S+"
_PHONE = r"\+?\(?\d(?:[ ()-]{0,2}\d){6,14}(?!\d)"  # however it is spaced
_QUANTITY = rf"(?:\b(?:{'|'.join(_BEFORE.split())})\.?{_GAP})?{_AMOUNT}(?:{_GAP}{_LINK}{_AMOUNT}){{0,2}}(?:{_GAP}{_RATE})?"
_GLUED = re.compile("|".join((_WEB, _PHONE, _QUANTITY)), re.IGNORECASE)
_LABEL = re.compile(r"(?:^|(?<=\n)|(?<=[.:;!?]\s))(?:\d{1,2}[.)]|[-*])[^\S\n]+\S")  # "1. " opens its line and stays with it
_SPACES = re.compile(r"\s+")
_SENTENCE = re.compile(r"""[.!?।።؟][")']*$""")
_CLAUSE = re.compile(r"""[,;:،፣][")']*$""")
_SHORTENED = re.compile(r"\b(?:e\.g|i\.e|approx|max|min|mr|mrs|dr|st|vs|no|k\.m|n\.k|bw)\.$", re.IGNORECASE)
_ZWJ = "\u200d"


class Rank(IntEnum):
    """How good a place is to stop reading."""

    WORD = 0
    CLAUSE = 1
    SENTENCE = 2  # or a paragraph


@dataclass(frozen=True, slots=True)
class Break:
    """A run of white space that may be cut away: the first piece ends at `end`, the next one starts at `start`."""

    end: int
    start: int
    rank: Rank


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` that belong together: a number with its unit, a phone number, an address on the web."""

    start: int
    end: int

    def holds(self, at: int) -> bool:
        """Whether a cut at `at` would tear this span."""
        return self.start < at < self.end


def spans(text: str) -> list[Span]:
    """Everything in `text` that belongs together, in order of its kind."""
    return [Span(*match.span()) for pattern in (_GLUED, _LABEL) for match in pattern.finditer(text)]


def breaks(text: str, glued: list[Span]) -> list[Break]:
    """Every white space of `text` outside the `glued` spans, in order."""
    inside = {at for span in glued for at in range(span.start + 1, span.end)}
    return [
        Break(run.start(), run.end(), _rank(text, run))
        for run in _SPACES.finditer(text)
        if run.start() not in inside and starts_cluster(text, run.end())
    ]


def _rank(text: str, run: re.Match[str]) -> Rank:
    before = text[max(0, run.start() - 12) : run.start()]
    if "\n" in run.group() or (_SENTENCE.search(before) and not _SHORTENED.search(before)):
        return Rank.SENTENCE
    return Rank.CLAUSE if _CLAUSE.search(before) else Rank.WORD


def starts_cluster(text: str, at: int) -> bool:
    """Whether a reader sees a new character at `at`: the part of Unicode's grapheme rules (UAX 29) that our scripts need."""
    if not 0 < at < len(text):
        return True
    last, here = text[at - 1], text[at]
    if _extends(here) or (last == _ZWJ and not here.isspace()) or (last == "\r" and here == "\n"):
        return False
    if unicodedata.combining(last) == 9:  # a virama binds the next consonant
        return not here.isalpha()
    return not (_is_flag_half(here) and _flag_halves_before(text, at) % 2)


def _extends(char: str) -> bool:
    code = ord(char)
    return (
        unicodedata.category(char) in ("Mn", "Me", "Mc")
        or char in "\u200c\u200d\u0e33\u0eb3"  # joiners, and the vowel am of Thai and Lao
        or 0x1160 <= code <= 0x11FF  # Hangul vowels and finals
        or 0x1F3FB <= code <= 0x1F3FF  # skin tones
        or 0xE0020 <= code <= 0xE007F  # tags of regional flags
    )


def _is_flag_half(char: str) -> bool:
    return 0x1F1E6 <= ord(char) <= 0x1F1FF


def _flag_halves_before(text: str, at: int) -> int:
    start = at
    while start and _is_flag_half(text[start - 1]):
        start -= 1
    return at - start
