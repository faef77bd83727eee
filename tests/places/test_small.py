"""The gazetteer that other tests stand on holds together."""

from tests.places.small import ROWS, small


def test_every_place_but_the_country_lies_in_another() -> None:
    places = small()
    assert {row[0] for row in ROWS} == {place.id for place in places.within(["KE"])}


def test_a_county_holds_its_towns() -> None:
    assert [place.name for place in small().children("KE-40")] == ["Bura", "Garsen", "Hola"]
