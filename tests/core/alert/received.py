"""Received alerts made up for tests, and an intake of the real parts over a store."""

from collections.abc import Mapping, Sequence
from datetime import UTC
from typing import Any

from bot.core.alert.cap import (
    Alert,
    AlertStatus,
    Area,
    Category,
    Certainty,
    Info,
    MsgType,
    Point,
    Reference,
    Scope,
    Severity,
    Urgency,
)
from bot.core.alert.first_look import FirstLook
from bot.core.alert.intake import Intake, Taken
from bot.core.alert.reading import Read, Signature
from bot.core.alert.settling import Settling
from bot.core.alert.staff import Member, Role
from bot.core.alert.stored import IntakeStore, Origin, StoredAlert
from bot.core.alert.telling import Telling
from bot.core.place.types import Covered, Match, Place, PlaceKind
from bot.core.types import Lang

T = 1_800_000_000.0
HOUR = 3600.0
MET = "met@example.org"
KMD = Origin("feed:kmd", trusted=True, source="Met Office", domains=("met.example.org",))
LOOSE = Origin("feed:loose")
MANY = Origin("feed:many", trusted=True, aggregates=True, source="All Alerts")
PUSH = Origin("push:kmd", trusted=True, source="Met Office")
APPROVER = Member("amina", frozenset({Role.APPROVER}))
AUTHOR = Member("ben", frozenset({Role.AUTHOR}))
GARISSA = Area("Garissa", (((-0.4, 39.5), (-0.4, 39.8), (-0.6, 39.8), (-0.4, 39.5)),))
TANA = Area("Tana River", (((-1.4, 39.5), (-1.4, 39.8), (-1.6, 39.8), (-1.4, 39.5)),))


class Spots:
    """A gazetteer of two counties, by the description of an area."""

    _places: Mapping[str, Place] = {
        "Garissa": Place("KE-07", "Garissa", PlaceKind.ADM1, "KE"),
        "Tana River": Place("KE-40", "Tana River", PlaceKind.ADM1, "KE"),
    }

    def place(self, id: str) -> Place | None:
        return next((place for place in self._places.values() if place.id == id), None)

    def match(self, typed: str, *, near: Point | None = None) -> Match:
        return Match((), sure=False)

    def at(self, point: Point) -> Sequence[Place]:
        return ()

    def covered(self, areas: Sequence[Area]) -> Covered:
        known = [self._places[area.desc] for area in areas if area.desc in self._places]
        unknown = tuple(area.desc for area in areas if area.desc not in {*self._places, "Abroad"})
        return Covered(tuple(dict.fromkeys(known)), unknown=unknown)

    def within(self, ids: Sequence[str]) -> Sequence[Place]:
        return [place for place in self._places.values() if place.id in ids]

    def children(self, id: str) -> Sequence[Place]:
        return tuple(self._places.values())


def info(**values: Any) -> Info:
    known: dict[str, Any] = {"language": "en", "categories": (Category.MET,), "event": "Flood", "headline": "Flood warning"}
    known |= {"urgency": Urgency.IMMEDIATE, "severity": Severity.SEVERE, "certainty": Certainty.LIKELY}
    return Info(**known | {"expires": T + 12 * HOUR, "areas": (GARISSA,)} | values)


def alert(identifier: str = "a", **values: Any) -> Alert:
    known: dict[str, Any] = {"identifier": identifier, "sender": MET, "sent": T, "status": AlertStatus.ACTUAL}
    known |= {"msg_type": MsgType.ALERT, "scope": Scope.PUBLIC, "infos": (info(),)}
    return Alert(**known | values)


def names(*alerts: Alert) -> tuple[Reference, ...]:
    return tuple(Reference(one.sender, one.identifier, one.sent) for one in alerts)


def update(identifier: str, *of: Alert, **values: Any) -> Alert:
    known = {"sent": T + HOUR, "infos": (info(headline=f"Flood warning {identifier}"),)}
    return alert(identifier, **{"msg_type": MsgType.UPDATE, "references": names(*of)} | known | values)


def cancel(identifier: str, *of: Alert, **values: Any) -> Alert:
    return alert(identifier, **{"msg_type": MsgType.CANCEL, "references": names(*of), "sent": T + HOUR, "infos": ()} | values)


def intake(store: IntakeStore, *, origins: Sequence[Origin] = (KMD, MANY, PUSH, LOOSE), **values: Any) -> Intake:
    telling = Telling({Lang.EN: "Until $end", Lang.SW: "Hadi $end"}, UTC, 24 * HOUR)
    first = FirstLook(Spots(), telling, lambda info: "flood" if "flood" in info.event.casefold() else "", **values)
    return Intake(store, first, Settling(Spots(), telling, {origin.name: origin for origin in origins}))


def take(house: Intake, *alerts: Alert, origin: Origin = KMD, now: float = T + 2 * HOUR, passes: bool = True) -> list[Taken]:
    return [house.take(Read(one), origin, raw(one), signature=Signature.UNVERIFIED, passes=passes, now=now) for one in alerts]


def raw(one: Alert) -> bytes:
    """Bytes that `one` could have come as: other words, other bytes."""
    return f"<alert>{one!r}</alert>".encode()


def kept(house: Intake, one: Alert) -> StoredAlert:
    with house.store.begin() as tx:
        found = tx.same_triple(one.sender, one.identifier, one.sent)
    assert found is not None
    return found


def told(house: Intake, *, now: float = T + 2 * HOUR) -> list[str]:
    """The English texts that people who ask are told."""
    with house.store.begin() as tx:
        return sorted(notice.texts.get(Lang.EN, "") for notice in tx.notices(now=now))
