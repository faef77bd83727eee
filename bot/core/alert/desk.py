"""The desk of the alerts: drafts become broadcasts here, by two people, and are paused, stopped and replaced here. Nowhere else.

There is no way around the second person, for nobody and in no emergency.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.core.alert.broadcast import Broadcast, Stage
from bot.core.alert.cap import MsgType
from bot.core.alert.follow import audience_of, check_follows, end_old
from bot.core.alert.grounds import drifted, lacks, refuse
from bot.core.alert.notice import notice_key, notice_of
from bot.core.alert.once import Once
from bot.core.alert.preview import Counted
from bot.core.alert.progress import Progress
from bot.core.alert.rights import check_own, check_role, check_second
from bot.core.alert.sending import Audiences, BroadcastStore, lane_of
from bot.core.alert.staff import Member, Role
from bot.core.alert.steps import audit, clean, missing, move, overtaken, reason, said, save, there
from bot.core.place.types import Gazetteer
from bot.core.ports import Clock, Queue
from bot.core.refusal import Declined, Ground

STOPPED = "stopped"  # the code of deliveries that did not go out any more
Check = Callable[[Broadcast], Sequence[Ground]]  # why a broadcast may not be submitted; () where it may


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
        return there(id, self.store.find_broadcast(id))

    def count(self, id: int) -> Counted:
        """Whom a broadcast would go to now."""
        broadcast = self.show(id)
        return self.audiences.counted(broadcast.audience, broadcast.mode)

    def progress(self, id: int) -> Progress:
        """How far it is."""
        found = self.store.progress(id, now=self.clock())
        if found is None:
            raise missing(id)
        return found

    def draft(self, broadcast: Broadcast, *, by: Member, once: Once | None = None) -> int:
        """Stores a new draft of `by`, an author, and returns its id. `id`, `stage`, `author`, `created` and what later steps set are
        the desk's own, whatever `broadcast` says. Places are given with all that lies in them from here on. What was drafted `once`
        is not drafted again."""
        check_role(by, Role.AUTHOR)
        with self.store.begin() as tx:
            if once is not None and (known := once.known(tx)):
                return known
            if broadcast.follows:
                old = there(broadcast.follows, tx.broadcast(broadcast.follows))
                check_follows(broadcast, old, tx)
                broadcast = replace(broadcast, audience=audience_of(broadcast, old.audience))
            fresh = replace(clean(broadcast, self.places), author=by.name, created=self.clock())
            added = tx.add_broadcast(fresh)
            audit(tx, by, "draft", added, now=self.clock(), **said(fresh))
            if once is not None:
                once.note(tx, added, now=self.clock())
        return added

    def change(self, id: int, broadcast: Broadcast, *, by: Member) -> None:
        """Puts `broadcast` in the place of a draft, or of one that was rejected. Only its author may: nobody approves what they wrote."""
        with self.store.begin() as tx:
            known = there(id, tx.broadcast(id))
            check_own(known, by)
            if known.stage not in (Stage.DRAFT, Stage.REJECTED):
                raise Declined("only_draft_changes", id=id)
            changed = replace(
                clean(replace(broadcast, follows=known.follows), self.places),
                id=id,
                author=known.author,
                created=known.created,
                alert_id=known.alert_id,
            )
            if known.follows:
                changed = replace(changed, mode=known.mode, msg_type=known.msg_type)
                changed = replace(changed, audience=audience_of(changed, known.audience))
            save(tx, changed, was=known.stage)
            audit(tx, by, "change", id, now=self.clock(), **said(changed))

    def submit(self, id: int, *, by: Member) -> Counted:
        """Counts the people and leaves the draft to an approver. Its author may submit it anew while it waits: it is counted anew."""
        seen = self.show(id)
        check_own(seen, by)
        if seen.stage not in (Stage.DRAFT, Stage.WAITING):
            raise Declined("only_draft_submits", id=id)
        counted = self.audiences.counted(seen.audience, seen.mode)
        refuse("not_submitted", id, [*lacks(seen, counted, self.audiences, now=self.clock()), *self.check(seen)])
        now = self.clock()
        with self.store.begin() as tx:
            if there(id, tx.broadcast(id)) != seen:
                raise overtaken(id)
            save(tx, replace(seen, stage=Stage.WAITING, submitted=now, people=counted.total, why=""), was=seen.stage)
            audit(tx, by, "submit", id, now=self.clock(), people=counted.total, **said(seen))
        return counted

    def withdraw(self, id: int, *, by: Member) -> None:
        """Its author takes back what waits for approval: it is a draft again."""
        with self.store.begin() as tx:
            broadcast = there(id, tx.broadcast(id))
            check_own(broadcast, by)
            move(tx, broadcast, Stage.DRAFT, by, "withdraw", now=self.clock(), since=(Stage.WAITING,))

    def approve(self, id: int, *, by: Member, confirm: int) -> Broadcast:
        """Sends it. `by` is an approver and not its author; `confirm` is the number of people that was counted when it was submitted,
        typed by them (below 0: they typed none). Refused where that number is no longer true by more than grounds.DRIFT. What it follows is
        stopped in the same moment."""
        seen = self.show(id)
        check_second(seen, by)
        if confirm != seen.people:
            raise Declined("wrong_people", typed=confirm, id=id) if confirm >= 0 else Declined("people_not_typed", id=id)
        counted = self.audiences.counted(seen.audience, seen.mode)
        if seen.audience.silent and any(self.store.waiting_deliveries(seen.follows).values()):
            raise Declined("ask_again_later", id=seen.follows)
        if drifted(seen, counted.total):
            raise Declined("people_changed", id=id, was=seen.people, now=counted.total)
        refuse("not_approved", id, lacks(seen, counted, self.audiences, now=self.clock()))
        with self.store.begin() as tx:
            old = there(seen.follows, tx.broadcast(seen.follows)) if seen.follows else None  # the older one first: nobody waits in a ring
            if there(id, tx.broadcast(id)) != seen:
                raise overtaken(id)
            if old is not None:
                check_follows(seen, old, tx)
            now = self.clock()
            approved = replace(seen, stage=Stage.SENDING, approver=by.name, approved=now)
            save(tx, approved, was=Stage.WAITING)
            if old is not None:
                end_old(tx, old, by=by, follower=id, now=now)
            if (told := notice_of(approved, old)) is not None:
                tx.put_notice(told)
            audit(tx, by, "approve", id, now=now, people=seen.people, author=seen.author, **said(seen))
        return approved

    def reject(self, id: int, why: str, *, by: Member) -> None:
        """An approver says no. Its author may change it and submit it again."""
        check_role(by, Role.APPROVER)
        with self.store.begin() as tx:
            broadcast = replace(there(id, tx.broadcast(id)), why=reason(why))
            move(tx, broadcast, Stage.REJECTED, by, "reject", now=self.clock(), since=(Stage.WAITING,))

    def pause(self, id: int, *, by: Member) -> None:
        """Nothing of it goes out until it is resumed. Its author may, too: it takes nothing away from anybody."""
        with self.store.begin() as tx:
            broadcast = there(id, tx.broadcast(id))
            if broadcast.author != by.name or not by.may(Role.AUTHOR):
                check_role(by, Role.APPROVER)
            move(tx, broadcast, Stage.PAUSED, by, "pause", now=self.clock())

    def resume(self, id: int, *, by: Member) -> None:
        """On with it, from where it was."""
        check_role(by, Role.APPROVER)
        with self.store.begin() as tx:
            broadcast = there(id, tx.broadcast(id))
            move(tx, broadcast, Stage.SENDING, by, "resume", now=self.clock(), since=(Stage.PAUSED,))
            woken = tx.wake_deliveries(id, now=self.clock())
        for delivery in woken:
            self.queue.hint(lane_of(broadcast), delivery)

    def stop(self, id: int, why: str, *, by: Member) -> None:
        """Nothing of it goes out any more, and nobody who asks is told of it. For good: what comes after is an Update or a Cancel."""
        check_role(by, Role.APPROVER)
        now = self.clock()
        with self.store.begin() as tx:
            broadcast = replace(there(id, tx.broadcast(id)), why=reason(why), ended=now)
            move(tx, broadcast, Stage.STOPPED, by, "stop", now=self.clock())
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
