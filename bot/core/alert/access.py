"""Who may come in: a password, then a code of a second device; sign-ins that end; keys of programs. No password or key is ever kept.

Guessing is slowed down, by name and by address, and never ends in a lock: a stranger must not be able to keep a coordinator out on the
day of the flood. What is refused says the same for a name that is not there as for a password that is wrong, and takes as long.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import NoReturn, Protocol

from bot.core.alert.secret import KEY_PREFIX, LONGEST_PASSWORD, check_password, hashed, label_of, plain_code
from bot.core.alert.staff import Account, ApiKey, Member, Role, SignIn, StaffStore
from bot.core.ports import Clock
from bot.core.refusal import Declined

IDLE_S = 3600.0  # a sign-in that nobody used for so long is over
CODE_S = 300.0  # from the password to the code
SETUP_S = 1800.0  # to choose a password and set up the second device
CODE_TRIES = 5  # wrong codes; then the password is asked again
_NOTE_EVERY_S = 60.0  # how exactly "last used" is kept: a page must not cost a write each time

# Tries in a row, and seconds until one more.
_BY_NAME, _BY_ADDRESS, _BY_CODE = (20.0, 10.0), (20.0, 10.0), (5.0, 60.0)


class Proofs(Protocol):
    """Passwords and codes. bot.proofs has the real ones."""

    def hash(self, password: str) -> str:
        """The password as it may be kept."""
        ...

    def matches(self, kept: str, password: str) -> bool:
        """Whether it is that password. `kept` "" is nobody's, and takes as long."""
        ...

    def outdated(self, kept: str) -> bool:
        """Whether it was kept with weaker parameters than today's."""
        ...

    def step(self, secret: str, code: str, *, now: float) -> int:
        """The time step that `code` belongs to, 0 where it is none of these minutes."""
        ...


class Refused(Declined):
    """Somebody may not come in. The same words whatever the reason."""

    def __init__(self, code: str = "does_not_fit") -> None:
        super().__init__(code)


class Over(Refused):
    """They took too long, or tried too often."""

    def __init__(self) -> None:
        super().__init__("too_slow")


class Slow(Declined):
    """Too many tries. `after_s`: when the next one may be."""

    def __init__(self, after_s: float) -> None:
        super().__init__("slow_down", seconds=max(1, round(after_s)))
        self.after_s = after_s


@dataclass(frozen=True, slots=True)
class Session:
    """A member whose browser is signed in."""

    member: Member
    sign_in: SignIn

    @property
    def csrf(self) -> str:
        """What each of their forms must bring back."""
        return self.sign_in.csrf


@dataclass(frozen=True, slots=True)
class Door:
    """Where somebody stands who wants to come in. `near`: at the machine itself, where the limit of a name does not hold: who sits there
    can do worse, and a stranger who uses the limit up must not keep them out."""

    address: str
    near: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """The door. Times are seconds since the epoch."""

    store: StaffStore
    proofs: Proofs
    clock: Clock
    longest_s: float  # a sign-in ends after so long, however much it is used

    def password(self, name: str, password: str, *, door: Door) -> str:
        """The first step. Returns what the browser holds until the code. Raises Refused and Slow."""
        self._wait("address", door.address, _BY_ADDRESS)
        if not door.near:
            self._wait("name", name, _BY_NAME)
        account = self.store.account(name)
        kept = account.password if account and account.ready else ""
        if not self.proofs.matches(kept, password[:LONGEST_PASSWORD]) or len(password) > LONGEST_PASSWORD or not kept:
            self._refused(account, "password")
        if self.proofs.outdated(kept):
            self._keep_anew(name, kept, password)
        return self._begin(name, "code")

    def code(self, token: str, code: str, *, door: Door) -> str:
        """The second step. Returns what the browser holds from now on: never what it held before. Raises Refused and Slow."""
        sign_in, account = self._pending(token, "code", CODE_S)
        if not door.near:
            self._wait("code", account.name, _BY_CODE)
        step = self.proofs.step(account.totp, code, now=self.clock())
        fresh, row = self._made(account.name, "in")
        with self.store.begin() as tx:
            right = step > 0 and tx.use_step(account.name, step)
            if right:
                tx.end_sign_in(sign_in.token)
                tx.add_sign_in(row)
                tx.audit(account.name, "sign_in.done", f"staff:{account.name}", now=self.clock())
            elif tx.wrong_code(sign_in.token) >= CODE_TRIES:
                tx.end_sign_in(sign_in.token)
        if not right:
            self._refused(account, "code")
        return fresh

    def begin_setup(self, name: str, code: str, *, door: Door) -> str:
        """Takes the code that an admin or the box gave. Returns what the browser holds while they choose. Raises Refused and Slow."""
        self._wait("address", door.address, _BY_ADDRESS)
        account = self.store.account(name)
        right = account is not None and secrets.compare_digest(account.setup, hashed(plain_code(code)))
        if account is None or not right or account.setup_until < self.clock():
            self._refused(account, "setup")
        return self._begin(name, "setup")

    def setting_up(self, token: str) -> str:
        """The name of who chooses. Raises Refused."""
        return self._pending(token, "setup", SETUP_S)[1].name

    def finish_setup(self, token: str, *, password: str, secret: str, code: str) -> str:
        """Keeps the password and the second device's `secret`, which `code` proves, and signs them in. Raises Refused and Declined."""
        account = self._pending(token, "setup", SETUP_S)[1]
        check_password(password, account.name)
        step = self.proofs.step(secret, code, now=self.clock())
        if not step:
            raise Declined("bad_code")
        kept = self.proofs.hash(password)
        fresh, row = self._made(account.name, "in")
        with self.store.begin() as tx:
            current = next((one for one in tx.accounts() if one.name == account.name), None)
            if current is None or not current.setup or current.setup != account.setup:
                raise Over
            tx.end_sign_ins(account.name)
            tx.save_account(replace(current, password=kept, totp=secret, totp_used=step, setup="", setup_until=0.0))
            tx.add_sign_in(row)
            tx.audit(account.name, "staff.set_up", f"staff:{account.name}", now=self.clock())
        return fresh

    def change_password(self, session: Session, old: str, new: str, *, door: Door) -> None:
        """Raises Refused, Slow and Declined. All their other browsers are signed out."""
        name = session.member.name
        self._wait("address", door.address, _BY_ADDRESS)
        account = self.store.account(name)
        if account is None or not self.proofs.matches(account.password, old[:LONGEST_PASSWORD]):
            raise Refused("not_your_password")
        check_password(new, name)
        kept = self.proofs.hash(new)
        with self.store.begin() as tx:
            current = next(one for one in tx.accounts() if one.name == name)
            tx.save_account(replace(current, password=kept))
            tx.end_sign_ins(name)
            tx.add_sign_in(session.sign_in)
            tx.audit(name, "staff.password", f"staff:{name}", now=self.clock())

    def session(self, token: str) -> Session | None:
        """Who holds `token`, None where nobody does any more. Roles are those of this moment."""
        found = self.store.sign_in(hashed(token)) if token else None
        if found is None or not self._holds(found[0], "in", self.longest_s) or not found[1].ready:
            return None
        sign_in, account = found
        if self.clock() - sign_in.seen > _NOTE_EVERY_S:
            self.store.saw_sign_in(sign_in.token, now=self.clock())
        return Session(account.member, sign_in)

    def sign_out(self, token: str) -> None:
        """Ends this browser's sign-in. Never fails for one that is over."""
        with self.store.begin() as tx:
            tx.end_sign_in(hashed(token))

    def sign_out_everywhere(self, member: Member) -> int:
        """Ends all of a member's own. Returns how many."""
        with self.store.begin() as tx:
            ended = tx.end_sign_ins(member.name)
            tx.audit(member.name, "sign_in.end_all", f"staff:{member.name}", now=self.clock())
        return ended

    def speak(self, member: Member, lang: str) -> None:
        """Keeps the language of their pages."""
        with self.store.begin() as tx:
            current = next(one for one in tx.accounts() if one.name == member.name)
            tx.save_account(replace(current, lang=lang))

    def new_key(self, member: Member, label: str, roles: Collection[Role]) -> str:
        """Makes a key of `member` and returns it: the only time that it is seen. Raises Declined for roles that they have not."""
        if not roles or not set(roles) <= set(member.roles):
            raise Declined("key_roles")
        key = f"{KEY_PREFIX}{secrets.token_urlsafe(32)}"
        row = ApiKey(hash=hashed(key), label=label_of(label), name=member.name, roles=frozenset(roles), created=self.clock())
        with self.store.begin() as tx:
            tx.add_key(row)
            detail = {"label": row.label, "roles": sorted(row.roles)}
            tx.audit(member.name, "key.add", f"key:{row.hash[:12]}", detail, now=self.clock())
        return key

    def end_key(self, member: Member, hash: str) -> None:
        """Ends a key of `member`. Raises Declined."""
        with self.store.begin() as tx:
            if not tx.end_keys(member.name, hash=hash):
                raise Declined("no_such_key")
            tx.audit(member.name, "key.end", f"key:{hash[:12]}", now=self.clock())

    def by_key(self, key: str) -> Member | None:
        """Whose key this is, with no more roles than the key and its owner both have now. None: nobody's."""
        found = self.store.key(hashed(key)) if key.startswith(KEY_PREFIX) else None
        if found is None:
            return None
        row, account = found
        if self.clock() - row.used > _NOTE_EVERY_S:
            self.store.saw_key(row.hash, now=self.clock())
        return Member(account.name, frozenset(row.roles) & frozenset(account.roles), account.lang)

    def _begin(self, name: str, step: str) -> str:
        now = self.clock()
        token, row = self._made(name, step)
        with self.store.begin() as tx:
            tx.forget_sign_ins(since=now - self.longest_s, seen=now - max(IDLE_S, SETUP_S))
            tx.add_sign_in(row)
        return token

    def _made(self, name: str, step: str) -> tuple[str, SignIn]:
        token, now = secrets.token_urlsafe(32), self.clock()
        return token, SignIn(token=hashed(token), name=name, step=step, csrf=secrets.token_hex(16), since=now, seen=now)

    def _pending(self, token: str, step: str, within_s: float) -> tuple[SignIn, Account]:
        found = self.store.sign_in(hashed(token)) if token else None
        if found is None or not self._holds(found[0], step, within_s):
            raise Over
        return found

    def _holds(self, sign_in: SignIn, step: str, within_s: float) -> bool:
        now = self.clock()
        return sign_in.step == step and now - sign_in.since < within_s and now - sign_in.seen < IDLE_S

    def _keep_anew(self, name: str, kept: str, password: str) -> None:
        fresh = self.proofs.hash(password)
        with self.store.begin() as tx:
            current = next(one for one in tx.accounts() if one.name == name)
            if current.password == kept:
                tx.save_account(replace(current, password=fresh))

    def _refused(self, account: Account | None, step: str) -> NoReturn:
        """Raises Refused. Kept in the log where there is such a member: what else is typed as a name may be a password."""
        if account is not None:
            with self.store.begin() as tx:
                tx.audit(account.name, "sign_in.refused", f"staff:{account.name}", {"step": step}, now=self.clock())
        raise Refused

    def _wait(self, kind: str, what: str, limit: tuple[float, float]) -> None:
        """Takes a try. Raises Slow. What was typed is not kept as it is."""
        burst, each_s = limit
        name = f"sign_in:{kind}:{hashed(what)[:16]}"
        after_s = self.store.take_slot(name, rate_per_s=1 / each_s, burst=burst, now=self.clock())
        if after_s > 0:
            raise Slow(after_s)
