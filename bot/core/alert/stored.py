"""A received alert as the house keeps it: where it came from, what it is by itself, what became of it. And what a store must do for it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.core.alert import gate
from bot.core.alert.audit import AuditTx
from bot.core.alert.cap import Alert, AlertStatus, Certainty, MsgType, Reference, Severity, Urgency
from bot.core.alert.notice import NoticeTx

Keys = Sequence[str]  # what an area can be recognised by in another message: see bot.core.alert.over.keys_of


@dataclass(frozen=True, slots=True)
class Origin:
    """Who handed us an alert."""

    name: str  # "feed:ke-kmd"
    trusted: bool = False
    aggregates: bool = False
    source: str = ""  # whose name people are shown, "" for the alert's own
    domains: Sequence[str] = ()  # the authority's own: links to these may stay


class State(StrEnum):
    """What became of a received alert. Whether it has expired is asked when it is used."""

    QUARANTINED = "quarantined"  # dishonest or impossible: nothing follows from it, but staff can read it
    HELD = "held"  # a person must look at it; nobody else is told
    OPEN = "open"  # a danger that people may be told of, until it expires
    REPLACED = "replaced"  # a newer message of its sender says what is true now
    ENDED = "ended"  # it is over, or a person dismissed it
    SYSTEM = "system"  # it says nothing to people here: an acknowledgement, a cancellation, a warning for another country


class Decision(StrEnum):
    """What a person decided about a held alert."""

    NONE = ""
    RELEASED = "released"
    DISMISSED = "dismissed"


REASONS = gate.REASONS
NEVER = frozenset({"exercise", "test", "draft", "restricted", "private", "no_info"})  # what no person can make fit for the public


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAlert:
    """One received alert, without its whole text (see `body` and `raw` of the store). Times are seconds since the epoch."""

    id: int = 0
    origin: str  # "feed:<name>", "push:<name>", "upload:<member>"
    trusted: bool  # the operator lets its origin speak without a person
    aggregates: bool = False  # its origin passes on several authorities, who may update each other
    sender: str
    identifier: str
    sent: float
    references: Sequence[Reference] = ()
    status: AlertStatus | None = None
    msg_type: MsgType | None = None
    event: str = ""  # of its first info, cleaned
    headline: str = ""
    area: str = ""  # the areas' descriptions, shortened
    severity: Severity = Severity.UNKNOWN
    urgency: Urgency = Urgency.UNKNOWN
    certainty: Certainty = Certainty.UNKNOWN
    sound: bool = False  # the gate lets it act: it is Actual and Public, and does not look like a test
    over: bool = False  # all of it says that it is over
    own: State  # what it is by itself
    own_reason: str = ""
    state: State  # what it is together with the others
    reason: str = ""  # a word of REASONS
    by: int = 0  # the alert that replaced or ended it, or that waits to
    areas: Sequence[Keys] = ()
    over_areas: Sequence[Keys] = ()  # those of its areas of which it says that it is over there
    gone_areas: Sequence[int] = ()  # those of its areas, by index, that another message ended
    fingerprint: str = ""
    same_as: int = 0  # the alert that it only stamps anew
    signature: str = ""  # a word of bot.core.alert.reading.Signature
    received: float = 0.0
    expires: float = 0.0  # of its last info to expire
    hazard: str = ""
    places: Sequence[str] = ()
    doubt: bool = False  # its places are a guess: no outlines, or no shape
    defects: Sequence[str] = ()
    decision: Decision = Decision.NONE
    decided_by: str = ""
    decided_why: str = ""
    decided: float = 0.0

    @property
    def may_be_released(self) -> bool:
        """Whether a person may let it go on. What is not meant for the public never may, whoever asks."""
        waits = self.state is State.HELD or self.decision is Decision.DISMISSED
        return waits and self.status is AlertStatus.ACTUAL and self.own_reason not in NEVER

    def in_force(self, now: float) -> bool:
        """Whether people may be told of it now."""
        return self.state is State.OPEN and self.expires > now


gate_forbids = frozenset(
    {"exercise", "test", "draft", "system", "restricted", "private", "no_info", "no_status", "no_msg_type", "no_scope"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertQuery:
    """Which alerts a page shows, the newest first. () and "": all."""

    states: Sequence[State] = ()
    origin: str = ""
    in_force: bool = False  # only those that have not expired


class IntakeTx(NoticeTx, AuditTx, Protocol):
    """The part of a transaction that takes alerts in."""

    def alerts_alone(self) -> None:
        """From here on, no other transaction takes an alert in or changes one, until this one ends."""
        ...

    def same_triple(self, sender: str, identifier: str, sent: float) -> StoredAlert | None:
        """The alert of that identity."""
        ...

    def same_words(self, fingerprint: str, *, since: float, until: float) -> Sequence[StoredAlert]:
        """The alerts that say the same, were sent in that time and are not quarantined by themselves: some of the first, in their order."""
        ...

    def add_alert(self, alert: StoredAlert, body: Alert | None, raw: bytes) -> int | None:
        """Stores it and what it references. Returns its id, None where that identity is there already."""
        ...

    def save_alert(self, alert: StoredAlert) -> None:
        """Stores everything about it that can change: all but its identity, its body and its references."""
        ...

    def put_in_place(self, alert: StoredAlert, body: Alert, raw: bytes) -> None:
        """Stores `alert` in the place of the one of its id, body, bytes, references and all."""
        ...

    def kept_alert(self, id: int) -> StoredAlert | None:
        """The alert of that id."""
        ...

    def alert_body(self, id: int) -> Alert | None:
        """What it says, None where it could not be read."""
        ...

    def alert_raw(self, id: int) -> bytes:
        """The bytes as they came, b"" where they came in a list of alerts, or are kept no more."""
        ...

    def kin(self, ids: Sequence[int], *, steps: int) -> Sequence[StoredAlert]:
        """The alerts of `ids` and those within so many references of them, in either direction, with what only stamps them anew (of one
        alert the newest few: a list may be made of nothing else)."""
        ...

    def lapsed_notices(self, *, now: float) -> Sequence[int]:
        """The alerts in force whose notice is not."""
        ...


class IntakeStore(Protocol):
    """The part of a store that shows received alerts."""

    def begin(self) -> AbstractContextManager[IntakeTx]:
        """One write transaction."""
        ...

    def alerts(self, query: AlertQuery, *, now: float, limit: int, offset: int = 0) -> Sequence[StoredAlert]:
        """Those that fit, the newest first."""
        ...

    def count_alerts(self, *, now: float) -> Mapping[State, int]:
        """How many are in each state; of the open ones, those that have not expired."""
        ...

    def received_alert(self, id: int) -> StoredAlert | None:
        """The alert of that id."""
        ...

    def received_body(self, id: int) -> Alert | None:
        """What it says."""
        ...

    def received_raw(self, id: int) -> bytes:
        """The bytes as they came, b"" where there is no such alert, or where they are kept no more."""
        ...

    def forget_raw(self, *, before: float, limit: int) -> int:
        """Forgets the bytes of at most `limit` alerts that came and expired before then, the oldest first. What they said, what became of
        them and what they have to do with each other stays. Returns how many."""
        ...

    def chain(self, id: int) -> Sequence[StoredAlert]:
        """The alert and every one that it has to do with, the first one first."""
        ...
