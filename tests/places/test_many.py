"""Alerts made to be dear to place: what bounds the work, and that no bound ever makes the audience smaller without a word."""

import random
from collections.abc import Sequence

import numpy as np
import pytest
from shapely import Point as At
from shapely import STRtree

from bot.core.alert.cap import Area, Circle, Point
from bot.core.place.types import Covered
from bot.places import described
from bot.places.cells import Boxes, cells, turned
from bot.places.gazetteer import Places
from tests.places.grid import grid
from tests.places.small import small
from tests.places.test_cover import GARISSA_TOWN, drawn, ids, ring


@pytest.fixture(scope="module", params=[True, False], ids=["outlines", "no-outlines"])
def country(request: pytest.FixtureRequest) -> Places:
    return grid(outlines=request.param)


def spot(dice: random.Random) -> Point:
    return dice.uniform(-6, 6), dice.uniform(33, 43)


def triangle(dice: random.Random) -> Sequence[Point]:
    lat, lon = spot(dice)
    return [(lat, lon), (lat + dice.uniform(0, 0.3), lon), (lat, lon + dice.uniform(0, 0.3)), (lat, lon)]


def test_shapes_beyond_number_touch_all_that_each_of_them_touches_alone(country: Places) -> None:
    dice = random.Random(1)
    first = [ring(34, -5, 34.01, -4.99)] * 300  # as many as are drawn one by one
    rings, circles = [triangle(dice) for _ in range(60)], [Circle(spot(dice), dice.choice([0, 2, 30])) for _ in range(60)]
    alone = [country.covered([Area("", polygons=[one])]) for one in rings] + [country.covered([Area("", circles=[one])]) for one in circles]
    together = country.covered([Area("", polygons=[*first, *rings], circles=circles)])
    assert set().union(*map(ids, alone)) <= ids(together)
    assert together.degraded


def test_shapes_beyond_number_are_not_everywhere(country: Places) -> None:
    """The hull around two far corners would hold the whole country."""
    corners = [ring(34, -5, 34.01, -4.99)] * 400 + [ring(41.9, 4.9, 42, 5)] * 400
    found = country.covered([Area("", polygons=corners)])
    assert found.degraded
    assert 0 < len(found.places) < 600


@pytest.mark.parametrize("count", [299, 301, 20_000])
def test_so_many_shapes_are_looked_at_one_by_one(country: Places, count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[int] = []
    look = type(country.ground).look
    monkeypatch.setattr(type(country.ground), "look", lambda self, shapes, slack: looked.append(len(shapes)) or look(self, shapes, slack))
    dice = random.Random(2)
    country.covered([Area("", circles=[Circle(spot(dice), 1) for _ in range(count)])])
    assert looked[0] == min(count, 300)
    assert sum(looked[1:]) <= 5_100 + 300  # cells of the grid, and those of the first that lie abroad, turned


def test_what_lies_abroad_in_thousands_is_turned_where_its_description_says() -> None:
    turned_rings = [[(lon, lat) for lat, lon in ring(39.5, -0.6, 39.8, -0.3)]] * 1_000
    found = drawn().covered([Area("Garissa", polygons=turned_rings)])
    assert GARISSA_TOWN in ids(found)
    assert found.degraded


def test_a_spike_of_a_detailed_ring_is_never_lost() -> None:
    """Of sixty thousand points every sixtieth or so is kept; the one that reaches the town is not among them."""
    side = [(-0.5 + n / 30_000, 39.0) for n in range(30_000)]
    side[15_010] = (-0.453, 39.646)
    points = [*side, *((0.5 - n / 30_000, 38.9) for n in range(30_000)), side[0]]
    found = drawn().covered([Area("", polygons=[points])])
    assert GARISSA_TOWN in ids(found)
    assert found.degraded


def test_names_are_looked_up_so_often_and_what_is_left_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    spelt = described.spelt
    monkeypatch.setattr(described, "spelt", lambda names, text: asked.append(text) or spelt(names, text))
    areas = [Area(f"{n}, " + ", ".join(f"Bura {n} {m}" for m in range(50))) for n in range(400)] + [Area("Wote")]
    found = small().covered(areas)
    assert len(asked) <= 600
    assert "Wote" in found.unknown
    assert found.degraded


def test_one_description_that_is_there_again_and_again_is_read_once() -> None:
    found = small().covered([Area("Tana River County")] * 500)
    assert found.unknown == ()
    assert "KE:test:hola" in ids(found)


def test_more_areas_than_are_looked_at_are_unknown() -> None:
    found = small().covered([*[Area("Wote")] * 500, Area("Hola")])
    assert found.unknown == ("Hola",)


def test_codes_beyond_what_is_looked_at_are_said() -> None:
    early, late = "KE-40 " + "x " * 100, "x " * 200_000 + "KE-40"
    assert not small().covered([Area("", geocodes=[("ISO", early)])]).degraded
    found = small().covered([Area("", geocodes=[("ISO", late)])])
    assert found.degraded


def test_a_box_over_the_date_line_is_on_both_sides() -> None:
    boxes = Boxes()
    boxes.add([ring(179, -18, 181, -16), [(-17, 179), (-17, -179), (-16, -179)]], [Circle((-17, 179.9), 100)])
    for west, south, east, north in boxes.all():
        assert (west, east) == (-180, 180)
        assert south < -16 <= north or south < -15


def test_cells_hold_their_boxes_and_nothing_far_from_them() -> None:
    dice = random.Random(3)
    lows = np.array([[dice.uniform(34, 42), dice.uniform(-5, 5)] for _ in range(500)])
    boxes = np.concatenate([lows, lows + np.random.default_rng(4).uniform(0, 0.2, (500, 2))], axis=1)
    drawn_cells = cells(boxes, (33.0, -6.0, 43.0, 6.0))
    tree = STRtree(drawn_cells)
    for west, south, east, north in boxes:
        for x, y in ((west, south), (east, north), ((west + east) / 2, (south + north) / 2)):
            assert len(tree.query(At(x, y), predicate="intersects"))
    assert len(drawn_cells) <= 5_000
    assert sum(cell.area for cell in drawn_cells) < 60


def test_boxes_elsewhere_are_no_cells() -> None:
    assert cells(np.array([[0.0, 50, 1, 51]]), (33.0, -6.0, 43.0, 6.0)) == []
    assert turned(np.array([[1.0, 2, 3, 4]])).tolist() == [[2, 1, 4, 3]]


@pytest.mark.parametrize("circle", [Circle((float("nan"), 0.0), 1), Circle((0.0, 0.0), -1), Circle((0.0, 0.0), float("nan"))])
def test_what_is_no_circle_is_no_box(circle: Circle) -> None:
    boxes = Boxes()
    boxes.add((), [circle])
    assert len(boxes.all()) == 0


def test_nothing_is_touched_where_no_place_is_known() -> None:
    assert Places().covered([Area("x", circles=[Circle((0, 38), 9)] * 400)]) == Covered((), degraded=True)
