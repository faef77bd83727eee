"""How an alert names its places: the slots "place.<lang>" and "areas.<lang>", made of the places themselves."""

from collections.abc import Mapping, Sequence

from bot.core.place.types import Gazetteer, Place, PlaceKind
from bot.core.types import Lang


def place_slots(places: Sequence[Place], gazetteer: Gazetteer) -> Mapping[str, str]:
    """The slots for an audience of `places`, in their order: those that lie in no other one of them; several parts of one county as the
    county and its parts. {} where there are none."""
    where, parts = _named(places, gazetteer)
    slots = {f"{slot}.{lang}": "; ".join(names) for lang in Lang for slot, names in (("place", where), ("areas", parts))}
    return {slot: names for slot, names in slots.items() if names}


def outermost(ids: Sequence[str], gazetteer: Gazetteer) -> Sequence[str]:
    """Those of `ids` that lie in no other one of them, in their order."""
    known = set(ids)
    return [one for one in dict.fromkeys(ids) if (place := gazetteer.place(one)) is None or not _inside(place, known, gazetteer)]


def whole(ids: Sequence[str], gazetteer: Gazetteer) -> Sequence[str]:
    """`ids` in their order, each followed by what lies in it. One that the gazetteer does not know stays."""
    return tuple(dict.fromkeys(one for place in ids for one in (place, *(inner.id for inner in gazetteer.within([place])))))


def _named(places: Sequence[Place], gazetteer: Gazetteer) -> tuple[Sequence[str], Sequence[str]]:
    ids = {place.id for place in places}
    tops = [place for place in places if not _inside(place, ids, gazetteer)]
    parents = {place.parent for place in tops}
    parent = gazetteer.place(parents.pop()) if len(parents) == 1 and len(tops) > 1 else None
    names = [_plain(place.name) for place in tops]
    if parent is not None and parent.kind is not PlaceKind.COUNTRY:
        return [_plain(parent.name)], names
    return names, []


def _inside(place: Place, ids: set[str], gazetteer: Gazetteer) -> bool:
    """Whether it lies in another one of `ids`, however deep."""
    parent, seen = place.parent, {place.id}
    while parent and parent not in seen:
        if parent in ids:
            return True
        seen.add(parent)
        above = gazetteer.place(parent)
        parent = above.parent if above else ""
    return False


def _plain(name: str) -> str:
    """A name cannot hold what names are kept apart by."""
    return name.replace(";", ",")
