"""The words that we ship, a broadcast about a flood in Garissa, and a small gazetteer, for the tests of drafting."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from bot.core.alert.broadcast import Audience, Broadcast, Mode
from bot.core.alert.cap import Area, Point, ResponseType, Severity, Urgency
from bot.core.alert.compose import Template
from bot.core.alert.draft import Drafted, Drafting, Unsendable
from bot.core.place.types import Covered, Match, Place, PlaceKind
from bot.core.types import Lang
from skills.alert_texts import load

WORDS = load(Path(__file__).resolve().parents[3] / "skills")
ZONE = ZoneInfo("Africa/Nairobi")
DRAFTING = Drafting(Template(WORDS, ZONE))


def at(day: int, hour: int, minute: int = 0) -> float:
    """A moment of November 2026, in Nairobi. The 21st is a Saturday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=ZONE).timestamp()


def flood(**changes: Any) -> Broadcast:
    """A flood, to flee from, until Saturday at six."""
    fields: dict[str, Any] = {
        "mode": Mode.LIVE,
        "hazard": "flood",
        "response": ResponseType.EVACUATE,
        "urgency": Urgency.EXPECTED,
        "severity": Severity.EXTREME,
        "source": "KenyaMet",
        "slots": {"place.en": "Garissa; Tana River", "place.sw": "Garissa; Tana River"},
        "audience": Audience(places=("KE-07", "KE-40")),
        "created": at(20, 9),
        "expires": at(21, 18),
    }
    return Broadcast(**{**fields, **changes})


def text(broadcast: Broadcast, lang: Lang = Lang.EN) -> str:
    """The words of a broadcast that can be sent."""
    draft = DRAFTING.draft(broadcast, lang)
    assert isinstance(draft, Drafted), draft
    return draft.text


def refused(broadcast: Broadcast, lang: Lang = Lang.EN) -> Unsendable:
    """Why it cannot be."""
    draft = DRAFTING.draft(broadcast, lang)
    assert isinstance(draft, Unsendable), draft
    return draft


KENYA = Place("KE", "Kenya", PlaceKind.COUNTRY, "KE")
PLACES = {
    place.id: place
    for place in (
        KENYA,
        Place("KE-07", "Garissa", PlaceKind.ADM1, "KE", "KE"),
        Place("KE-40", "Tana River", PlaceKind.ADM1, "KE", "KE"),
        Place("KE:1", "Dadaab", PlaceKind.ADM2, "KE", "KE-07"),
        Place("KE:2", "Fafi", PlaceKind.ADM2, "KE", "KE-07"),
    )
}


class Places:
    """A gazetteer that covers what an area's description names, and knows nothing of shapes."""

    def place(self, id: str) -> Place | None:
        return PLACES.get(id)

    def match(self, typed: str, *, near: Point | None = None) -> Match:
        found = [place for place in PLACES.values() if place.name.casefold() == typed.casefold()]
        return Match(found, len(found) == 1)

    def at(self, point: Point) -> Sequence[Place]:
        return ()

    def covered(self, areas: Sequence[Area]) -> Covered:
        found = [place for area in areas for place in PLACES.values() if place.name in area.desc]
        return Covered(list(dict.fromkeys(found)), degraded=True, unknown=[a.desc for a in areas if not self._named(a)])

    def _named(self, area: Area) -> bool:
        return any(place.name in area.desc for place in PLACES.values())

    def within(self, ids: Sequence[str]) -> Sequence[Place]:
        return [PLACES[place] for place in ids]

    def children(self, id: str) -> Sequence[Place]:
        return [place for place in PLACES.values() if place.parent == id]
