"""Words as people type them: folding, textese, light stems and negation, for English and Swahili, also mixed in one message.

Nothing here knows which language a message is in: a word is taken in every language we speak, and what it matches decides.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from bot.core.lexicon import ALL_FUNCTION, FUNCTION, NEGATORS, SW_NOT, SW_NOT_NOT, TEXTESE
from bot.core.types import Lang

_APOSTROPHES = dict.fromkeys(map(ord, "'`´‘’ʼ"))
# A number keeps its decimals and thousands (0.4, 1,000) but not its unit (50kg is two tokens); % is a word of its own.
_TOKEN = re.compile(r"\d+(?:[.,/]\d+)*|[^\W\d_]+|%")
_CHUNK = re.compile(r"[^\W_]+(?:[.,/]\d+)*|%")
_VOWELS = "aeiou"
_REMEMBERED = 16_384  # the guides say the same words again and again: reading them all at the start takes less than half the time so


def plain(text: str) -> str:
    """Lower case without accents and apostrophes: "Ng'ombe wangu" -> "ngombe wangu"."""
    text = text.translate(_APOSTROPHES)
    if text.isascii():  # most texts: nothing to decompose
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def split(text: str) -> list[str]:
    """The words and numbers of `text`, folded, in order, as they were meant: "50kg" -> "50", "kg"."""
    return _TOKEN.findall(plain(text))


def tokens(text: str) -> list[str]:
    """As `split`, with textese written out: "dnt plnt b4 rain" -> do not plant before rain."""
    return [word for chunk in _CHUNK.findall(plain(text)) for word in _meant(chunk)]


@lru_cache(maxsize=_REMEMBERED)
def _meant(chunk: str) -> tuple[str, ...]:
    return tuple(_written_out(_squeezed(chunk)))


def _squeezed(chunk: str) -> str:
    """ "sooo" -> "so": nobody means three of a letter."""
    return re.sub(r"([^\W\d_])\1{2,}", r"\1", chunk)


def _written_out(chunk: str) -> list[str]:
    if chunk in TEXTESE:
        return TEXTESE[chunk].split()
    if re.fullmatch(r"2[a-z]{4,}", chunk):  # "2napanda": the 2 is read "tu". Short tails are units: 2kg, 2days
        return ["tu" + chunk[1:]] if chunk[1:3] in ("na", "li", "ta", "me", "ki", "ka") else [chunk[0], chunk[1:]]
    if re.fullmatch(r"[a-z]+2[a-z]*", chunk):  # "wa2mie": the 2 is read "tu"
        return [chunk.replace("2", "tu")]
    return _TOKEN.findall(chunk)


def is_number(token: str) -> bool:
    """Whether `token` is written in digits."""
    return token[:1].isdigit()


def is_function(word: str) -> bool:
    """Whether `word` is a function word of any of our languages."""
    return word in ALL_FUNCTION


def informative(words: Iterable[str]) -> list[str]:
    """The words that could name a topic, each once, in order: no function words, numbers or single letters."""
    return list(dict.fromkeys(w for w in words if len(w) > 1 and w not in ALL_FUNCTION and not is_number(w)))


def stem(word: str, lang: Lang) -> str:
    """The part of `word` that its forms share. Light: it may keep too much, and seldom cuts too much."""
    return _stem_en(word) if lang is Lang.EN else _stem_sw(word)


def stems(word: str) -> frozenset[str]:
    """The stems of `word` in every language we speak."""
    return frozenset((_stem_en(word), _stem_sw(word)))


_EN_ENDS = (
    ("ies", "y"),
    ("ied", "y"),
    ("sses", "ss"),
    ("ings", ""),
    ("ing", ""),
    ("edly", ""),
    ("ed", ""),
    ("es", ""),
    ("s", ""),
    ("ly", ""),
)


@lru_cache(maxsize=_REMEMBERED)
def _stem_en(word: str) -> str:
    if len(word) <= 3:
        return word
    for end, instead in _EN_ENDS:
        if word.endswith(end) and len(word) - len(end) + len(instead) >= 3 and not word.endswith(("ss", "us", "is")):
            word = word[: -len(end)] + instead
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "aeiouls":
        word = word[:-1]  # stopp(ing) -> stop
    return word[:-1] if len(word) > 3 and word[-1] == "e" else word


# Subject and tense (ninapanda, tutapanda, wamepanda), infinitive (kupanda), negative command (usipande), habit (hupanda).
_SW_VERB = re.compile(
    r"^(?:(?:ni|u|a|tu|m|wa|i|li|ya|ki|vi|zi|ku|pa)(?:na|li|ta|me|ki|nge|si|sha|mesha)|(?:ha|si)?(?:wa|tu|m|u|i|ya|zi|vi|ki)?(?:ku|ja|ta)|na|ku|hu|kuto)"
    + r"(?=[a-z]{3,}$)(?=.*[aeiou])"
)
_SW_NOUN = re.compile(r"^(?:mi|ma|wa|vi|ki|vy|ch|u|m)(?=[bcdfghjklmnpqrstvwyz][a-z]{3,}$|ny)")
_SW_SUBJUNCTIVE = re.compile(r"^(?:ni|tu|u|a|wa|m)(?=[bcdfghjklmnpqrstvwyz][a-z]{2,}e$)")


@lru_cache(maxsize=_REMEMBERED)
def _stem_sw(word: str) -> str:
    if len(word) <= 4:
        return word
    root = _SW_VERB.sub("", word, count=1)
    if root == word:
        root = _SW_SUBJUNCTIVE.sub("", word, count=1)
    if root == word:
        root = _SW_NOUN.sub("", word, count=1)
    root = re.sub(r"ni$", "", root) if len(root) > 6 else root  # shambani -> shamba
    root = root.rstrip(_VOWELS) if len(root.rstrip(_VOWELS)) >= 3 else root
    return root[:-1] if len(root) > 4 and root.endswith("w") else root  # pandwa -> pand


def is_negator(word: str) -> bool:
    """Whether `word` turns a sentence round: not, never, without, usi-, ha-, bila. Errs towards yes."""
    return word in NEGATORS or (word not in SW_NOT_NOT and bool(SW_NOT.match(word)))


def language(words: Iterable[str]) -> Lang:
    """The language whose function words `words` hold more of; English where there is no telling."""
    seen = list(words)
    counts = {lang: sum(w in own for w in seen) for lang, own in FUNCTION.items()}
    return Lang.SW if counts[Lang.SW] > counts[Lang.EN] else Lang.EN
