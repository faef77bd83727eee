"""Whether a few words name a place and nothing else, for where nobody asked for a place."""

from itertools import dropwhile

from rapidfuzz.distance import OSA

from bot.core.lexicon import bag
from bot.core.place.fold import bare
from bot.core.place.types import Place

_SLIP = 7  # letters from which on one wrong letter leaves no doubt
_LINKS = bag("is ni in at near the of kwa katika huko hapa hapo from")  # before the name: "mahali pangu ni Garissa"
_EDGES = " .,:;!?-\u2013\u2014\"'()\n\t"


def name_in(typed: str) -> str:
    """`typed` without signs around it and the words before a name."""
    return " ".join(dropwhile(lambda word: word.lower() in _LINKS, typed.strip(_EDGES).split()))


def is_named(typed: str, place: Place) -> bool:
    """Whether all of `typed` is the place's name, or that and where it lies; a long name may have a letter wrong."""
    said = name_in(typed)
    name, whole = bare(place.name)[0], bare(said)[0]
    if whole == name or (" " in said and whole.startswith(name)):
        return True
    return len(name) >= _SLIP and whole[:1] == name[:1] and OSA.distance(name, whole, score_cutoff=1) <= 1
