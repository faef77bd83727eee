"""What alerts do to each other: an Update replaces, a Cancel and an all-clear end, and neither depends on what came first.

Everything is worked out anew from the alerts that are there, never from what was worked out before: so any order of arrival ends in
the same states. Expiry plays no part here. It is asked after this, when an alert is used: an all-clear that expires in the second in
which it was sent still ends its warning.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from enum import Enum, auto
from itertools import chain

from bot.core.alert.cap import MsgType
from bot.core.alert.naming import Known
from bot.core.alert.over import left_by
from bot.core.alert.stored import Decision, State, StoredAlert

CHANGES = 2  # so many references away from a new alert may another one's state change because of it
REACH = 2 * CHANGES  # and so far away may be what decides that
REISSUE_S = 3600.0
_ACTING = frozenset({MsgType.ALERT, MsgType.UPDATE, MsgType.CANCEL})


def settle(alerts: Collection[StoredAlert]) -> Mapping[int, StoredAlert]:
    """The alerts as they stand together, by id. What is to be right about an alert needs everything within CHANGES references of it."""
    known, groups = Known(alerts), _groups(alerts)
    on: dict[int, list[StoredAlert]] = {alert.id: [] for alert in alerts}
    rights: dict[int, _Right] = {}
    for alert in alerts:
        targets = _targets(alert, known, groups)
        rights[alert.id] = _right(alert, targets, known)
        for target in targets if _in_effect(rights[alert.id], alert) else ():
            on[target].append(alert)
    return {alert.id: _overruled(alert, rights[alert.id], on[alert.id]) for alert in alerts}


def near_to(ids: Collection[int], alerts: Collection[StoredAlert]) -> Collection[int]:
    """Those of `alerts` that may change with `ids`: within CHANGES references of them, in either direction, as the store's `kin` counts."""
    by_id, named, naming = {one.id: one for one in alerts}, defaultdict[str, set[int]](set), defaultdict[str, set[int]](set)
    for one in alerts:
        named[one.identifier].add(one.id)
        for reference in one.references:
            naming[reference.identifier].add(one.id)
    groups = _groups(alerts)
    near = new = _with_same(ids, by_id, groups)
    for _ in range(CHANGES):
        theirs = (by_id[one] for one in new)
        linked = {n for one in theirs for n in chain(naming[one.identifier], *(named[ref.identifier] for ref in one.references))}
        new = _with_same(linked, by_id, groups) - near
        near = near | new
    return near


def _with_same(ids: Collection[int], by_id: Mapping[int, StoredAlert], groups: Mapping[int, Sequence[StoredAlert]]) -> set[int]:
    """`ids`, and what stamps one of them anew or is stamped anew by one."""
    firsts = {by_id[one].same_as or one for one in ids if one in by_id}
    return {*ids, *(first for first in firsts if first in by_id), *(one.id for first in firsts for one in groups.get(first, ()))}


def _groups(alerts: Collection[StoredAlert]) -> Mapping[int, Sequence[StoredAlert]]:
    """Each alert with those that only stamp it anew, by its id."""
    groups: dict[int, list[StoredAlert]] = {}
    for alert in alerts:
        groups.setdefault(alert.same_as or alert.id, []).append(alert)
    return groups


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


def _targets(alert: StoredAlert, known: Known, groups: Mapping[int, Sequence[StoredAlert]]) -> Mapping[int, StoredAlert]:
    """The alerts that `alert` acts on, with those that only stamp one of them anew. An acknowledgement acts on nothing."""
    if alert.msg_type not in _ACTING:
        return {}
    firsts = {one.same_as or one.id for _, one in known.meant(alert)}
    return {one.id: one for first in firsts for one in groups.get(first, ()) if one.id != alert.id}


class _Right(Enum):
    """Whether a message may do what it does."""

    FULL = auto()
    DOUBTFUL = auto()  # it names a stranger's alert that has not come: a person must look
    NONE = auto()  # it would change a stranger's alert


def _right(alert: StoredAlert, targets: Mapping[int, StoredAlert], known: Known) -> _Right:
    """It may change its own sender's alerts, and, in a feed that passes several authorities on, those of that feed. A message that only
    ends others and names a stranger's has nothing to say beside: it has no right whether or not that alert has come."""
    if alert.msg_type not in _ACTING:
        return _Right.FULL
    if not all(_may_act(alert, target) for target in targets.values()):
        return _Right.NONE
    found = {reference for reference, _ in known.meant(alert)}
    strange = any(reference.sender != alert.sender and reference not in found for reference in alert.references)
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
    gone = left_by(alert, ends)
    if gone.whole:
        return replace(alone, state=State.ENDED, reason=gone.reason, by=gone.by)
    updates = [one for one in acting if one.msg_type is MsgType.UPDATE and not one.over]
    ready = [one for one in updates if one.own is not State.HELD or one.decision or alone.state is State.HELD]  # others wait for a person
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
