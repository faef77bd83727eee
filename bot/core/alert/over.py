"""What an end leaves of an alert: areas are recognised by their outlines, codes and names, also in another language."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from hashlib import sha256

from bot.core.alert.cap import Alert, Area, MsgType
from bot.core.alert.stored import Keys, StoredAlert


def keys_of(area: Area) -> Keys:
    """What an area can be recognised by in another message: its description, its codes, its outline."""
    found = [_key("d", " ".join(area.desc.casefold().split()))] if area.desc.strip() else []
    if area.geocodes:
        found.append(_key("g", repr(sorted(area.geocodes))))
    if area.polygons or area.circles:
        rings = ", ".join(repr(list(ring)) for ring in sorted(map(tuple, area.polygons)))  # one text, no copy of every point
        found.append(_key("s", f"([{rings}], {sorted((c.centre, c.radius_km) for c in area.circles)!r})"))
    return tuple(found)


def areas_of(alert: Alert, infos: Collection[int] | None = None) -> Sequence[Area]:
    """The areas of an alert, or of some of its infos, in order. They are numbered so wherever an area has a number."""
    return [area for n, info in enumerate(alert.infos) if infos is None or n in infos for area in info.areas]


@dataclass(slots=True)
class Gone:
    """What the ends leave of an alert."""

    whole: bool = False
    unclear: bool = False
    areas: Sequence[int] = ()
    by: int = 0
    reason: str = ""
    received: float = 0.0


def left_by(alert: StoredAlert, ends: Sequence[StoredAlert]) -> Gone:
    """Works out what is over. An end without areas, and one of all of them, ends all of it; an end of some ends those. Where an end's
    areas are none of the alert's, only a person can say what is left."""
    gone, areas, said = Gone(), set[int](), set[str]()
    for end in ends:
        gone.by, gone.received = end.id, max(gone.received, end.received)
        gone.reason = "cancelled" if end.msg_type is MsgType.CANCEL else "over"
        if not end.over_areas or not alert.areas:
            gone.whole = True
            return gone
        said.update(key for keys in end.over_areas for key in keys)
        matched = _matched(alert.areas, said)
        covers = set(alert.places) <= set(end.places) and alert.places and end.over
        if len(matched) == len(alert.areas) or (covers and not alert.doubt and not end.doubt):
            gone.whole = True
            return gone
        gone.unclear = gone.unclear or not _matched(alert.areas, {key for keys in end.over_areas for key in keys})
        areas |= matched
    gone.areas = tuple(sorted(areas))
    return gone


def _matched(areas: Sequence[Keys], said: Collection[str]) -> set[int]:
    """The areas that are among those named, also in another language: there the outline is the same and the description is not."""
    found = {n for n, keys in enumerate(areas) if set(keys) & set(said)}
    own = {key for n in found for key in areas[n]}
    return found | {n for n, keys in enumerate(areas) if set(keys) & own}


def _key(kind: str, value: str) -> str:
    return f"{kind}{sha256(value.encode()).hexdigest()[:16]}"
