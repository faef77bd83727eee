"""Outlines as CAP writes them, and as people who re-publish CAP do: text to rings and circles, with what is wrong with it.

Nothing is guessed: what cannot be read is left out and said to be, so that a person looks where the alert holds."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bot.core.alert.cap import Circle, Point
from bot.core.alert.reading import DefectKind

MAX_POINTS = 150_000  # of one document; the largest real alert has about 110,000
_SAID = re.compile(r"[-+.\deE\s,;()]*", re.ASCII)  # numbers, and what may be between them
_BLANKS = str.maketrans(",;()", "    ")


@dataclass(slots=True)
class Shape:
    """What a <polygon> or a <circle> holds, and the kinds of defect it has. `rings` has several where one element holds several."""

    rings: list[Sequence[Point]] = field(default_factory=list)
    circle: Circle | None = None
    kinds: list[DefectKind] = field(default_factory=list)


def polygon(text: str, *, room: int = MAX_POINTS) -> Shape:
    """The rings of a <polygon>: closed, of at least four points. `room`: how many points it may have at most."""
    if not text.strip():
        return Shape(kinds=[DefectKind.POLYGON_EMPTY])
    if text.count(",") > 2 * room:
        return Shape(kinds=[DefectKind.POLYGON])
    points = _strict(text)
    shape = Shape()
    if points is None:
        shape.kinds.append(DefectKind.POLYGON_FORM)
        pieces = _lenient(text, room)
    else:
        pieces = [points]
    for piece in pieces:
        _add_ring(shape, piece)
    if not pieces or sum(map(len, pieces)) > room:
        return Shape(kinds=[DefectKind.POLYGON])
    return shape


def circle(text: str) -> Shape:
    """The circle of a <circle>: "latitude,longitude radius" in km."""
    numbers = _numbers(text)
    if numbers is None or len(numbers) != 3 or not 0 <= numbers[2] <= 20_100:  # half the way around the Earth
        return Shape(kinds=[DefectKind.CIRCLE])
    lat, lon, radius = numbers
    wrong = _wrong([(lat, lon)])
    if wrong:
        return Shape(kinds=[wrong])
    return Shape(circle=Circle((lat, lon), radius), kinds=[] if abs(lon) <= 180 else [DefectKind.COORDINATES])


def swapped(points: Iterable[Point]) -> bool:
    """Whether `points` make sense only with longitude first."""
    points = list(points)
    return any(abs(lat) > 90 for lat, _ in points) and all(abs(lat) <= 180 and abs(lon) <= 90 for lat, lon in points)


def _add_ring(shape: Shape, points: list[Point]) -> None:
    """Adds a ring, closed, or says why there is none."""
    wrong = _wrong(points)
    if wrong:
        shape.kinds.append(wrong)
        return
    if points[0] != points[-1]:
        shape.kinds.append(DefectKind.POLYGON_OPEN)
        points = [*points, points[0]]
    if len(set(points[:9])) < 3 and len(set(points)) < 3:
        shape.kinds.append(DefectKind.POLYGON)
        return
    if any(lon > 180 or lon < -180 for _, lon in points):  # over the date line, in one piece: kept, since wrapping would turn it inside out
        shape.kinds.append(DefectKind.COORDINATES)
    shape.rings.append(tuple(points))


def _wrong(points: list[Point]) -> DefectKind | None:
    """Why points cannot be on the Earth, None where they can."""
    if all(-90 <= lat <= 90 and -360 <= lon <= 360 for lat, lon in points):  # false for "nan", too
        return None
    return DefectKind.SWAPPED if swapped(points) else DefectKind.COORDINATES


def _strict(text: str) -> list[Point] | None:
    """The points of "lat,lon lat,lon ..." with any white space between, None where it is not that."""
    pairs = text.split()
    if "_" in text or any(pair.count(",") != 1 for pair in pairs):  # Python takes "1_0" for a number
        return None
    try:
        numbers = [*map(float, ",".join(pairs).split(","))]
    except ValueError:
        return None
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _lenient(text: str, room: int) -> list[list[Point]]:
    """Rings in any other mixture of numbers, commas, blanks and parentheses. Empty where there is anything else or a number is over."""
    numbers = _numbers(text, most=2 * room)
    if numbers is None:
        return []
    pieces = [_pairs(_numbers(piece) or []) for piece in text.split(")")] if ")" in text else [None]
    rings = [piece for piece in pieces if piece]
    if None not in pieces and all(len(ring) >= 3 for ring in rings):
        return rings
    whole = _pairs(numbers)
    return [whole] if whole else []


def _pairs(numbers: Sequence[float]) -> list[Point] | None:
    """The numbers, two by two. None where one is over."""
    return None if len(numbers) % 2 else list(zip(numbers[::2], numbers[1::2], strict=True))


def _numbers(text: str, *, most: int = 2 * MAX_POINTS) -> list[float] | None:
    """The numbers of `text`, None where anything but commas, semicolons, parentheses and white space is between, or they are too many."""
    said = text.translate(_BLANKS).split() if _SAID.fullmatch(text) else None
    if said is None or len(said) > most:
        return None
    try:
        numbers = [*map(float, said)]
    except ValueError:
        return None
    return numbers if all(map(math.isfinite, numbers)) else None
