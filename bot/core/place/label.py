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


_WARDS = {Lang.EN: "ward", Lang.SW: "wadi"}
_IS_WARD = ":ward:"  # in the ids of wards, which are no towns but as small


def kind_word(place: Place, lang: Lang) -> str:
    """What people call such a place: "county", "wilaya"."""
    if _IS_WARD in place.id:
        return _WARDS.get(lang, _WARDS[Lang.EN])
    usual = _USUAL.get(lang, _USUAL[Lang.EN])
    return _OWN.get((place.country, lang), {}).get(place.kind) or usual[place.kind]


def labels(places: Sequence[Place], parent: Callable[[str], Place | None], lang: Lang) -> list[str]:
    """One label for each of `places`, as short as tells them apart. `parent` is the gazetteer's `place`."""
    ways: Sequence[Callable[[Place], str]] = (
        lambda place: "",
        lambda place: kind_word(place, lang),
        lambda place: _around(place, parent, PlaceKind.ADM1),
        lambda place: _around(place, parent, PlaceKind.ADM2),
        lambda place: place.id,
    )
    said = [[way(place) for way in ways] for place in places]
    # A ward is as small as a town: who types the one or the other means either.
    told = [
        [(key(place.name), key(one[n]) if n != 1 else place.kind.value) for n in range(len(ways))]
        for place, one in zip(places, said, strict=True)
    ]
    counts = [Counter(one[n] for one in told) for n in range(len(ways))]
    chosen = [next((n for n in range(len(ways)) if counts[n][one[n]] == 1), len(ways) - 1) for one in told]
    return [f"{place.name} ({one[n]})" if one[n] else place.name for place, one, n in zip(places, said, chosen, strict=True)]


def _around(place: Place, parent: Callable[[str], Place | None], kind: PlaceKind) -> str:
    """The name of the `kind` of place that it lies in, else of what it lies in."""
    first = around = parent(place.parent)
    while around and around.kind is not kind:
        around = parent(around.parent)
    return around.name if around else first.name if first else place.country
