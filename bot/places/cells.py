"""Shapes beyond number, taken together: the cells of a grid that the boxes around them lie on. Too much rather than too little."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from bot.core.alert.cap import Circle, Point
from bot.places import shapes

_CELLS = 100  # of the grid, each way
_FINEST = 0.05  # degrees: a cell need not be finer than outlines are
Bounds = tuple[float, float, float, float]


class Boxes:
    """Boxes around shapes: west, south, east, north in degrees."""

    def __init__(self) -> None:
        self._rings: list[Sequence[Point]] = []
        self._circles: list[Circle] = []

    def __bool__(self) -> bool:
        return bool(self._rings or self._circles)

    def add(self, rings: Sequence[Sequence[Point]], circles: Sequence[Circle]) -> None:
        """Adds shapes."""
        self._rings += [ring for ring in rings if ring]
        self._circles += circles

    def all(self) -> Any:
        """The boxes of all that was added, an array. What crosses the antimeridian is there all the way around."""
        west, south, east, north = np.concatenate([_around_rings(self._rings), _around_circles(self._circles)]).T
        over = (west < -180) | (east > 180)
        found = np.stack([np.where(over, -180, west), south, np.where(over, 180, east), north], axis=1)
        return found[np.isfinite(found).all(axis=1) & (found[:, 0] <= found[:, 2])]


def turned(boxes: Any) -> Any:
    """The boxes as they would be had their author meant longitude and latitude the other way round."""
    return boxes[:, [1, 0, 3, 2]]


def cells(boxes: Any, within: Bounds) -> Sequence[BaseGeometry]:
    """What of `within` the boxes lie on, drawn on a grid: a few thousand rectangles at most, however many boxes there are."""
    west, south, east, north = within
    here = boxes[(boxes[:, 2] >= west) & (boxes[:, 0] <= east) & (boxes[:, 3] >= south) & (boxes[:, 1] <= north)]
    wide, high = max((east - west) / _CELLS, _FINEST), max((north - south) / _CELLS, _FINEST)
    first = np.floor((here[:, :2] - (west, south)) / (wide, high)).clip(0, _CELLS - 1).astype(int)
    last = np.floor((here[:, 2:] - (west, south)) / (wide, high)).clip(0, _CELLS - 1).astype(int) + 1
    corners = np.zeros((_CELLS + 1, _CELLS + 1), dtype=int)
    for x, y, count in ((first, first, 1), (last, last, 1), (first, last, -1), (last, first, -1)):
        np.add.at(corners, (y[:, 1], x[:, 0]), count)
    covered = corners.cumsum(axis=0).cumsum(axis=1) > 0
    edges = np.diff(covered.astype(int), axis=1, prepend=0)
    (row, begin), (_, end) = np.nonzero(edges == 1), np.nonzero(edges == -1)  # the last column is always free: each row's run ends
    return list(shapely.box(west + begin * wide, south + row * high, west + end * wide, south + (row + 1) * high))


def _around_rings(rings: Sequence[Sequence[Point]]) -> Any:
    if not rings:
        return np.empty((0, 4))
    sizes = [len(ring) for ring in rings]
    points = np.fromiter(chain.from_iterable(chain.from_iterable(rings)), dtype=float, count=2 * sum(sizes)).reshape(-1, 2)
    swapped = (np.abs(points[:, 0]) > 90) & (np.abs(points[:, 1]) <= 90)  # only that way round is it on the Earth
    lat, lon = np.where(swapped, points[:, ::-1].T, points.T)
    starts = np.cumsum([0, *sizes[:-1]])
    west, east = np.minimum.reduceat(lon, starts), np.maximum.reduceat(lon, starts)
    south, north = np.minimum.reduceat(lat, starts), np.maximum.reduceat(lat, starts)
    across = (east - west > 180) & (east <= 180) & (west >= -180)  # the shorter way round is over the antimeridian, perhaps
    return np.stack([np.where(across, -180, west), south, np.where(across, 180, east), north], axis=1)


def _around_circles(circles: Sequence[Circle]) -> Any:
    if not circles:
        return np.empty((0, 4))
    lat, lon, km = np.array([(*circle.centre, circle.radius_km) for circle in circles], dtype=float).T
    up = np.where(km >= 0, km, np.nan).clip(max=shapes.MOST_KM) / shapes.KM_PER_DEGREE
    side = up / shapes.narrow(lat)
    return np.stack([lon - side, lat - up, lon + side, lat + up], axis=1)
