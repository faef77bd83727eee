"""Whether a sentence only repeats what a passage says: the same words in the same order, with nothing left out that bends the meaning.

This is stricter than "every word stands in the passage". A reply may cut a sentence down; it may not turn it round, drop its "not",
its "only if" or a number's unit, or put one sentence's number beside another's word. What fails is not wrong for sure, but nobody
could tell, and a vetted text stands ready in its place.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core import words
from bot.core.lexicon import FUNCTION, bag
from bot.core.types import Lang

_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_SEGMENT = re.compile(r"[,;:()]\s|\s[-–—]\s|[.!?)]$")
_JOIN = re.compile(r"[,;]\s|\s(?:and|then|also|na|kisha|halafu|pia)\s", re.IGNORECASE)

# Function words that change what a sentence claims: a reply may neither add nor drop them.
_CONDITIONS = bag("if unless until only while kama ikiwa iwapo tu pekee mpaka hadi endapo isipokuwa except")
_BOUNDS = bag(
    """
    more less most least over under above below about almost nearly before after up down all every both half than may might could within
    zaidi chini juu angalau kabla baada kila yote wote zote vyote nusu karibu takriban ndani nje labda huenda kuliko
    """
)
_COUNTED = bag("one moja again tena much many any same off out should must shall sana mwenye")
MEANINGFUL = _CONDITIONS | _BOUNDS | _COUNTED
_PLAIN_NOT = bag("not no never dont dnt cannot cant wont doesnt didnt isnt arent shouldnt mustnt")
_PERCENT = frozenset(("percent", "asilimia", "%"))


@dataclass(frozen=True, slots=True)
class Token:
    """A word that bears meaning. `key` is equal where the meaning is."""

    key: str
    segment: int
    word: str


def sentences(text: str) -> list[str]:
    """The sentences of `text`, without empty ones."""
    return [s.strip() for s in _SENTENCE.split(text.strip()) if s.strip()]


def harmless(word: str, lang: Lang) -> bool:
    """Whether `word` may be added or left out freely in `lang`."""
    return word in FUNCTION[lang] and word not in MEANINGFUL and not words.is_negator(word)


def key(word: str, lang: Lang) -> str:
    """What `word` means here: its number, its stem, and whether it negates."""
    if words.is_number(word):
        return re.sub(r",(?=\d{3}\b)", "", word)
    if word in _PLAIN_NOT:
        return "not"
    if word in _PERCENT:
        return "%"
    return ("not " if words.is_negator(word) else "") + words.stem(word, lang)


def tokens(sentence: str, lang: Lang) -> list[Token]:
    """The meaning of `sentence`, in order, each word with the part of the sentence (between commas and the like) it stands in."""
    return [
        Token(key(word, lang), n, word)
        for n, segment in enumerate(_SEGMENT.split(sentence))
        for word in words.split(segment)
        if not harmless(word, lang)
    ]


def source(sentence: str, passage: Sequence[str], lang: Lang) -> frozenset[int]:
    """Which of the sentences of `passage` the `sentence` repeats; empty where it says something of its own."""
    whole = _one_source(sentence, passage, lang)
    if whole is not None:
        return frozenset((whole,))
    parts = [p for p in _JOIN.split(sentence) if p.strip()]
    found = [_one_source(part, passage, lang) for part in parts] if len(parts) > 1 else [None]
    return frozenset(n for n in found if n is not None) if None not in found else frozenset()


def _one_source(sentence: str, passage: Sequence[str], lang: Lang) -> int | None:
    spoken = words.split(sentence)
    claim = tokens(sentence, lang)
    for n, candidate in enumerate(passage):
        if spoken == words.split(candidate):
            return n
    if len(claim) < 2:
        return None
    return next((n for n, candidate in enumerate(passage) if _repeats(claim, tokens(candidate, lang), lang)), None)


def _repeats(claim: Sequence[Token], text: Sequence[Token], lang: Lang) -> bool:
    starts = [n for n, token in enumerate(text) if token.key == claim[0].key]
    places = (_places(claim, text, start) for start in starts)
    return any(found and _faithful(claim, text, found, lang) for found in places)


def _places(claim: Sequence[Token], text: Sequence[Token], start: int) -> list[int]:
    """Where the words of `claim` stand in `text`, in order from `start`; empty where one is missing."""
    found: list[int] = []
    at = start
    for token in claim:
        at = next((n for n in range(at, len(text)) if text[n].key == token.key), -1)
        if at < 0:
            return []
        found.append(at)
        at += 1
    return found


def _faithful(claim: Sequence[Token], text: Sequence[Token], places: Sequence[int], lang: Lang) -> bool:
    kept = set(places)
    return (
        all(n in kept for n in range(len(text)) if _needed(n, text, places))
        and all(_company_kept(n, text, kept, lang) for n in places if words.is_number(text[n].word))
        and all(_unbroken(n, claim, places) for n, token in enumerate(claim) if words.is_negator(token.word))
    )


def _needed(n: int, text: Sequence[Token], places: Sequence[int]) -> bool:
    """Whether leaving out word `n` bends what is kept: a condition anywhere, a number in between, a "not" up to
    there, a bound in a part that is kept."""
    token = text[n]
    if token.word in _CONDITIONS:
        return True
    if words.is_number(token.word):  # "50 cm between rows and 10 cm between plants" says nothing of 50 cm between plants
        return places[0] < n < places[-1]
    if words.is_negator(token.word):
        return token.segment <= text[places[-1]].segment
    return token.word in _BOUNDS and any(text[p].segment == token.segment for p in places)


def _company_kept(n: int, text: Sequence[Token], kept: set[int], lang: Lang) -> bool:
    """A number keeps what it counts (after it in English, before it in Swahili) and any number beside it ("2 to 3 weeks")."""

    def beside(step: int) -> bool:
        return 0 <= n + step < len(text) and text[n + step].segment == text[n].segment

    after = 1 if lang is Lang.EN else -1
    partner = after if beside(after) else -after
    numbers = [s for s in (1, -1) if beside(s) and words.is_number(text[n + s].word)]
    return all(n + s in kept for s in (*numbers, partner) if beside(s))


def _unbroken(n: int, claim: Sequence[Token], places: Sequence[int]) -> bool:
    """Nothing is skipped after a "not": "do not store wet maize" never becomes "do not store maize"."""
    same_part = [m for m in range(n, len(claim)) if claim[m].segment == claim[n].segment]
    return all(places[m] == places[n] + m - n for m in same_part)
