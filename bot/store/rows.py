"""Rows to the words of the house."""

from typing import Any

from sqlalchemy import Row

from bot.core.alert.broadcast import Clearance
from bot.core.price import Price
from bot.core.storage import Claim, ClaimedDelivery, ClaimedMessage, Part
from bot.core.types import Choice, Contact, Lane, Lang, Message, Session, SessionEvent, Status
from bot.store.rules import from_micros

# What a claim hands out of a delivery's columns.
_WHO = ("id", "token", "attempts", "channel", "urn", "lane", "message_id", "broadcast_id")
_HOW = ("not_after", "despite_stop", "errors", "unclear", "choices", "unsolicited", "created")
CLAIMED = (*_WHO, *_HOW)


def message(row: Row[Any]) -> Message:
    return Message(
        channel=row.channel,
        external_id=row.external_id,
        urn=row.urn,
        text=row.text,
        to=row.to,
        sent_at=row.sent_at,
        session_id=row.session_id,
        session_event=SessionEvent(row.session_event) if row.session_event else None,
        path=row.path,
        meta=row.meta,
        polled=row.polled,
    )


def contact(row: Row[Any]) -> Contact:
    return Contact(
        urn=row.urn,
        lang=Lang(row.lang),
        lang_chosen=row.lang_chosen,
        opted_out=row.opted_out,
        created=row.created,
        seen=row.seen,
        greeted=row.greeted,
        place=row.place,
    )


def session(row: Row[Any]) -> Session:
    values = row._asdict()
    return Session(**values | {"turns": tuple(row.turns)})


def part(row: Row[Any]) -> Part:
    return Part(n=row.n, key=row.key, text=row.text, status=Status(row.status), external_id=row.external_id)


def claimed_message(row: Row[Any], person: Contact) -> ClaimedMessage:
    claim = Claim(row.id, row.token, row.attempts)
    return ClaimedMessage(claim, message(row), person, row.skill, tuple(row.turns), row.received, row.asked)


def claimed_delivery(row: Row[Any], parts: tuple[Part, ...], person: Contact | None, clearance: Clearance | None = None) -> ClaimedDelivery:
    return ClaimedDelivery(
        claim=Claim(row.id, row.token, row.attempts),
        channel=row.channel,
        urn=row.urn,
        parts=parts,
        not_after=row.not_after,
        despite_stop=row.despite_stop,
        opted_out=person is not None and person.opted_out,
        errors=row.errors,
        lane=Lane(row.lane),
        unclear=row.unclear,
        choices=tuple(Choice(*choice) for choice in row.choices),
        unsolicited=row.unsolicited,
        lang=Lang.EN if person is None else person.lang,
        created=row.created,
        message_id=row.message_id,
        clearance=clearance,
    )


def price(row: Row[Any]) -> Price:
    return Price(from_micros(row.micros), row.currency, row.category)
