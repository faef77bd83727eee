"""The people whom alerts are for, as staff see them: found, sorted into groups, brought in from a list, erased."""

import re
from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

from bot.core.alert.audit import AuditTx
from bot.core.refusal import Declined
from bot.core.storage import Tx
from bot.core.ticket import Ticket, TicketState
from bot.core.types import Contact, Lang

LONGEST_GROUP = 40
_GROUP = re.compile(r"[^\W_](?:[\w -]*[^\W_])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleQuery:
    """Whom a list shows: those who fit everything that is said. `tail`: the last digits of the number. `places` None: wherever."""

    tail: str = ""
    places: Collection[str] | None = None
    unplaced: bool = False  # only those whose place nobody knows
    group: str = ""
    lang: Lang | None = None
    stopped: bool | None = None  # only those who sent STOP, or only those who did not


@dataclass(frozen=True, slots=True)
class Person:
    """A contact and the groups it is in, by name."""

    contact: Contact
    groups: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class GroupSize:
    """A group: how many are in it, and how many of them sent STOP and get nothing."""

    name: str
    people: int
    stopped: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A person as a list names them. `place` "" and `lang` None: the list does not say."""

    urn: str
    lang: Lang | None = None
    place: str = ""
    groups: Sequence[str] = ()


@dataclass(slots=True, kw_only=True)
class Imported:
    """What became, or would become, of the people of a list. Each is counted once, but for `stopped`, who are counted beside."""

    new: int = 0
    changed: int = 0
    same: int = 0
    stopped: int = 0  # of them: those who sent STOP. They stay stopped

    def add(self, other: "Imported") -> None:
        """Adds the counts of one more batch."""
        self.new += other.new
        self.changed += other.changed
        self.same += other.same
        self.stopped += other.stopped


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    """What was taken out of a person. `kept_stop`: their number is kept with their STOP and nothing else."""

    contacts: int = 0
    messages: int = 0
    deliveries: int = 0
    tickets: int = 0
    kept_stop: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What is known of the people of a list before it is taken in."""

    people: Mapping[str, Person] = field(default_factory=dict)

    def fate(self, listed: Listed, *, replaces: bool) -> Contact | None:
        """The contact as it will be; None where nothing of it changes. A STOP is never undone. What is known stays, unless the list
        `replaces` it; a language that the person chose stays in any case."""
        known = self.people.get(listed.urn)
        if known is None:
            return None
        person = known.contact
        lang = listed.lang if listed.lang and replaces and not person.lang_chosen else person.lang
        place = listed.place if listed.place and (replaces or not person.place) else person.place
        changed = Contact(
            urn=person.urn,
            lang=lang,
            lang_chosen=person.lang_chosen,
            opted_out=person.opted_out,
            created=person.created,
            seen=person.seen,
            greeted=person.greeted,
            place=place,
        )
        return None if changed == person else changed

    def counted(self, listed: Sequence[Listed], *, replaces: bool) -> Imported:
        """What becomes of them."""
        counts = Imported()
        for one in listed:
            person = self.people.get(one.urn)
            same = person is not None and self.fate(one, replaces=replaces) is None and set(one.groups) <= set(person.groups)
            counts.new += person is None
            counts.same += same
            counts.changed += person is not None and not same
            counts.stopped += person is not None and person.contact.opted_out
        return counts


class PeopleTx(Tx, AuditTx, Protocol):
    """The part of a transaction that changes people."""

    def set_groups(self, urn: str, groups: Collection[str]) -> None:
        """From now on the person is in exactly these."""
        ...

    def take_in(self, listed: Sequence[Listed], *, lang: Lang, replaces: bool, now: float) -> Imported:
        """Stores people of a list: those who are new with `lang` where the list does not say. Groups are joined, none is left."""
        ...

    def drop_group(self, name: str) -> int:
        """Takes everybody out of the group. Returns how many were in it."""
        ...

    def erase(self, urn: str) -> Erased:
        """Takes a person out of everything, for good: see bot.store.erasure."""
        ...


class PeopleStore(Protocol):
    """The part of a store that shows people."""

    def begin(self) -> AbstractContextManager[PeopleTx]:
        """One write transaction."""
        ...

    def people(self, query: PeopleQuery, *, after: str = "", limit: int) -> Sequence[Person]:
        """Those who fit, by URN, from behind the URN `after`."""
        ...

    def count_people(self, query: PeopleQuery) -> int:
        """How many fit."""
        ...

    def find_person(self, urn: str) -> Person | None:
        """The person at `urn`, None where nobody is known there."""
        ...

    def same_number(self, urn: str) -> Sequence[str]:
        """Other URNs of that very number: the same phone on another channel."""
        ...

    def known(self, urns: Collection[str]) -> Before:
        """What is known of these, by the URNs given: also where one is another id of a person."""
        ...

    def group_sizes(self) -> Sequence[GroupSize]:
        """Every group, by name."""
        ...

    def latest_tickets(self, *, states: Sequence[TicketState], limit: int) -> Sequence[Ticket]:
        """Tickets in `states`, the newest first."""
        ...

    def people_by_place(self) -> Mapping[str, int]:
        """How many people of each place do not refuse messages; "" is those whose place nobody knows."""
        ...


def group_name(typed: str) -> str:
    """A group's name as it is kept: small letters, one space between words. Raises Declined."""
    name = " ".join(typed.casefold().split())
    if not _GROUP.fullmatch(name) or len(name) > LONGEST_GROUP:
        raise Declined("bad_group", typed=typed.strip()[:LONGEST_GROUP], most=LONGEST_GROUP)
    return name


def group_names(typed: str) -> Sequence[str]:
    """Groups as typed into one field, with a comma, a semicolon or a bar between them. Raises Declined."""
    found = [group_name(part) for part in re.split(r"[,;|\n]", typed) if part.strip()]
    return tuple(sorted(set(found)))
