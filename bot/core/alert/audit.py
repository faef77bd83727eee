"""The audit log: who did what, when, to what. Entries are only ever added, each sealed together with the one before it.

Numbers of people never stand in it, only ids. The words of a broadcast may: they are public.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Protocol

SYSTEM = "ujumbe"  # who did it, where nobody did: a feed's alert, an escalation
_LONGEST_NAME = 64
_WHAT = re.compile(r"[a-z_]+\.[a-z_]+")
_ABOUT = re.compile(r"(?:[a-z_]+:[\w.@-]{1,128})?")
_PERSON = re.compile(r"(?:tel|whatsapp):|(?:contact|person|urn):.*\d{5}")  # ids of other things may have many digits


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the log. `n` counts from 1 without a gap; `before` is the hash of entry n - 1, "" for the first."""

    n: int
    at: float  # seconds since the epoch
    who: str  # a member's name, "box:<user>" for who sits at the machine, SYSTEM
    what: str  # "broadcast.approve"
    about: str  # "broadcast:12", "" where it is about nothing in particular
    detail: str  # canonical JSON: an object
    before: str
    hash: str  # SHA-256 in hexadecimal digits


@dataclass(frozen=True, slots=True)
class Said:
    """What an entry says, before it has its place in the chain."""

    at: float
    who: str
    what: str
    about: str
    detail: str


@dataclass(frozen=True, slots=True)
class Break:
    """The first place at which the log is not as it was written."""

    n: int
    why: str  # "changed": the entry is not what its hash says. "missing": the one before it is gone or another. "cut": the end is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditQuery:
    """Which entries a page shows. "" and 0: all."""

    who: str = ""
    what: str = ""  # the beginning of it: "broadcast" finds "broadcast.approve"
    about: str = ""
    since: float = 0.0
    until: float = 0.0  # before this


class AuditTx(Protocol):
    """The part of a transaction that keeps the log."""

    def audit(self, who: str, what: str, about: str = "", detail: Mapping[str, object] | None = None, *, now: float) -> None:
        """Adds an entry where the transaction ends well. `what` is "thing.act", `about` "thing:id"; `detail` is made of what JSON has.

        May be called at any point of the transaction: the log is held only while it commits. Raises ValueError where `what` or `about`
        are of another form, and for a person's number in `about`."""
        ...


class AuditStore(Protocol):
    """What reads the log. There is no way to change it."""

    def audit_page(self, query: AuditQuery, *, before: int = 0, limit: int) -> Sequence[Entry]:
        """The newest entries first, from below number `before` (0: from the end)."""
        ...

    def audit_log(self, *, after: int = 0, limit: int) -> Sequence[Entry]:
        """The entries behind number `after`, oldest first: for checking and exporting, page by page."""
        ...


def canonical(detail: Mapping[str, object]) -> str:
    """`detail` in the one spelling that its hash is made over: sorted, no spaces, ASCII (which every database gives back unchanged)."""
    return json.dumps(detail, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def seal(one: Entry) -> str:
    """The hash that an entry must have: over all that it says and the hash before it."""
    said = json.dumps([one.n, one.at, one.who, one.what, one.about, one.detail, one.before], separators=(",", ":"), ensure_ascii=True)
    return sha256(said.encode("ascii")).hexdigest()


def entry(last: Entry | None, said: Said) -> Entry:
    """The entry that comes behind `last`."""
    n, before = (last.n + 1, last.hash) if last else (1, "")
    unsealed = Entry(n, said.at, said.who, said.what, said.about, said.detail, before, "")
    return replace(unsealed, hash=seal(unsealed))


def said(who: str, what: str, about: str, detail: Mapping[str, object], *, now: float) -> Said:
    """What may stand in the log. Raises ValueError."""
    if not _WHAT.fullmatch(what):
        raise ValueError(f"audit: what is {what!r}. Write it as thing.act, in small letters.")
    if not _ABOUT.fullmatch(about) or _PERSON.match(about):
        raise ValueError("audit: about is not of the form thing:id, or holds a person's number. Name the thing by its id.")
    name = "".join(c for c in who if c.isprintable())[:_LONGEST_NAME]
    return Said(float(now), name or SYSTEM, what, about, canonical(detail))


def verify(entries: Iterable[Entry], *, last: Entry | None = None) -> Break | None:
    """The first break in `entries` (oldest first), None where the chain is whole. `last`: the entry before the first of them, so that a
    long log can be checked page by page."""
    for one in entries:
        if one.n != (last.n + 1 if last else 1) or one.before != (last.hash if last else ""):
            return Break(one.n, "missing")
        if one.hash != seal(one):
            return Break(one.n, "changed")
        last = one
    return None


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check of the whole log found. `seal` is what to write down: "n:hash" of the last entry, "" for an empty log."""

    entries: int
    seal: str
    broken: Break | None


def check(store: AuditStore, known: str = "", *, page: int = 2000) -> Checked:
    """Reads the whole log. `known`: a seal that was written down before; the log must still have it, or its end was cut off or the whole
    of it written anew. Raises ValueError where that is no seal."""
    n, want = _seal(known)
    last: Entry | None = None
    seen = False
    for entries in pages(store, page=page):
        if broken := verify(entries, last=last):
            return Checked(broken.n, _written(last), broken)
        seen = seen or any(one.n == n and one.hash == want for one in entries)
        last = entries[-1]
    cut = Break(n, "cut") if known and not seen else None
    return Checked(last.n if last else 0, _written(last), cut)


def pages(store: AuditStore, *, page: int = 2000) -> Iterator[Sequence[Entry]]:
    """The whole log, oldest first, a few thousand entries at a time: it may be long."""
    after = 0
    while entries := store.audit_log(after=after, limit=page):
        yield entries
        after = entries[-1].n


def _written(last: Entry | None) -> str:
    return f"{last.n}:{last.hash}" if last else ""


def _seal(known: str) -> tuple[int, str]:
    if not known:
        return 0, ""
    n, _, want = known.strip().partition(":")
    if not (n.isascii() and n.isdigit() and re.fullmatch("[0-9a-f]{64}", want)):
        raise ValueError("That is no seal. It looks like 12:0a1b..., a number, a colon and 64 letters and digits.")
    return int(n), want


def line(one: Entry) -> str:
    """The entry as a line of JSON, with its place in the chain: what an export is made of."""
    values = {name: getattr(one, name) for name in ("n", "at", "who", "what", "about", "before", "hash")}
    return json.dumps(values | {"detail": json.loads(one.detail)}, ensure_ascii=True, separators=(",", ":"))
