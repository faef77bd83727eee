"""Shapes as alerts have them, good and bad. Points are (latitude, longitude), shapes (x, y) = (longitude, latitude)."""

import math
import random

import pytest
from shapely import MultiPolygon, Point, Polygon, box

from bot.core.alert.cap import Circle
from bot.core.alert.cap import Point as LatLon
from bot.places import shapes
from bot.places.shapes import Drawn, Pen


def ring(west: float, south: float, east: float, north: float) -> list[LatLon]:
    return [(south, west), (south, east), (north, east), (north, west), (south, west)]


def holds(points: list[LatLon], point: LatLon) -> bool:
    drawn = Pen().ring(points)
    return drawn is not None and drawn.shape.intersects(Point(point[1], point[0]))


@pytest.mark.parametrize("west", [178, 538, -182], ids=["178-to-182", "beyond-360", "minus-182"])
def test_a_ring_across_the_antimeridian_is_on_both_sides(west: float) -> None:
    fiji = ring(west, -18, west + 4, -16) if abs(west) < 360 else ring(178, -18, -178, -16)
    assert holds(fiji, (-17, 179.5))
    assert holds(fiji, (-17, -179.5))
    assert not holds(fiji, (-17, 0))


def test_a_ring_around_the_globe_is_meant_so() -> None:
    assert holds(ring(-180, -10, 180, 10), (0, 38))
    assert not holds(ring(-180, -10, 180, 10), (20, 38))


def test_a_ring_that_crosses_itself_keeps_both_halves() -> None:
    pen = Pen()
    drawn = pen.ring([(0, 0), (2, 2), (0, 2), (2, 0), (0, 0)])
    assert drawn is not None
    assert drawn.shape.area == pytest.approx(2)
    assert not pen.rough


def test_numbers_that_only_make_sense_the_other_way_round() -> None:
    pen = Pen()
    drawn = pen.ring([(122, 10), (124, 10), (124, 12), (122, 12)])
    assert drawn is not None
    assert drawn.shape.equals(box(122, 10, 124, 12))
    assert pen.rough


@pytest.mark.parametrize(
    "points",
    [[], [(95.0, 200.0), (96.0, 200.0), (96.0, 201.0)], [(float("nan"), 1.0)], [(float("inf"), 1.0)], [(1.0, 1e9), (1.0, 2.0), (3.0, 4.0)]],
    ids=["empty", "nowhere", "nan", "infinite", "huge"],
)
def test_what_is_no_shape_is_none(points: list[LatLon]) -> None:
    pen = Pen()
    assert pen.ring(points) is None
    assert pen.rough


@pytest.mark.parametrize("points", [[(1.0, 2.0)], [(1.0, 2.0)] * 4, [(1.0, 2.0), (1.0, 2.5), (1.0, 2.0)]], ids=["one", "one-again", "two"])
def test_less_than_a_ring_is_still_somewhere(points: list[LatLon]) -> None:
    assert holds(points, (1.0, 2.0))


def test_a_hostile_ring_is_drawn_by_its_hull() -> None:
    """Mending it would take minutes and gigabytes."""
    dice = random.Random(1)
    points = [(dice.uniform(-4, 5), dice.uniform(34, 42)) for _ in range(20_000)]
    pen = Pen()
    drawn = pen.ring(points)
    assert isinstance(drawn.shape, Polygon)
    assert pen.rough
    assert all(drawn.shape.buffer(1e-9).intersects(Point(lon, lat)) for lat, lon in points[:100])


def test_many_hostile_rings_share_one_budget() -> None:
    dice = random.Random(1)
    pen = Pen()
    drawn = [pen.ring([(dice.uniform(0, 1), dice.uniform(0, 1)) for _ in range(100)]) or Drawn(Point()) for _ in range(40)]
    assert isinstance(drawn[0].shape, MultiPolygon)
    assert isinstance(drawn[-1].shape, Polygon)
    assert pen.rough


def test_a_detailed_ring_is_thinned_by_less_than_a_kilometre() -> None:
    points = [(5 * math.sin(n / 10_000 * math.tau), 38 + 5 * math.cos(n / 10_000 * math.tau)) for n in range(10_001)]
    pen = Pen()
    drawn = pen.ring(points)
    assert drawn is not None
    assert drawn.shape.hausdorff_distance(Point(38, 0).buffer(5, quad_segs=500)) < 0.01
    assert not pen.rough


@pytest.mark.parametrize(
    ("circle", "inside", "outside"),
    [
        pytest.param(Circle((0.0, 38.0), 111.2), [(0.99, 38.0), (0.0, 38.99)], [(1.02, 38.0), (0.8, 38.8)], id="equator"),
        pytest.param(Circle((60.0, 10.0), 111.2), [(60.0, 11.9), (60.98, 10.0)], [(60.0, 12.1)], id="north"),
        pytest.param(Circle((-17.0, 179.5), 200), [(-17.0, -179.5)], [(-17.0, -177.0)], id="antimeridian"),
        pytest.param(Circle((1.0, 2.0), 0), [(1.0, 2.0)], [(1.0, 2.001)], id="point"),
    ],
)
def test_circles(circle: Circle, inside: list[LatLon], outside: list[LatLon]) -> None:
    drawn = shapes.circle(circle)
    assert drawn is not None
    assert all(drawn.intersects(Point(lon, lat)) for lat, lon in inside)
    assert not any(drawn.intersects(Point(lon, lat)) for lat, lon in outside)


@pytest.mark.parametrize(
    "circle", [Circle((91.0, 0.0), 1), Circle((0.0, 0.0), -1), Circle((0.0, 0.0), math.nan), Circle((0.0, 0.0), math.inf)]
)
def test_what_is_no_circle_is_none(circle: Circle) -> None:
    assert shapes.circle(circle) is None
