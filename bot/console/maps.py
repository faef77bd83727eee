"""Small maps as SVG inside a page: no tiles, nothing from outside, readable in print. Alerts' shapes are drawn, places are points."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import cos, pi, radians, sin, sqrt

from markupsafe import Markup

from bot.core.alert.cap import Area, Circle, Point
from bot.core.place.types import Place

WIDTH, MOST_HEIGHT, EDGE = 640.0, 440.0, 28.0
KM_A_DEGREE = 111.32
POINTS = 400  # of one ring: a page is for a slow line
NAMED = 14  # places that get their name
_LEAST = 0.05  # degrees: a map of one town is not a map of one house


@dataclass(frozen=True, slots=True)
class Dot:
    """A place on a map. `share`: (class, how many) of its parts, drawn one beside the other; `size` 0 to 1."""

    at: Point
    name: str
    size: float = 0.0
    share: Sequence[tuple[str, int]] = ()


@dataclass(frozen=True, slots=True)
class _View:
    """From degrees to the picture: plane, with the meridians as far apart as they are in the middle."""

    north: float
    west: float
    scale: float
    narrow: float
    width: float
    height: float

    def xy(self, point: Point) -> tuple[float, float]:
        lat, lon = point
        return (lon - self.west) * self.narrow * self.scale + EDGE, (self.north - lat) * self.scale + EDGE


def alert_map(areas: Sequence[Area], places: Sequence[Place], title: str) -> Markup:
    """An alert's areas, and the places that they touch. "" where there is nothing to draw."""
    rings = [ring for area in areas for ring in area.polygons if len(ring) > 2]
    circles = [circle for area in areas for circle in area.circles]
    dots = [Dot(place.centre, place.name) for place in places if place.centre]
    return _drawn(rings, circles, dots[:200], title)


def dot_map(dots: Sequence[Dot], title: str) -> Markup:
    """Places with their shares."""
    return _drawn([], [], sorted(dots, key=lambda dot: -dot.size), title)


def _drawn(rings: Sequence[Sequence[Point]], circles: Sequence[Circle], dots: Sequence[Dot], title: str) -> Markup:
    corners = [point for ring in rings for point in ring] + [point for circle in circles for point in _around(circle)]
    known = [*corners, *(dot.at for dot in dots)]
    if not known:
        return Markup("")
    view = _view(known)
    parts = [Markup("<title>{}</title>").format(title)]
    parts += [_ring(ring, view) for ring in rings]
    parts += [_circle(circle, view) for circle in circles]
    parts += [_dot(dot, view) for dot in dots]
    parts += _names(dots, view)
    head = Markup('<svg class="map" role="img" viewBox="0 0 {} {}" xmlns="http://www.w3.org/2000/svg">')
    return head.format(round(view.width), round(view.height)) + Markup("").join(parts) + Markup("</svg>")


def _view(points: Sequence[Point]) -> _View:
    lats, lons = [lat for lat, _ in points], [lon for _, lon in points]
    north, south, west, east = max(lats), min(lats), min(lons), max(lons)
    tall, wide = max(north - south, _LEAST), max(east - west, _LEAST)
    middle = (north + south) / 2, (east + west) / 2
    narrow = max(0.05, cos(radians(middle[0])))
    scale = min((WIDTH - 2 * EDGE) / (wide * narrow), (MOST_HEIGHT - 2 * EDGE) / tall)
    return _View(
        north=middle[0] + tall / 2,
        west=middle[1] - (WIDTH - 2 * EDGE) / scale / narrow / 2,
        scale=scale,
        narrow=narrow,
        width=WIDTH,
        height=tall * scale + 2 * EDGE,
    )


def _around(circle: Circle) -> Iterable[Point]:
    lat, lon = circle.centre
    far = circle.radius_km / KM_A_DEGREE
    wide = far / max(0.05, cos(radians(lat)))
    return (lat + far, lon), (lat - far, lon), (lat, lon + wide), (lat, lon - wide)


def _ring(ring: Sequence[Point], view: _View) -> Markup:
    step = max(1, len(ring) // POINTS)
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in map(view.xy, ring[::step]))
    return Markup('<polygon class="area" points="{}"/>').format(points)


def _circle(circle: Circle, view: _View) -> Markup:
    x, y = view.xy(circle.centre)
    radius = max(3.0, circle.radius_km / KM_A_DEGREE * view.scale)
    return Markup('<circle class="area" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"/>').format(x, y, radius)


def _dot(dot: Dot, view: _View) -> Markup:
    x, y = view.xy(dot.at)
    if not dot.share:
        return Markup('<circle class="town" cx="{:.1f}" cy="{:.1f}" r="3"/>').format(x, y)
    radius, all_ = _radius(dot), sum(count for _, count in dot.share) or 1
    said = ", ".join(str(count) for _, count in dot.share)
    parts, turn = [Markup("<g><title>{}: {}</title>").format(dot.name, said)], 0.0
    for name, count in dot.share:
        if count:
            parts.append(_slice(name, (x, y), radius, (turn, turn + count / all_)))
            turn += count / all_
    return Markup("").join(parts) + Markup("</g>")


def _radius(dot: Dot) -> float:
    return 5 + 15 * sqrt(dot.size)


def _slice(name: str, middle: Point, radius: float, turns: tuple[float, float]) -> Markup:
    (x, y), (start, end) = middle, turns
    if end - start > 0.999:
        return Markup('<circle class="{}" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"/>').format(name, x, y, radius)
    (ax, ay), (bx, by) = (_turned(x, y, radius, at) for at in (start, end))
    path = f"M{x:.1f} {y:.1f}L{ax:.1f} {ay:.1f}A{radius:.1f} {radius:.1f} 0 {int(end - start > 0.5)} 1 {bx:.1f} {by:.1f}Z"
    return Markup('<path class="{}" d="{}"/>').format(name, path)


def _turned(x: float, y: float, radius: float, turn: float) -> Point:
    angle = 2 * pi * turn - pi / 2
    return x + radius * cos(angle), y + radius * sin(angle)


def _names(dots: Sequence[Dot], view: _View) -> Sequence[Markup]:
    """The first ones' names, where they do not lie on each other."""
    taken: list[tuple[float, float]] = []
    found = []
    for dot in dots:
        x, y = view.xy(dot.at)
        if len(taken) < NAMED and all(abs(x - a) > 90 or abs(y - b) > 14 for a, b in taken):
            taken.append((x, y))
            left, away = x > view.width - 110, (_radius(dot) if dot.share else 3) + 4
            found.append(
                Markup('<text x="{:.1f}" y="{:.1f}" text-anchor="{}">{}</text>').format(
                    x - away if left else x + away, y + 4, "end" if left else "start", dot.name
                )
            )
    return found
