"""What a change among received alerts does: others change with it, and what people are told follows. Inside the caller's transaction."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.alert.audit import SYSTEM
from bot.core.alert.cap import Alert
from bot.core.alert.lineage import REACH, near_to, settle
from bot.core.alert.naming import Known
from bot.core.alert.over import areas_of
from bot.core.alert.stored import IntakeTx, Origin, State, StoredAlert
from bot.core.alert.telling import Telling
from bot.core.place.types import Gazetteer

LOOSE = "It names the alert that it changes by another time of sending, or another sender, than that has."


@dataclass(frozen=True, slots=True)
class Settling:
    """What it takes to settle. `origins` are those of the settings, by name."""

    places: Gazetteer
    telling: Telling
    origins: Mapping[str, Origin]

    def settle(self, tx: IntakeTx, ids: Collection[int], now: float, *, told: int = 0, body: Alert | None = None) -> Sequence[int]:
        """Works out anew what `ids` and their kin are, and tells people what follows. Returns those that changed but for `told`. `body`
        is what that one says, where the caller has it: reading a large one back takes as long as all the rest."""
        everyone = tx.kin(sorted(ids), steps=REACH)
        near = near_to(ids, everyone)
        before, after, known = {one.id: one for one in everyone}, settle(everyone), Known(everyone)
        changed = []
        for one in sorted(near):
            new = after[one]
            if known.loosely(new) and LOOSE not in new.defects:
                new = replace(new, defects=(*new.defects, LOOSE))
            if new != before[one]:
                tx.save_alert(new)
            if new != before[one] or one == told:
                self.tell(tx, new, now, body if one == told else None)
            if one != told and (new.state, new.by, new.gone_areas) != (before[one].state, before[one].by, before[one].gone_areas):
                detail = {"state": new.state.value, "reason": new.reason, "by": new.by}
                tx.audit(SYSTEM, "alert.change", f"alert:{one}", detail, now=now)
                changed.append(one)
        return changed

    def tell(self, tx: IntakeTx, alert: StoredAlert, now: float, body: Alert | None = None) -> bool:
        """Puts what people are told of it in force, or takes it out. Returns whether it is in force."""
        key = f"alert:{alert.id}"
        body = (body or tx.alert_body(alert.id)) if alert.state is State.OPEN else None
        if body is None:
            tx.end_notice(key, now=now)
            return False
        origin = self.origins.get(alert.origin) or Origin(alert.origin)
        places = alert.places
        if alert.gone_areas:
            left = [area for n, area in enumerate(areas_of(body)) if n not in alert.gone_areas]
            places = tuple(place.id for place in self.places.covered(left).places) or places
        notice = self.telling.notice(
            body,
            key=key,
            source=origin.source,
            domains=origin.domains,
            gone=alert.gone_areas,
            hazard=alert.hazard,
            places=places,
            now=now,
        )
        if notice is None:
            tx.end_notice(key, now=now)
            return False
        tx.put_notice(notice)
        return True
