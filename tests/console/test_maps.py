"""Maps inside pages: they hold whatever an alert says, and nothing of it becomes markup."""

import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.console.maps import MOST_HEIGHT, POINTS, WIDTH, Dot, alert_map, dot_map
from bot.core.alert.cap import Area, Circle
from bot.core.place.types import Place, PlaceKind

HOLA = Place("KE:x", "Hola", PlaceKind.TOWN, "KE", "KE-40", (-1.5, 40.03))
RING = ((-1.0, 40.0), (-1.0, 41.0), (-2.0, 41.0), (-1.0, 40.0))


def _numbers(svg: str) -> list[float]:
    return [float(n) for n in re.findall(r'(?:cx|cy|x|y)="(-?[\d.]+)"', svg)]


def test_an_alert_is_drawn_with_its_places() -> None:
    svg = alert_map([Area("Tana", polygons=(RING,), circles=(Circle((-1.5, 40.5), 20.0),))], [HOLA], "Map & title")
    root = ET.fromstring(svg)
    names = [child.tag.split("}")[1] for child in root]
    assert names == ["title", "polygon", "circle", "circle", "text"]
    assert root[0].text == "Map & title"


def test_nothing_to_draw_is_nothing() -> None:
    assert alert_map([Area("somewhere")], [], "x") == dot_map([], "x") == ""


def test_names_are_never_markup() -> None:
    svg = dot_map([Dot((0.0, 37.0), "<script>alert(1)</script>", 1.0, (("ok", 3), ("help", 1)))], "<b>")
    assert "<script" not in svg
    assert "<b>" not in svg
    assert len(ET.fromstring(svg)[1]) == 3  # a title and two slices


@pytest.mark.parametrize("share", [(("ok", 5),), (("ok", 0), ("help", 5)), (("ok", 1), ("lost", 99)), (("ok", 0),)])
def test_shares_are_slices_or_a_whole(share: tuple[tuple[str, int], ...]) -> None:
    assert ET.fromstring(dot_map([Dot((0.0, 37.0), "x", 1.0, share)], "t")) is not None


def test_a_ring_of_a_million_points_stays_small() -> None:
    ring = tuple((n / 1e5, 37.0 + n / 1e5) for n in range(100_000))
    assert len(alert_map([Area("x", polygons=(ring,))], [], "t")) < 40 * POINTS


_points = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@settings(max_examples=50, deadline=None)
@given(ring=st.lists(_points, max_size=8), radius=st.floats(0, 20_000), centre=_points)
def test_whatever_is_drawn_stays_inside_the_picture(ring: list[tuple[float, float]], radius: float, centre: tuple[float, float]) -> None:
    svg = alert_map([Area("x", polygons=(tuple(ring),), circles=(Circle(centre, radius),))], [HOLA], "t")
    root = ET.fromstring(svg)
    _, _, wide, tall = map(float, root.attrib["viewBox"].split())
    assert (wide, tall <= MOST_HEIGHT + 1) == (WIDTH, True)
    assert all(-1 <= number <= WIDTH + 1 for number in _numbers(svg))
