"""Outlines: what is read, what is closed, and what is left out rather than guessed."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.alert.cap import Circle
from bot.core.alert.reading import DefectKind
from bot.core.alert.shapes import circle, polygon, swapped

A, B, C = (-0.4, 39.5), (-0.4, 39.8), (-0.6, 39.8)
RING = (A, B, C, A)
STRICT = "-0.4,39.5 -0.4,39.8 -0.6,39.8 -0.4,39.5"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        (STRICT, []),
        (f"\n\t{STRICT} \r\n", []),
        (STRICT.replace(" ", "\t"), []),
        (STRICT.replace(" ", "\n   "), []),
        (STRICT.replace(",", ", "), [DefectKind.POLYGON_FORM]),
        (STRICT.replace(",", " "), [DefectKind.POLYGON_FORM]),
        (STRICT.replace(" ", ";"), [DefectKind.POLYGON_FORM]),
        (STRICT.replace(" ", ","), [DefectKind.POLYGON_FORM]),
        (f"({STRICT})", [DefectKind.POLYGON_FORM]),
        ("(-0.4,39.5) (-0.4,39.8) (-0.6,39.8) (-0.4,39.5)", [DefectKind.POLYGON_FORM]),
        ("-0.4,39.5 -0.4,39.8 -0.6,39.8", [DefectKind.POLYGON_OPEN]),
        ("-4e-1,39.5 -.4,39.8 -0.60,+39.8 -0.4,39.5", []),
    ],
)
def test_one_ring_in_many_forms(text: str, kinds: list[DefectKind]) -> None:
    shape = polygon(text)
    assert shape.rings == [RING]
    assert shape.kinds == kinds


def test_several_rings_in_one_element() -> None:
    shape = polygon(f"({STRICT}), (1,1 1,2 2,2 1,1)")
    assert shape.rings == [RING, ((1, 1), (1, 2), (2, 2), (1, 1))]
    assert shape.kinds == [DefectKind.POLYGON_FORM]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", DefectKind.POLYGON_EMPTY),
        (" \n", DefectKind.POLYGON_EMPTY),
        ("-0.4,39.5", DefectKind.POLYGON),
        ("-0.4,39.5 -0.4,39.8 -0.4,39.5", DefectKind.POLYGON),
        ("-0.4,39.5 -0.4,39.5 -0.4,39.5 -0.4,39.5", DefectKind.POLYGON),
        ("see https://example.org/polygon", DefectKind.POLYGON),
        ("-0.4,39.5 -0.4,39.8 -0.6", DefectKind.POLYGON),
        ("-0.4,39.5 -0.4,39.8 -0.6,N39.8 -0.4,39.5", DefectKind.POLYGON),
        ("39.5,-0.4 139.8,-0.4 139.8,-0.6 39.5,-0.4", DefectKind.SWAPPED),
        ("-0.4,39.5 -0.4,500 -0.6,39.8 -0.4,39.5", DefectKind.COORDINATES),
        ("-0.4,39.5 -95,139.8 -0.6,139.8 -0.4,39.5", DefectKind.COORDINATES),
        ("nan,39.5 -0.4,39.8 -0.6,39.8 nan,39.5", DefectKind.COORDINATES),
        ("inf,39.5 -0.4,39.8 -0.6,39.8 inf,39.5", DefectKind.COORDINATES),
        ("1e999,39.5 -0.4,39.8 -0.6,39.8 1e999,39.5", DefectKind.COORDINATES),
        ("1_0,39.5 -0.4,39.8 -0.6,39.8 1_0,39.5", DefectKind.POLYGON),
    ],
)
def test_what_is_left_out(text: str, kind: DefectKind) -> None:
    shape = polygon(text)
    assert shape.rings == []
    assert kind in shape.kinds


def test_over_the_date_line_is_kept_and_said() -> None:
    """Fiji and Russia count on beyond 180."""
    shape = polygon("-17,177 -17,183 -19,183 -17,177")
    assert shape.rings == [((-17, 177), (-17, 183), (-19, 183), (-17, 177))]
    assert shape.kinds == [DefectKind.COORDINATES]


@pytest.mark.parametrize("text", [STRICT, STRICT.replace(",", " ")])
def test_only_so_many_points(text: str) -> None:
    assert polygon(text, room=4).rings == [RING]
    assert (polygon(text, room=3).rings, polygon(text, room=3).kinds) == ([], [DefectKind.POLYGON])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-0.4,39.5 12.5", Circle(A, 12.5)),
        (" -0.4,39.5\n0 ", Circle(A, 0.0)),
        ("-0.4, 39.5 , 12.5", Circle(A, 12.5)),
        ("(-0.4 39.5) 12.5", Circle(A, 12.5)),
    ],
)
def test_circles(text: str, expected: Circle) -> None:
    assert circle(text).circle == expected


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("", DefectKind.CIRCLE),
        ("-0.4,39.5", DefectKind.CIRCLE),
        ("-0.4,39.5 -1", DefectKind.CIRCLE),
        ("-0.4,39.5 50000", DefectKind.CIRCLE),
        ("-0.4,39.5 5km", DefectKind.CIRCLE),
        ("139.5,-0.4 5", DefectKind.SWAPPED),
        ("95,139 5", DefectKind.COORDINATES),
    ],
)
def test_circles_that_are_left_out(text: str, kind: DefectKind) -> None:
    assert (circle(text).circle, circle(text).kinds) == (None, [kind])


def test_swapped_needs_a_point_that_gives_it_away() -> None:
    assert swapped([(139.5, -0.4)])
    assert not swapped([(39.5, -0.4)])  # it may be in Spain
    assert not swapped([(139.5, -0.4), (1.0, 120.0)])


@settings(max_examples=50, deadline=None)
@given(st.text("0123456789.,;-+eE() \t\n_naif", max_size=60) | st.text(max_size=40))
def test_whatever_comes_rings_are_whole(text: str) -> None:
    shape = polygon(text)
    assert shape.rings or shape.kinds
    for ring in shape.rings:
        assert ring[0] == ring[-1]
        assert len(set(ring)) >= 3
        assert all(-90 <= lat <= 90 and -360 <= lon <= 360 for lat, lon in ring)
    assert circle(text).circle is not None or circle(text).kinds
