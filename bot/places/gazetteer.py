"""The gazetteer: places in memory (some thousands a country), looked up by name, point and area."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.alert.cap import Area, Point
from bot.core.place.geo import distance_km
from bot.core.place.match import Names, match
from bot.core.place.types import Covered, Match, Place, PlaceKind
from bot.places.known import Known

_FAR = float("inf")


@dataclass(frozen=True, slots=True)
class Places:
    """Implements bot.core.place.types.Gazetteer. Without `known` it is empty: it answers, and knows no place."""

    known: Mapping[str, Known] = field(default_factory=dict)
    names: Names = field(default_factory=lambda: Names(()))
    inside: Mapping[str, Sequence[str]] = field(default_factory=dict)  # parent -> ids

    @classmethod
    def of(cls, rows: Iterable[Known], *, own: Mapping[str, str] | None = None) -> "Places":
        """Over `rows`; `own`: what the operator lets people type, and the id that it means."""
        known = {row.place.id: row for row in rows}
        inside: dict[str, list[str]] = defaultdict(list)
        for row in known.values():
            inside[row.place.parent if row.place.parent in known else ""].append(row.place.id)
        return cls(known, Names([(row.place, row.names) for row in known.values()], own or {}), dict(inside))

    def __len__(self) -> int:
        return len(self.known)

    def place(self, id: str) -> Place | None:
        """The place of that id."""
        row = self.known.get(id)
        return row.place if row else None

    def match(self, typed: str, *, near: Point | None = None) -> Match:
        """What `typed` means."""
        return match(self.names, typed, near=near)

    def children(self, id: str) -> Sequence[Place]:
        """The places whose parent is `id`, by name."""
        return sorted((self.known[child].place for child in self.inside.get(id, ())), key=lambda place: (place.name, place.id))

    def within(self, ids: Sequence[str]) -> Sequence[Place]:
        """The places of `ids` and all in them, nearest to the middle of the first one first."""
        found: dict[str, Place] = {}
        waiting = [one for one in reversed(ids) if one in self.known]
        while waiting:
            one = waiting.pop()
            if one not in found:
                found[one] = self.known[one].place
                waiting.extend(reversed(self.inside.get(one, ())))
        centre = next(iter(found.values())).centre if found else None
        return sorted(found.values(), key=lambda place: _far(place, centre))

    def at(self, point: Point) -> Sequence[Place]:
        """The nearest town and what it lies in, the smallest first."""
        towns = [row.place for row in self.known.values() if row.place.kind is PlaceKind.TOWN and row.place.centre]
        nearest = min(towns, key=lambda place: _far(place, point), default=None)
        return self.up(nearest) if nearest else ()

    def up(self, place: Place) -> Sequence[Place]:
        """`place` and what it lies in, the smallest first."""
        chain = [place]
        while (row := self.known.get(chain[-1].parent)) and row.place not in chain:
            chain.append(row.place)
        return chain

    def covered(self, areas: Sequence[Area]) -> Covered:
        """The places that `areas` touch."""
        return Covered((), degraded=True, unknown=tuple(area.desc for area in areas))


def _far(place: Place, point: Point | None) -> float:
    return distance_km(place.centre, point) if place.centre and point else _FAR if point else 0.0
