"""Where somebody is, as one line among their words: written where they share their location, read where it is drawn on a map."""

import re

from bot.core.alert.cap import Point

_LINE = re.compile(r"Location: (-?\d{1,2}\.\d{5}), (-?\d{1,3}\.\d{5})(?!\d)")


def line(point: Point) -> str:
    """The line for `point`: five decimals are a metre."""
    return f"Location: {point[0]:.5f}, {point[1]:.5f}"


def last(text: str) -> Point | None:
    """The last place on Earth that `text` names so, None where it names none."""
    points = [(float(latitude), float(longitude)) for latitude, longitude in _LINE.findall(text)]
    return next((point for point in reversed(points) if abs(point[0]) <= 90 and abs(point[1]) <= 180), None)
