"""The tables of the people who work here, of their keys, and of what they did. See bot.store.tables for how they are spelt."""

from sqlalchemy import JSON, BigInteger, Column, Index
from sqlmodel import Field

from bot.store.tables import Row, _table, _time, _words


class Staff(Row, table=True):
    """A member of staff: bot.core.alert.staff.Member, and how they prove who they are."""

    name: str = _words(primary_key=True)
    roles: list[str] = Field(default_factory=list, sa_type=JSON)
    lang: str = _words("en")
    password: str = _words()  # argon2id, in its own notation; "": cannot sign in
    totp: str = _words()  # the shared secret in base 32; "": not set up yet
    totp_used: int = Field(default=0, sa_type=BigInteger, nullable=False)  # the last time step whose code was taken: no code works twice
    setup: str = _words()  # the SHA-256 of the code that lets them set both; "": none is out
    setup_until: float = _time()
    created: float = _time()


class SignInRow(Row, table=True):
    """One browser that is signed in. `token` is the SHA-256 of what the browser holds."""

    __tablename__ = "sign_in"
    __table_args__ = (Index("ix_sign_in_name", "name"),)

    token: str = _words(primary_key=True)
    name: str = _words()
    step: str = _words()  # bot.core.alert.staff.SignIn
    csrf: str = _words()
    since: float = _time()
    seen: float = _time()
    tries: int = 0


class ApiKeyRow(Row, table=True):
    """A key of a program. `hash` is the SHA-256 of the key; `name` is whose roles it has no more than."""

    __tablename__ = "api_key"

    hash: str = _words(primary_key=True)
    label: str = _words()
    name: str = _words()
    roles: list[str] = Field(default_factory=list, sa_type=JSON)
    created: float = _time()
    used: float = _time()


class AuditEntry(Row, table=True):
    """What was done, by whom, when. `hash` covers the entry and the hash before it: nothing can be changed or taken out unseen."""

    __tablename__ = "audit"

    n: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    at: float = _time()
    who: str = _words()
    what: str = _words()  # "broadcast.approve"
    about: str = _words()  # "broadcast:12"
    detail: str = _words()  # canonical JSON
    before: str = _words()  # the hash of entry n - 1, "" for the first
    hash: str = _words()


STAFF = _table("staff")
SIGN_IN = _table("sign_in")
API_KEY = _table("api_key")
AUDIT = _table("audit")
