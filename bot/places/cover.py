"""Which places an alert's areas touch. Rather one too many than one too few; what a person should look at is flagged."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from bot.core.alert.cap import Area, Point
from bot.core.place.geo import distance_km, middle
from bot.core.place.match import Names, match, mentioned
from bot.core.place.types import Covered, Place, PlaceKind
from bot.places import shapes
from bot.places.known import Known
from bot.places.outlines import Outlines

_FAR = float("inf")
_CODES = re.compile(r"[\s,;|]+")
_COUNTRY = re.compile(r"iso|country", re.IGNORECASE)
_PARTS = re.compile(r"[,;/\n]|\band\b|\bna\b|&", re.IGNORECASE)
_MOST = 500  # areas of an alert, and names in one description, that are looked at: the longest real list has 73


@dataclass(frozen=True, slots=True)
class Map:
    """What is needed to place an area."""

    known: Mapping[str, Known]
    names: Names
    inside: Mapping[str, Sequence[str]]
    outlines: Outlines


@dataclass(slots=True)
class _Touched:
    ids: dict[str, None] = field(default_factory=dict)  # in the order found
    shapes: list[BaseGeometry] = field(default_factory=list)
    degraded: bool = False
    unknown: list[str] = field(default_factory=list)


def cover(map_: Map, areas: Sequence[Area]) -> Covered:
    """The places that `areas` touch."""
    found, pen = _Touched(), shapes.Pen()
    for area in areas[:_MOST]:
        _add(map_, area, pen, found)
    found.unknown += [area.desc for area in areas[_MOST:]]
    places = [map_.known[one].place for one in found.ids]
    centre = _middle(found.shapes) or next((place.centre for place in places if place.centre), None)
    ordered = sorted(places, key=lambda place: _away(map_, place, centre))
    degraded = found.degraded or pen.rough or bool(found.unknown)
    return Covered(tuple(ordered), degraded=degraded, unknown=tuple(dict.fromkeys(found.unknown)))


def _add(map_: Map, area: Area, pen: shapes.Pen, found: _Touched) -> None:
    coded = _coded(map_, area)
    found.ids |= dict.fromkeys(down(map_, coded))
    drawn = [shape for shape in _drawn(area, pen) if shape is not None]
    for shape in drawn:
        _add_shape(map_, shape, area.desc, found)
    if not drawn and not coded:
        _add_named(map_, area.desc, found)


def _drawn(area: Area, pen: shapes.Pen) -> Iterator[BaseGeometry | None]:
    yield from (pen.ring(polygon) for polygon in area.polygons)
    yield from (shapes.circle(circle) for circle in area.circles)


def _coded(map_: Map, area: Area) -> list[str]:
    """The places that the area's codes name: ISO 3166-2 or our own ids, several may stand in one value. A whole country (ISO 3166-1) only
    where the code's name says that it is one: "KE" may be anything."""
    found: dict[str, None] = {}
    for name, text in area.geocodes:
        for value in (text.strip(), *_CODES.split(text)):
            code = next((one for one in (value, value.upper()) if one in map_.known), "")
            if code and (map_.known[code].place.kind is not PlaceKind.COUNTRY or _COUNTRY.search(name)):
                found[code] = None
    return list(found)


def _add_shape(map_: Map, shape: BaseGeometry, desc: str, found: _Touched) -> None:
    ids, sure = touched(map_, shape)
    if not ids and (named := _named(map_, desc)):
        turned = shapes.swapped(shape)
        other, _ = touched(map_, turned)
        if set(other) & set(named):  # as it stands it lies abroad; the other way round it lies where its description says
            shape, ids, sure = turned, other, False
    found.ids |= dict.fromkeys(ids)
    found.shapes.append(shape)
    found.degraded |= not sure


def _add_named(map_: Map, desc: str, found: _Touched) -> None:
    """An area without any shape is where its description says, which is less than sure."""
    found.degraded = True
    if named := _named(map_, desc):
        found.ids |= dict.fromkeys(down(map_, named))
    else:
        found.unknown.append(desc)


def _named(map_: Map, desc: str) -> list[str]:
    """The places whose names the description holds. Where one name is two places, both."""
    whole = match(map_.names, desc)
    parts = [whole.places] if whole.sure else [_part(map_, part) for part in _PARTS.split(desc)[:_MOST]]
    return list(dict.fromkeys(place.id for places in parts for place in places))


def _part(map_: Map, part: str) -> Sequence[Place]:
    found = match(map_.names, part)
    return found.places if found.sure else mentioned(map_.names, part)


def touched(map_: Map, shape: BaseGeometry) -> tuple[list[str], bool]:
    """The places that `shape` touches, and whether outlines said so for every county and region. Countries are none of them."""
    outlined = set(map_.outlines.touched(shapes.widened(shape)))
    near = {one for one, known in map_.known.items() if one not in map_.outlines and _reaches(map_, known, shape, outlined)}
    hit = {one for one in outlined | near if one in map_.known}
    hit |= {up.id for one in hit for up in map_.names.up(map_.known[one].place)}
    hit |= set(_without_centre(map_, hit))
    hit = {one for one in hit if map_.known[one].place.kind is not PlaceKind.COUNTRY}
    sure = all(one in map_.outlines for one in hit if map_.known[one].place.kind is PlaceKind.ADM1)
    return [one for one in map_.known if one in hit], sure


def _reaches(map_: Map, known: Known, shape: BaseGeometry, outlined: set[str]) -> bool:
    """Whether a place without an outline may have a point with `shape` in common: its circle does, and so does what it lies in."""
    place, centre = known.place, known.place.centre
    if centre is None or place.kind is PlaceKind.COUNTRY:
        return False
    _, south, _, north = shape.bounds
    room = (known.reach_km + 1) / shapes.KM_PER_DEGREE
    if not south - room <= centre[0] <= north + room:  # most places are far away: no circle is drawn for them
        return False
    around = next((up.id for up in map_.names.up(place) if up.id in map_.outlines), None)
    return (around is None or around in outlined) and bool(shapes.disc(centre, known.reach_km).intersects(shape))


def _without_centre(map_: Map, hit: set[str]) -> Iterator[str]:
    """A place of which nobody knows where in its district it lies may be anywhere in it."""
    waiting = list(hit)
    while waiting:
        for child in map_.inside.get(waiting.pop(), ()):
            known = map_.known[child]
            lost = child not in hit and child not in map_.outlines and known.place.centre is None
            if lost and map_.known[known.place.parent].place.kind is not PlaceKind.COUNTRY:
                yield child
                waiting.append(child)


def down(map_: Map, ids: Iterable[str]) -> list[str]:
    """The places of `ids` and all in them."""
    found: dict[str, None] = {}
    waiting = [one for one in ids if one in map_.known]
    while waiting:
        one = waiting.pop()
        if one not in found:
            found[one] = None
            waiting.extend(map_.inside.get(one, ()))
    return list(found)


def _middle(drawn: Sequence[BaseGeometry]) -> Point | None:
    centres = [shape.centroid for shape in drawn if not shape.is_empty]
    return middle([(centre.y, centre.x) for centre in centres])


def _away(map_: Map, place: Place, point: Point | None) -> tuple[float, str]:
    centre = place.centre
    for up in map_.names.up(place) if centre is None else ():
        centre = centre or up.centre
    return distance_km(centre, point) if centre and point else _FAR, place.id
