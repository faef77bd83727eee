"""Shapes of alerts and places, in degrees, longitude first as shapely has it. Nothing crosses the antimeridian: what does is cut there."""

from collections.abc import Iterable, Sequence
from math import cos, isfinite, radians
from typing import TypeVar

from shapely import LineString, MultiPoint, MultiPolygon, Point, Polygon, box, make_valid, transform, unary_union
from shapely.affinity import scale, translate
from shapely.geometry.base import BaseGeometry

from bot.core.alert.cap import Circle
from bot.core.alert.cap import Point as LatLon
from bot.core.place.geo import is_point

KM_PER_DEGREE = 111.2
MARGIN_KM = 5.0  # outlines are drawn coarsely: who lives so near to one may be in it
_MOST_KM = 5000.0  # no warning is for a wider circle; one that says so covers what it says up to here
_SHAPES = 300  # of an alert that are drawn one by one; the largest real one has 212
_POINTS = 10_000  # of all rings of an alert; what goes beyond is drawn by its hull
_RAW, _DETAIL = 1_000, 500  # points of one ring that are looked at, and that are drawn as they are
_MENDED, _MENDABLE = 150, 1_500  # points of a ring that crosses itself and is mended, and of all such rings together
T = TypeVar("T")
_ALL = box(-180, -90, 180, 90)
_STEPS = 16  # segments of a quarter of a circle


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
        return taken

    def ring(self, points: Sequence[LatLon]) -> BaseGeometry | None:
        """What a CAP polygon encloses, mended where it crosses itself; a line or a point where it is no more. None: nothing usable.

        Longitudes beyond 180 and rings across the antimeridian are understood, and numbers that only make sense the other way round."""
        good = _finite(points)
        if any(abs(lat) > 90 for lat, _ in good) and all(abs(lon) <= 90 for _, lon in good):
            good, self.rough = [(lon, lat) for lat, lon in good], True
        if not good or any(abs(lat) > 90 or abs(lon) > 360 for lat, lon in good):
            self.rough = True
            return None
        return _folded(self._drawn(_unrolled(good)))

    def _drawn(self, xy: Sequence[tuple[float, float]]) -> BaseGeometry:
        thin = _thinned(xy)
        if len(set(thin)) < 3:
            self.rough = True
            return MultiPoint(xy)
        polygon = Polygon(thin)
        self._points -= len(thin)
        if self._points < 0:
            return self._hull(xy)
        if polygon.is_valid:
            return polygon
        self._mendable -= len(thin)
        if len(thin) > _MENDED or self._mendable < 0:
            return self._hull(xy)
        return make_valid(polygon, method="structure", keep_collapsed=True)

    def around(self, points: Sequence[LatLon]) -> BaseGeometry | None:
        """The hull of all of `points`."""
        self.rough = True
        good = [point for point in _finite(points) if is_point(point)]
        return _folded(self._hull(_unrolled(good))) if good else None

    def _hull(self, xy: Sequence[tuple[float, float]]) -> BaseGeometry:
        """All that could be meant, and more."""
        self.rough = True
        return MultiPoint(xy).convex_hull


def _finite(points: Sequence[LatLon]) -> list[LatLon]:
    return [point for point in points if isfinite(point[0]) and isfinite(point[1])]


def _thinned(xy: Sequence[tuple[float, float]]) -> Sequence[tuple[float, float]]:
    """`xy` with so many points as can be drawn quickly; it moves by about a kilometre at most, or by less than its own detail."""
    if len(xy) <= _DETAIL:
        return xy
    every = xy[:: -(-len(xy) // _RAW)]
    return list(LineString(every).simplify(0.005).coords) if len(every) > 3 else xy


def circle(shape: Circle) -> BaseGeometry | None:
    """What a CAP circle encloses; its centre where the radius is 0. None: nothing usable."""
    if not is_point(shape.centre) or not isfinite(shape.radius_km) or shape.radius_km < 0:
        return None
    return disc(shape.centre, shape.radius_km)


def corners(shape: Circle) -> Sequence[LatLon]:
    """The corners of a box around the circle; none where there is nothing usable."""
    (lat, lon), up = shape.centre, min(shape.radius_km, _MOST_KM) / KM_PER_DEGREE
    if not is_point(shape.centre) or not up >= 0:
        return ()
    south, north, side = max(lat - up, -90.0), min(lat + up, 90.0), up / narrow(lat)
    west, east = max(lon - side, -180.0), min(lon + side, 180.0)
    return [(south, west), (south, east), (north, east), (north, west)]


def disc(centre: LatLon, radius_km: float) -> BaseGeometry:
    """All within `radius_km` of `centre`."""
    lat, lon = centre
    if radius_km == 0:
        return Point(lon, lat)
    up = min(radius_km, _MOST_KM) / KM_PER_DEGREE
    round_one = Point(0, 0).buffer(up, quad_segs=_STEPS)
    return _folded(translate(scale(round_one, xfact=1 / narrow(lat)), lon, lat))


def widened(shape: BaseGeometry, km: float = MARGIN_KM) -> BaseGeometry:
    """`shape` and all within about `km` of it."""
    lat = max(abs(shape.bounds[1]), abs(shape.bounds[3])) if not shape.is_empty else 0.0
    thin = narrow(lat)
    flat = scale(shape, xfact=thin, origin=(0, 0))
    return _folded(scale(flat.buffer(km / KM_PER_DEGREE, quad_segs=4), xfact=1 / thin, origin=(0, 0)))


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


def _unrolled(points: Sequence[LatLon]) -> list[tuple[float, float]]:
    """Longitude, latitude; each point on the side of the antimeridian where the one before it is nearer."""
    lons = [lon for _, lon in points]
    if max(lons) - min(lons) == 360:  # once around the globe, and meant so
        return [(lon, lat) for lat, lon in points]
    found: list[tuple[float, float]] = []
    for lat, lon in points:
        near = found[-1][0] if found else lon
        found.append((lon - 360 * round((lon - near) / 360), lat))
    return found


def _folded(shape: BaseGeometry) -> BaseGeometry:
    """`shape` with what lies beyond 180 degrees brought back to the other side."""
    west, _, east, _ = shape.bounds if not shape.is_empty else (0, 0, 0, 0)
    if west >= -180 and east <= 180:
        return shape
    parts = [translate(shape, turn).intersection(_ALL) for turn in (-720, -360, 0, 360, 720)]
    return unary_union([part for part in parts if not part.is_empty])


def narrow(lat: float) -> float:
    """How much shorter a degree of longitude is there than at the equator. Near the poles it is taken as at 85 degrees."""
    return max(cos(radians(min(abs(lat), 85.0))), 0.087)
