"""What a person means by the name that they typed: found, or asked back. Never a guess between two good ones."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain

from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA

from bot.core.alert.cap import Point
from bot.core.lexicon import ALL_FUNCTION
from bot.core.place.fold import bare, folded, key, kind_of
from bot.core.place.geo import distance_km
from bot.core.place.types import Match, Place, PlaceKind

ASKED = 3  # a person is asked about so many places at most: an SMS and a screen hold no more
LONGEST = 200  # characters of what was typed that are looked at
_SURE = 88.0  # rapidfuzz's ratio, from which on one long name is meant
_LIKELY = 75.0  # from which on we ask
_LONG = 5  # letters of a name whose one wrong letter leaves no doubt
_WORDS = 4  # of a name
_MENTIONED = 10  # names of a sentence that are looked at: no more than three are told
_PARTS = 6  # of a name with what it lies in
# Between a name and what it lies in. A slash may also stand inside a name: "Bura (Taita/Taveta)".
_MARKS = [re.compile(rf"[(),;\n{slash}]|\bin\b|\bkatika\b|\bhuko\b", re.IGNORECASE) for slash in ("", "/")]
_SIZES = {kind: n for n, kind in enumerate(PlaceKind)}

Found = list[Place]


class Names:
    """Every name of every place. `own`: what the operator lets people type, and the id that it means; it wins over every name."""

    def __init__(self, known: Iterable[tuple[Place, Sequence[str]]], own: Mapping[str, str] | None = None) -> None:
        self.places: dict[str, Place] = {}
        self.full: dict[str, Found] = {}
        self.bare: dict[str, Found] = {}
        self.parts: dict[str, Found] = {}  # single words of longer names
        for place, others in known:
            self.places[place.id] = place
            for name in (place.name, *others):
                self._add(place, name)
        self.own = {key(typed): self.places[id_] for typed, id_ in (own or {}).items() if id_ in self.places}
        self._keys = tuple(self.bare)

    def _add(self, place: Place, name: str) -> None:
        for where, word in ((self.full, key(name)), (self.bare, bare(name)[0])):
            _put(where, word, place)
        for word in folded(name).split() if " " in folded(name) else ():
            if len(word) >= _WORDS and kind_of(word) is None:
                _put(self.parts, word, place)

    def up(self, place: Place) -> Iterable[Place]:
        """What `place` lies in, the smallest first."""
        seen = {place.id}
        while (parent := self.places.get(place.parent)) and parent.id not in seen:
            seen.add(parent.id)
            yield (place := parent)

    def near(self, word: str, *, cut: float, longer: int = 0) -> list[Found]:
        """The places whose names come near `word`, a bare key, by `cut` (0 to 100) or more, nearest first. `longer`: letters they have."""
        hits = process.extract(word, self._keys, scorer=fuzz.ratio, score_cutoff=cut, limit=10)
        return [self.bare[name] for name, _, _ in hits if len(name) >= longer]

    def nearest(self, word: str) -> list[Found]:
        """The places whose names are nearest to `word`, where any is near enough to ask for."""
        if len(word) < _LONG:
            return [self.bare[name] for name in self._one_off(word)]
        hits = process.extract(word, self._keys, scorer=fuzz.ratio, score_cutoff=_LIKELY, limit=10)
        return [self.bare[name] for name, score, _ in hits if score == hits[0][1]]

    def _one_off(self, word: str) -> list[str]:
        """Names that are one letter from a short word and begin as it does: good enough to ask, never to assume."""
        if len(word) < _LONG - 2:
            return []
        hits = process.extract(word, self._keys, scorer=OSA.distance, score_cutoff=1, limit=20)
        return [name for name, _, _ in hits if name[:1] == word[:1]]


def match(names: Names, typed: str, *, near: Point | None = None) -> Match:
    """What `typed` means. Never raises."""
    typed = typed[:LONGEST].strip()
    text = folded(typed)
    if not text:
        return Match((), sure=False)
    if found := _spelt(names, typed, typos=True) or _misspelt(names, typed):
        return _answer(_without_seats(names, found), near, sure=True)
    asked = _mentioned(names, typed) or _part(names, typed) or _resembling(names, typed)
    return _answer(asked, near, sure=False)


def spelt(names: Names, typed: str) -> Sequence[Place]:
    """The place that `typed` names and nothing else, spelt as we know it; several of one name; none. Takes much less time than `match`."""
    typed = typed[:LONGEST].strip()
    found = _spelt(names, typed, typos=False) if folded(typed) else []
    return _answer(_without_seats(names, found), None, sure=True).places


def _spelt(names: Names, typed: str, *, typos: bool) -> Found:
    mine = names.own.get(key(typed)) or names.places.get(typed) or names.places.get(typed.upper())
    return [mine] if mine else _whole(names, typed) or _qualified(names, typed, typos=typos)


def mentioned(names: Names, text: str, *, near: Point | None = None) -> Sequence[Place]:
    """The places that a sentence names, word for word, three at most: "is there a flood in Tana River"."""
    return _answer(_mentioned(names, text[:LONGEST]), near, sure=False).places


def _answer(found: Found, near: Point | None, *, sure: bool) -> Match:
    """Asked back in this order: as near to the typed name as it was found, then the nearest where we know from where, then the largest."""
    places = list({place.id: place for place in found}.values())
    return Match(tuple(_ordered(places, near)[:ASKED]), sure=sure and len(places) == 1)


def _without_seats(names: Names, found: Found) -> Found:
    """A district and a town in it that one name means are one to the person: the district, which holds both. Where it means the county,
    too, people tell county from town, and the district between them is left out."""
    left = {place.id: place for place in found}
    for town in found:
        around = [place for place in names.up(town) if place.id in left]
        district = next((place for place in around if place.kind is PlaceKind.ADM2), None)
        if town.kind is PlaceKind.TOWN and district:
            left.pop((district if len(around) > 1 else town).id, None)
    return list(left.values())


def _ordered(places: Found, near: Point | None) -> Found:
    def order(place: Place) -> tuple[float, int, int, str]:
        away = distance_km(place.centre, near) if near and place.centre else float("inf") if near else 0.0
        return away, _SIZES[place.kind], -place.people, place.id

    return sorted(places, key=order)


def _whole(names: Names, typed: str) -> Found:
    """As it stands; else without the words of kind, and then of that kind where there is one."""
    if found := names.full.get(key(typed)):
        return found
    word, kind = bare(typed)
    return _of_kind(names.bare.get(word, []), kind)


def _of_kind(found: Found, kind: PlaceKind | None) -> Found:
    return [place for place in found if place.kind is kind] or found


def _qualified(names: Names, typed: str, *, typos: bool) -> Found:
    """ "Bura (Tana River)", "Bura, Garissa", "bura garissa", "Garissa (town)"; the larger one may also come first."""
    meant = _meant if typos else _whole
    split = [[part for part in marks.split(typed)[:_PARTS] if folded(part)] for marks in _MARKS]
    for parts in split:
        if len(parts) > 1 and (one := _narrowed(names, parts[0], parts[1:], meant) or _narrowed(names, parts[-1], parts[:-1], meant)):
            return one
    if len(split[-1]) > 1:
        return []
    words = folded(typed).split()
    found: Found = []
    for cut in range(1, len(words)) if len(words) <= 2 * _WORDS else ():
        head, tail = " ".join(words[:cut]), " ".join(words[cut:])
        found += _narrowed(names, head, [tail], meant)
        found += _narrowed(names, tail, [head], _whole)
    return found


def _meant(names: Names, typed: str) -> Found:
    return _whole(names, typed) or _misspelt(names, typed)


def _narrowed(names: Names, typed: str, hints: Sequence[str], meant: Callable[[Names, str], Found]) -> Found:
    """Those that `typed` may be that are, or lie in, what each of `hints` says. None where a hint says nothing that we know."""
    found = meant(names, typed)
    for hint in hints if found else ():
        kind = kind_of(hint)
        around = {hint.strip(), *(place.id for place in meant(names, hint))} if kind is None else set()
        found = [p for p in found if p.kind is kind or p.id == hint.strip() or any(up.id in around for up in names.up(p))]
    return found


def _misspelt(names: Names, typed: str) -> Found:
    """A long name with hardly a letter wrong. Other names that come as near are good ones, too."""
    word, kind = bare(typed)
    if len(word) < _LONG:
        return []
    return _of_kind(list(chain.from_iterable(names.near(word, cut=_SURE, longer=_LONG))), kind)


def _resembling(names: Names, typed: str) -> Found:
    """What a short or badly misspelt name may be. The nearest only: who is asked about everything is not helped."""
    word, kind = bare(typed)
    return _of_kind(list(chain.from_iterable(names.nearest(word))), kind)


def _part(names: Names, typed: str) -> Found:
    """The places that have all the words of `typed` in their names: "Taita" is Taita Taveta, perhaps."""
    words = folded(typed).split()
    holds = [{place.id for place in names.parts.get(word, ())} for word in words]
    both = set.intersection(*holds) if holds else set()
    return [names.places[one] for one in sorted(both)]


def _mentioned(names: Names, typed: str) -> Found:
    """The places that a sentence names, the longest names first; "Bura" and "Tana River" in one sentence are the Bura that lies there."""
    groups = _groups(names, folded(typed).split())[:_MENTIONED]
    ups = {place.id: {up.id for up in names.up(place)} for group in groups for place in group}
    used: set[int] = set()
    for n in range(len(groups)):
        for m, other in enumerate(groups):
            around = {place.id for place in other}
            if m != n and (inside := [p for p in groups[n] if not ups[p.id].isdisjoint(around)]):
                groups[n] = inside
                used.add(m)
    return list(chain.from_iterable(group for n, group in enumerate(groups) if n not in used))


def _groups(names: Names, words: Sequence[str]) -> list[Found]:
    """What each name in `words` may mean. Alone, a word that every sentence has is no name ("wote", all, is a Kenyan town)."""
    groups: list[Found] = []
    taken: set[int] = set()
    for size in range(min(_WORDS, len(words)), 0, -1):
        for at in range(len(words) - size + 1):
            span, name = range(at, at + size), "".join(words[at : at + size])
            common = len(name) < _WORDS or name in ALL_FUNCTION
            if not common and taken.isdisjoint(span) and (found := names.full.get(name)):
                groups.append(found)
                taken.update(span)
    return groups


def _put(where: dict[str, Found], word: str, place: Place) -> None:
    if word and place not in (found := where.setdefault(word, [])):
        found.append(place)
