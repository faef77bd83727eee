"""Whether a message asks for the warnings in force: "is there a flood warning in Garissa?", "kuna tahadhari ya mafuriko?", "ALERTS".

Taken only where nothing else is left: once the words of warnings, hazards, places and of asking are taken away, no word may remain that
says what else it is about. So "how do I prepare for floods" and "what does a flood warning mean" stay questions.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

from bot.core.keywords import slipped
from bot.core.lexicon import bag
from bot.core.place.fold import kind_of
from bot.core.place.named import is_named
from bot.core.place.types import Match, Place
from bot.core.words import tokens

Hazards = Mapping[str, Collection[str]]  # what people call it, folded -> ids of the hazards that are meant
_Phrases = Mapping[tuple[str, ...], Collection[str]]

_WARNINGS = bag(
    """
    alert alerts warning warnings advisory advisories tahadhari tahadari onyo maonyo ilani warnin
    """
)
# Words that a question for warnings may hold besides, and that leave no doubt about it.
_ASKING = bag(
    """
    is are there any a an the in at for of near nearby around about on to my our your place area region here today now tonight tomorrow this
    week currently current active latest new please pls show me tell give check know i we you us have has been issued out want need get
    see send which what whats anything right moment yet still and or with by from it place danger risk
    je kuna ipo zipo iko ziko kwa ya za la wa ni na katika huko hapa hapo leo kesho sasa usiku wiki hii zote yote lolote yoyote wowote mpya
    eneo langu letu yetu kwetu kwangu upande nipe nitumie nionyeshe nataka naomba kujua tafadhali gani zipi ipi nini au imetolewa
    zimetolewa limetolewa yaliyopo zilizopo hali wapi sehemu hatari
    """
)
# Of those, the ones without which a sentence that names no warning asks nothing: "is there flooding in Garissa", "kuna mafuriko Garissa".
_IS_THERE = re.compile(r"(?:is|are) there\b|(?:je )?(?:kuna|ipo|zipo)\b|any\b")
# "What is a warning", "onyo ni nini" ask what the word means, unless a word says that one in force is meant.
_MEANING = re.compile(r"(?:what|whats) .*|.*\bni nini|nini .*")
_IN_FORCE = bag("the current currently latest active new now today tonight there leo sasa zilizopo yaliyopo")
_LONGEST = 14  # words: more is a story
_AT = bag("in at near around katika huko hapo kaunti mji")  # before the name of a place
_LONG = 5  # letters of a hazard's name that may be misspelt
_NAME = 4  # words of a place's name


@dataclass(frozen=True, slots=True)
class Asked:
    """Asked for warnings of `hazards` (empty: of all) in `places`: one, several of the same name, or none where none was named. `lost`: a
    place was named that nobody knows."""

    hazards: Collection[str]
    places: Sequence[Place]
    lost: bool = False


class Ask:
    """Recognises who asks for warnings. `match` looks a place up."""

    def __init__(self, hazards: Hazards, match: Callable[[str], Match]) -> None:
        self._phrases: _Phrases = {tuple(tokens(phrase)): ids for phrase, ids in hazards.items()}
        self._longest = max(map(len, self._phrases), default=0)
        self._match = match

    def recognise(self, text: str) -> Asked | None:
        """What `text` asks for, None where it is about something else."""
        typed = tokens(text)
        if not 1 <= len(typed) <= _LONGEST:
            return None
        hazards, left = self._without_hazards(typed)
        warned = [word for word in left if _is_warning(word)]
        left = [word for word in left if word not in warned]
        plain = " ".join(typed)
        if not warned and not (hazards and _IS_THERE.match(plain)):
            return None
        places, rest = self._without_place(left)
        if _MEANING.fullmatch(plain) and not places and _IN_FORCE.isdisjoint(typed):
            return None
        if warned and not places and _unknown(left):
            return Asked(hazards, (), lost=True)
        rest = [word for word in rest if word not in _ASKING]
        slips = [self._slipped(word) for word in rest] if warned else []
        if not (warned or places) or not all(slips) or len(slips) < len(rest):
            return None
        return Asked({*hazards, *chain.from_iterable(slips)}, places)

    def _slipped(self, word: str) -> Collection[str]:
        """The hazards that `word` may be a misspelt name of."""
        near = (ids for (first, *more), ids in self._phrases.items() if not more and len(first) >= _LONG and slipped(first, word))
        return set(chain.from_iterable(near))

    def _without_hazards(self, typed: Sequence[str]) -> tuple[Collection[str], list[str]]:
        """The hazards named, and the words that are left."""
        found: set[str] = set()
        left: list[str] = []
        at = 0
        while at < len(typed):
            size = next((n for n in range(min(self._longest, len(typed) - at), 0, -1) if tuple(typed[at : at + n]) in self._phrases), 0)
            if size:
                found |= set(self._phrases[tuple(typed[at : at + size])])
            else:
                left.append(typed[at])
            at += size or 1
        return found, left

    def _without_place(self, left: Sequence[str]) -> tuple[Sequence[Place], Sequence[str]]:
        """The place named, and the words that are left. The longest name wins, and a name that is sure wins over one that is not."""
        for span in _spans(left):
            name = left[span.start : span.stop]
            if all(word in _ASKING for word in name) or kind_of(" ".join(name)) is not None:
                continue
            found = self._match(" ".join(name))
            introduced = span.start > 0 and left[span.start - 1] in _AT
            if found.places and ((found.sure and introduced) or all(is_named(" ".join(name), place) for place in found.places)):
                return found.places, _without_kinds([*left[: span.start], *left[span.stop :]])
        return (), _without_kinds(left)


def _unknown(left: Sequence[str]) -> bool:
    """Whether all but the words of asking are one or two at the end, behind a word that says where."""
    known = next((n for n, word in enumerate(left) if word not in _ASKING), len(left))
    return known < len(left) <= known + 2 and known > 0 and left[known - 1] in _AT


def _spans(left: Sequence[str]) -> Iterator[range]:
    """Every run of words that may be a name, the longest first; it neither begins nor ends with a word of asking."""
    for size in range(min(_NAME, len(left)), 0, -1):
        for at in range(len(left) - size + 1):
            if left[at] not in _ASKING and left[at + size - 1] not in _ASKING:
                yield range(at, at + size)


def _without_kinds(words: Sequence[str]) -> list[str]:
    """Without "county", "kaunti": they may stand apart from the name."""
    return [word for word in words if kind_of(word) is None]


def _is_warning(word: str) -> bool:
    return word in _WARNINGS or (len(word) >= 6 and any(slipped(one, word) for one in ("warning", "warnings", "tahadhari")))
