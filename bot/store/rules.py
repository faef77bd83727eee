"""The rules that every store keeps, whatever it is made of: pure values and functions, written once."""

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from bot.core.price import Price
from bot.core.types import Contact, Lane, Message, Status, climbs, rank

_Row = TypeVar("_Row")

FIRST_DELAY_S = 2.0  # a row that nobody took is hinted again after this, then after twice as long, and so on
LONGEST_DELAY_S = 300.0
KEEP_REPORTS_S = 7 * 86400.0  # a status report whose part never shows up is forgotten after this
KEEP_TWINS_S = 86400.0  # how far back a message that was told twice is looked for: no provider repeats itself for longer
KEEP_RATES_S = 3600.0  # a full bucket is forgotten after this: for workers whose clocks are behind

CHECK = "check:write"  # Rate.name of the row by which the store shows that it can be written to; no bucket is called so
LAST_MESSAGES, LAST_DELIVERIES = 200, 100  # of one person: how far back the loop breaker looks
LOOP = "loop"  # Delivery.code, where the same text had gone to the same person too often

TOUCHED_S = 86400.0  # how far back the recovery and the menus look
MARK, RESTORED_MARK = ":clock", ":restored"  # rows among the buckets, whose names begin with a channel's

DROPPED = "dropped"  # Delivery.code, where an operator put an end to it
NOT_REVIVED = ("opted_out",)  # Delivery.code of what no operator can send again

SCREEN = "screen"  # Delivery.via, where a USSD screen showed the text


class MessageState(StrEnum):
    """Where an inbound message stands."""

    STORED = "stored"  # written; the same transaction decides what becomes of it
    NEW = "new"  # a question that waits for ANSWERS
    ANSWERING = "answering"  # somebody words its answer at this moment
    DONE = "done"
    IGNORED = "ignored"  # a question that nobody answers: its person sends too many
    EXPIRED = "expired"  # a question that waited too long
    DROPPED = "dropped"  # a question that an operator put an end to


OPEN = (MessageState.NEW, MessageState.ANSWERING)  # questions without an answer
UNANSWERED = (MessageState.IGNORED, MessageState.EXPIRED, MessageState.DROPPED)  # questions that get no answer
WAITING = (Status.QUEUED, Status.ERRORED)  # deliveries that nobody has
LIVE = (*WAITING, Status.SENDING)  # deliveries that are not over
UNSENT = (Status.QUEUED, Status.SENDING)  # parts that the provider has not taken, as far as we know


def lower(status: Status) -> list[Status]:
    """Every status that a report of `status` may replace."""
    return [old for old in Status if climbs(old, status)]


def summary(parts: Iterable[Status]) -> Status:
    """The status of a delivery: that of its part that came least far, so it climbs as they climb, in whatever order.

    QUEUED while any part has not gone out: who sends is a matter of the claim, not of the parts.
    """
    least = min(parts, key=rank)
    return Status.QUEUED if rank(least) == 0 else least


def longer(delay_s: float) -> float:
    """The delay after `delay_s`."""
    return min(2 * delay_s, LONGEST_DELAY_S)


def shared_out(waiting: Mapping[Lane, Sequence[_Row]], limit: int, since: Callable[[_Row], float]) -> list[_Row]:
    """At most `limit` of the rows that wait, by lane. Each lane has a quarter for itself where it needs it, so that no lane can starve
    another; the rest goes to those who wait longest, whatever their lane. `since`: how long a row waits. Who waits longest comes first."""
    own = [row for rows in waiting.values() for row in rows[: limit // len(Lane)]]
    others = sorted((row for rows in waiting.values() for row in rows[limit // len(Lane) :]), key=since)
    return sorted([*own, *others[: limit - len(own)]], key=since)


def clean(text: str) -> str:
    """`text` as every database takes it: without NUL (PostgreSQL has none) and with "?" for half a surrogate pair.

    Both are damage from the way, never something a person typed, and a message must not be lost over them.
    """
    return text.replace("\0", "").encode("utf-8", "replace").decode("utf-8")


def to_micros(price: Price) -> int:
    """The amount as stored: whole millionths, which every database adds up without a rounding error."""
    return round(price.amount * 1_000_000)


def from_micros(micros: int) -> Decimal:
    return Decimal(micros) / 1_000_000


def merged(person: Contact, other: Contact) -> Contact:
    """Two contacts that turn out to be one person: a STOP holds, whichever of them said it."""
    lang = other.lang if other.lang_chosen and not person.lang_chosen else person.lang
    return replace(
        person,
        lang=lang,
        lang_chosen=person.lang_chosen or other.lang_chosen,
        opted_out=person.opted_out or other.opted_out,
        created=min(person.created, other.created),
        seen=max(person.seen, other.seen),
        greeted=person.greeted or other.greeted,
        place=person.place or other.place,
    )


def is_twin(message: Message, stored: Message, *, now: float, received: float) -> bool:
    """Whether the two, of one person on one channel, are the same message: once told by the webhook and once read from the inbox.

    Two of one kind are never twins: there the ids tell them apart."""
    apart = abs((message.sent_at or now) - (stored.sent_at or received))
    return stored.polled != message.polled and apart <= message.twin_s and stored.text.split() == clean(message.text).split()


def spare_s(rate_per_s: float, burst: float) -> float:
    """How far ahead of its time a bucket may give its slots away: what makes a burst. Two terms, so that every store rounds alike."""
    return (burst - 1.0) / rate_per_s


def new_token() -> str:
    """Fences a claim: nobody can guess it, and no two claims share it."""
    return secrets.token_hex(16)


def new_key(delivery_id: int, n: int) -> str:
    """The name of a part for ever. Its random end keeps a stranger from reporting on it."""
    return f"{delivery_id}-{n}-{secrets.token_hex(6)}"


def in_session(key: str) -> tuple[str, str]:
    """The channel and the session id of a session's key."""
    channel, _, session_id = key.partition(":")
    return channel, session_id
