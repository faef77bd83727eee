"""SENDS and ALERTS: who has which delivery, and what became of its parts."""

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, exists, select, update

from bot.core.price import Price
from bot.core.storage import Claim, ClaimedDelivery
from bot.core.types import Status
from bot.store import at_once, outbox, rows
from bot.store.clearances import clearance
from bot.store.engine import Database
from bot.store.holds import delivery_held
from bot.store.rules import FIRST_DELAY_S, LIVE, UNSENT, WAITING, new_token
from bot.store.statements import NOW, ROW, UNTIL, given, lease, mine, one_of
from bot.store.tables import CONTACT, DELIVERY, MESSAGE, PART

SOON_S = 10.0  # how far the sweep's time may lag behind a lease

_D, _P = DELIVERY.c, PART.c
_MINE = mine(DELIVERY)
_CODE = given("why")


def _ordered_before() -> ColumnElement[bool]:
    older = DELIVERY.alias("older").c
    line = (older.urn == _D.urn) & (older.channel == _D.channel) & (older.lane == _D.lane) & (older.id < _D.id)
    moves = one_of(older.status, [Status.SENDING]) | ~delivery_held(older)
    return exists().where(line, one_of(older.status, LIVE), older.hold_until <= NOW, older.next_at <= NOW, moves)


_abandoned = one_of(_D.status, [Status.SENDING]) & (_D.lease_until <= NOW)
_FREE = (_D.hold_until <= NOW) & (_D.next_at <= NOW) & (one_of(_D.status, WAITING) | _abandoned)
_CLAIM = (
    update(DELIVERY).where(_D.id == ROW, _FREE, ~delivery_held(_D), ~_ordered_before()).values(status=Status.SENDING, **lease(_D.attempts))
)
_CLAIMED, _CLAIM_AT_ONCE = _CLAIM.returning(DELIVERY), at_once.claiming(_CLAIM)
_PERSON = select(CONTACT).where(CONTACT.c.urn == given("person"))
# A step that follows at once leaves the sweep's time as it is: PostgreSQL would write each of the row's index entries anew.
_due_at = case((_D.due_at < UNTIL - SOON_S, UNTIL), else_=_D.due_at)
_RENEW = update(DELIVERY).where(_MINE).values(lease_until=UNTIL, due_at=_due_at)
_CALL = update(PART).where(_P.delivery_id == ROW, _P.n == given("which"), one_of(_P.status, UNSENT)).values(status=Status.SENDING)
_CALL_AT_ONCE = at_once.calling(_RENEW)
_NOTE = update(DELIVERY).where(_MINE).values(code=_CODE)
_LEFT = update(DELIVERY).where(_MINE, one_of(_D.status, LIVE))  # with parts that did not go out
_AGAIN = update(DELIVERY).where(_D.id == ROW).values(status=Status.QUEUED, next_at=NOW, due_at=NOW + FIRST_DELAY_S, delay_s=FIRST_DELAY_S)
_POSTPONE = _LEFT.values(status=Status.QUEUED, next_at=UNTIL, due_at=UNTIL, delay_s=FIRST_DELAY_S)
_LATER = _LEFT.values(status=Status.ERRORED, next_at=UNTIL, due_at=UNTIL, delay_s=FIRST_DELAY_S)
_COUNT = update(DELIVERY).where(_MINE).values(errors=_D.errors + given("failed"), unclear=_D.unclear + given("left"), code=_CODE)
_LET_GO = update(DELIVERY).where(_MINE).values(token=None).returning(_D.status)
_told = case((MESSAGE.c.sent_at < MESSAGE.c.received, MESSAGE.c.sent_at), else_=MESSAGE.c.received)
_by = (MESSAGE.c.urn == given("person")) & (MESSAGE.c.channel == given("on"))
_HEARD = select(MESSAGE.c.id).where(_by, _told > given("since")).limit(1)
_STATUS = select(_D.status).where(_D.id == ROW)


class Senders:
    """The part of SqlStore that hands deliveries out.

    A person's deliveries go out in order, per channel and lane: a delivery cannot be claimed while an older one is being sent or
    could be sent now. An older one that waits for its own reasons (held for a screen or by an operator, errored and not due yet) is
    passed by: one bad text must not keep the next ones back for minutes. Lanes pass each other too: an alert waits behind nothing.
    """

    _db: Database

    def claim_delivery(self, id: int, *, now: float, lease_s: float) -> ClaimedDelivery | None:
        values = {"row": id, "now": now, "until": now + lease_s, "fresh": new_token()}
        if self._db.in_one_step:
            with self._db.one() as connection:
                return at_once.claimed(connection.execute(_CLAIM_AT_ONCE, values).all())
        with self._db.write(may_be_lost=True) as connection:
            row = connection.execute(_CLAIMED, values).first()
            if row is None:
                return None
            person = connection.execute(_PERSON, {"person": row.urn}).first()
            parts = outbox.parts(connection, id)
            cleared = clearance(connection, row, parts) if row.broadcast_id else None
            return rows.claimed_delivery(row, parts, None if person is None else rows.contact(person), cleared)

    def part_sending(self, claim: Claim, n: int, *, now: float, lease_s: float, may_be_lost: bool = False) -> bool:
        until = {"until": now + lease_s}
        if self._db.in_one_step:
            with self._db.one() as connection:
                return connection.execute(_CALL_AT_ONCE, _own(claim) | until | {"which": n}).rowcount == 1
        with self._db.write(may_be_lost=may_be_lost) as connection:
            held = connection.execute(_RENEW, _own(claim) | until).rowcount == 1
            return held and connection.execute(_CALL, {"row": claim.id, "which": n}).rowcount == 1

    def part_wired(
        self, claim: Claim, n: int, external_id: str, *, now: float, price: Price | None = None, last: bool = False
    ) -> Status | None:
        if self._db.in_one_step and last and n == 0:
            ended = at_once.wire(self._db, claim, external_id, price, now=now)
            if ended is not None:
                return ended
        with self._db.write() as connection:
            delivery = outbox.held(connection, claim)
            if delivery is not None:
                outbox.learn(connection, delivery.channel, external_id, claim.id, n)
                outbox.climb_part(connection, claim.id, n, Status.WIRED)
                outbox.set_price(connection, claim.id, n, price)
                outbox.climb(connection, claim.id, now=now)
            return _finish(connection, claim, delivery, now) if last else None

    def part_unknown(self, claim: Claim, n: int, code: str, *, now: float) -> None:
        with self._db.write() as connection:
            if outbox.held(connection, claim) is not None:
                outbox.climb_part(connection, claim.id, n, Status.UNKNOWN)
                outbox.climb(connection, claim.id, now=now)
                connection.execute(_NOTE, _own(claim) | {"why": code})

    def finish_delivery(self, claim: Claim, *, now: float) -> Status:
        with self._db.write(may_be_lost=True) as connection:
            delivery = outbox.held(connection, claim)
            if delivery is not None:
                outbox.climb(connection, claim.id, now=now)
            return _finish(connection, claim, delivery, now)

    def retry_delivery(
        self, claim: Claim, *, now: float, after_s: float, code: str, untaken: int | None = None, failed: bool = True, unclear: bool = False
    ) -> None:
        with self._db.write() as connection:
            delivery = outbox.held(connection, claim)
            if delivery is not None:
                outbox.untake(connection, claim.id, untaken)
                connection.execute(_COUNT, _own(claim) | {"why": code, "failed": int(failed), "left": int(unclear)})
                connection.execute(_LATER, _own(claim) | {"until": now + after_s})
                connection.execute(_LET_GO, _own(claim))
                outbox.wake_next(connection, delivery, now=now)

    def postpone_delivery(self, claim: Claim, *, now: float, until: float) -> None:
        with self._db.write() as connection:
            delivery = outbox.held(connection, claim)
            if delivery is not None:
                connection.execute(_POSTPONE, _own(claim) | {"until": until})
                connection.execute(_LET_GO, _own(claim))
                outbox.wake_next(connection, delivery, now=now)

    def fail_delivery(self, claim: Claim, *, now: float, reason: str, untaken: int | None = None) -> Status:
        with self._db.write() as connection:
            delivery = outbox.held(connection, claim)
            if delivery is not None:
                outbox.untake(connection, claim.id, untaken)
                outbox.fail(connection, [claim.id], reason)
                outbox.wake_next(connection, delivery, now=now)
            return Status(connection.execute(_STATUS, {"row": claim.id}).scalar_one())

    def heard(self, channel: str, urn: str, *, since: float) -> bool:
        with self._db.read() as connection:
            return connection.scalar(_HEARD, {"person": urn, "on": channel, "since": since}) is not None


def _finish(connection: Connection, claim: Claim, delivery: Row[Any] | None, now: float) -> Status:
    """Ends the claim on `delivery`, where it is still ours. Its status is climbed already."""
    if delivery is None:
        return Status(connection.execute(_STATUS, {"row": claim.id}).scalar_one())
    status = Status(connection.execute(_LET_GO, _own(claim)).scalar_one())
    if status in LIVE:  # with parts that did not go out
        connection.execute(_AGAIN, {"row": claim.id, "now": now})
        status = Status.QUEUED
    outbox.wake_next(connection, delivery, now=now)
    return status


def _own(claim: Claim) -> dict[str, object]:
    return {"row": claim.id, "mine": claim.token}
