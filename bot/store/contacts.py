"""The people whom alerts are for, in SQL: shown, sorted into groups, taken in from lists."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, Select, case, delete, func, select, update

from bot.core.alert.people import Before, Erased, GroupSize, Imported, Listed, PeopleQuery, Person
from bot.core.types import Contact, Lang
from bot.store import erasure, rows
from bot.store.alert_tables import MEMBERSHIP
from bot.store.engine import Database, insert_once
from bot.store.people import known_as
from bot.store.statements import given, given_list
from bot.store.tables import ALIAS, CONTACT

_C, _M = CONTACT.c, MEMBERSHIP.c
_URNS = given_list("urns")
_BATCH = 500  # names in one IN
_KNOWN = select(CONTACT).where(_C.urn.in_(_URNS))
_LOCKED = _KNOWN.order_by(_C.urn).with_for_update()  # in one order: two lists with the same people do not wait for each other for ever
_ALIASES = select(ALIAS).where(ALIAS.c.urn.in_(_URNS))
_GROUPS = select(MEMBERSHIP).where(_M.urn.in_(_URNS)).order_by(_M.name)
_LEAVE = delete(MEMBERSHIP).where(_M.urn == given("whose"))
_CHANGE = update(CONTACT).where(_C.urn == given("whose")).values(lang=given("new_lang"), place=given("new_place"))
_SIZES = (
    select(_M.name, func.count(), func.coalesce(func.sum(case((_C.opted_out.is_(True), 1), else_=0)), 0))
    .join(CONTACT, _C.urn == _M.urn, isouter=True)
    .group_by(_M.name)
    .order_by(_M.name)
)
_BY_PLACE = select(_C.place, func.count()).where(_C.opted_out.is_(False)).group_by(_C.place)
_SAME_NUMBER = select(_C.urn).where(_C.urn.in_(_URNS)).order_by(_C.urn)
SCHEMES = ("tel", "whatsapp")


class PeopleRows:
    """The part of SqlTx that changes people."""

    _connection: Connection

    def set_groups(self, urn: str, groups: Collection[str]) -> None:
        self._connection.execute(_LEAVE, {"whose": urn})
        _join(self._connection, ((name, urn) for name in sorted(set(groups))))

    def take_in(self, listed: Sequence[Listed], *, lang: Lang, replaces: bool, now: float) -> Imported:
        persons = _persons(self._connection, [one.urn for one in listed])
        by_urn = {urn: replace(one, urn=urn) for one in listed if (urn := persons.get(one.urn, one.urn))}
        before = Before(people=_people(self._connection, list(by_urn), locked=True))
        fresh = [
            asdict(Contact(urn, one.lang or lang, created=now, place=one.place)) for urn, one in by_urn.items() if urn not in before.people
        ]
        fates = [fate for one in by_urn.values() if (fate := before.fate(one, replaces=replaces)) is not None]
        changes = [{"whose": fate.urn, "new_lang": fate.lang, "new_place": fate.place} for fate in fates]
        if fresh:
            # Somebody may write to us for the first time at this very moment: then what they said of themselves holds.
            self._connection.execute(insert_once(self._connection.dialect.name, CONTACT, "urn"), fresh)
        if changes:
            self._connection.execute(_CHANGE, changes)
        _join(self._connection, ((name, urn) for urn, one in by_urn.items() for name in one.groups))
        return before.counted(list(by_urn.values()), replaces=replaces)

    def drop_group(self, name: str) -> int:
        return self._connection.execute(delete(MEMBERSHIP).where(_M.name == name)).rowcount

    def erase(self, urn: str) -> Erased:
        return erasure.erase(self._connection, urn)


class People:
    """The part of SqlStore that shows people."""

    _db: Database

    def people(self, query: PeopleQuery, *, after: str = "", limit: int) -> Sequence[Person]:
        found = _matching(select(CONTACT), query).where(_C.urn > after).order_by(_C.urn).limit(limit)
        with self._db.read() as connection:
            contacts = [rows.contact(row) for row in connection.execute(found)]
            groups = _groups(connection, [contact.urn for contact in contacts])
        return [Person(contact, groups.get(contact.urn, ())) for contact in contacts]

    def count_people(self, query: PeopleQuery) -> int:
        with self._db.read() as connection:
            return int(connection.scalar(_matching(select(func.count()).select_from(CONTACT), query)) or 0)

    def find_person(self, urn: str) -> Person | None:
        with self._db.read() as connection:
            known = known_as(connection, urn)
            return _people(connection, [known]).get(known)

    def same_number(self, urn: str) -> Sequence[str]:
        number = urn.partition(":")[2]
        others = [f"{scheme}:{number}" for scheme in SCHEMES if number.startswith("+") and not urn.startswith(f"{scheme}:")]
        with self._db.read() as connection:
            return connection.scalars(_SAME_NUMBER, {"urns": others}).all() if others else ()

    def known(self, urns: Collection[str]) -> Before:
        with self._db.read() as connection:
            persons = _persons(connection, list(urns))
            people = _people(connection, list({persons.get(urn, urn) for urn in urns}))
        return Before(people={urn: people[known] for urn in urns if (known := persons.get(urn, urn)) in people})

    def group_sizes(self) -> Sequence[GroupSize]:
        with self._db.read() as connection:
            return [GroupSize(name, int(people), int(stopped)) for name, people, stopped in connection.execute(_SIZES)]

    def people_by_place(self) -> Mapping[str, int]:
        with self._db.read() as connection:
            return {str(place): int(count) for place, count in connection.execute(_BY_PLACE)}


def _matching(found: Select[Any], query: PeopleQuery) -> Select[Any]:
    if query.tail:
        found = found.where(_C.urn.endswith(query.tail, autoescape=True))
    if query.unplaced:
        found = found.where(_C.place == "")
    elif query.places is not None:
        found = found.where(_C.place.in_(sorted(query.places)))
    if query.group:
        found = found.where(_C.urn.in_(select(_M.urn).where(_M.name == query.group)))
    if query.lang is not None:
        found = found.where(_C.lang == query.lang)
    return found if query.stopped is None else found.where(_C.opted_out.is_(query.stopped))


def _persons(connection: Connection, urns: Sequence[str]) -> Mapping[str, str]:
    """Which of these are another id of a person, and whose."""
    found: dict[str, str] = {}
    for n in range(0, len(urns), _BATCH):
        found |= {row.urn: row.person for row in connection.execute(_ALIASES, {"urns": urns[n : n + _BATCH]})}
    return found


def _people(connection: Connection, urns: Sequence[str], *, locked: bool = False) -> dict[str, Person]:
    found: dict[str, Person] = {}
    for n in range(0, len(urns), _BATCH):
        some = sorted(urns[n : n + _BATCH]) if not locked else urns[n : n + _BATCH]
        contacts = [rows.contact(row) for row in connection.execute(_LOCKED if locked else _KNOWN, {"urns": some})]
        groups = _groups(connection, some)
        found |= {contact.urn: Person(contact, groups.get(contact.urn, ())) for contact in contacts}
    return found


def _groups(connection: Connection, urns: Sequence[str]) -> Mapping[str, Sequence[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for n in range(0, len(urns), _BATCH):
        for row in connection.execute(_GROUPS, {"urns": urns[n : n + _BATCH]}):
            found[row.urn].append(row.name)
    return {urn: tuple(names) for urn, names in found.items()}


def _join(connection: Connection, pairs: Iterable[tuple[str, str]]) -> None:
    members = [{"name": name, "urn": urn} for name, urn in pairs]
    if members:
        connection.execute(insert_once(connection.dialect.name, MEMBERSHIP, "name", "urn"), members)
