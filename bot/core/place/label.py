"""Places in words that tell them apart: "Garissa (county)", "Bura (Tana River)". Who types such a label is understood."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from bot.core.place.fold import key
from bot.core.place.types import Place, PlaceKind
from bot.core.types import Lang

Words = Mapping[PlaceKind, str]

_USUAL: Mapping[Lang, Words] = {
    Lang.EN: {PlaceKind.COUNTRY: "country", PlaceKind.ADM1: "region", PlaceKind.ADM2: "district", PlaceKind.TOWN: "town"},
    Lang.SW: {PlaceKind.COUNTRY: "nchi", PlaceKind.ADM1: "mkoa", PlaceKind.ADM2: "wilaya", PlaceKind.TOWN: "mji"},
}
# Where the people of a country call them something else.
_OWN: Mapping[tuple[str, Lang], Words] = {
    ("KE", Lang.EN): {PlaceKind.ADM1: "county", PlaceKind.ADM2: "sub-county"},
    ("KE", Lang.SW): {PlaceKind.ADM1: "kaunti", PlaceKind.ADM2: "kaunti ndogo"},
    ("NG", Lang.EN): {PlaceKind.ADM1: "state", PlaceKind.ADM2: "LGA"},
    ("SS", Lang.EN): {PlaceKind.ADM1: "state", PlaceKind.ADM2: "county"},
    ("MZ", Lang.EN): {PlaceKind.ADM1: "province"},
    ("RW", Lang.EN): {PlaceKind.ADM1: "province"},
    ("ZM", Lang.EN): {PlaceKind.ADM1: "province"},
    ("BD", Lang.EN): {PlaceKind.ADM1: "division"},
    ("ET", Lang.EN): {PlaceKind.ADM2: "zone"},
}


def kind_word(place: Place, lang: Lang) -> str:
    """What people call such a place: "county", "wilaya"."""
    usual = _USUAL.get(lang, _USUAL[Lang.EN])
    return _OWN.get((place.country, lang), {}).get(place.kind) or usual[place.kind]


def labels(places: Sequence[Place], parent: Callable[[str], Place | None], lang: Lang) -> list[str]:
    """One label for each of `places`, as short as tells them apart. `parent` is the gazetteer's `place`."""
    same = Counter(key(place.name) for place in places)
    kinds = Counter((key(place.name), place.kind) for place in places)
    first = [_label(place, parent, lang, same[key(place.name)], kinds[key(place.name), place.kind]) for place in places]
    twice = Counter(first)
    return [_with_kind(label, place, lang) if twice[label] > 1 else label for label, place in zip(first, places, strict=True)]


def _label(place: Place, parent: Callable[[str], Place | None], lang: Lang, same: int, same_kind: int) -> str:
    if same == 1:
        return place.name
    if same_kind == 1:
        return _with_kind(place.name, place, lang)
    around = parent(place.parent)
    return f"{place.name} ({around.name})" if around else _with_kind(place.name, place, lang)


def _with_kind(label: str, place: Place, lang: Lang) -> str:
    return f"{label} ({kind_word(place, lang)})"
