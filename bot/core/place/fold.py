"""Names as they are compared: without case, accents, marks and the words that only say what kind of place it is."""

import unicodedata
from functools import lru_cache
from itertools import dropwhile

from bot.core.place.types import PlaceKind

_COUNTRY, _ADM1, _ADM2, _TOWN = PlaceKind.COUNTRY, PlaceKind.ADM1, PlaceKind.ADM2, PlaceKind.TOWN

# What kind of place a word says that a name stands with: English, Swahili, French, Portuguese, Somali, Hausa, Yoruba, Amharic, Bengali.
# None: it says nothing sure ("location" is a Kenyan unit, and a word). Folded, without spaces.
_KINDS: dict[str, PlaceKind | None] = {
    **dict.fromkeys(("country", "nchi", "pays", "republic", "jamhuri"), _COUNTRY),
    **dict.fromkeys(("county", "kaunti", "state", "region", "regionalstate", "province", "governorate", "mkoa", "jimbo"), _ADM1),
    **dict.fromkeys(("provincia", "estado", "regiao", "gobolka", "jihar", "jiha", "ipinle", "kilil", "bibhag", "বিভাগ", "division"), _ADM1),
    **dict.fromkeys(("subcounty", "kauntindogo", "district", "wilaya", "lga", "localgovernmentarea", "localgovernment"), _ADM2),
    **dict.fromkeys(
        ("distrito", "departement", "degmada", "karamarhukumar", "woreda", "zone", "zila", "zilla", "upazila", "upazilla"), _ADM2
    ),
    **dict.fromkeys(("thana", "জেলা", "উপজেলা", "constituency", "eneobunge"), _ADM2),
    **dict.fromkeys(("town", "mji", "city", "jiji", "village", "kijiji", "ward", "wadi", "kata", "township", "municipality"), _TOWN),
    **dict.fromkeys(("cidade", "vila", "ville", "magaalada", "শহর", "tradingcentre", "tradingcenter", "market", "soko"), _TOWN),
    **dict.fromkeys(("tarafa", "location", "sublocation", "area", "eneo", "estate", "mtaa"), None),
}
_LINKS = frozenset({"ya", "wa", "la", "cha", "za", "ndogo", "of", "the", "de", "do", "da", "du", "des", "d"})
_APOSTROPHES = frozenset("'`´‘’ʼ")
_LONGEST = 3  # words of a kind: "local government area"


@lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """The words of `text`, compared letter by letter: "Murang'a  (MJI)" -> "muranga mji". Folding twice changes nothing."""
    while (again := _once(text)) != text:
        text = again
    return text


def _once(text: str) -> str:
    kept = []
    for char in unicodedata.normalize("NFKD", text.casefold()):
        if unicodedata.combining(char) or unicodedata.category(char) in ("Cf", "Lm") or char in _APOSTROPHES:
            continue
        kept.append(char if unicodedata.category(char)[0] in "LMN" else " ")  # M: the vowels of Bengali and Amharic are marks
    return " ".join("".join(kept).split())


def key(text: str) -> str:
    """As `folded`, and without spaces: "Homa Bay" and "homabay" are one."""
    return folded(text).replace(" ", "")


@lru_cache(maxsize=4096)
def bare(text: str) -> tuple[str, PlaceKind | None]:
    """The key of `text` without words of kind, and the kind that they say: "kaunti ya Garissa" -> ("garissa", ADM1). Never an empty key
    for a text that has letters: a town that is called "Market" keeps its name."""
    words = folded(text).split()
    kind: PlaceKind | None = None
    changed = True
    while changed:
        changed = False
        for cut, rest in (_back(words), _front(words)):
            if cut and rest:
                words, kind, changed = rest, kind or _KINDS["".join(cut)], True
                break
    return "".join(words), kind


def kind_of(text: str) -> PlaceKind | None:
    """The kind that `text` names and nothing else: "county", "sub-county", "mji"."""
    return _KINDS.get(key(text))


def _front(words: list[str]) -> tuple[list[str], list[str]]:
    """The words of kind at the front, and what is left without the links that join the two."""
    for size in range(min(_LONGEST, len(words) - 1), 0, -1):
        if "".join(words[:size]) in _KINDS:
            rest = list(dropwhile(_LINKS.__contains__, words[size:]))
            return words[:size], rest
    return [], words


def _back(words: list[str]) -> tuple[list[str], list[str]]:
    for size in range(min(_LONGEST, len(words) - 1), 0, -1):
        if "".join(words[-size:]) in _KINDS:
            return words[-size:], words[:-size]
    return [], words
