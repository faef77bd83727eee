"""A gazetteer small enough to read in one look, for everybody's tests. Places are real, coordinates and numbers of people are rough.

The real class over rows in memory: `small()` has no outlines, so what it covers is `degraded`; tests/places/outlines.py has some.
"""

from bot.core.place.types import Place, PlaceKind
from bot.places.gazetteer import Places
from bot.places.known import Known

COUNTRY, ADM1, ADM2, TOWN = PlaceKind.COUNTRY, PlaceKind.ADM1, PlaceKind.ADM2, PlaceKind.TOWN

# id, name, kind, parent, centre, people, reach in km, other names
ROWS = (
    ("KE", "Kenya", COUNTRY, "", (0.5, 38.0), 53_000_000, 500, ()),
    ("KE-07", "Garissa", ADM1, "KE", (-0.5, 40.3), 841_000, 160, ("Garissa County", "Kaunti ya Garissa")),
    ("KE-40", "Tana River", ADM1, "KE", (-1.6, 39.6), 316_000, 130, ("Tana River County", "Kaunti ya Mto Tana")),
    ("KE-18", "Kitui", ADM1, "KE", (-1.5, 38.2), 1_136_000, 110, ("Kitui County",)),
    ("KE-23", "Makueni", ADM1, "KE", (-2.2, 37.8), 988_000, 70, ("Makueni County",)),
    ("KE-30", "Nairobi", ADM1, "KE", (-1.29, 36.82), 4_397_000, 20, ("Nairobi City", "Nairobi City County")),
    ("KE-39", "Taita Taveta", ADM1, "KE", (-3.4, 38.4), 340_000, 80, ("Taita/Taveta",)),
    ("KE:test:dadaab", "Dadaab", ADM2, "KE-07", (0.06, 40.31), 185_000, 40, ("Dadaab Sub-County",)),
    ("KE:geonames:197745", "Garissa", TOWN, "KE-07", (-0.453, 39.646), 163_000, 8, ()),
    ("KE:test:bura-garissa", "Bura", TOWN, "KE-07", (-1.08, 39.95), 5_000, 5, ()),
    ("KE:test:bura-tana", "Bura", TOWN, "KE-40", (-1.1, 39.85), 9_000, 5, ()),
    ("KE:test:hola", "Hola", TOWN, "KE-40", (-1.5, 40.03), 17_000, 5, ("Galole",)),
    ("KE:test:garsen", "Garsen", TOWN, "KE-40", (-2.27, 40.12), 6_000, 5, ()),
    ("KE:test:mwingi", "Mwingi", TOWN, "KE-18", (-0.93, 38.06), 15_000, 6, ()),
    ("KE:test:wote", "Wote", TOWN, "KE-23", (-1.78, 37.63), 20_000, 5, ()),
)


def rows() -> list[Known]:
    """The rows, as the file would have them."""
    return [
        Known(Place(code, name, kind, "KE", parent, centre, people), names, reach)
        for code, name, kind, parent, centre, people, reach, names in ROWS
    ]


def small(own: dict[str, str] | None = None) -> Places:
    """The small gazetteer."""
    return Places.of(rows(), own=own)
