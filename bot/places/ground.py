"""What a shape may touch: outlines, and for places without one a circle around the middle, all of them as arrays.

One look finds what any number of shapes touch, so that an alert with hundreds of shapes over thousands of places is quick."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import Any

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from bot.core.place.types import Place, PlaceKind
from bot.places import shapes
from bot.places.known import Known
from bot.places.outlines import Outlines

_AT_ONCE = 8  # shapes: what some touch need not be looked for again


@dataclass(frozen=True, slots=True)
class Look:
    """What some shapes touch: the places, and which of the shapes touch any."""

    places: frozenset[str]
    any_: Sequence[bool]


class Ground:
    """The outlines of places, and the circles of those that have none and whose middle is known. Countries have no
    circle: none says where one is. `up`: what a place lies in, the smallest first."""

    def __init__(self, rows: Iterable[Known], up: Callable[[Place], Iterable[Place]], outlines: Outlines) -> None:
        self._rows, self._up, self._outlines = [*rows], up, outlines

    @cached_property
    def _drawn(self) -> Mapping[str, BaseGeometry]:
        known = {row.place.id for row in self._rows}
        return {one: shape for one, shape in self._outlines.shapes.items() if one in known}

    @cached_property
    def _outlined(self) -> tuple[Sequence[str], STRtree]:
        return tuple(self._drawn), STRtree([*self._drawn.values()])

    @cached_property
    def _circles(self) -> tuple[Sequence[str], STRtree, Any]:
        """The ids, the circles, and for each the number of the outline around it, -1 where there is none."""
        own = [(row, row.place.centre) for row in self._rows if row.place.id not in self._drawn and row.place.kind is not PlaceKind.COUNTRY]
        placed = [(row, centre) for row, centre in own if centre is not None]
        numbers = {one: n for n, one in enumerate(self._drawn)}
        around = [next((numbers[up.id] for up in self._up(row.place) if up.id in numbers), -1) for row, _ in placed]
        discs = shapes.discs([centre for _, centre in placed], [row.reach_km for row, _ in placed])
        return tuple(row.place.id for row, _ in placed), STRtree(discs), np.array(around, dtype=int)

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east and north of all of it; what lies beyond touches nothing."""
        trees = [tree.geometries for tree in (self._outlined[1], self._circles[1]) if len(tree)]
        west, south, east, north = shapely.total_bounds(np.concatenate(trees)) if trees else (0.0, 0.0, 0.0, 0.0)
        return west - 1, south - 1, east + 1, north + 1

    def look(self, drawn: Sequence[BaseGeometry], slack: Sequence[float]) -> Look:
        """What `drawn` touch, each with so many degrees around it."""
        outlines, circles = self._outlined[0], self._circles[0]
        outlined, reached = np.zeros(len(outlines), dtype=bool), np.zeros(len(circles), dtype=bool)
        any_: list[bool] = []
        for at in range(0, len(drawn), _AT_ONCE):
            some, around = np.array(drawn[at : at + _AT_ONCE], dtype=object), np.array(slack[at : at + _AT_ONCE])
            shapely.prepare(some)
            hit = self._hit(some, around)
            outlined |= hit.any(axis=0)[:-1]
            any_ += (hit[:, :-1].any(axis=1) | self._reach(some, around, hit, reached)).tolist()
        found = {*compress(outlines, outlined), *compress(circles, reached)}
        return Look(frozenset(found), any_)

    def _hit(self, drawn: Any, slack: Any) -> Any:
        """Which shape touches which outline. The last column stands for none: what lies in no outline may be anywhere."""
        outlines, tree = self._outlined
        hit = np.zeros((len(drawn), len(outlines) + 1), dtype=bool)
        shape, outline = tree.query(drawn, predicate="dwithin", distance=slack + shapes.margin(drawn))
        hit[shape, outline] = hit[:, -1] = True
        return hit

    def _reach(self, drawn: Any, slack: Any, hit: Any, reached: Any) -> Any:
        """Notes in `reached` which circles the shapes touch, and returns which of the shapes touch any. A circle says where a place is,
        but not where the outline around it says that it is not there."""
        _, tree, around = self._circles
        wide = shapely.box(*(shapely.bounds(drawn) + np.stack([-slack, -slack, slack, slack], axis=1)).T)
        shape, circle = tree.query(wide)
        may_be = hit[shape, around[circle]]
        shape, circle = shape[may_be], circle[may_be]
        any_ = np.zeros(len(drawn), dtype=bool)
        for seen in (False, True):
            left = (reached[circle] == seen) & ~(
                any_[shape] & seen
            )  # those seen are looked at again only for a shape that touches no other
            one, other = shape[left], circle[left]
            if slack.any():  # which takes much longer
                touch = shapely.dwithin(drawn[one], tree.geometries[other], slack[one])
            else:
                touch = shapely.intersects(drawn[one], tree.geometries[other])
            any_[one[touch]] = True
            reached[other[touch]] = True
        return any_
