"""Spoils a question the way thumbs on a phone do, so that training sees more spellings than anybody writes down."""

import random
import re
from collections.abc import Callable

_SHORT = {
    "you": "u", "your": "yr", "are": "r", "for": "4", "to": "2", "before": "b4", "what": "wat", "please": "plz", "because": "coz",
    "the": "da", "how": "hw", "much": "mch", "many": "mny", "and": "n", "with": "wth", "should": "shud", "when": "wen", "from": "frm",
    "between": "btwn", "does": "dz", "this": "dis", "that": "dat", "good": "gud", "water": "wata", "plant": "plnt", "money": "mony",
    "people": "pple", "nini": "nn", "gani": "gan", "sana": "xana", "wapi": "wap", "kwa": "kw", "na": "n", "yangu": "yng", "vipi": "vp",
    "kwenye": "kwny", "sasa": "xaxa", "tafadhali": "tafadhal", "shamba": "shmb", "mahindi": "mahind", "habari": "hbr", "wakati": "wakat",
    "nifanye": "nifny", "namna": "nmn",
}  # fmt: skip
# Words that turn a question round: never misspelt, joined or left out, or "do not spray" might teach the model "do spray". In Swahili
# the first letters of a verb say no ("haifai", "usinyunyize", "kutokula"), so the whole word is spared.
_NO = re.compile(
    r"\b(?:not|no|never|nothing|none|without|cannot|\w+n't|(?:do|does|did|ca|wo|is|are|should|must)nt|bila|si|sio|siyo"
    + r"|hapana|wala|kuto\w+|(?:ha|hu|si|usi|asi|nisi|tusi|msi|wasi|isi|zisi|lisi|yasi|kisi|visi)\w{2,})\b",
    re.IGNORECASE,
)
_LITTLE = frozenset({"the", "a", "do", "is", "my", "i", "of", "in", "to", "ya", "wa", "la", "za", "kwa", "na", "je"})
_OPENINGS = (
    "hello ",
    "hi ",
    "pls ",
    "sir ",
    "good morning, ",
    "habari, ",
    "hujambo ",
    "samahani ",
    "naomba kuuliza ",
    "nauliza ",
    "question: ",
    "tafadhali ",
)
_CLOSINGS = (" ?", "??", " pls", " plz help", " thanks", " asante", ".", " ...", " help", " nisaidie", " tafadhali", "!")


def spoil(text: str, dice: random.Random) -> str:
    """`text` with none to three spoilings."""
    for _ in range(dice.choice((0, 1, 1, 2, 2, 3))):
        text = dice.choice(_WAYS)(text, dice) or text
    return text


def _shorten(text: str, dice: random.Random) -> str:
    return " ".join(_SHORT[w] if w in _SHORT and dice.random() < 0.7 else w for w in text.split(" "))


def _slip(text: str, dice: random.Random) -> str:
    """One letter dropped, doubled, swapped with the next, or a vowel left out, in a longer word."""
    places = [m for m in re.finditer(r"[A-Za-z']{5,}", text) if not _NO.search(m[0])]
    if not places:
        return text
    word = dice.choice(places)
    at = dice.randrange(word.start() + 1, word.end() - 1)
    kind = dice.randrange(4)
    if kind == 0:
        return text[:at] + text[at + 1 :]
    if kind == 1:
        return text[:at] + text[at] + text[at:]
    if kind == 2:
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    vowels = [n for n in range(word.start() + 1, word.end()) if text[n] in "aeiou"]
    gone = dice.choice(vowels) if vowels else at
    return text[:gone] + text[gone + 1 :]


def _case(text: str, dice: random.Random) -> str:
    return text.upper() if dice.random() < 0.4 else text[:1].upper() + text[1:]


def _drop(text: str, dice: random.Random) -> str:
    """A short word left out. Never "not" and the like: that would turn the question round."""
    words = text.split(" ")
    short = [n for n, word in enumerate(words) if word in _LITTLE]
    if not short or len(words) < 4:
        return text
    gone = dice.choice(short)
    return " ".join(words[:gone] + words[gone + 1 :])


def _open(text: str, dice: random.Random) -> str:
    return dice.choice(_OPENINGS) + text


def _close(text: str, dice: random.Random) -> str:
    return text.rstrip(" ?") + dice.choice(_CLOSINGS)


def _join(text: str, dice: random.Random) -> str:
    """Two words written as one."""
    words = text.split(" ")
    places = [n for n in range(len(words) - 1) if not _NO.search(words[n]) and not _NO.search(words[n + 1])]
    if len(words) < 4 or not places:
        return text
    at = dice.choice(places)
    return " ".join([*words[:at], words[at] + words[at + 1], *words[at + 2 :]])


_WAYS: tuple[Callable[[str, random.Random], str], ...] = (_shorten, _shorten, _slip, _slip, _case, _drop, _open, _close, _join)
