"""What alerts do to each other: an Update replaces, a Cancel and an all-clear end, and neither depends on what came first.

Everything is worked out anew from the alerts that are there, never from what was worked out before: so any order of arrival ends in
the same states. Expiry plays no part here. It is asked after this, when an alert is used: an all-clear that expires in the second in
which it was sent still ends its warning.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from hashlib import sha256

from bot.core.alert.cap import Alert, Area, MsgType, Reference
from bot.core.alert.stored import Decision, Keys, State, StoredAlert

SAME_S = 1.0  # two times that differ by less are one instant: some senders drop fractions
CHANGES = 2  # so many references away from a new alert may another one's state change because of it
REACH = 2 * CHANGES  # and so far away may be what decides that
REISSUE_S = 3600.0
_ACTING = frozenset({MsgType.ALERT, MsgType.UPDATE, MsgType.CANCEL})


def settle(alerts: Collection[StoredAlert]) -> Mapping[int, StoredAlert]:
    """The alerts as they stand together, by id. What is to be right about an alert needs everything within CHANGES references of it."""
    known = {alert.id: alert for alert in alerts}
    acts = {alert.id: _targets(alert, known) for alert in alerts}
    rights = {one: _right(known[one], [known[target] for target in targets]) for one, targets in acts.items()}
    on: dict[int, list[StoredAlert]] = {one: [] for one in known}
    for one, targets in acts.items():
        for target in targets if _in_effect(rights[one], known[one]) else ():
            on[target].append(known[one])
    return {one: _overruled(alert, rights[one], on[one]) for one, alert in known.items()}


def reissue_of(alert: StoredAlert, same: Sequence[StoredAlert], settled_by: Callable[[int], float]) -> StoredAlert | None:
    """The alert that `alert` only stamps anew, among those with the same words. `settled_by` says when what ended an alert was sent.

    It must not be trusted less: else whoever is quicker could keep the real one out. And it must be no older decision: a warning that
    comes again after its end is a new one."""
    for one in same:
        fits = abs(one.sent - alert.sent) <= REISSUE_S and one.trusted >= alert.trusted and one.sender == alert.sender
        alive = one.state in {State.OPEN, State.HELD} or settled_by(one.by) > alert.sent
        if fits and alive and not one.over and one.own is not State.QUARANTINED:
            return one
    return None


def names(reference: Reference, alert: StoredAlert, by: StoredAlert) -> bool:
    """Whether a reference of `by` means exactly that alert. Times are compared as instants: they come in any zone. The sender may be
    written in another way (the US tsunami centre writes "PAAQ") where the alert is one of the same sender all the same."""
    ours = alert.sender in {reference.sender, by.sender} and reference.identifier == alert.identifier
    return ours and reference.sent is not None and abs(reference.sent - alert.sent) < SAME_S


def loose(alert: StoredAlert, known: Collection[StoredAlert]) -> bool:
    """Whether it names an alert by another time of sending, or another sender, than that has."""
    exact = {(n, one.id) for n, ref in enumerate(alert.references) for one in known if names(ref, one, alert) and ref.sender == one.sender}
    return any(
        (n, one.id) not in exact and _means(reference, alert, one, known) for n, reference in enumerate(alert.references) for one in known
    )


def keys_of(area: Area) -> Keys:
    """What an area can be recognised by in another message: its description, its codes, its outline."""
    found = [_key("d", " ".join(area.desc.casefold().split()))] if area.desc.strip() else []
    if area.geocodes:
        found.append(_key("g", repr(sorted(area.geocodes))))
    if area.polygons or area.circles:
        found.append(_key("s", repr((sorted(map(list, area.polygons)), sorted((c.centre, c.radius_km) for c in area.circles)))))
    return tuple(found)


def areas_of(alert: Alert, infos: Collection[int] | None = None) -> Sequence[Area]:
    """The areas of an alert, or of some of its infos, in order. They are numbered so wherever an area has a number."""
    return [area for n, info in enumerate(alert.infos) if infos is None or n in infos for area in info.areas]


def _key(kind: str, value: str) -> str:
    return f"{kind}{sha256(value.encode()).hexdigest()[:16]}"


def _targets(alert: StoredAlert, known: Mapping[int, StoredAlert]) -> set[int]:
    """The alerts that `alert` acts on, with those that are the same in other words. An acknowledgement acts on nothing."""
    if alert.msg_type not in _ACTING:
        return set()
    others = known.values()
    meant = {one.id for one in others for reference in alert.references if _means(reference, alert, one, others)}
    groups = {known[one].same_as or one for one in meant}
    return {one.id for one in others if (one.same_as or one.id) in groups and one.id != alert.id}


def _means(reference: Reference, alert: StoredAlert, other: StoredAlert, known: Collection[StoredAlert]) -> bool:
    """Whether `alert` means `other` by `reference`: the very one, or, where nothing that is known is that, what its sender sent under
    that name before. Some senders name themselves: that is no reference, unless it is to the very message of an earlier time."""
    if other.id == alert.id:
        return False
    if names(reference, other, alert):
        return not (other.sent > alert.sent - SAME_S and any(names(back, alert, other) for back in other.references))
    if (reference.sender, reference.identifier) != (other.sender, other.identifier):
        return False
    own_name = (alert.sender, alert.identifier) == (other.sender, other.identifier)
    return not own_name and other.sent <= alert.sent and not any(names(reference, one, alert) for one in known)


class _Right(Enum):
    """Whether a message may do what it does."""

    FULL = auto()
    DOUBTFUL = auto()  # it names a stranger's alert that has not come: a person must look
    NONE = auto()  # it would change a stranger's alert


def _right(alert: StoredAlert, targets: Sequence[StoredAlert]) -> _Right:
    """It may change its own sender's alerts, and, in a feed that passes several authorities on, those of that feed. A message that only
    ends others and names a stranger's has nothing to say beside: it has no right whether or not that alert has come."""
    if alert.msg_type not in _ACTING:
        return _Right.FULL
    if not all(_may_act(alert, target) for target in targets):
        return _Right.NONE
    found = {n for n, ref in enumerate(alert.references) for one in targets if names(ref, one, alert)}
    strange = any(ref.sender != alert.sender and n not in found for n, ref in enumerate(alert.references))
    if not strange or alert.aggregates:
        return _Right.FULL
    return _Right.NONE if alert.over else _Right.DOUBTFUL


def _in_effect(right: _Right, alert: StoredAlert) -> bool:
    return right is _Right.FULL or (right is _Right.DOUBTFUL and alert.decision is Decision.RELEASED)


def _may_act(alert: StoredAlert, on: StoredAlert) -> bool:
    if on.own is State.QUARANTINED and not on.same_as:
        return True
    if alert.origin == on.origin:
        return alert.sender == on.sender or alert.aggregates
    return alert.sender == on.sender and (alert.trusted or not on.trusted)


def _overruled(alert: StoredAlert, right: _Right, on: Sequence[StoredAlert]) -> StoredAlert:
    """What it is together with those that act on it, unless it would act without a right."""
    if right is _Right.NONE:
        return replace(alert, state=State.QUARANTINED, reason="authority", by=0, gone_areas=())
    stands = _stands(alert, on)
    if right is _Right.DOUBTFUL and stands.state is State.OPEN and alert.decision is not Decision.RELEASED:
        return replace(stands, state=State.HELD, reason="stranger")
    return stands


def _alone(alert: StoredAlert) -> StoredAlert:
    """What it is with a person's decision, and nothing else."""
    plain = replace(alert, state=alert.own, reason=alert.own_reason, by=0, gone_areas=())
    if alert.own is not State.HELD or not alert.decision:
        return plain
    if alert.decision is Decision.RELEASED:
        return replace(plain, state=State.ENDED, reason="over_itself") if alert.over else replace(plain, state=State.OPEN, reason="")
    return replace(plain, state=State.ENDED, reason="dismissed")


def _stands(alert: StoredAlert, on: Sequence[StoredAlert]) -> StoredAlert:
    """What it is together with those that act on it."""
    alone = _alone(alert)
    if alert.decision is Decision.DISMISSED:
        return replace(alone, state=State.ENDED, reason="dismissed")
    if alone.state not in {State.OPEN, State.HELD}:
        return alone
    acting = sorted((one for one in on if _acts(one, alert)), key=lambda one: (one.sent, one.id))
    ends = [one for one in acting if one.over or one.over_areas]
    gone = _gone(alert, ends)
    if gone.whole:
        return replace(alone, state=State.ENDED, reason=gone.reason, by=gone.by)
    updates = [one for one in acting if one.msg_type is MsgType.UPDATE and not one.over]
    ready = [one for one in updates if _alone(one).state is not State.HELD or alone.state is State.HELD]
    if ready:
        return replace(alone, state=State.REPLACED, reason="updated", by=ready[-1].id)
    if gone.unclear and not (alert.decision is Decision.RELEASED and alert.decided >= gone.received):
        return replace(alone, state=State.HELD, reason="partly_over", by=gone.by)
    waiting = updates[-1].id if updates else 0
    return replace(alone, gone_areas=gone.areas, by=waiting or (gone.by if gone.areas else 0))


def _acts(one: StoredAlert, on: StoredAlert) -> bool:
    """Whether `one` counts: it is sound, or a person released it, or both are the same kind of test. What was dismissed does not."""
    if one.own is State.QUARANTINED or one.decision is Decision.DISMISSED:
        return False
    alike = not on.sound and one.own_reason == on.own_reason
    return one.sound or one.decision is Decision.RELEASED or alike


@dataclass(slots=True)
class _Gone:
    """What the ends leave of an alert."""

    whole: bool = False
    unclear: bool = False
    areas: Sequence[int] = ()
    by: int = 0
    reason: str = ""
    received: float = 0.0


def _gone(alert: StoredAlert, ends: Sequence[StoredAlert]) -> _Gone:
    """Works out what is over. An end without areas, and one of all of them, ends all of it; an end of some ends those. Where an end's
    areas are none of the alert's, only a person can say what is left."""
    gone, areas, said = _Gone(), set[int](), set[str]()
    for end in ends:
        gone.by, gone.received = end.id, max(gone.received, end.received)
        gone.reason = "cancelled" if end.msg_type is MsgType.CANCEL else "over"
        if not end.over_areas or not alert.areas:
            gone.whole = True
            return gone
        said.update(key for keys in end.over_areas for key in keys)
        matched = _matched(alert.areas, said)
        covers = set(alert.places) <= set(end.places) and alert.places and end.over
        if len(matched) == len(alert.areas) or (covers and not alert.doubt and not end.doubt):
            gone.whole = True
            return gone
        gone.unclear = gone.unclear or not _matched(alert.areas, {key for keys in end.over_areas for key in keys})
        areas |= matched
    gone.areas = tuple(sorted(areas))
    return gone


def _matched(areas: Sequence[Keys], said: Collection[str]) -> set[int]:
    """The areas that are among those named, also in another language: there the outline is the same and the description is not."""
    found = {n for n, keys in enumerate(areas) if set(keys) & set(said)}
    own = {key for n in found for key in areas[n]}
    return found | {n for n, keys in enumerate(areas) if set(keys) & own}
