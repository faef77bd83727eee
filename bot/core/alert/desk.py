"""The desk of the alerts: drafts become broadcasts here, by two people, and are paused, stopped and replaced here. Nowhere else.

There is no way around the second person, for nobody and in no emergency.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.core.alert.broadcast import NEXT, Audience, Broadcast, Mode, Stage
from bot.core.alert.cap import MsgType, ResponseType
from bot.core.alert.notice import Notice, notice_key
from bot.core.alert.once import Once
from bot.core.alert.preview import Counted
from bot.core.alert.progress import Progress
from bot.core.alert.sending import AlertTx, Audiences, BroadcastStore, lane_of
from bot.core.alert.staff import Member, Role
from bot.core.alert.where import whole
from bot.core.place.types import Gazetteer
from bot.core.ports import Clock, Queue
from bot.core.refusal import Declined, Ground, ground

DRIFT = 0.05  # the audience may change by so much between submission and approval
REPLACED, STOPPED = "replaced", "stopped"  # codes of deliveries that did not go out any more
Check = Callable[[Broadcast], Sequence[Ground]]  # why a broadcast may not be submitted; () where it may
_NOT = {"withdraw": "not_withdrawn", "reject": "not_rejected", "pause": "not_paused", "resume": "not_resumed", "stop": "not_stopped"}
_WENT_OUT = frozenset({Stage.SENDING, Stage.PAUSED, Stage.SENT, Stage.STOPPED})


@dataclass(frozen=True, slots=True)
class AlertDesk:
    """Broadcasts, for staff. Every step raises Declined where it cannot be done, and then changed nothing: also where another person was
    quicker by a moment. Every step is audited as "broadcast.<step>" about "broadcast:<id>", in its own transaction."""

    store: BroadcastStore
    audiences: Audiences
    places: Gazetteer
    queue: Queue
    clock: Clock
    check: Check

    def show(self, id: int) -> Broadcast:
        """A broadcast as it stands."""
        return _there(id, self.store.find_broadcast(id))

    def count(self, id: int) -> Counted:
        """Whom a broadcast would go to now."""
        broadcast = self.show(id)
        return self.audiences.counted(broadcast.audience, broadcast.mode)

    def progress(self, id: int) -> Progress:
        """How far it is."""
        found = self.store.progress(id, now=self.clock())
        if found is None:
            raise _missing(id)
        return found

    def draft(self, broadcast: Broadcast, *, by: Member, once: Once | None = None) -> int:
        """Stores a new draft of `by`, an author, and returns its id. `id`, `stage`, `author`, `created` and what later steps set are
        the desk's own, whatever `broadcast` says. Places are given with all that lies in them from here on. What was drafted `once`
        is not drafted again."""
        _allowed(by, Role.AUTHOR)
        with self.store.begin() as tx:
            if once is not None and (known := once.known(tx)):
                return known
            if broadcast.follows:
                old = _there(broadcast.follows, tx.broadcast(broadcast.follows))
                _check_follows(broadcast, old, tx)
                broadcast = replace(broadcast, audience=_of_follower(broadcast, old.audience))
            fresh = replace(self._clean(broadcast), author=by.name, created=self.clock())
            added = tx.add_broadcast(fresh)
            self._audit(tx, by, "draft", added, **_said(fresh))
            if once is not None:
                once.note(tx, added, now=self.clock())
        return added

    def change(self, id: int, broadcast: Broadcast, *, by: Member) -> None:
        """Puts `broadcast` in the place of a draft, or of one that was rejected. Only its author may: nobody approves what they wrote."""
        with self.store.begin() as tx:
            known = _there(id, tx.broadcast(id))
            _own(known, by)
            if known.stage not in (Stage.DRAFT, Stage.REJECTED):
                raise Declined("only_draft_changes", id=id)
            changed = replace(
                self._clean(replace(broadcast, follows=known.follows)),
                id=id,
                author=known.author,
                created=known.created,
                alert_id=known.alert_id,
            )
            if known.follows:
                changed = replace(changed, mode=known.mode, msg_type=known.msg_type)
                changed = replace(changed, audience=_of_follower(changed, known.audience))
            _save(tx, changed, was=known.stage)
            self._audit(tx, by, "change", id, **_said(changed))

    def submit(self, id: int, *, by: Member) -> Counted:
        """Counts the people and leaves the draft to an approver. Its author may submit it anew while it waits: it is counted anew."""
        seen = self.show(id)
        _own(seen, by)
        if seen.stage not in (Stage.DRAFT, Stage.WAITING):
            raise Declined("only_draft_submits", id=id)
        counted = self.audiences.counted(seen.audience, seen.mode)
        _refuse("not_submitted", id, [*self._lacks(seen, counted), *self.check(seen)])
        now = self.clock()
        with self.store.begin() as tx:
            if _there(id, tx.broadcast(id)) != seen:
                raise _overtaken(id)
            _save(tx, replace(seen, stage=Stage.WAITING, submitted=now, people=counted.total, why=""), was=seen.stage)
            self._audit(tx, by, "submit", id, people=counted.total, **_said(seen))
        return counted

    def withdraw(self, id: int, *, by: Member) -> None:
        """Its author takes back what waits for approval: it is a draft again."""
        with self.store.begin() as tx:
            broadcast = _there(id, tx.broadcast(id))
            _own(broadcast, by)
            self._step(tx, broadcast, Stage.DRAFT, by, "withdraw", since=(Stage.WAITING,))

    def approve(self, id: int, *, by: Member, confirm: int) -> Broadcast:
        """Sends it. `by` is an approver and not its author; `confirm` is the number of people that was counted when it was submitted,
        typed by them (below 0: they typed none). Refused where that number is no longer true by more than DRIFT. What it follows is
        stopped in the same moment."""
        seen = self.show(id)
        _check_approver(seen, by)
        if confirm != seen.people:
            raise Declined("wrong_people", typed=confirm, id=id) if confirm >= 0 else Declined("people_not_typed", id=id)
        counted = self.audiences.counted(seen.audience, seen.mode)
        if seen.audience.silent and any(self.store.waiting_deliveries(seen.follows).values()):
            raise Declined("ask_again_later", id=seen.follows)
        if _drifted(seen, counted.total):
            raise Declined("people_changed", id=id, was=seen.people, now=counted.total)
        _refuse("not_approved", id, self._lacks(seen, counted))
        with self.store.begin() as tx:
            old = _there(seen.follows, tx.broadcast(seen.follows)) if seen.follows else None  # the older one first: nobody waits in a ring
            if _there(id, tx.broadcast(id)) != seen:
                raise _overtaken(id)
            if old is not None:
                _check_follows(seen, old, tx)
            now = self.clock()
            approved = replace(seen, stage=Stage.SENDING, approver=by.name, approved=now)
            _save(tx, approved, was=Stage.WAITING)
            if old is not None:
                self._replace(tx, old, by=by, with_=id)
            if (told := _notice(approved, old)) is not None:
                tx.put_notice(told)
            self._audit(tx, by, "approve", id, people=seen.people, author=seen.author, **_said(seen))
        return approved

    def reject(self, id: int, why: str, *, by: Member) -> None:
        """An approver says no. Its author may change it and submit it again."""
        _allowed(by, Role.APPROVER)
        with self.store.begin() as tx:
            broadcast = replace(_there(id, tx.broadcast(id)), why=_reason(why))
            self._step(tx, broadcast, Stage.REJECTED, by, "reject", since=(Stage.WAITING,))

    def pause(self, id: int, *, by: Member) -> None:
        """Nothing of it goes out until it is resumed. Its author may, too: it takes nothing away from anybody."""
        with self.store.begin() as tx:
            broadcast = _there(id, tx.broadcast(id))
            if broadcast.author != by.name or not by.may(Role.AUTHOR):
                _allowed(by, Role.APPROVER)
            self._step(tx, broadcast, Stage.PAUSED, by, "pause")

    def resume(self, id: int, *, by: Member) -> None:
        """On with it, from where it was."""
        _allowed(by, Role.APPROVER)
        with self.store.begin() as tx:
            broadcast = _there(id, tx.broadcast(id))
            self._step(tx, broadcast, Stage.SENDING, by, "resume", since=(Stage.PAUSED,))
            woken = tx.wake_deliveries(id, now=self.clock())
        for delivery in woken:
            self.queue.hint(lane_of(broadcast), delivery)

    def stop(self, id: int, why: str, *, by: Member) -> None:
        """Nothing of it goes out any more, and nobody who asks is told of it. For good: what comes after is an Update or a Cancel."""
        _allowed(by, Role.APPROVER)
        now = self.clock()
        with self.store.begin() as tx:
            broadcast = replace(_there(id, tx.broadcast(id)), why=_reason(why), ended=now)
            self._step(tx, broadcast, Stage.STOPPED, by, "stop")
            tx.end_notice(notice_key(id), now=now)
        self.store.end_deliveries(id, STOPPED)  # from here on nothing of it can go out; this only says so

    def update(self, id: int, broadcast: Broadcast, *, by: Member) -> int:
        """Drafts an Update of broadcast `id` and returns its id: first for those who got the old text or may have, then for the rest of
        its audience (that of the old one where `broadcast` names none; nobody else where its audience is `got` alone)."""
        return self._follow(id, replace(broadcast, msg_type=MsgType.UPDATE), by)

    def cancel(self, id: int, broadcast: Broadcast, *, by: Member) -> int:
        """Drafts a Cancel of broadcast `id` and returns its id: only for those who got the old text or may have."""
        return self._follow(id, replace(broadcast, msg_type=MsgType.CANCEL), by)

    def _follow(self, id: int, broadcast: Broadcast, by: Member) -> int:
        return self.draft(replace(broadcast, follows=id, mode=self.show(id).mode), by=by)

    def _clean(self, broadcast: Broadcast) -> Broadcast:
        """Without what only a step may set, and with every place by its own id: people are in the smallest one that they named."""
        audience = broadcast.audience
        if audience.got and audience.got != broadcast.follows:
            raise Declined("got_follows", id=audience.got)
        named = replace(audience, places=whole(audience.places, self.places), without=whole(audience.without, self.places))
        return replace(
            broadcast,
            id=0,
            stage=Stage.DRAFT,
            audience=named,
            escalated=0.0,
            submitted=0.0,
            people=0,
            approver="",
            approved=0.0,
            why="",
            ended=0.0,
        )

    def _lacks(self, broadcast: Broadcast, counted: Counted) -> Sequence[Ground]:
        """Why it could not go out, whatever it says."""
        found = [] if broadcast.texts else [ground("no_text")]
        found += [ground("empty_text", lang=lang) for lang, text in broadcast.texts.items() if not text.strip()]
        found += [] if broadcast.expires > self.clock() else [ground("no_time_left")]
        found += [] if counted.total else [ground("nobody")]
        if not found:
            found = [ground("too_long_for", lang=lang, channel=name) for name, lang in self.audiences.too_long(broadcast, counted)]
        if broadcast.escalate_after_s and not (broadcast.roll_call and broadcast.escalate_to):
            found.append(ground("escalates_nowhere"))
        return found

    def _replace(self, tx: AlertTx, old: Broadcast, *, by: Member, with_: int) -> None:
        """Stops what is followed: nothing of it goes out after its follower may."""
        now = self.clock()
        tx.end_notice(notice_key(old.id), now=now)
        if old.stage is Stage.STOPPED:
            return
        _save(tx, replace(old, stage=Stage.STOPPED, why=f"replaced by broadcast {with_}", ended=now), was=old.stage)
        while tx.end_deliveries(old.id, REPLACED):
            pass
        self._audit(tx, by, "replace", old.id, replaced_by=with_)

    def _step(self, tx: AlertTx, broadcast: Broadcast, to: Stage, by: Member, step: str, *, since: Sequence[Stage] = ()) -> None:
        """From the stage where it stands to the next one."""
        if to not in NEXT[broadcast.stage] or (since and broadcast.stage not in since):
            raise Declined(_NOT[step], id=broadcast.id)
        _save(tx, replace(broadcast, stage=to), was=broadcast.stage)
        self._audit(tx, by, step, broadcast.id, **({"why": broadcast.why} if step in ("reject", "stop") else {}))

    def _audit(self, tx: AlertTx, by: Member, step: str, id: int, **detail: object) -> None:
        tx.audit(by.name, f"broadcast.{step}", f"broadcast:{id}", detail, now=self.clock())


def _there(id: int, broadcast: Broadcast | None) -> Broadcast:
    if broadcast is None:
        raise _missing(id)
    return broadcast


def _missing(id: int) -> Declined:
    return Declined("no_broadcast", id=id)


def _save(tx: AlertTx, broadcast: Broadcast, *, was: Stage) -> None:
    if not tx.save_broadcast(broadcast, was=was):
        raise _overtaken(broadcast.id)


def _overtaken(id: int) -> Declined:
    return Declined("overtaken", id=id)


def _allowed(by: Member, role: Role) -> None:
    if not by.may(role):
        raise Declined("author_needed" if role is Role.AUTHOR else "approver_needed")


def _own(broadcast: Broadcast, by: Member) -> None:
    _allowed(by, Role.AUTHOR)
    if broadcast.author != by.name:
        raise Declined("not_yours", id=broadcast.id, author=broadcast.author)


def _check_approver(broadcast: Broadcast, by: Member) -> None:
    _allowed(by, Role.APPROVER)
    if _same(by.name, broadcast.author):
        raise Declined("own_broadcast", id=broadcast.id)
    if broadcast.stage is not Stage.WAITING:
        raise Declined("not_waiting", id=broadcast.id)


def _same(one: str, other: str) -> bool:
    """Names differ by more than capitals and spaces."""
    return " ".join(one.casefold().split()) == " ".join(other.casefold().split())


def _check_follows(broadcast: Broadcast, old: Broadcast, tx: AlertTx) -> None:
    """That it may follow `old`, at this moment."""
    if old.stage not in _WENT_OUT:
        raise Declined("never_went_out", id=old.id)
    if old.mode is not broadcast.mode:
        raise Declined("follows_live" if old.mode is Mode.LIVE else "follows_exercise", id=old.id)
    if broadcast.msg_type not in (MsgType.UPDATE, MsgType.CANCEL):
        raise Declined("follows_how", id=old.id)
    if newer := tx.follower(old.id):
        raise Declined("followed", id=old.id, newer=newer)
    if broadcast.audience.silent and not old.roll_call:
        raise Declined("asked_nothing", id=old.id)
    if broadcast.audience.silent and old.stage is not Stage.SENT:  # what follows a broadcast ends it: nobody may be cut off
        raise Declined("ask_again_later", id=old.id)


def _of_follower(broadcast: Broadcast, old: Audience) -> Audience:
    """Whom it is for: those who have to be corrected, first."""
    given, follows = broadcast.audience, broadcast.follows
    if broadcast.msg_type is MsgType.CANCEL:
        return Audience(got=follows)
    if given.got == follows:
        return given
    named = given if given.places or given.groups or given.everyone or given.unplaced else old
    return replace(named, got=follows, rest=True)


def _drifted(broadcast: Broadcast, now: int) -> bool:
    """Whether the people are others than were counted. That fewer say nothing is what a roll call hopes for."""
    more = now - broadcast.people
    return (more if broadcast.audience.silent else abs(more)) > DRIFT * broadcast.people


def _refuse(code: str, id: int, grounds: Sequence[Ground]) -> None:
    if grounds:
        raise Declined(code, also=grounds, id=id)


def _reason(why: str) -> str:
    if not why.strip():
        raise Declined("say_why")
    return " ".join(why.split())[:500]


def _notice(broadcast: Broadcast, old: Broadcast | None) -> Notice | None:
    """What people who ask are told. Nothing of an exercise, of a Cancel, of what is over, or of what is for some groups alone."""
    if broadcast.mode is not Mode.LIVE or broadcast.msg_type is MsgType.CANCEL or broadcast.response is ResponseType.ALL_CLEAR:
        return None
    named = [broadcast.audience, *([old.audience] if old else [])]
    audience = next((one for one in named if one.everyone or one.places), None)
    if audience is None:
        return None
    places = () if audience.everyone else [place for place in audience.places if place not in audience.without]
    return Notice(
        key=notice_key(broadcast.id),
        hazard=broadcast.hazard,
        severity=broadcast.severity,
        texts=broadcast.texts,
        places=places,
        since=broadcast.approved,
        expires=broadcast.expires,
        source=broadcast.source,
    )


def _said(broadcast: Broadcast) -> dict[str, object]:
    """What the log keeps of a version: its words, and whom it is for."""
    audience = broadcast.audience
    whom = {name: value for name in ("groups", "unplaced", "everyone", "got", "rest", "silent") if (value := getattr(audience, name))}
    texts = {lang.value: text for lang, text in broadcast.texts.items()}
    return {"mode": broadcast.mode.value, "texts": texts, "audience": {**whom, "places": len(audience.places)}}
