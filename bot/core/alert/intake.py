"""Received alerts: taken in, compared with what is there, and told to people where nobody has to look first. One transaction each."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bot.core.alert.audit import SYSTEM
from bot.core.alert.body import to_body
from bot.core.alert.cap import Alert
from bot.core.alert.first_look import FirstLook
from bot.core.alert.lineage import CHANGES, REISSUE_S, reissue_of
from bot.core.alert.reading import Read, Signature
from bot.core.alert.settling import Settling
from bot.core.alert.staff import Member, Role
from bot.core.alert.stored import Decision, IntakeStore, IntakeTx, Origin, State, StoredAlert
from bot.core.errors import NotDone
from bot.core.refusal import Declined

RAW_OF_UNREADABLE = 64 * 1024  # of what is no alert, so much is kept to look at
DIFFERS = "It came again under the same identity with other words. The first was kept."
REPLACED = "It came first from a source that is trusted less, with other words. Those of the trusted one took their place."


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of one document's alert. `new` is False for one that was there. `changed`: others whose state is another now."""

    id: int
    state: State
    reason: str
    new: bool
    changed: Sequence[int] = ()


@dataclass(frozen=True, slots=True)
class Intake:
    """Where received alerts come in, and where a person decides about those that are held."""

    store: IntakeStore
    first: FirstLook
    settling: Settling

    def take(self, read: Read, origin: Origin, raw: bytes, *, signature: Signature, passes: bool = True, now: float) -> Taken:
        """Takes one alert in. `passes`: its signature is as the settings want it. Safe to repeat: what is there changes nothing."""
        made = self.first.look(read, origin, signature=signature, passes=passes, now=now)
        with self.store.begin() as tx:
            tx.alerts_alone()
            known = tx.same_triple(made.sender, made.identifier, made.sent)
            if known is not None:
                return self._again(tx, known, made, (read.alert, raw), now)
            made = _not_a_reissue(tx, made)
            made = replace(made, id=tx.add_alert(made, read.alert, raw) or 0)
            changed = self.settling.settle(tx, {made.id}, now, told=made.id, body=read.alert)
            return self._said(tx, made.id, changed, now)

    def take_unreadable(self, raw: bytes, origin: Origin, why: NotDone, *, digest: str, now: float) -> Taken:
        """Keeps what should have been an alert and cannot be read, for a person to look at. `digest` is its identity."""
        made = StoredAlert(
            origin=origin.name,
            trusted=False,
            sender="",
            identifier=digest,
            sent=0.0,
            own=State.QUARANTINED,
            own_reason="unreadable",
            state=State.QUARANTINED,
            reason="unreadable",
            received=now,
            defects=(str(why),),
        )
        with self.store.begin() as tx:
            tx.alerts_alone()
            known = tx.same_triple("", digest, 0.0)
            number = known.id if known else tx.add_alert(made, None, raw[:RAW_OF_UNREADABLE]) or 0
            return Taken(number, State.QUARANTINED, "unreadable", known is None)

    def release(self, id: int, *, by: Member, why: str, now: float) -> StoredAlert:
        """A person lets a held alert, or one that was dismissed, go on: people who ask are told. Raises Declined with the remedy."""
        with self.store.begin() as tx:
            held = _kept(tx, id)
            _may(by, {Role.APPROVER})
            if held.state is not State.HELD and held.decision is not Decision.DISMISSED:
                raise Declined("not_held", id=id)
            if not held.may_be_released:
                raise Declined("not_for_public", id=id)
            if held.origin == f"upload:{by.name}":
                raise Declined("own_upload", id=id)
            if held.expires <= now:
                raise Declined("alert_expired_already", id=id)
            released = self._decide(tx, held, Decision.RELEASED, by=by, why=why, now=now)
            if released.state is State.OPEN and self._notice_missing(tx, released, now):
                raise Declined("nothing_to_tell", id=id)
            return released

    def dismiss(self, id: int, *, by: Member, why: str, now: float) -> StoredAlert:
        """A person decides that nothing follows from an alert, not even for others that it names: from a held one, or, if an approver
        says so, from one that people are told. Raises Declined with the reason and the remedy."""
        with self.store.begin() as tx:
            alert = _kept(tx, id)
            _may(by, {Role.APPROVER} if alert.state is State.OPEN else {Role.APPROVER, Role.AUTHOR})
            if alert.state not in {State.HELD, State.OPEN}:
                raise Declined("not_dismissed", id=id)
            return self._decide(tx, alert, Decision.DISMISSED, by=by, why=why, now=now)

    def renew(self, *, now: float) -> int:
        """Tells anew what some language's text of has expired while another's goes on. Returns how many. For every minute or so."""
        with self.store.begin() as tx:
            tx.alerts_alone()
            alerts = [alert for one in tx.lapsed_notices(now=now) if (alert := tx.kept_alert(one)) is not None]
            return sum(self.settling.tell(tx, alert, now) for alert in alerts)

    def _again(self, tx: IntakeTx, known: StoredAlert, made: StoredAlert, said: tuple[Alert, bytes], now: float) -> Taken:
        """The same identity once more. What its first copy says stays, unless that came from a source that is worth less."""
        same = _same(tx, known.id, *said)
        if _worth(made) > _worth(known):
            before = {one.id for one in tx.kin([known.id], steps=CHANGES)}
            kept = known if same else replace(known, decision=Decision.NONE)
            defects = made.defects if same else (*made.defects, REPLACED)
            decided = {name: getattr(kept, name) for name in ("decision", "decided_by", "decided_why", "decided")}
            made = replace(made, id=known.id, received=known.received, defects=defects, **decided)
            tx.put_in_place(_not_a_reissue(tx, made), *said)
            changed = self.settling.settle(tx, before | {known.id}, now, told=known.id, body=said[0])
            return replace(self._said(tx, known.id, changed, now), new=False)
        if not same and DIFFERS not in known.defects:
            tx.save_alert(replace(known, defects=(*known.defects, DIFFERS)))
        return Taken(known.id, known.state, known.reason, new=False)

    def _said(self, tx: IntakeTx, id: int, changed: Sequence[int], now: float) -> Taken:
        kept = tx.kept_alert(id)
        assert kept is not None, "it was stored a moment ago"
        detail = {"origin": kept.origin, "state": kept.state.value, "reason": kept.reason}
        tx.audit(SYSTEM, "alert.take", f"alert:{id}", detail, now=now)
        return Taken(id, kept.state, kept.reason, new=True, changed=tuple(changed))

    def _decide(self, tx: IntakeTx, held: StoredAlert, decision: Decision, *, by: Member, why: str, now: float) -> StoredAlert:
        tx.save_alert(replace(held, decision=decision, decided_by=by.name, decided_why=why.strip(), decided=now))
        act = "alert.release" if decision is Decision.RELEASED else "alert.dismiss"
        tx.audit(by.name, act, f"alert:{held.id}", {"why": why.strip()}, now=now)
        self.settling.settle(tx, {held.id}, now, told=held.id)
        decided = tx.kept_alert(held.id)
        assert decided is not None, "it was held a moment ago"
        return decided

    def _notice_missing(self, tx: IntakeTx, alert: StoredAlert, now: float) -> bool:
        return not any(notice.key == f"alert:{alert.id}" for notice in tx.notices(now=now))


def _same(tx: IntakeTx, id: int, alert: Alert, raw: bytes) -> bool:
    """Whether that is what is kept. The bytes tell it soonest: most of what comes again is the same document."""
    if raw and tx.alert_raw(id) == raw:
        return True
    body = tx.alert_body(id)
    return body is not None and to_body(body) == to_body(alert)


def _not_a_reissue(tx: IntakeTx, made: StoredAlert) -> StoredAlert:
    """`made`, quarantined where it is an alert of the last hour that was stamped anew. What ends others may come as often as it likes."""
    if made.over or made.own not in {State.OPEN, State.HELD}:
        return made
    same = tx.same_words(made.fingerprint, since=made.sent - REISSUE_S, until=made.sent + REISSUE_S)
    same = [one for one in same if one.id != made.id]
    first = reissue_of(made, same, lambda by: _sent(tx, by))
    if first is None:
        return made
    return replace(made, own=State.QUARANTINED, own_reason="reissue", state=State.QUARANTINED, same_as=first.id)


def _sent(tx: IntakeTx, id: int) -> float:
    alert = tx.kept_alert(id)
    return float("inf") if alert is None else alert.sent


def _worth(alert: StoredAlert) -> tuple[bool, bool]:
    return alert.own is not State.QUARANTINED or alert.own_reason == "reissue", alert.trusted


def _kept(tx: IntakeTx, id: int) -> StoredAlert:
    """The alert, for a decision: nobody else changes one meanwhile. Raises Declined."""
    tx.alerts_alone()
    alert = tx.kept_alert(id)
    if alert is None:
        raise Declined("no_alert", id=id)
    return alert


def _may(by: Member, roles: Collection[Role]) -> None:
    if not any(by.may(role) for role in roles):
        raise Declined("not_theirs_to_decide", name=by.name)
