"""Who works here: added, given roles, let go. By an admin on the console, or by who sits at the machine (`ujumbe staff`)."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from bot.core.alert.secret import hashed, new_code, plain_code
from bot.core.alert.staff import Account, Role, StaffStore, StaffTx
from bot.core.ports import Clock
from bot.core.refusal import Declined
from bot.core.types import Lang

SETUP_DAYS = 3.0  # a set-up code that nobody used for so long is void
_NAME = re.compile(r"[a-z][a-z0-9._-]{1,31}")


@dataclass(frozen=True, slots=True)
class Roster:
    """The list of staff. `by` is a member's name, or "box:<user>" for who sits at the machine. Raises Declined: nothing changed."""

    store: StaffStore
    clock: Clock

    def members(self) -> Sequence[Account]:
        """Everybody, also who left."""
        return self.store.members()

    def add(self, name: str, roles: Collection[Role], *, by: str, lang: Lang = Lang.EN) -> str:
        """Adds a member and returns the code with which they set up password and second device: the only time that it is seen."""
        _check_roles(roles)
        if not _NAME.fullmatch(name):
            raise Declined("bad_name", name=name)
        code = new_code()
        with self.store.begin() as tx:
            if any(one.name == name for one in tx.accounts()):
                raise Declined("name_taken", name=name)
            account = Account(name=name, roles=frozenset(roles), lang=lang, created=self.clock())
            tx.save_account(self._with_code(account, code))
            tx.audit(by, "staff.add", f"staff:{name}", {"roles": sorted(roles)}, now=self.clock())
        return code

    def reset(self, name: str, *, by: str) -> str:
        """For who lost their password or second device: both are void, their browsers signed out, and a new code is returned. Their
        keys stay: what uses them did not lose anything."""
        code = new_code()
        with self.store.begin() as tx:
            account = _found(tx, name)
            if not account.roles:
                raise Declined("left_already", name=name)
            tx.end_sign_ins(name)
            tx.save_account(self._with_code(replace(account, password="", totp=""), code))
            tx.audit(by, "staff.reset", f"staff:{name}", now=self.clock())
        return code

    def can_send(self) -> bool:
        """Whether there are two people who together can send an alert: one who writes it and another one who approves it."""
        ready = [one for one in self.store.members() if one.ready]
        authors, approvers = ({one.name for one in ready if role in one.roles} for role in (Role.AUTHOR, Role.APPROVER))
        return bool(authors and approvers) and len(authors | approvers) > 1

    def set_roles(self, name: str, roles: Collection[Role], *, by: str) -> None:
        """Gives a member these roles and no others, from this moment on: also on pages that are open and for their keys."""
        _check_roles(roles)
        with self.store.begin() as tx:
            account = _found(tx, name)
            changed = replace(account, roles=frozenset(roles))
            _keep_an_admin(tx, account, changed)
            tx.save_account(changed)
            detail = {"from": sorted(account.roles), "to": sorted(roles)}
            tx.audit(by, "staff.roles", f"staff:{name}", detail, now=self.clock())

    def leave(self, name: str, *, by: str) -> None:
        """Takes everything from a member but their name, which stays in the log."""
        with self.store.begin() as tx:
            account = _found(tx, name)
            gone = replace(account, roles=frozenset(), password="", totp="", setup="", setup_until=0.0)
            _keep_an_admin(tx, account, gone)
            tx.end_sign_ins(name)
            tx.end_keys(name)
            tx.save_account(gone)
            tx.audit(by, "staff.leave", f"staff:{name}", now=self.clock())

    def end_keys(self, name: str, *, by: str, hash: str = "") -> int:
        """Ends one key of a member's, or all. Returns how many."""
        with self.store.begin() as tx:
            _found(tx, name)
            ended = tx.end_keys(name, hash=hash)
            detail = {"key": hash[:12]} if hash else {}
            tx.audit(by, "key.end", f"staff:{name}", detail | {"ended": ended}, now=self.clock())
        return ended

    def _with_code(self, account: Account, code: str) -> Account:
        return replace(account, setup=hashed(plain_code(code)), setup_until=self.clock() + SETUP_DAYS * 86_400)


def _check_roles(roles: Collection[Role]) -> None:
    if not roles:
        raise Declined("choose_role")


def _found(tx: StaffTx, name: str) -> Account:
    for account in tx.accounts():
        if account.name == name:
            return account
    raise Declined("no_member", name=name)


def _keep_an_admin(tx: StaffTx, now: Account, then: Account) -> None:
    """Somebody must be able to look after staff, whatever is changed."""

    def looks_after(account: Account) -> bool:
        return account.ready and Role.ADMIN in account.roles

    others = [one for one in tx.accounts() if one.name != now.name and looks_after(one)]
    if looks_after(now) and not looks_after(then) and not others:
        raise Declined("last_admin", name=now.name)
