"""Which places an alert's areas touch. Rather one too many than one too few; what a person should look at is flagged."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from shapely.geometry.base import BaseGeometry

from bot.core.alert.cap import Area, Point
from bot.core.place.geo import distance_km, middle
from bot.core.place.match import Names
from bot.core.place.types import Covered, Place, PlaceKind
from bot.places import shapes
from bot.places.cells import Boxes, cells, turned
from bot.places.described import Described
from bot.places.ground import Ground
from bot.places.known import Known
from bot.places.outlines import Outlines

_FAR = float("inf")
_CODE = re.compile(r"[^\s,;|]+")
_COUNTRY = re.compile(r"iso|country", re.IGNORECASE)
_MOST = 500  # areas of an alert that are looked at: the longest real list has 73
_VALUES = 400_000  # characters of the codes of an alert that are looked at: all municipalities of Brazil, 45,000, in several languages


@dataclass(frozen=True, slots=True)
class Map:
    """What is needed to place an area."""

    known: Mapping[str, Known]
    names: Names
    inside: Mapping[str, Sequence[str]]
    outlines: Outlines
    ground: Ground


@dataclass(slots=True)
class _Touched:
    described: Described
    pen: shapes.Pen = field(default_factory=shapes.Pen)
    ids: dict[str, None] = field(default_factory=dict)  # in the order found
    drawn: list[BaseGeometry] = field(default_factory=list)
    rest: Boxes = field(default_factory=Boxes)  # around the shapes that are too many to be drawn
    rest_of: list[str] = field(default_factory=list)  # the descriptions of their areas
    downed: set[str] = field(default_factory=set)  # what is in these is found
    room: int = _VALUES  # characters of codes that may still be looked at
    degraded: bool = False
    unknown: list[str] = field(default_factory=list)


def cover(map_: Map, areas: Sequence[Area]) -> Covered:
    """The places that `areas` touch."""
    found = _Touched(Described(map_.names))
    for area in areas[:_MOST]:
        _add(map_, area, found)
    if found.rest:
        _add_rest(map_, found)
    found.unknown += [area.desc for area in areas[_MOST:]]
    places = [map_.known[one].place for one in found.ids]
    centre = _middle(found.drawn) or next((place.centre for place in places if place.centre), None)
    ordered = sorted(places, key=lambda place: _away(map_, place, centre))
    degraded = found.degraded or found.pen.rough or bool(found.unknown)
    return Covered(tuple(ordered), degraded=degraded, unknown=tuple(dict.fromkeys(found.unknown)))


def _add(map_: Map, area: Area, found: _Touched) -> None:
    coded = _coded(map_, area, found)
    _add_down(map_, coded, found)
    drawn, left = _drawn(area, found)
    if drawn:
        _add_shapes(map_, drawn, area.desc, found)
    elif not coded and not left:
        _add_named(map_, area.desc, found)


def _add_down(map_: Map, ids: Iterable[str], found: _Touched) -> None:
    """Adds `ids` and all in them. Once each: thousands of areas may name the same country."""
    new = [one for one in ids if one not in found.downed]
    found.downed.update(new)
    found.ids |= dict.fromkeys(down(map_, new))


def _drawn(area: Area, found: _Touched) -> tuple[Sequence[shapes.Drawn], bool]:
    """Each shape of the area, as long as the alert has few enough, and whether some were left for the rest."""
    rings, circles = found.pen.some(area.polygons), found.pen.some(area.circles)
    drawn = [found.pen.ring(points) for points in rings]
    drawn += [shapes.Drawn(one) if (one := shapes.circle(circle)) is not None else None for circle in circles]
    more = area.polygons[len(rings) :], area.circles[len(circles) :]
    found.rest.add(*more)
    found.rest_of += [area.desc] if any(more) else []
    return [one for one in drawn if one is not None and not one.shape.is_empty], any(more)


def _coded(map_: Map, area: Area, found: _Touched) -> Sequence[str]:
    """The places that the area's codes name: ISO 3166-2 or our own ids, several may stand in one value. A whole country (ISO 3166-1) only
    where the code's name says that it is one: "KE" may be anything."""
    named: dict[str, None] = {}
    for name, text in area.geocodes:
        looked = text[: found.room]
        found.room -= len(looked)
        found.degraded |= len(looked) < len(text)
        for value in chain((looked.strip(),), (code[0] for code in _CODE.finditer(looked))):
            code = value if value in map_.known else value.upper()
            if code in map_.known and (map_.known[code].place.kind is not PlaceKind.COUNTRY or _COUNTRY.search(name)):
                named[code] = None
    return list(named)


def _add_shapes(map_: Map, drawn: Sequence[shapes.Drawn], desc: str, found: _Touched) -> None:
    look = map_.ground.look([one.shape for one in drawn], [one.slack for one in drawn])
    _put(map_, look.places, found)
    found.drawn += [one.shape if hit else _turned(map_, one, desc, found) for one, hit in zip(drawn, look.any_, strict=True)]


def _turned(map_: Map, one: shapes.Drawn, desc: str, found: _Touched) -> BaseGeometry:
    """A shape that lies abroad as it stands: it is taken the other way round if it then lies where its description says."""
    other = shapes.swapped(one.shape)
    meant = _put_turned(map_, map_.ground.look([other], [one.slack]).places, [desc], found)
    return other if meant else one.shape


def _add_rest(map_: Map, found: _Touched) -> None:
    """The shapes that are too many, by the boxes around them."""
    boxes, ground = found.rest.all(), map_.ground
    here = cells(boxes, ground.bounds)
    look = ground.look(here, [0.0] * len(here))
    _put(map_, look.places, found)
    if not look.places:
        other = cells(turned(boxes), ground.bounds)
        _put_turned(map_, ground.look(other, [0.0] * len(other)).places, found.rest_of, found)


def _put(map_: Map, places: Iterable[str], found: _Touched) -> None:
    """Adds what shapes touch. It is sure where outlines said so for every county and region. What was found before is left as it is."""
    new = _whole(map_, {one for one in places if one not in found.ids}) - found.ids.keys()
    found.degraded |= any(one not in map_.outlines for one in new if map_.known[one].place.kind is PlaceKind.ADM1)
    found.ids |= dict.fromkeys(sorted(new))


def _put_turned(map_: Map, places: Iterable[str], descs: Iterable[str], found: _Touched) -> bool:
    """Adds what shapes touch the other way round, where one of the descriptions names some of it, which is less than sure."""
    hit = _whole(map_, set(places))
    meant = any(not hit.isdisjoint(found.described.read(desc)[0]) for desc in (descs if hit else ()))
    if meant:
        found.degraded = True
        found.ids |= dict.fromkeys(sorted(hit))
    return meant


def _whole(map_: Map, hit: set[str]) -> set[str]:
    """`hit`, what these lie in, and what may lie in them; without countries."""
    hit = hit | {up.id for one in hit for up in map_.names.up(map_.known[one].place)}
    hit |= set(_without_centre(map_, hit))
    return {one for one in hit if map_.known[one].place.kind is not PlaceKind.COUNTRY}


def _add_named(map_: Map, desc: str, found: _Touched) -> None:
    """An area without any shape is where its description says, which is less than sure."""
    found.degraded = True
    named, all_ = found.described.read(desc)
    _add_down(map_, named, found)
    if not named or not all_:
        found.unknown.append(desc)


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
    centres = [shape.centroid for shape in drawn]
    return middle([(centre.y, centre.x) for centre in centres])


def _away(map_: Map, place: Place, point: Point | None) -> tuple[float, str]:
    centre = place.centre
    for up in map_.names.up(place) if centre is None else ():
        centre = centre or up.centre
    return distance_km(centre, point) if centre and point else _FAR, place.id
