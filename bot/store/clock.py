"""When the machine's clock jumps: what waits keeps its places, and its worth, as if time had gone on evenly.

Every time in the tables is the wall clock's, because processes on several machines share them. A cheap board starts without knowing the
time and is put right by NTP minutes later, by a day or by years. Without this, a clock that goes back leaves leases, next tries and
buckets a day ahead (nothing is sent for a day), and one that goes forward makes all that waits too late at once.

The greatest time seen is kept as a row among the buckets: it is, too, how far time has been given away.
"""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, case, or_, select, update

from bot.core.jump import JUMP_S
from bot.core.types import Lane
from bot.store.engine import Database, insert_or_update
from bot.store.rules import LIVE, MARK, OPEN, RESTORED_MARK, TOUCHED_S
from bot.store.statements import given, one_of
from bot.store.tables import DELIVERY, MESSAGE, RATE, SESSION

_M, _D, _R, _S = MESSAGE.c, DELIVERY.c, RATE.c, SESSION.c
_SEEN = select(_R.tat).where(_R.name == given("bucket"))
_WAITS = ("lease_until", "next_at", "due_at")  # and what is 0 where there is none:
_QUESTION, _DELIVERY = (*_WAITS, "screen_until"), (*_WAITS, "hold_until")
_QUESTION_HISTORY, _DELIVERY_HISTORY = ("received", "asked"), ("created",)


class Clock:
    """The part of SqlStore that follows the machine's clock."""

    _db: Database

    def settle_clock(self, *, now: float, jumped_s: float = 0.0) -> float:
        self._db.trim_log()  # here, because the sweep comes here first
        with self._db.write() as connection:
            seen: float | None = connection.scalar(_SEEN, {"bucket": MARK})
            _keep(connection, MARK, now)
            back_s = (seen or now) - now
            if back_s > JUMP_S:
                _pull(connection, now, back_s)
                return -back_s
            if jumped_s > JUMP_S:
                _push(connection, now, jumped_s)
                return jumped_s
            return 0.0

    def restored_at(self) -> float:
        with self._db.read() as connection:
            until: float | None = connection.scalar(_SEEN, {"bucket": RESTORED_MARK})
            return 0.0 if until is None else until - TOUCHED_S


def keep_restored(connection: Connection, *, now: float) -> None:
    """Notes a restore. Forgotten like any bucket, once nobody looks so far back any more."""
    _keep(connection, RESTORED_MARK, now + TOUCHED_S)


def _keep(connection: Connection, name: str, at: float) -> None:
    connection.execute(insert_or_update(connection.dialect.name, RATE, "name"), {"name": name, "tat": at})


def _pull(connection: Connection, now: float, by_s: float) -> None:
    """The clock went back: what lies ahead because of that comes as much nearer, and not nearer than now."""

    def nearer(table: Table, *names: str) -> dict[str, Any]:
        columns = [table.c[name] for name in names]
        return {at.name: case((at <= now + JUMP_S, at), (at - by_s > now, at - by_s), else_=now) for at in columns}

    buckets = update(RATE).where(_R.tat > now + JUMP_S, ~_R.name.startswith(":"))
    connection.execute(buckets.values(**nearer(RATE, "tat")))
    connection.execute(update(MESSAGE).where(_waiting()).values(**nearer(MESSAGE, *_QUESTION, *_QUESTION_HISTORY)))
    connection.execute(update(DELIVERY).where(one_of(_D.status, LIVE)).values(**nearer(DELIVERY, *_DELIVERY, *_DELIVERY_HISTORY)))
    connection.execute(update(SESSION).where(_S.touched > now + JUMP_S).values(touched=now))


def _push(connection: Connection, now: float, by_s: float) -> None:
    """The clock went forward: what was stored before that moves along. What was written since then has the new time already."""
    before = now - by_s / 2

    def later(table: Table, *names: str) -> dict[str, Any]:
        columns = [table.c[name] for name in names]
        return {at.name: case(((at > 0) & (at <= now), at + by_s), else_=at) for at in columns}

    worth = case(((_D.not_after > 0) & ~one_of(_D.lane, [Lane.ALERTS]), _D.not_after + by_s), else_=_D.not_after)
    questions = update(MESSAGE).where(_waiting(), _M.received <= before)
    connection.execute(questions.values(**later(MESSAGE, *_QUESTION, *_QUESTION_HISTORY)))
    deliveries = update(DELIVERY).where(one_of(_D.status, LIVE), _D.created <= before)
    connection.execute(deliveries.values(not_after=worth, **later(DELIVERY, *_DELIVERY, *_DELIVERY_HISTORY)))
    lately = (_S.touched > now - by_s - TOUCHED_S) & (_S.touched <= before)
    connection.execute(update(SESSION).where(lately).values(touched=_S.touched + by_s))


def _waiting() -> ColumnElement[bool]:
    """Questions without an answer, and those whose answer has not gone out: a window of hours may hang on when they came."""
    unsent = select(_D.message_id).where(one_of(_D.status, LIVE), _D.message_id.is_not(None))
    return or_(one_of(_M.state, OPEN), _M.id.in_(unsent))
