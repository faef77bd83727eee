"""The tables of alerts and broadcasts. See bot.store.tables for how they are spelt, and bot.core.alert for the fields."""

from typing import Any

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field

from bot.store.tables import BigId, Row, _id, _table, _time, _words

IN_FORCE_SQL = text("ended = 0")
HAS_RAW_SQL = text("length(raw) > 0")


class Alert(Row, table=True):
    """A CAP message that came in. Field for field bot.core.alert.stored.StoredAlert; `body` is bot.core.alert.cap.Alert as JSON ({} where
    it could not be read), `raw` the bytes as they came, until they are forgotten."""

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("sender", "identifier", "sent"),
        Index("ix_alert_fingerprint", "fingerprint"),
        Index("ix_alert_state_expires", "state", "expires"),
        Index("ix_alert_same_as", "same_as"),
        Index("ix_alert_identifier", "identifier"),
        Index("ix_alert_with_raw", "received", sqlite_where=HAS_RAW_SQL, postgresql_where=HAS_RAW_SQL),
        {"sqlite_autoincrement": True},
    )

    id: int | None = _id()
    origin: str = _words()  # "feed:<name>", "push:<name>", "upload:<member>"
    trusted: bool = False
    aggregates: bool = False
    sender: str = _words()
    identifier: str = _words()
    sent: float = _time()
    status: str = _words()
    msg_type: str = _words()
    event: str = _words()
    headline: str = _words()
    area: str = _words()
    severity: str = _words()
    urgency: str = _words()
    certainty: str = _words()
    sound: bool = False
    over: bool = False
    own: str = _words()
    own_reason: str = _words()
    state: str = _words()
    reason: str = _words()
    by: int = Field(default=0, sa_type=BigInteger, nullable=False)
    areas: list[list[str]] = Field(default_factory=list, sa_type=JSON)
    over_areas: list[list[str]] = Field(default_factory=list, sa_type=JSON)
    gone_areas: list[int] = Field(default_factory=list, sa_type=JSON)
    fingerprint: str = _words()
    same_as: int = Field(default=0, sa_type=BigInteger, nullable=False)
    signature: str = _words()
    received: float = _time()
    expires: float = _time()
    hazard: str = _words()
    places: list[str] = Field(default_factory=list, sa_type=JSON)
    doubt: bool = False
    defects: list[str] = Field(default_factory=list, sa_type=JSON)
    decision: str = _words()
    decided_by: str = _words()
    decided_why: str = _words()
    decided: float = _time()
    body: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    raw: bytes = Field(default=b"", sa_type=LargeBinary, nullable=False)


class AlertReference(Row, table=True):
    """Which earlier messages a message names: also those that have not come yet."""

    __tablename__ = "alert_reference"
    __table_args__ = (Index("ix_alert_reference_identifier", "identifier"),)

    alert_id: int = Field(sa_column=Column(BigId, ForeignKey("alert.id"), primary_key=True, autoincrement=False))
    n: int = Field(primary_key=True)
    sender: str = _words()
    identifier: str = _words()
    sent: float | None = _time(None)


class Feed(Row, table=True):
    """How reading a configured feed goes."""

    name: str = _words(primary_key=True)
    etag: str = _words()
    modified: str = _words()
    checked: float = _time()
    read: float = _time()  # the last time that all went well
    newest: float = _time()  # the newest item's time
    failures: int = 0
    code: str = _words()


class FeedItem(Row, table=True):
    """An item that a feed listed: no item is fetched twice."""

    __tablename__ = "feed_item"
    __table_args__ = (Index("ix_feed_item_listed", "listed"),)

    feed: str = _words(primary_key=True)
    key: str = _words(primary_key=True)
    tries: int = 0
    done: bool = False
    code: str = _words()
    at: float = _time()
    listed: float = _time()


class Notice(Row, table=True):
    """What the public is told of the alerts in force. Field for field bot.core.alert.notice.Notice; `ended` 0: in force."""

    __table_args__ = (Index("ix_notice_in_force", "expires", sqlite_where=IN_FORCE_SQL, postgresql_where=IN_FORCE_SQL),)

    key: str = _words(primary_key=True)
    hazard: str = _words()
    severity: str = _words()
    texts: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    places: list[str] = Field(default_factory=list, sa_type=JSON)
    since: float = _time()
    expires: float = _time()
    source: str = _words()
    ended: float = _time()


class Broadcast(Row, table=True):
    """Field for field bot.core.alert.broadcast.Broadcast, and how far its audience is fed to the lane."""

    __table_args__ = (Index("ix_broadcast_stage", "stage"), {"sqlite_autoincrement": True})

    id: int | None = _id()
    mode: str = _words()
    stage: str = _words()
    msg_type: str = _words()
    follows: int = Field(default=0, sa_type=BigInteger, nullable=False)
    alert_id: int = Field(default=0, sa_type=BigInteger, nullable=False)
    identifier: str = _words()
    title: str = _words()
    hazard: str = _words()
    response: str = _words()
    urgency: str = _words()
    severity: str = _words()
    certainty: str = _words()
    source: str = _words()
    slots: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    texts: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    audience: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    onset: float = _time()
    expires: float = _time()
    quiet: bool = False
    roll_call: bool = False
    escalate_after_s: float = _time()
    escalate_below: float = _time()
    escalate_to: str = _words()
    escalated: float = _time()
    author: str = _words()
    created: float = _time()
    submitted: float = _time()
    people: int = 0
    approver: str = _words()
    approved: float = _time()
    why: str = _words()
    ended: float = _time()
    fed: str = _words()  # where the feeding stands: see bot.store.feeding
    fed_whole: bool = False


class RollAnswer(Row, table=True):
    """What a person said to a broadcast's roll call, last."""

    __tablename__ = "roll_answer"

    broadcast_id: int = Field(sa_column=Column(BigId, ForeignKey("broadcast.id"), primary_key=True, autoincrement=False))
    urn: str = _words(primary_key=True)
    answer: str = _words()
    words: str = _words()
    at: float = _time()


class Membership(Row, table=True):
    """Who is in which group. A group is there while it has members."""

    __table_args__ = (Index("ix_membership_urn", "urn"),)

    name: str = _words(primary_key=True)
    urn: str = _words(primary_key=True)


class MadeOnce(Row, table=True):
    """What a program asked for under a key of its own, so that asking again makes nothing more. See bot.core.alert.once."""

    __tablename__ = "made_once"

    key: str = _words(primary_key=True)
    digest: str = _words()
    made: int = Field(default=0, sa_type=BigInteger, nullable=False)
    at: float = _time()


ALERT = _table("alert")
ALERT_REFERENCE = _table("alert_reference")
FEED = _table("feed")
FEED_ITEM = _table("feed_item")
NOTICE = _table("notice")
BROADCAST = _table("broadcast")
ROLL_ANSWER = _table("roll_answer")
MEMBERSHIP = _table("membership")
MADE_ONCE = _table("made_once")
