"""A broadcast: one text per language on its way to many people. What may become of it, and of each delivery at the last moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from bot.core.alert.cap import Certainty, MsgType, ResponseType, Severity, Urgency
from bot.core.types import Lang

VOLUNTEERS = "volunteers"  # the group that gets every alert for its places first
EXERCISE = "exercise"  # the only group that an exercise can reach


class Mode(StrEnum):
    """Whether it is meant. An exercise reaches nobody outside the group EXERCISE: checked again before each send."""

    LIVE = "live"
    EXERCISE = "exercise"


class Stage(StrEnum):
    """Where a broadcast stands. The only ways on are in NEXT."""

    DRAFT = "draft"  # its author may change it
    WAITING = "waiting"  # submitted: for another person to approve or reject
    REJECTED = "rejected"
    SENDING = "sending"  # approved, and on its way
    PAUSED = "paused"
    SENT = "sent"  # everybody was fed to the lane; the last deliveries may still be on their way
    STOPPED = "stopped"  # nothing of it goes out any more: stopped by a person, or replaced by an Update or a Cancel


NEXT: Mapping[Stage, frozenset[Stage]] = {
    Stage.DRAFT: frozenset({Stage.WAITING, Stage.REJECTED}),
    Stage.WAITING: frozenset({Stage.DRAFT, Stage.REJECTED, Stage.SENDING}),
    Stage.REJECTED: frozenset({Stage.DRAFT}),
    Stage.SENDING: frozenset({Stage.PAUSED, Stage.SENT, Stage.STOPPED}),
    Stage.PAUSED: frozenset({Stage.SENDING, Stage.STOPPED}),
    Stage.SENT: frozenset({Stage.STOPPED}),
    Stage.STOPPED: frozenset(),
}
GOES = frozenset({Stage.SENDING, Stage.SENT})  # the stages in which a delivery may go out
WENT_OUT = frozenset({Stage.SENDING, Stage.PAUSED, Stage.SENT, Stage.STOPPED})
REPLACED_BY = "replaced by broadcast "  # begins Broadcast.why where an Update or a Cancel took its place; then comes that one's id


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """Whom a broadcast is for: who is in one of `places` or `groups`, or everybody, less those in `without`.

    `places` are ids, the nearest first: people get it in that order, and in each place the volunteers first. `got` > 0: only those
    whom that broadcast reached or may have reached, whatever their place is now (a correction); `rest` then adds the others of the
    audience behind them. `silent`: of those whom it reached, only who has not answered its roll call until their turn comes."""

    places: Sequence[str] = ()
    without: Sequence[str] = ()  # places' ids
    groups: Sequence[str] = ()
    unplaced: bool = False  # also those whose place nobody knows, last
    everyone: bool = False
    got: int = 0
    rest: bool = False
    silent: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Broadcast:
    """One version of an alert as we send it. `id` 0: not stored yet. Times are seconds since the epoch, 0.0: not yet.

    An Update or a Cancel is a broadcast of its own that `follows` the one before it."""

    id: int = 0
    mode: Mode
    stage: Stage = Stage.DRAFT
    msg_type: MsgType = MsgType.ALERT
    follows: int = 0  # the broadcast that it updates or cancels
    alert_id: int = 0  # the received alert that it passes on, 0: our own words
    identifier: str = ""  # of the CAP message that we originate with it
    title: str = ""  # for staff
    hazard: str = ""  # an id of skills/alert-templates
    response: ResponseType = ResponseType.MONITOR
    urgency: Urgency = Urgency.UNKNOWN
    severity: Severity = Severity.UNKNOWN
    certainty: Certainty = Certainty.UNKNOWN
    source: str = ""  # who says it, as people know them
    slots: Mapping[str, str] = field(default_factory=dict)  # what the author filled in, by slot and language ("place.en")
    texts: Mapping[Lang, str] = field(default_factory=dict)  # the words that go out, as the approver saw them
    audience: Audience = Audience()
    onset: float = 0.0
    expires: float = 0.0  # nothing of it goes out after this, and nobody is told of it any more
    quiet: bool = False  # it waits for the end of the channels' quiet hours; never so where life is in danger
    roll_call: bool = False  # it asks for "1 safe, 2 need help"
    escalate_after_s: float = 0.0  # 0: never
    escalate_below: float = 0.0  # the share of answers, 0 to 1, under which it goes to escalate_to as well
    escalate_to: str = ""  # a group
    escalated: float = 0.0  # when it was
    author: str = ""
    created: float = 0.0
    submitted: float = 0.0
    people: int = 0  # counted when it was submitted
    approver: str = ""
    approved: float = 0.0
    why: str = ""  # of a rejection or a stop
    ended: float = 0.0  # when it was SENT or STOPPED

    @property
    def replaced_by(self) -> str:
        """The id of the Update or Cancel that took its place, "" where none did."""
        replaced = self.stage is Stage.STOPPED and self.why.startswith(REPLACED_BY)
        return self.why.removeprefix(REPLACED_BY) if replaced else ""


@dataclass(frozen=True, slots=True)
class Clearance:
    """What the last hop knows of the broadcast that a delivery belongs to, read together with the claim."""

    mode: Mode
    stage: Stage
    author: str
    approver: str
    expires: float
    exercises: bool  # the person is in the group EXERCISE at this moment
    approved_text: bool  # the delivery's text is, word for word, one of those that were approved


def refusal(clearance: Clearance, *, now: float) -> str:
    """Why a delivery of a broadcast may not go out; "" where it may. PAUSED is no reason: it waits (see `waits`)."""
    if clearance.mode is Mode.EXERCISE and not clearance.exercises:
        return "exercise"
    if not clearance.approver or clearance.approver == clearance.author or not clearance.approved_text:
        return "not_approved"
    if clearance.stage not in GOES | {Stage.PAUSED}:
        return "stopped"
    return "expired" if clearance.expires and now > clearance.expires else ""


def waits(clearance: Clearance) -> bool:
    """Whether it is only paused."""
    return clearance.stage is Stage.PAUSED
