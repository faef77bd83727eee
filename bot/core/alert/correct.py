"""What comes after a broadcast, ready to be sent for approval: an Update, a Cancel, "it is over", and a roll call once more. Each in all
languages.

In Hawaii in 2018 the correction of a false alarm took 38 minutes, because nobody had written one beforehand.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.core.alert.broadcast import Audience, Broadcast, Stage
from bot.core.alert.cap import Certainty, MsgType, ResponseType, Urgency
from bot.core.alert.compose import CORRECTION, SENT
from bot.core.alert.draft import PARTS, TEXT

LASTS_S = 12 * 3600.0  # who was told in error is told so for at least this long
_KEPT = ("place.", "areas.")  # slots that a Cancel still needs


@dataclass(frozen=True, slots=True)
class Corrections:
    """Drafts that follow a broadcast. Their `source`, places and hazard are its own."""

    update: Broadcast  # the same again, to be changed: first for those who got it, then for the rest
    cancel: Broadcast  # it was a mistake: only for those who got it
    over: Broadcast  # the danger is over: only for those who got it
    again: Broadcast  # of a roll call: the same again, only for those who got it and say nothing


def corrections(broadcast: Broadcast, *, now: float) -> Corrections:
    """The three drafts that may follow `broadcast`, which went out. They have no id, no author and no texts yet."""
    sent = broadcast.approved or broadcast.submitted or broadcast.created
    kept = {name: words for name, words in broadcast.slots.items() if name.startswith(_KEPT)}
    update = replace(
        _follower(broadcast, broadcast.slots, now),
        msg_type=MsgType.UPDATE,
        audience=replace(broadcast.audience, got=broadcast.id, rest=True),
    )
    told = replace(
        _follower(broadcast, kept, now),
        audience=Audience(got=broadcast.id),
        urgency=Urgency.PAST,
        onset=0.0,
        expires=max(broadcast.expires, now + LASTS_S),
        roll_call=False,
        escalate_after_s=0.0,
        escalate_below=0.0,
        escalate_to="",
    )
    return Corrections(
        update=update,
        again=replace(update, audience=replace(update.audience, rest=False, silent=True)),  # its places are where the danger is
        cancel=replace(
            told,
            msg_type=MsgType.CANCEL,
            response=ResponseType.NONE,
            certainty=Certainty.UNLIKELY,
            slots={**kept, SENT: str(sent), CORRECTION: "false_alarm"},
        ),
        over=replace(told, msg_type=MsgType.UPDATE, response=ResponseType.ALL_CLEAR, certainty=Certainty.OBSERVED, onset=now),
    )


def _follower(broadcast: Broadcast, slots: Mapping[str, str], now: float) -> Broadcast:
    """The broadcast as a new draft. Texts written by hand were about the old one: the words of the template come in their place."""
    return replace(
        broadcast,
        id=0,
        stage=Stage.DRAFT,
        follows=broadcast.id,
        identifier="",
        slots={name: words for name, words in slots.items() if not name.startswith(f"{TEXT}.") or name == PARTS},
        texts={},
        quiet=False,  # who was told something wrong may not sleep on it
        escalated=0.0,
        author="",
        created=now,
        submitted=0.0,
        people=0,
        approver="",
        approved=0.0,
        why="",
        ended=0.0,
    )
