"""A made-up country as large as a real one: 48 counties in a grid with jagged outlines that overlap, and 2,000 places in them."""

import math
import random
from collections.abc import Mapping

from shapely import Polygon, make_valid
from shapely.geometry.base import BaseGeometry

from bot.core.place.types import Place, PlaceKind
from bot.places.gazetteer import Places
from bot.places.known import Known
from bot.places.outlines import Outlines

WIDE, HIGH = 8, 6  # counties
TOWNS = 40  # in each
POINTS = 400  # of each outline: operators install what they have
SOUTH, WEST = -5.0, 34.0
STEP = 1.0, 10.0 / HIGH


def grid(*, outlines: bool = True) -> Places:
    """The country, with or without outlines."""
    return Places.of(_rows(), outlines=Outlines(_outlines()) if outlines else None)


def _rows() -> list[Known]:
    dice = random.Random(1)
    rows = [Known(Place("KE", "Kenya", PlaceKind.COUNTRY, "KE", "", (0.0, 38.0)), (), 600)]
    for n in range(WIDE * HIGH):
        county = f"KE-{n + 1:02d}"
        lat, lon = _centre(n)
        rows.append(Known(Place(county, f"County {_word(n)}", PlaceKind.ADM1, "KE", "KE", (lat, lon)), (), 110))
        for m in range(TOWNS):
            kind = PlaceKind.ADM2 if m < 5 else PlaceKind.TOWN
            at = (lat + dice.uniform(-0.8, 0.8), lon + dice.uniform(-0.5, 0.5)) if m % 10 else None
            name = "Bura" if m == 1 else f"{_word(n)}{_word(m)}a"
            rows.append(Known(Place(f"{county}:{m}", name, kind, "KE", county, at), (), 30 if m < 5 else 5))
    return rows


def _word(n: int) -> str:
    return "".join("bdfgklmnrst"[int(digit)] + "ae"[int(digit) % 2] for digit in f"{n:02d}").capitalize()


def _centre(n: int) -> tuple[float, float]:
    return SOUTH + (n // WIDE + 0.5) * STEP[1], WEST + (n % WIDE + 0.5) * STEP[0]


def _outlines() -> Mapping[str, BaseGeometry]:
    dice = random.Random(2)
    found: dict[str, BaseGeometry] = {}
    for n in range(WIDE * HIGH):
        lat, lon = _centre(n)
        turns = [(math.tau * at / POINTS, dice.uniform(0.8, 1.0)) for at in range(POINTS)]
        found[f"KE-{n + 1:02d}"] = make_valid(
            Polygon([(lon + 0.75 * far * math.cos(turn), lat + 1.2 * far * math.sin(turn)) for turn, far in turns])
        )
    return found
