"""The people who work here: who may draft, who may approve, who looks after the box. And what is kept of them."""

from collections.abc import Collection, Sequence, Set
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.core.alert.audit import AuditTx


class Role(StrEnum):
    """What a member of staff may do. A member may have several; nobody approves what they wrote."""

    AUTHOR = "author"  # drafts alerts and broadcasts, answers tickets, sees contacts
    APPROVER = "approver"  # approves, rejects, pauses, resumes and stops broadcasts
    ADMIN = "admin"  # staff, keys, settings, contacts' import, export and erasure; sends nothing by that


@dataclass(frozen=True, slots=True)
class Member:
    """One member of staff, by the name they sign in with. `roles` is empty for who left: names stay in the audit log."""

    name: str
    roles: Collection[Role]
    lang: str = "en"

    def may(self, role: Role) -> bool:
        """Whether they have that role."""
        return role in self.roles


APPROVERS: Set[Role] = frozenset({Role.APPROVER})


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A member and how they prove who they are. No secret of it is ever shown again."""

    name: str
    roles: Collection[Role] = ()
    lang: str = "en"
    password: str = ""  # argon2id, in its own notation; "": cannot sign in
    totp: str = ""  # the shared secret in base 32; "": not set up yet
    totp_used: int = 0  # the last time step whose code was taken: no code works twice
    setup: str = ""  # the SHA-256 of the code that lets them set both, "": none is out
    setup_until: float = 0.0
    created: float = 0.0

    @property
    def member(self) -> Member:
        """As the rest of the house knows them."""
        return Member(self.name, frozenset(self.roles), self.lang)

    @property
    def ready(self) -> bool:
        """Whether they can sign in."""
        return bool(self.roles and self.password and self.totp)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """One browser. `token` is the SHA-256 of what the browser holds. `step` says how far it has come."""

    token: str
    name: str
    step: str = "in"  # "code": the password was right, the code is still to come. "setup": may set password and code. "in": signed in
    csrf: str = ""
    since: float
    seen: float
    tries: int = 0  # wrong codes


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """A key of a program. `hash` is the SHA-256 of the key; it never may more than its owner may at that moment."""

    hash: str
    label: str
    name: str  # its owner
    roles: Collection[Role]
    created: float
    used: float = 0.0  # about when it was last used


class StaffTx(AuditTx, Protocol):
    """The part of a transaction that changes staff."""

    def accounts(self) -> Sequence[Account]:
        """Everybody, by name, held until the end: whoever changes staff does so alone."""
        ...

    def save_account(self, account: Account) -> None: ...

    def use_step(self, name: str, step: int) -> bool:
        """Takes the time step of a code. False where it, or one up to ten minutes later, was taken before: what is later than that was
        taken by a clock that was wrong."""
        ...

    def add_sign_in(self, sign_in: SignIn) -> None: ...

    def wrong_code(self, token: str) -> int:
        """Counts one more wrong code and returns how many there were."""
        ...

    def end_sign_in(self, token: str) -> None: ...

    def end_sign_ins(self, name: str) -> int:
        """Ends all of one member. Returns how many."""
        ...

    def forget_sign_ins(self, *, since: float, seen: float) -> None:
        """Removes those that began before `since` or were not used since `seen`."""
        ...

    def add_key(self, key: ApiKey) -> None: ...

    def end_keys(self, name: str, *, hash: str = "") -> int:
        """Ends one key of a member's, or all of them. Returns how many."""
        ...


class StaffStore(Protocol):
    """What keeps staff."""

    def begin(self) -> AbstractContextManager[StaffTx]: ...

    def account(self, name: str) -> Account | None: ...

    def members(self) -> Sequence[Account]:
        """Everybody, by name."""
        ...

    def sign_in(self, token: str) -> tuple[SignIn, Account] | None:
        """The sign-in of that hash, and whose it is."""
        ...

    def saw_sign_in(self, token: str, *, now: float) -> None:
        """Notes that it was used."""
        ...

    def sign_ins(self, name: str) -> Sequence[SignIn]:
        """Those of one member, the newest first."""
        ...

    def keys(self, name: str = "") -> Sequence[ApiKey]:
        """Those of one member, or all, the newest first."""
        ...

    def key(self, hash: str) -> tuple[ApiKey, Account] | None: ...

    def saw_key(self, hash: str, *, now: float) -> None: ...

    def take_slot(self, name: str, *, rate_per_s: float, burst: float, now: float) -> float:
        """See bot.core.storage.Store."""
        ...
