"""Which places an alert's areas touch: with outlines, without, by code, by name."""

from functools import cache

import pytest
from shapely import box

from bot.core.alert.cap import Area, Circle, Point
from bot.core.place.types import Covered, Place, PlaceKind
from bot.places.gazetteer import Places
from bot.places.known import Known
from bot.places.outlines import Outlines
from tests.places.outlines import BOXES
from tests.places.small import rows, small

GARISSA_TOWN, BURA_TANA, BURA_GARISSA = "KE:geonames:197745", "KE:test:bura-tana", "KE:test:bura-garissa"


@cache
def drawn() -> Places:
    return Places.of(rows(), outlines=Outlines({code: box(*edges) for code, edges in BOXES.items()}))


def ring(west: float, south: float, east: float, north: float) -> list[Point]:
    """As CAP has it: latitude first, closed."""
    return [(south, west), (south, east), (north, east), (north, west), (south, west)]


def ids(found: Covered) -> set[str]:
    return {place.id for place in found.places}


def test_a_polygon_touches_what_it_lies_on() -> None:
    found = drawn().covered([Area("somewhere", polygons=[ring(39.5, -0.6, 39.8, -0.3)])])
    assert ids(found) == {"KE-07", GARISSA_TOWN, "KE-40"}  # Tana River begins in it, too
    assert (found.degraded, found.unknown) == (False, ())
    assert found.places[0].id == GARISSA_TOWN  # the nearest to its middle first


def test_a_neighbour_within_five_kilometres_is_touched_one_beyond_is_not() -> None:
    beside, beyond = ring(40.34, -2.5, 40.4, -2.4), ring(40.36, -2.5, 40.4, -2.4)  # 4.4 and 6.7 km east of Tana River
    assert "KE-40" in ids(drawn().covered([Area("", polygons=[beside])]))
    assert "KE-40" not in ids(drawn().covered([Area("", polygons=[beyond])]))


def test_a_town_is_not_touched_where_its_county_is_not() -> None:
    """Wote's circle would reach the shape; the outline of Makueni says better."""
    places = Places.of(rows(), outlines=Outlines({"KE-23": box(37.1, -2.9, 37.6, -1.9)}))
    shape = Area("", polygons=[ring(37.6, -1.8, 37.66, -1.75)])
    assert "KE:test:wote" not in ids(places.covered([shape]))
    assert "KE:test:wote" in ids(small().covered([shape]))


@pytest.mark.parametrize(
    ("circle", "touched"),
    [
        pytest.param(Circle((-0.453, 39.646), 0), {"KE-07", "KE-40", GARISSA_TOWN}, id="a-point"),
        pytest.param(Circle((-1.09, 39.9), 10), {"KE-07", "KE-40", BURA_TANA, BURA_GARISSA}, id="both-buras"),
        pytest.param(Circle((50.0, 10.0), 100), set(), id="abroad"),
    ],
)
def test_circles(circle: Circle, touched: set[str]) -> None:
    found = drawn().covered([Area("somewhere", circles=[circle])])
    assert (ids(found), found.unknown) == (touched, ())


def test_without_outlines_centres_and_reaches_are_used_and_it_is_said() -> None:
    found = small().covered([Area("somewhere", polygons=[ring(39.5, -0.6, 39.8, -0.3)])])
    assert {"KE-07", GARISSA_TOWN, "KE-40"} <= ids(found)
    assert "KE-23" not in ids(found)
    assert found.degraded


def test_one_county_without_an_outline_makes_it_unsure() -> None:
    places = Places.of(rows(), outlines=Outlines({"KE-07": box(*BOXES["KE-07"])}))
    assert not places.covered([Area("", circles=[Circle((0.5, 40.9), 1)])]).degraded
    assert places.covered([Area("", circles=[Circle((-2.2, 37.8), 1)])]).degraded


def test_the_country_itself_is_never_touched_by_a_shape() -> None:
    """Or everybody in it would be alerted."""
    assert "KE" not in ids(drawn().covered([Area("Kenya", polygons=[ring(30, -10, 50, 10)])]))


@pytest.mark.parametrize(
    ("codes", "touched"),
    [
        pytest.param([("ISO3166-2", "KE-40")], {"KE-40", BURA_TANA, "KE:test:hola", "KE:test:garsen"}, id="iso"),
        pytest.param([("whatever", "ke-23, KE-18")], {"KE-23", "KE-18", "KE:test:wote", "KE:test:mwingi"}, id="several-in-one-value"),
        pytest.param([("ujumbe", "KE:test:wote")], {"KE:test:wote"}, id="our-id"),
        pytest.param([("ISO3166-1", "KE")], {row.place.id for row in rows()}, id="country"),
    ],
)
def test_codes_are_sure_and_cover_all_that_lies_within(codes: list[tuple[str, str]], touched: set[str]) -> None:
    found = small().covered([Area("Polygon", geocodes=codes)])
    assert (ids(found), found.degraded, found.unknown) == (touched, False, ())


def test_two_letters_of_an_unknown_list_are_no_country() -> None:
    found = small().covered([Area("here", geocodes=[("SAME", "KE")])])
    assert (ids(found), found.unknown) == (set(), ("here",))


@pytest.mark.parametrize(
    ("desc", "touched"),
    [
        pytest.param("Tana River County", {"KE-40", BURA_TANA, "KE:test:hola", "KE:test:garsen"}, id="one"),
        pytest.param("Makueni, Kitui and Wote", {"KE-23", "KE-18", "KE:test:wote", "KE:test:mwingi"}, id="several"),
        pytest.param("Parts of Hola town", {"KE:test:hola"}, id="in-a-phrase"),
        pytest.param("Bura", {BURA_TANA, BURA_GARISSA}, id="two-of-one-name-both"),
        pytest.param("Bura, Garissa", {BURA_GARISSA}, id="told-apart"),
    ],
)
def test_an_area_without_a_shape_is_where_its_name_says_and_somebody_looks(desc: str, touched: set[str]) -> None:
    found = small().covered([Area(desc)])
    assert (ids(found), found.degraded, found.unknown) == (touched, True, ())


@pytest.mark.parametrize("desc", ["", "Polygon", "002", "Show area", "47 miles (76 km) SSW of somewhere"])
def test_what_cannot_be_placed_is_neither_everybody_nor_nobody(desc: str) -> None:
    found = drawn().covered([Area(desc), Area("Wote", circles=[Circle((-1.78, 37.63), 1)])])
    assert found.unknown == (desc,)
    assert found.degraded
    assert "KE:test:wote" in ids(found)


def test_latitude_and_longitude_the_wrong_way_round_are_seen_where_the_name_agrees() -> None:
    turned = [(lon, lat) for lat, lon in ring(39.5, -0.6, 39.8, -0.3)]
    found = drawn().covered([Area("Garissa", polygons=[turned])])
    assert GARISSA_TOWN in ids(found)
    assert found.degraded
    assert not drawn().covered([Area("Madrid", polygons=[turned])]).places  # a place in Spain is not turned into one in Kenya


def test_thousands_of_shapes_are_drawn_by_their_hull_and_it_is_said() -> None:
    many = [ring(39.5 + n / 10_000, -0.6, 39.5 + n / 10_000 + 0.001, -0.599) for n in range(3000)]
    circles = [Circle((-2.2 + n / 10_000, 37.4), 0.1) for n in range(1000)]
    found = drawn().covered([Area("", polygons=many, circles=circles)])
    assert {"KE-07", "KE-40", "KE-23"} <= ids(found)
    assert found.degraded


def test_a_place_that_nobody_can_locate_goes_with_its_district() -> None:
    ward = Known(Place("KE:ward:1", "Damajale", PlaceKind.TOWN, "KE", "KE:test:dadaab"))
    places = Places.of([*rows(), ward])
    assert "KE:ward:1" in ids(places.covered([Area("", circles=[Circle((0.06, 40.31), 1)])]))
    assert "KE:ward:1" not in ids(places.covered([Area("", circles=[Circle((-2.2, 37.8), 1)])]))


def test_an_empty_gazetteer_knows_nothing_and_says_so() -> None:
    found = Places().covered([Area("Garissa")])
    assert (found.places, found.degraded, found.unknown) == ((), True, ("Garissa",))


def test_nothing_is_covered_by_nothing() -> None:
    assert drawn().covered([]) == Covered(())


@pytest.mark.parametrize(
    ("point", "first", "all_"),
    [
        pytest.param((-0.45, 39.65), GARISSA_TOWN, {GARISSA_TOWN, "KE-07", "KE-40", "KE"}, id="town-where-two-outlines-overlap"),
        pytest.param((0.5, 41.0), "KE-07", {"KE-07", "KE"}, id="far-from-every-town"),
        pytest.param((48.8, 2.3), None, set(), id="abroad"),
        pytest.param((float("nan"), 0.0), None, set(), id="no-number"),
        pytest.param((120.0, 39.0), None, set(), id="no-latitude"),
    ],
)
def test_where_a_location_lies(point: Point, first: str | None, all_: set[str]) -> None:
    found = drawn().at(point)
    assert {place.id for place in found} == all_
    assert (found[0].id if found else None) == first


def test_without_outlines_the_nearest_town_says_where() -> None:
    assert [place.id for place in small().at((-1.6, 40.2))] == ["KE:test:hola", "KE-40", "KE"]
    assert not small().at((4.0, 36.0))  # 400 km from any town of ours


def test_within_holds_all_that_lies_in_a_place_the_nearest_first() -> None:
    assert [place.id for place in small().within(["KE-40"])] == ["KE-40", "KE:test:hola", BURA_TANA, "KE:test:garsen"]
    assert [place.id for place in small().within(["KE-99"])] == []


def test_with_a_town_goes_the_district_of_its_name() -> None:
    """Who types only "Dadaab" is kept at the sub-county, and the town's alert is for them, too."""
    town = Place("KE:test:dadaab-town", "Dadaab town", PlaceKind.TOWN, "KE", "KE:test:dadaab", (0.05, 40.3))
    places = Places.of([*rows(), Known(town)])
    assert [place.id for place in places.match("dadaab").places] == ["KE:test:dadaab"]
    assert {place.id for place in places.within([town.id])} == {town.id, "KE:test:dadaab"}
    assert "KE-07" not in {place.id for place in places.within([GARISSA_TOWN])}
