"""Persons with more than one URN: who is meant, and what becomes of what is stored when two turn out to be one."""

from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from bot.core.types import Linked
from bot.store import rows
from bot.store.alert_tables import MEMBERSHIP, ROLL_ANSWER
from bot.store.engine import insert_once, insert_or_update
from bot.store.rules import merged
from bot.store.statements import given
from bot.store.tables import ALIAS, CONTACT, DELIVERY, MESSAGE, SESSION
from bot.store.ticket_tables import TICKET

_A, _C, _S, _R, _G = ALIAS.c, CONTACT.c, SESSION.c, ROLL_ANSWER.c, MEMBERSHIP.c
_OTHER, _PERSON = given("other"), given("known")

_KNOWN_AS = select(_A.person).where(_A.urn == _OTHER)
_CONTACT = select(CONTACT).where(_C.urn == given("whose")).with_for_update()
_FORGET = delete(CONTACT).where(_C.urn == _OTHER)
_MOVE = [update(table).where(table.c.urn == _OTHER).values(urn=_PERSON) for table in (MESSAGE, DELIVERY, TICKET)]
_SESSION = select(SESSION).where(_S.key == given("name")).with_for_update()
_ANSWERS = select(ROLL_ANSWER).where(_R.urn == given("whose"))
_ANSWER = _ANSWERS.where(_R.broadcast_id == given("which"))
_GROUPS = select(_G.name).where(_G.urn == given("whose"))
_CLOSE = delete(SESSION).where(_S.key == given("name"))


def known_as(connection: Connection, urn: str) -> str:
    """The URN that the person at `urn` is known by."""
    person: str | None = connection.scalar(_KNOWN_AS, {"other": urn})
    return person or urn


def link(connection: Connection, linked: Linked) -> None:
    """Makes `other` an alias of `urn`. What was stored under it becomes the person's, once; later calls find nothing to do."""
    before = known_as(connection, linked.other)
    if before == linked.urn:
        return
    alias = {"urn": linked.other, "person": linked.urn}
    connection.execute(insert_or_update(connection.dialect.name, ALIAS, "urn"), alias)
    names = {"other": before, "known": linked.urn}
    _merge(connection, before, linked.urn)
    if before != linked.other:  # they have a new number. The old one may be another person's soon: its history stays there
        return
    connection.execute(_FORGET, names)
    for move in _MOVE:
        connection.execute(move, names)
    _move_answers(connection, before, linked.urn)
    _move_groups(connection, before, linked.urn)
    _move_session(connection, f"{linked.channel}:{before}", f"{linked.channel}:{linked.urn}")


def _merge(connection: Connection, other: str, person: str) -> None:
    """What is known of `other` is known of `person` too."""
    theirs = _first(connection, _CONTACT, whose=other)
    if theirs is None:
        return
    known = _first(connection, _CONTACT, whose=person)
    contact = rows.contact(theirs) if known is None else merged(rows.contact(known), rows.contact(theirs))
    values = asdict(contact) | {"urn": person}
    connection.execute(insert_or_update(connection.dialect.name, CONTACT, "urn"), values)


def _move_answers(connection: Connection, other: str, person: str) -> None:
    """What they said to roll calls: to each the later of the two."""
    for theirs in connection.execute(_ANSWERS, {"whose": other}).all():
        ours = _first(connection, _ANSWER, whose=person, which=theirs.broadcast_id)
        if ours is None or ours.at < theirs.at:
            kept = insert_or_update(connection.dialect.name, ROLL_ANSWER, "broadcast_id", "urn")
            connection.execute(kept, theirs._asdict() | {"urn": person})
    connection.execute(delete(ROLL_ANSWER).where(_R.urn == other))


def _move_groups(connection: Connection, other: str, person: str) -> None:
    """The groups that either is in."""
    for name in connection.scalars(_GROUPS, {"whose": other}).all():
        connection.execute(insert_once(connection.dialect.name, MEMBERSHIP, "name", "urn"), {"name": name, "urn": person})
    connection.execute(delete(MEMBERSHIP).where(_G.urn == other))


def _move_session(connection: Connection, old: str, new: str) -> None:
    """Where the person stands in the menus: the later of the two places."""
    theirs, ours = _first(connection, _SESSION, name=old), _first(connection, _SESSION, name=new)
    if theirs is None:
        return
    connection.execute(_CLOSE, {"name": old})
    if ours is None or ours.touched < theirs.touched:
        connection.execute(insert_or_update(connection.dialect.name, SESSION, "key"), theirs._asdict() | {"key": new})


def _first(connection: Connection, statement: Any, **values: str | int) -> Row[Any] | None:
    return connection.execute(statement, values).first()
