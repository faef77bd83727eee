"""Staff, their sign-ins and their keys in SQL. Few rows: whoever changes staff holds all of them."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, delete, insert, select, text, update

from bot.core.alert.staff import Account, ApiKey, Role, SignIn
from bot.store.engine import Database, insert_or_update
from bot.store.staff_tables import API_KEY, SIGN_IN, STAFF

_S, _I, _K = STAFF.c, SIGN_IN.c, API_KEY.c
_EVERYBODY = select(STAFF).order_by(_S.name)
_AHEAD = 20  # steps of 30 s: who signed in while the machine's clock was ahead must not wait until it is that late
_HOLD = text("LOCK TABLE staff IN SHARE ROW EXCLUSIVE MODE")


class StaffRows:
    """The part of SqlTx that changes staff."""

    _connection: Connection

    def accounts(self) -> Sequence[Account]:
        if self._connection.dialect.name == "postgresql":  # rows that are not there yet cannot be held; SQLite has one writer anyway
            self._connection.execute(_HOLD)
        return [_account(row) for row in self._connection.execute(_EVERYBODY)]

    def save_account(self, account: Account) -> None:
        values = asdict(account) | {"roles": _names(account.roles)}
        self._connection.execute(insert_or_update(self._connection.dialect.name, STAFF, "name"), values)

    def use_step(self, name: str, step: int) -> bool:
        unused = (_S.totp_used < step) | (_S.totp_used > step + _AHEAD)
        used = update(STAFF).where(_S.name == name, unused).values(totp_used=step)
        return self._connection.execute(used).rowcount == 1

    def add_sign_in(self, sign_in: SignIn) -> None:
        self._connection.execute(insert(SIGN_IN), asdict(sign_in))

    def wrong_code(self, token: str) -> int:
        self._connection.execute(update(SIGN_IN).where(_I.token == token).values(tries=_I.tries + 1))
        return int(self._connection.scalar(select(_I.tries).where(_I.token == token)) or 0)

    def end_sign_in(self, token: str) -> None:
        self._connection.execute(delete(SIGN_IN).where(_I.token == token))

    def end_sign_ins(self, name: str) -> int:
        return self._connection.execute(delete(SIGN_IN).where(_I.name == name)).rowcount

    def forget_sign_ins(self, *, since: float, seen: float) -> None:
        self._connection.execute(delete(SIGN_IN).where((_I.since < since) | (_I.seen < seen)))

    def add_key(self, key: ApiKey) -> None:
        self._connection.execute(insert(API_KEY), asdict(key) | {"roles": _names(key.roles)})

    def end_keys(self, name: str, *, hash: str = "") -> int:
        theirs = delete(API_KEY).where(_K.name == name)
        return self._connection.execute(theirs.where(_K.hash == hash) if hash else theirs).rowcount


class StaffBook:
    """The part of SqlStore that shows staff, and notes what they use."""

    _db: Database

    def account(self, name: str) -> Account | None:
        with self._db.read() as connection:
            row = connection.execute(select(STAFF).where(_S.name == name)).first()
            return None if row is None else _account(row)

    def members(self) -> Sequence[Account]:
        with self._db.read() as connection:
            return [_account(row) for row in connection.execute(_EVERYBODY)]

    def sign_in(self, token: str) -> tuple[SignIn, Account] | None:
        with self._db.read() as connection:
            row = connection.execute(select(SIGN_IN).where(_I.token == token)).first()
            owner = None if row is None else connection.execute(select(STAFF).where(_S.name == row.name)).first()
            return None if row is None or owner is None else (SignIn(**row._asdict()), _account(owner))

    def saw_sign_in(self, token: str, *, now: float) -> None:
        with self._db.write() as connection:
            connection.execute(update(SIGN_IN).where(_I.token == token).values(seen=now))

    def sign_ins(self, name: str) -> Sequence[SignIn]:
        rows = select(SIGN_IN).where(_I.name == name).order_by(_I.since.desc(), _I.token)
        with self._db.read() as connection:
            return [SignIn(**row._asdict()) for row in connection.execute(rows)]

    def keys(self, name: str = "") -> Sequence[ApiKey]:
        rows = select(API_KEY).order_by(_K.created.desc(), _K.hash)
        with self._db.read() as connection:
            return [_key(row) for row in connection.execute(rows.where(_K.name == name) if name else rows)]

    def key(self, hash: str) -> tuple[ApiKey, Account] | None:
        with self._db.read() as connection:
            row = connection.execute(select(API_KEY).where(_K.hash == hash)).first()
            owner = None if row is None else connection.execute(select(STAFF).where(_S.name == row.name)).first()
            return None if row is None or owner is None else (_key(row), _account(owner))

    def saw_key(self, hash: str, *, now: float) -> None:
        with self._db.write() as connection:
            connection.execute(update(API_KEY).where(_K.hash == hash).values(used=now))


def _names(roles: Any) -> list[str]:
    return sorted(role.value for role in roles)


def _roles(names: Sequence[str]) -> frozenset[Role]:
    return frozenset(Role(name) for name in names)


def _account(row: Row[Any]) -> Account:
    return Account(**row._asdict() | {"roles": _roles(row.roles)})


def _key(row: Row[Any]) -> ApiKey:
    return ApiKey(**row._asdict() | {"roles": _roles(row.roles)})
