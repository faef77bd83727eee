"""A place and what the core needs of a gazetteer. The real one is bot/places; it is built for the configured countries at set-up."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.core.alert.cap import Area, Point


class PlaceKind(StrEnum):
    """How large a place is, largest first."""

    COUNTRY = "country"
    ADM1 = "adm1"  # county, region, state, province
    ADM2 = "adm2"  # sub-county, district
    TOWN = "town"


@dataclass(frozen=True, slots=True)
class Place:
    """One place. `id` is stable over rebuilds: ISO 3166-2 for ADM1 ("KE-07"), "KE:geonames:<id>" for what has no such code."""

    id: str
    name: str
    kind: PlaceKind
    country: str  # ISO 3166-1 alpha-2
    parent: str = ""  # id of the place it lies in, "" for a country
    centre: Point | None = None
    people: int = 0  # as the source counts, 0 where it does not


@dataclass(frozen=True, slots=True)
class Match:
    """What a person may mean: `sure` where there is one place and no doubt, else the places to ask back with (three at most)."""

    places: Sequence[Place]
    sure: bool


@dataclass(frozen=True, slots=True)
class Covered:
    """The places an alert's areas touch, nearest to the middle first; those inside a larger one that is touched whole are in it, too.

    `degraded`: no outlines are installed or the area has no shape, so centres, radii and names were used; a person must look.
    `unknown`: the descriptions that could not be placed at all."""

    places: Sequence[Place]
    degraded: bool = False
    unknown: Sequence[str] = ()


class Gazetteer(Protocol):
    """Looks places up. Never raises for what a person typed."""

    def place(self, id: str) -> Place | None:
        """The place of that id."""
        ...

    def match(self, typed: str, *, near: Point | None = None) -> Match:
        """What `typed` means: "Garissa", "kaunti ya garisa", "bura (tana river)". Typos, aliases and name parts are understood."""
        ...

    def at(self, point: Point) -> Sequence[Place]:
        """The places that `point` lies in, the smallest first; the nearest town where no outline is installed."""
        ...

    def covered(self, areas: Sequence[Area]) -> Covered:
        """The places that `areas` touch. Rather one too many than one too few."""
        ...

    def within(self, ids: Sequence[str]) -> Sequence[Place]:
        """The places of `ids` and all that lie in them, nearest to the middle of the first one first."""
        ...

    def children(self, id: str) -> Sequence[Place]:
        """The places whose parent is `id` ("" : the countries), by name."""
        ...
