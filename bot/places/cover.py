"""Which places an alert's areas touch. Rather one too many than one too few; what a person should look at is flagged."""

import re
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from shapely.geometry.base import BaseGeometry

from bot.core.alert.cap import Area, Point
from bot.core.place.geo import distance_km, middle
from bot.core.place.match import Names, match, mentioned
from bot.core.place.types import Covered, Place, PlaceKind
from bot.places import shapes
from bot.places.known import Known
from bot.places.outlines import Outlines
from bot.places.reach import Reaches

_FAR = float("inf")
_CODES = re.compile(r"[\s,;|]+")
_COUNTRY = re.compile(r"iso|country", re.IGNORECASE)
_PARTS = re.compile(r"[,;/\n]|\band\b|\bna\b|&", re.IGNORECASE)
_MOST = 500  # areas of an alert that are looked at: the longest real list has 73
_DESC = 1000  # characters of a description; the longest real one has 331


@dataclass(frozen=True, slots=True)
class Map:
    """What is needed to place an area."""

    known: Mapping[str, Known]
    names: Names
    inside: Mapping[str, Sequence[str]]
    outlines: Outlines
    reaches: Reaches


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
    """Each shape of the area, as long as the alert has few enough; the rest by one hull around all."""
    rings, circles = pen.some(area.polygons), pen.some(area.circles)
    yield from (pen.ring(points) for points in rings)
    yield from (shapes.circle(circle) for circle in circles)
    rest = [point for points in area.polygons[len(rings) :] for point in points]
    rest += [point for circle in area.circles[len(circles) :] for point in shapes.corners(circle)]
    if rest:
        yield pen.around(rest)


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
    any_, ids, sure = touched(map_, shape, found.ids)
    if not any_:
        turned = shapes.swapped(shape)
        _, other, _ = touched(map_, turned)
        if other and set(other) & set(_named(map_, desc)):  # as it stands it is abroad; the other way round, where its description says
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
    """The places whose names the description holds, spelt as we know them. Where one name is two places, both."""
    whole = match(map_.names, desc, typos=False)
    parts = [whole.places] if whole.sure else [_part(map_, part) for part in _PARTS.split(desc[:_DESC])]
    return list(dict.fromkeys(place.id for places in parts for place in places))


def _part(map_: Map, part: str) -> Sequence[Place]:
    found = match(map_.names, part, typos=False)
    return found.places if found.sure else mentioned(map_.names, part)


def touched(map_: Map, shape: BaseGeometry, already: Container[str] = ()) -> tuple[bool, list[str], bool]:
    """Whether `shape` touches any place, those that it touches, and whether outlines said so for every county and region. Countries are
    none of them, and those of `already`, which are known to be touched, are left out."""
    outlined = {one for one in map_.outlines.touched(shapes.widened(shape)) if one in map_.known}
    near = {one for one in map_.reaches.touched(shape, already) if _may_be(map_, one, outlined)}
    hit = {one for one in outlined | near if one not in already}
    hit |= {up.id for one in hit for up in map_.names.up(map_.known[one].place)}
    hit |= set(_without_centre(map_, hit))
    hit = {one for one in hit if map_.known[one].place.kind is not PlaceKind.COUNTRY}
    sure = all(one in map_.outlines for one in hit if map_.known[one].place.kind is PlaceKind.ADM1)
    return bool(outlined or near), sorted(hit), sure


def _may_be(map_: Map, one: str, outlined: set[str]) -> bool:
    """Whether a place's circle says where it is: not where it has an outline, nor where the outline around it says that it is not there."""
    if one in map_.outlines:
        return False
    around = next((up.id for up in map_.names.up(map_.known[one].place) if up.id in map_.outlines), None)
    return around is None or around in outlined


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
