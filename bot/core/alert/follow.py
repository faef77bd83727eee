"""An Update or a Cancel follows a broadcast that went out: which one it may follow, whom it is for, and what then ends of the old one."""

from dataclasses import replace

from bot.core.alert.broadcast import REPLACED_BY, WENT_OUT, Audience, Broadcast, Mode, Stage
from bot.core.alert.cap import MsgType
from bot.core.alert.notice import notice_key
from bot.core.alert.sending import AlertTx
from bot.core.alert.staff import Member
from bot.core.alert.steps import audit, save
from bot.core.refusal import Declined

REPLACED = "replaced"  # the code of deliveries that did not go out any more


def check_follows(broadcast: Broadcast, old: Broadcast, tx: AlertTx) -> None:
    """Raises Declined where it may not follow `old` at this moment."""
    if old.stage not in WENT_OUT:
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


def audience_of(broadcast: Broadcast, old: Audience) -> Audience:
    """Whom it is for: those who have to be corrected, first."""
    given, follows = broadcast.audience, broadcast.follows
    if broadcast.msg_type is MsgType.CANCEL:
        return Audience(got=follows)
    if given.got == follows:
        return given
    named = given if given.places or given.groups or given.everyone or given.unplaced else old
    return replace(named, got=follows, rest=True)


def end_old(tx: AlertTx, old: Broadcast, *, by: Member, follower: int, now: float) -> None:
    """Stops what is followed: nothing of it goes out after its follower may."""
    tx.end_notice(notice_key(old.id), now=now)
    if old.stage is Stage.STOPPED:
        return
    save(tx, replace(old, stage=Stage.STOPPED, why=f"{REPLACED_BY}{follower}", ended=now), was=old.stage)
    while tx.end_deliveries(old.id, REPLACED):
        pass
    audit(tx, by, "replace", old.id, now=now, replaced_by=follower)
