"""Reads outlines out of GeoJSON (RFC 7946) that an operator has: features whose code we know, of one file or a folder of files."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shapely import box, unary_union
from shapely.errors import ShapelyError
from shapely.geometry import shape as to_shape
from shapely.geometry.base import BaseGeometry

from bot.core.errors import NotDone
from bot.core.place.types import Place
from bot.places import shapes
from bot.places.gazetteer import Places

MOST_BYTES = 200_000_000  # of one file: it is held in memory, and takes several times as much there
_ENDINGS = frozenset({".geojson", ".json"})
# Where files of outlines keep a code: OpenStreetMap, Natural Earth, geoBoundaries, amCharts, our own.
_KEYS = ("id", "iso_3166_2", "iso3166-2", "iso31662", "iso", "shapeiso", "ref", "code", "adm1_iso", "place")
_AWAY_DEGREES = 3.0  # an outline whose place we know lies no farther from its middle than so


@dataclass(slots=True)
class Read:
    """What the files hold: outlines by place, and what was left out and why, a line each."""

    shapes: dict[str, BaseGeometry] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)


def read(path: Path, places: Places) -> Read:
    """Raises NotDone where there is nothing to read at all."""
    files = sorted(one for one in path.rglob("*") if one.suffix.lower() in _ENDINGS) if path.is_dir() else [path]
    if not files:
        raise NotDone(f"{path} holds no file that ends in .geojson or .json.")
    found = Read()
    for file in files:
        for name, feature in _features(file, found):
            _take(name, feature, file, places, found)
    return found


def _features(file: Path, found: Read) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Each feature, and what to call it where something is wrong with it."""
    try:
        if file.stat().st_size > MOST_BYTES:
            raise NotDone(f"{file} is larger than {MOST_BYTES // 1_000_000} MB. Take simpler outlines: a kilometre is near enough.")
        data = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise NotDone(f"{file} cannot be read ({error.strerror}).") from None
    except (ValueError, RecursionError):
        found.left_out.append(f"{file.name}: is no JSON")
        return
    listed = data.get("features") if isinstance(data, dict) and data.get("type") == "FeatureCollection" else [data]
    for number, feature in enumerate(listed if isinstance(listed, list) else [], 1):
        if isinstance(feature, dict):
            yield f"{file.name}, feature {number}", feature


def _take(name: str, feature: Mapping[str, Any], file: Path, places: Places, found: Read) -> None:
    place = next((known for code in _codes(feature, file) if (known := places.place(code) or places.place(code.upper()))), None)
    if place is None:
        found.left_out.append(f"{name}: has no ISO 3166-2 code or id of a place that we know")
        return
    geometry = feature.get("geometry") if feature.get("type") == "Feature" else feature
    try:
        drawn = shapes.polygons(to_shape(geometry))
    except (ShapelyError, ValueError, TypeError, AttributeError, KeyError, IndexError):
        drawn = None
    problem = "holds no polygon" if drawn is None else _misplaced(drawn, place, places)
    if problem or drawn is None:
        found.left_out.append(f"{name} ({place.id}): {problem}")
    else:
        before = found.shapes.get(place.id)
        found.shapes[place.id] = unary_union([before, drawn]) if before is not None else drawn


def _codes(feature: Mapping[str, Any], file: Path) -> Sequence[str]:
    properties = feature.get("properties")
    kept = {str(key).casefold(): value for key, value in properties.items()} if isinstance(properties, dict) else {}
    said = [feature.get("id"), *(kept.get(key) for key in _KEYS), *kept.values(), file.stem]
    return [value.strip() for value in said if isinstance(value, str) and value.strip()]


def _misplaced(drawn: BaseGeometry, place: Place, places: Places) -> str:
    """Why the outline cannot be that place's, or ""."""
    west, south, east, north = drawn.bounds
    centre = place.centre or next((up.centre for up in places.names.up(place) if up.centre), None)
    if centre is None:
        return ""
    around = box(centre[1] - _AWAY_DEGREES, centre[0] - _AWAY_DEGREES, centre[1] + _AWAY_DEGREES, centre[0] + _AWAY_DEGREES)
    if south >= -90 and north <= 90 and drawn.intersects(around):
        return ""
    if shapes.swapped(drawn).intersects(around):
        return "has latitude and longitude swapped; GeoJSON wants longitude first"
    return f"lies around {(south + north) / 2:.1f}, {(west + east) / 2:.1f}, far from {place.name}"
