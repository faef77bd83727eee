"""Shapes of alerts and places, in degrees, longitude first as shapely has it. Nothing crosses the antimeridian: what does is cut there."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, TypeVar

import numpy as np
import shapely
from shapely import LineString, MultiPolygon, Polygon, box, make_valid, transform, unary_union
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from bot.core.alert.cap import Circle
from bot.core.alert.cap import Point as LatLon
from bot.core.place.geo import is_point

KM_PER_DEGREE = 111.2
MARGIN_KM = 5.0  # outlines are drawn coarsely: who lives so near to one may be in it
MOST_KM = 5000.0  # no warning is for a wider circle; one that says so covers what it says up to here
_SHAPES = 300  # of an alert that are drawn one by one; the largest real one has 212
_POINTS = 10_000  # of all rings of an alert; what goes beyond is drawn by its hull
_RAW, _DETAIL = 1_000, 500  # points of one ring that are kept, and that are drawn as they are
_NEAR, _TOO_FAR = 0.005, 0.045  # degrees that a thinner ring may move, and from which on it is said to be rough
_MENDED, _MENDABLE = 150, 1_000  # points of a ring that crosses itself and is mended, and of all such rings together
T = TypeVar("T")
_ALL = box(-180, -90, 180, 90)
_QUARTER = 16  # segments of a quarter of a circle
_TURNS = np.linspace(0, 2 * np.pi, 4 * _QUARTER + 1)
_ROUND = np.stack([np.cos(_TURNS), np.sin(_TURNS)], axis=1)
_ROUND[-1] = _ROUND[0]


@dataclass(frozen=True, slots=True)
class Drawn:
    """A shape, and how many degrees around it belong to it: what it means is all within `slack` of `shape`, or less."""

    shape: BaseGeometry
    slack: float = 0.0


class Pen:
    """Draws the rings of one alert, within a budget of points: a hostile outline that crosses itself a thousand times takes no minutes.

    `rough`: some were drawn more widely than they say, or could not be drawn at all."""

    def __init__(self) -> None:
        self.rough = False
        self._points, self._mendable, self._shapes = _POINTS, _MENDABLE, _SHAPES

    def some(self, given: Sequence[T]) -> Sequence[T]:
        """So many of the given shapes, from the first on, as may still be drawn one by one."""
        taken = given[: self._shapes]
        self._shapes -= len(taken)
        self.rough |= len(taken) < len(given)
        return taken

    def ring(self, points: Sequence[LatLon]) -> Drawn | None:
        """What a CAP polygon encloses, mended where it crosses itself; a line or a point where it is no more. None: nothing usable.

        Longitudes beyond 180 and rings across the antimeridian are understood, and numbers that only make sense the other way round."""
        good = np.array(points, dtype=float).reshape(-1, 2)
        good = good[np.isfinite(good).all(axis=1)]
        most = np.abs(good).max(axis=0, initial=0)
        if most[0] > 90 >= most[1]:
            good, most, self.rough = good[:, ::-1], most[::-1], True
        if not len(good) or most[0] > 90 or most[1] > 360:
            self.rough = True
            return None
        drawn = self._drawn(_unrolled(good))
        return Drawn(_folded(drawn.shape), drawn.slack)

    def _drawn(self, xy: Any) -> Drawn:
        if self._points <= 0:
            return self._hull(xy)
        thin, slack = _thinned(xy)
        if len(np.unique(thin, axis=0)) < 3:
            return self._hull(xy)
        polygon = Polygon(thin)
        self._points -= len(thin)
        if self._points < 0:
            return self._hull(xy)
        self.rough |= slack > _TOO_FAR
        if polygon.is_valid:
            return Drawn(polygon, slack)
        self._mendable -= len(thin)
        if len(thin) > _MENDED or self._mendable < 0:
            return self._hull(xy)
        return Drawn(make_valid(polygon, method="structure", keep_collapsed=True), slack)

    def _hull(self, xy: Any) -> Drawn:
        """All that could be meant, and more."""
        self.rough = True
        return Drawn(shapely.linestrings(xy if len(xy) > 1 else np.repeat(xy, 2, axis=0)).convex_hull)


def _thinned(xy: Any) -> tuple[Any, float]:
    """`xy` with so many points as can be drawn quickly, and how far it moved. Whoever was in it is in the thinner ring or so near to it:
    between two points that stay, neither the old line nor anything between it and the new one is farther away."""
    if len(xy) <= _DETAIL:
        return xy, 0.0
    every = -(-len(xy) // _RAW)
    kept = xy[np.minimum(np.arange(0, len(xy) + every, every), len(xy) - 1)]
    part = np.arange(len(xy)) // every
    moved = _away(xy, kept[part], kept[part + 1])
    return np.array(LineString(kept).simplify(_NEAR).coords), moved + _NEAR


def _away(points: Any, start: Any, end: Any) -> float:
    """How far the farthest of `points` is from its own line from `start` to `end`."""
    along, out = end - start, points - start
    length = (along**2).sum(axis=1)
    at = ((out * along).sum(axis=1) / np.where(length > 0, length, 1)).clip(0, 1)
    return float(np.sqrt(((out - along * at[:, None]) ** 2).sum(axis=1)).max())


def circle(shape: Circle) -> BaseGeometry | None:
    """What a CAP circle encloses; its centre where the radius is 0. None: nothing usable."""
    if not is_point(shape.centre) or not isfinite(shape.radius_km) or shape.radius_km < 0:
        return None
    return disc(shape.centre, shape.radius_km)


def disc(centre: LatLon, radius_km: float) -> BaseGeometry:
    """All within `radius_km` of `centre`."""
    return discs([centre], [radius_km])[0]


def discs(centres: Sequence[LatLon], radii_km: Sequence[float]) -> Sequence[BaseGeometry]:
    """All within each of `radii_km` of each of `centres`."""
    if not centres:
        return []
    lat, lon = np.array(centres, dtype=float).T
    up = np.minimum(np.array(radii_km, dtype=float), MOST_KM) / KM_PER_DEGREE
    size = np.stack([up / narrow(lat), up], axis=1)
    at = np.stack([lon, lat], axis=1)
    drawn = shapely.polygons(at[:, None, :] + size[:, None, :] * _ROUND)
    return [_folded(shape) if far else shapely.Point(x, y) for shape, far, x, y in zip(drawn, up > 0, lon, lat, strict=True)]


def margin(drawn: Any) -> Any:
    """For each of an array of shapes, the degrees in which it is MARGIN_KM away, whichever way."""
    lat = np.nan_to_num(np.abs(shapely.bounds(drawn)[:, [1, 3]])).max(axis=1)
    return MARGIN_KM / KM_PER_DEGREE / narrow(lat)


def swapped(shape: BaseGeometry) -> BaseGeometry:
    """`shape` as it would be had its author meant longitude and latitude the other way round."""
    return transform(shape, lambda xy: xy[:, ::-1])


def polygons(shape: BaseGeometry) -> MultiPolygon | None:
    """The polygons in `shape`, valid; None where it encloses nothing."""
    parts = [part for part in _parts(make_valid(shape)) if isinstance(part, Polygon) and part.area > 0]
    return MultiPolygon(parts) if parts else None


def _parts(shape: BaseGeometry) -> Iterable[BaseGeometry]:
    parts = getattr(shape, "geoms", None)
    if parts is None:
        yield shape
    else:
        for part in parts:
            yield from _parts(part)


def _unrolled(latlon: Any) -> Any:
    """Longitude, latitude; each point on the side of the antimeridian where the one before it is nearer."""
    xy = latlon[:, ::-1].copy()
    if np.ptp(xy[:, 0]) != 360:  # else once around the globe, and meant so
        xy[1:, 0] -= 360 * np.rint(np.diff(xy[:, 0]) / 360).cumsum()
    return xy


def _folded(shape: BaseGeometry) -> BaseGeometry:
    """`shape` with what lies beyond 180 degrees brought back to the other side."""
    west, _, east, _ = shape.bounds if not shape.is_empty else (0, 0, 0, 0)
    if west >= -180 and east <= 180:
        return shape
    turns = [turn for turn in (-720, -360, 0, 360, 720) if west + turn < 180 and east + turn > -180]
    parts = [translate(shape, turn).intersection(_ALL) for turn in turns]
    return unary_union([part for part in parts if not part.is_empty])


def narrow(lat: Any) -> Any:
    """How much shorter a degree of longitude is at each of `lat` than at the equator. Near the poles it is taken as at 85 degrees."""
    return np.maximum(np.cos(np.radians(np.minimum(np.abs(lat), 85.0))), 0.087)
