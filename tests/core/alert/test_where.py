"""An audience's places as an alert names them."""

import pytest

from bot.core.alert.where import place_slots
from bot.core.types import Lang
from tests.places.small import small

GAZETTEER = small()


@pytest.mark.parametrize(
    ("ids", "place", "areas"),
    [
        pytest.param(["KE-07"], "Garissa", None, id="one"),
        pytest.param(["KE-07", "KE-40"], "Garissa; Tana River", None, id="two-counties-of-a-country"),
        pytest.param(["KE-40", "KE:test:hola", "KE:test:garsen"], "Tana River", None, id="a-county-and-what-lies-in-it"),
        pytest.param(["KE:test:hola", "KE:test:garsen"], "Tana River", "Hola; Garsen", id="parts-of-one-county"),
        pytest.param(["KE:test:hola", "KE:test:dadaab"], "Hola; Dadaab", None, id="parts-of-two-counties"),
        pytest.param(["KE", "KE:test:hola"], "Kenya", None, id="however-deep"),
        pytest.param([], None, None, id="none"),
    ],
)
def test_places_are_named_as_people_say_them(ids: list[str], place: str | None, areas: str | None) -> None:
    found = [known for one in ids if (known := GAZETTEER.place(one)) is not None]
    assert len(found) == len(ids)
    slots = place_slots(found, GAZETTEER)
    for lang in Lang:
        assert (slots.get(f"place.{lang}"), slots.get(f"areas.{lang}")) == (place, areas)
