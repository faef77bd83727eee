"""The first look at a received alert: what it is by itself, before anything else is known."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from bot.core.alert.cap import Alert, Area, Info
from bot.core.alert.fingerprint import fingerprint
from bot.core.alert.gate import Outcome, judge
from bot.core.alert.hygiene import clean
from bot.core.alert.over import areas_of, keys_of
from bot.core.alert.reading import DefectKind, Read, Signature
from bot.core.alert.stored import Origin, State, StoredAlert
from bot.core.alert.telling import Telling
from bot.core.place.types import Gazetteer

_BROKEN = frozenset({DefectKind.POLYGON, DefectKind.COORDINATES, DefectKind.SWAPPED, DefectKind.CIRCLE})  # then "elsewhere" may be a slip
_LOOKED_AT = 20_000  # characters that those are made of
_BRIEF = 200  # characters of a headline or of areas in a list


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What it takes to look at one. `hold_all`: the settings have a person release each one."""

    places: Gazetteer
    telling: Telling
    hazard_of: Callable[[Info], str]  # an id of skills/alert-templates, "" where unknown
    hold_all: bool = False

    def look(self, read: Read, origin: Origin, *, signature: Signature, passes: bool, now: float) -> StoredAlert:
        """The alert as it is to be stored. `passes`: its signature is as the settings want it."""
        alert, verdict = read.alert, judge(read.alert)
        first = alert.infos[0] if alert.infos else Info()
        areas = areas_of(alert)
        keys = {id(area): keys_of(area) for area in areas}  # once each: an outline may have a hundred thousand points
        covered = self.places.covered(areas)
        built, broken = bool(self.places.children("")), any(defect.kind in _BROKEN for defect in read.defects)
        acts = verdict.outcome is Outcome.OPEN or verdict.reason == "cancel"
        made = StoredAlert(
            origin=origin.name,
            trusted=origin.trusted,
            aggregates=origin.aggregates,
            sender=alert.sender,
            identifier=alert.identifier,
            sent=alert.sent,
            references=tuple(alert.references),
            status=alert.status,
            msg_type=alert.msg_type,
            event=clean(first.event[:_LOOKED_AT])[:_BRIEF],
            headline=clean(first.headline[:_LOOKED_AT])[:_BRIEF],
            area=_named(areas),
            severity=first.severity,
            urgency=first.urgency,
            certainty=first.certainty,
            sound=acts and passes,
            over=verdict.over,
            own=State(verdict.outcome.value),
            own_reason=verdict.reason,
            state=State(verdict.outcome.value),
            areas=tuple(keys[id(area)] for area in areas),
            over_areas=tuple(keys[id(area)] for area in areas_of(alert, None if verdict.over else verdict.over_infos)),
            fingerprint=fingerprint(alert),
            signature=signature.value,
            received=now,
            expires=max((self.telling.expires(info, alert.sent) for info in alert.infos), default=alert.sent),
            hazard=next((found for info in alert.infos if (found := self.hazard_of(info))), ""),
            places=tuple(place.id for place in covered.places),
            doubt=covered.degraded or not built or broken or bool(covered.unknown),
            defects=tuple(str(defect) for defect in read.defects),
        )
        where = "" if not built or (covered.places and not covered.unknown) else "place"
        if where and areas and not covered.unknown and not broken:
            where = "elsewhere"
        own, why = self._own(made, alert, passes=passes, where=where)
        return replace(made, own=own, own_reason=why)

    def _own(self, made: StoredAlert, alert: Alert, *, passes: bool, where: str) -> tuple[State, str]:
        """What it is by itself, and why: beyond what the gate says."""
        if not passes:
            return State.QUARANTINED, "signature"
        if made.own is not State.OPEN:
            return made.own, made.own_reason
        if made.over:
            return State.ENDED, "over_itself"
        if where == "elsewhere":
            return State.SYSTEM, where
        speaks = self.telling.notice(alert, key="", source="", now=float("-inf")) is not None
        whys = {"untrusted": not made.trusted, "relay": self.hold_all, "language": not speaks, "place": where == "place"}
        why = next((why for why, holds in whys.items() if holds), "")
        return (State.HELD if why else State.OPEN), why


def _named(areas: Sequence[Area]) -> str:
    """The areas' descriptions, shortened. So many are looked at as there may be room for."""
    descs = islice(dict.fromkeys(area.desc for area in areas), _BRIEF)
    return ", ".join(dict.fromkeys(clean(desc[:_LOOKED_AT]) for desc in descs))[:_BRIEF]
