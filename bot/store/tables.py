"""The tables, as SQLModel classes. Times are seconds since the epoch. What is optional is "" or 0 rather than NULL.

The hot path uses the plain SQLAlchemy tables at the end: an ORM session per webhook costs several times the statement itself.
After a change here, write a migration: see bot/store/migrations/alembic.ini.
"""

from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Double, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint, text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

from bot.store.rules import FIRST_DELAY_S, clean


class Words(TypeDecorator[str]):
    """Text of people and providers, cleaned on its way in: also where it is only looked for."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else clean(value)


BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only in a column that says INTEGER

# Partial indexes: rows that are not over are few, however many years lie behind them. The statements spell the same lists out.
OPEN_SQL = text("state IN ('new', 'answering')")
LIVE_SQL = text("status IN ('queued', 'errored', 'sending')")
OF_BROADCASTS_SQL = text("broadcast_id > 0")


class Row(SQLModel):
    """The base of all tables. Constraints have names, so that a migration can find them on any database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def _id() -> Any:
    return Field(default=None, sa_column=Column(BigId, primary_key=True))


def _words(default: str | None = "", *, primary_key: bool = False) -> Any:
    return Field(default=default, sa_type=Words, primary_key=primary_key, nullable=False)


def _micros() -> Any:
    return Field(default=0, sa_type=BigInteger, nullable=False)


def _time(default: float | None = 0.0) -> Any:
    return Field(default=default, sa_type=Double, nullable=default is None)


def _of_broadcasts(name: str, *columns: str) -> Index:
    """An index over the deliveries of broadcasts alone, by broadcast."""
    return Index(name, "broadcast_id", *columns, sqlite_where=OF_BROADCASTS_SQL, postgresql_where=OF_BROADCASTS_SQL)


class Message(Row, table=True):
    """What a person sent us, and, where it is a question, how far its answer is."""

    __table_args__ = (
        UniqueConstraint("channel", "external_id"),
        Index("ix_message_urn_id", "urn", "id"),
        Index("ix_message_channel_session_id", "channel", "session_id"),
        Index("ix_message_open", "due_at", sqlite_where=OPEN_SQL, postgresql_where=OPEN_SQL),
        {"sqlite_autoincrement": True},  # an id is never used twice: "reply:<id>" must stay unique when rows are deleted
    )

    id: int | None = _id()
    channel: str = _words()
    external_id: str = _words()
    urn: str = _words()
    text: str = _words()
    to: str = _words()
    sent_at: float | None = _time(None)
    session_id: str = _words()
    session_event: str = _words()
    path: str = _words()
    meta: dict[str, str] = Field(default_factory=dict, sa_type=JSON)
    polled: bool = False
    received: float = _time()
    state: str = _words()  # rules.MessageState
    skill: str = _words()
    turns: list[str] = Field(default_factory=list, sa_type=JSON)
    asked: float = _time()  # when it became a question; 0: it is none
    screen_until: float = _time()  # a USSD screen waits for the answer until then
    token: str | None = Field(default=None, sa_type=Text)
    lease_until: float = _time()
    attempts: int = 0
    next_at: float = _time()  # not to be claimed before
    due_at: float = _time()  # when the sweep hints it again
    delay_s: float = _time(FIRST_DELAY_S)  # and how long after that once more


class Delivery(Row, table=True):
    """One reply or alert on its way to one person. Its text is in its parts."""

    __table_args__ = (
        UniqueConstraint("dedup"),
        Index("ix_delivery_urn_id", "urn", "id"),
        Index("ix_delivery_message_id", "message_id"),
        Index("ix_delivery_live", "lane", "due_at", sqlite_where=LIVE_SQL, postgresql_where=LIVE_SQL),
        _of_broadcasts("ix_delivery_broadcast", "status", "channel", "place", "code"),
        _of_broadcasts("ix_delivery_broadcast_wired_at", "wired_at"),
        _of_broadcasts("ix_delivery_broadcast_delivered_at", "delivered_at"),
        {"sqlite_autoincrement": True},
    )

    id: int | None = _id()
    dedup: str = _words()
    channel: str = _words()
    urn: str = _words()
    lane: str = _words()
    kind: str = _words()
    message_id: int | None = Field(default=None, sa_column=Column(BigId, ForeignKey("message.id"), nullable=True))
    skill: str = _words()
    facts: list[str] = Field(default_factory=list, sa_type=JSON)
    choices: list[list[str]] = Field(default_factory=list, sa_type=JSON)  # [id, label] each
    created: float = _time()
    not_after: float = _time()  # 0: never too late
    despite_stop: bool = False
    unsolicited: bool = False
    broadcast_id: int = Field(default=0, sa_type=BigInteger, nullable=False)  # 0: of none
    place: str = _words()  # where the person was when a broadcast got to them
    wired_at: float = _time()  # when the provider had taken all of it
    delivered_at: float = _time()  # when the phone had all of it, as the provider told it
    status: str = _words()
    via: str = _words()  # "screen" where a USSD screen showed it
    code: str = _words()  # the provider's word, or our reason, for the last thing that went wrong
    hold_until: float = _time()  # a screen may still take it until then
    token: str | None = Field(default=None, sa_type=Text)
    lease_until: float = _time()
    attempts: int = 0
    errors: int = 0
    unclear: int = 0  # tries that were left without an answer
    next_at: float = _time()
    due_at: float = _time()
    delay_s: float = _time(FIRST_DELAY_S)


class Part(Row, table=True):
    """One part of a delivery: what fits one SMS or one message."""

    __table_args__ = (UniqueConstraint("key"), Index("ix_part_external_id", "external_id"))

    delivery_id: int = Field(sa_column=Column(BigId, ForeignKey("delivery.id"), primary_key=True, autoincrement=False))
    n: int = Field(primary_key=True)
    key: str = _words()
    text: str = _words()
    status: str = _words()
    external_id: str = _words()
    micros: int = _micros()  # its price: millionths of `currency`. See bot.core.price.Price
    currency: str = _words()
    category: str = _words()


class Report(Row, table=True):
    """A status report that came before its part's external id was known. Applied, and then gone, once it is."""

    __table_args__ = (Index("ix_report_at", "at"),)

    channel: str = _words(primary_key=True)
    external_id: str = _words(primary_key=True)
    status: str = _words(primary_key=True)
    micros: int = _micros()
    currency: str = _words()
    category: str = _words()
    at: float = _time()


class Rate(Row, table=True):
    """How far the slots of one person's bucket are given away. A row whose time has passed says no more than no row."""

    __table_args__ = (Index("ix_rate_tat", "tat"),)

    name: str = _words(primary_key=True)
    tat: float = _time()  # the "theoretical arrival time" of GCRA: when the bucket will be full again


class ChannelBucket(Row, table=True):
    """A channel's bucket, field for field bot.core.bucket.Bucket. `version` counts its changes: who changes it names the one it read."""

    __tablename__ = "channel_bucket"

    channel: str = _words(primary_key=True)
    version: int = 0
    touched: float = _time()
    full_at: float = _time()
    closed_until: float = _time()
    misses: int = 0
    missed_at: float = _time()
    probe_at: float = _time()
    probed_at: float = _time()
    factor: float = _time(1.0)
    cut_at: float = _time()
    alert_due: float = _time()
    alert_waits: float = _time()
    reply_due: float = _time()
    reply_waits: float = _time()
    bulk_due: float = _time()
    bulk_waits: float = _time()


class Contact(Row, table=True):
    """A person, by URN."""

    __table_args__ = (Index("ix_contact_place_urn", "place", "urn"),)

    urn: str = _words(primary_key=True)
    lang: str = _words()
    lang_chosen: bool = False
    opted_out: bool = False
    created: float = _time()
    seen: float = _time()
    greeted: bool = False
    place: str = _words()


class Alias(Row, table=True):
    """Another URN of a person. Nothing else in the database names it: all that was its is the person's."""

    urn: str = _words(primary_key=True)
    person: str = _words()


class Session(Row, table=True):
    """Where a person stands in the menus. Field for field bot.core.types.Session."""

    key: str = _words(primary_key=True)
    state: str = _words()
    more: str = _words()
    skill: str = _words()
    turns: list[str] = Field(default_factory=list, sa_type=JSON)
    path: str = _words()
    last_id: str = _words()
    screen: str = _words()
    screen_ends: bool = False
    open: bool = True
    touched: float = _time()


def _table(name: str) -> Table:
    return Row.metadata.tables[name]


MESSAGE = _table("message")
DELIVERY = _table("delivery")
PART = _table("part")
REPORT = _table("report")
RATE = _table("rate")
CHANNEL_BUCKET = _table("channel_bucket")
CONTACT = _table("contact")
ALIAS = _table("alias")
SESSION = _table("session")
