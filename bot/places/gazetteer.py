"""The gazetteer: places in memory (some thousands a country), looked up by name, point and area."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from bot.core.alert.cap import Area, Point
from bot.core.place.fold import bare
from bot.core.place.geo import distance_km, is_point
from bot.core.place.match import Names, match, mentioned
from bot.core.place.types import Covered, Match, Place, PlaceKind
from bot.places import shapes
from bot.places.cover import Map, cover, down
from bot.places.ground import Ground
from bot.places.known import Known
from bot.places.outlines import Outlines

NEAR_KM = 50.0  # the nearest town says where somebody is up to here, where no outline says it
_BESIDE_KM = 5.0  # from the edge of a town
_FAR = float("inf")
_SIZES = {kind: n for n, kind in enumerate(PlaceKind)}


@dataclass(frozen=True, slots=True)
class Places:
    """Implements bot.core.place.types.Gazetteer. Without `known` it is empty: it answers, and knows no place."""

    known: Mapping[str, Known] = field(default_factory=dict)
    names: Names = field(default_factory=lambda: Names(()))
    inside: Mapping[str, Sequence[str]] = field(default_factory=dict)  # parent -> ids
    outlines: Outlines = field(default_factory=lambda: Outlines({}))
    ground: Ground = field(default_factory=lambda: Ground((), lambda _: (), Outlines({})))

    @classmethod
    def of(cls, rows: Iterable[Known], *, own: Mapping[str, str] | None = None, outlines: Outlines | None = None) -> "Places":
        """Over `rows`; `own`: what the operator lets people type, and the id that it means."""
        known = {row.place.id: row for row in rows}
        inside: dict[str, list[str]] = defaultdict(list)
        for row in known.values():
            inside[row.place.parent if row.place.parent in known else ""].append(row.place.id)
        names = Names([(row.place, row.names) for row in known.values()], own or {})
        outlines = outlines or Outlines({})
        return cls(known, names, dict(inside), outlines, Ground(known.values(), names.up, outlines))

    def __len__(self) -> int:
        return len(self.known)

    def place(self, id: str) -> Place | None:
        """The place of that id."""
        row = self.known.get(id)
        return row.place if row else None

    def match(self, typed: str, *, near: Point | None = None) -> Match:
        """What `typed` means."""
        return match(self.names, typed, near=near)

    def mentioned(self, text: str, *, near: Point | None = None) -> Sequence[Place]:
        """The places that a sentence names, three at most."""
        return mentioned(self.names, text, near=near)

    def children(self, id: str) -> Sequence[Place]:
        """The places whose parent is `id`, by name."""
        return sorted((self.known[child].place for child in self.inside.get(id, ())), key=lambda place: (place.name, place.id))

    def up(self, place: Place) -> Sequence[Place]:
        """`place` and what it lies in, the smallest first."""
        return [place, *self.names.up(place)]

    def within(self, ids: Sequence[str]) -> Sequence[Place]:
        """The places of `ids` and all in them, nearest to the middle of the first one first.

        With a town goes the district around it that bears its name: who types only that name is kept there."""
        found = dict.fromkeys(one for id_ in ids for one in down(self.map, [id_]))
        found |= dict.fromkeys(up.id for one in list(found) for up in self._namesakes(self.known[one].place))
        centre = self._centre(next(iter(found))) if found else None
        places = [self.known[one].place for one in found]
        return sorted(places, key=lambda place: _far(self._centre(place.id), centre))

    def _namesakes(self, place: Place) -> Sequence[Place]:
        if place.kind is not PlaceKind.TOWN:
            return ()
        names = self._called(place)
        return [up for up in self.names.up(place) if up.kind is PlaceKind.ADM2 and names & self._called(up)]

    def _called(self, place: Place) -> set[str]:
        return {bare(name)[0] for name in (place.name, *self.known[place.id].names)}

    def _centre(self, id: str) -> Point | None:
        """The middle of the place, or of the smallest one around it whose middle is known."""
        place = self.known[id].place
        return place.centre or next((up.centre for up in self.names.up(place) if up.centre), None)

    def at(self, point: Point) -> Sequence[Place]:
        """The places that `point` lies in, the smallest first. Outlines overlap, and so may these. Where none is installed: the nearest
        town in reach and what it lies in. Nothing where the point is no point, or abroad."""
        if not is_point(point):
            return ()
        around = [self.known[one].place for one in self.outlines.touched(shapes.disc(point, 0.0)) if one in self.known]
        town = self._nearest_town(point, around)
        chain = self.up(town) if town else ()
        found = {place.id: place for place in (*chain, *around, *(up for place in around for up in self.names.up(place)))}
        return sorted(found.values(), key=lambda place: (-_SIZES[place.kind], place not in around, _far(place.centre, point)))

    def _nearest_town(self, point: Point, around: Sequence[Place]) -> Place | None:
        """Beside `point`, where outlines say the rest; else within reach."""
        towns = [row for row in self.known.values() if row.place.kind is PlaceKind.TOWN and row.place.centre]
        nearest = min(towns, key=lambda row: _far(row.place.centre, point), default=None)
        if nearest is None:
            return None
        most = nearest.reach_km + _BESIDE_KM if around else NEAR_KM
        return nearest.place if _far(nearest.place.centre, point) <= most else None

    def covered(self, areas: Sequence[Area]) -> Covered:
        """The places that `areas` touch."""
        return cover(self.map, areas)

    @property
    def map(self) -> Map:
        """What is needed to place an area."""
        return Map(self.known, self.names, self.inside, self.outlines, self.ground)


def _far(one: Point | None, other: Point | None) -> float:
    return distance_km(one, other) if one and other else _FAR
