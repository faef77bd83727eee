"""A delivery's three steps on PostgreSQL, each as one statement that commits by itself: claimed, about to be called, wired.

Between two statements of a transaction the server waits for us, and BEGIN and COMMIT are such statements, too: a part took 27 ways to the
server and back. SQLite has no way to go, and no UPDATE inside WITH: there
bot.store.senders takes the steps one by one, and here as well where a delivery has several parts.

Every table of one statement is read as it was when the statement began. docs/adr/0021-a-step-in-one-statement.md says why that is enough.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, Select, Update, and_, case, exists, select, update

from bot.core.alert.broadcast import EXERCISE
from bot.core.price import Price
from bot.core.storage import Claim, ClaimedDelivery
from bot.core.types import Contact, Lang, Status
from bot.store import clearances, outbox, rows
from bot.store.alert_tables import BROADCAST, MEMBERSHIP
from bot.store.engine import Database
from bot.store.rules import UNSENT, lower, to_micros
from bot.store.statements import NOW, ROW, given, mine, one_of
from bot.store.tables import CONTACT, DELIVERY, PART, REPORT

_B, _C, _D, _M, _P, _R = BROADCAST.c, CONTACT.c, DELIVERY.c, MEMBERSHIP.c, PART.c, REPORT.c
_THEIRS, _MONEY, _CATEGORY = given("theirs"), given("money"), given("sort")
_PARTS = _P.delivery_id == ROW  # said again where the delivery is known: PostgreSQL keeps the plan that it made when the table was small
_LOCK = select(_D.id).where(_D.id == ROW).with_for_update()
_STATUS = select(_D.status).where(_D.id == ROW)


def claiming(claim: Update) -> Select[Any]:
    """`claim`, the UPDATE of one delivery, with all that the last hop must know: a row for each part, in order."""
    taken = claim.returning(*(_D[name] for name in rows.CLAIMED)).cte("taken")
    exercises = exists().where(_M.name == EXERCISE, _M.urn == taken.c.urn)
    broadcast = (_B.mode, _B.stage, _B.author, _B.approver, _B.expires, _B.texts)
    part = (_P.n, _P.key, _P.text, _P.status, _P.external_id)
    return (
        select(taken, _C.opted_out, _C.lang.label("lang"), *broadcast, exercises.label("exercises"), *part)
        .select_from(taken)
        .join(PART, and_(_PARTS, _P.delivery_id == taken.c.id))
        .outerjoin(CONTACT, _C.urn == taken.c.urn)
        .outerjoin(BROADCAST, and_(_B.id == taken.c.broadcast_id, taken.c.broadcast_id != 0))
        .order_by(_P.n)
    )


def calling(renew: Update) -> Update:
    """`renew`, the UPDATE of a claim's lease, and the part that is called: neither where one of them does not fit."""
    held = renew.returning(_D.id).cte("held")
    unsent = one_of(_P.status, UNSENT)
    return update(PART).where(_PARTS, _P.delivery_id == held.c.id, _P.n == given("which"), unsent).values(status=Status.SENDING)


def _wiring() -> Select[Any]:
    """The end of a delivery of one part: the provider has it. No row where it is not ours, or has more parts.

    Its status is its part's, and reports move both of them together: so neither has to be summed up from the other."""
    alone = ~exists().where(_PARTS, _P.n > 0)
    climbed = case((one_of(_D.status, lower(Status.WIRED)), Status.WIRED), else_=_D.status)
    wired_at = case((_D.wired_at == 0, NOW), else_=_D.wired_at)
    ended = (
        update(DELIVERY)
        .where(mine(DELIVERY), alone)
        .values(token=None, status=climbed, wired_at=wired_at)
        .returning(_D.id, _D.urn, _D.channel, _D.lane, _D.status)
        .cte("ended")
    )
    learnt = (
        update(PART)
        .where(_PARTS, _P.delivery_id == ended.c.id, _P.n == 0)
        .values(
            external_id=_THEIRS,
            status=case((one_of(_P.status, lower(Status.WIRED)), Status.WIRED), else_=_P.status),
            micros=case((_MONEY != "", given("much")), else_=_P.micros),
            currency=case((_MONEY != "", _MONEY), else_=_P.currency),
            category=case((_CATEGORY != "", _CATEGORY), else_=_P.category),
        )
        .returning(_P.n)
        .cte("learnt")
    )
    early = exists().where(_R.channel == ended.c.channel, _R.external_id == _THEIRS, _THEIRS != "")
    woken = outbox.waking(ended.c).returning(_D.id).cte("woken")
    return select(ended.c.channel, ended.c.status, early.label("early")).add_cte(learnt, woken)


_WIRING = _wiring()


def claimed(found: Sequence[Row[Any]]) -> ClaimedDelivery | None:
    """What came of `claiming`."""
    if not found:
        return None
    row, parts = found[0], tuple(rows.part(one) for one in found)
    person = None if row.lang is None else Contact(row.urn, Lang(row.lang), opted_out=row.opted_out)
    broadcast = None if row.mode is None else row
    cleared = clearances.judged(broadcast, parts, exercises=row.exercises) if row.broadcast_id else None
    return rows.claimed_delivery(row, parts, person, cleared)


def wire(db: Database, claim: Claim, external_id: str, price: Price | None, *, now: float) -> Status | None:
    """Keeps that the only part of a delivery went out, and ends the delivery. None: it is not that simple, and nothing changed."""
    known, costs = {"row": claim.id, "theirs": external_id, "now": now}, price or Price()
    priced = {"much": to_micros(costs), "money": costs.currency, "sort": costs.category}
    with db.one() as connection:
        row = connection.execute(_WIRING, known | priced | {"mine": claim.token}).first()
    if row is None:
        return None
    return _hear(db, claim.id, row.channel, external_id, now) if row.early else Status(row.status)


def _hear(db: Database, id: int, channel: str, external_id: str, now: float) -> Status:
    """Applies what was reported on it before its provider's id was known. Where we die before this, `reports.settle` does it."""
    with db.write() as connection:
        connection.execute(_LOCK, {"row": id})
        outbox.learn(connection, channel, external_id, id, 0)
        outbox.climb(connection, id, now=now)
        return Status(connection.execute(_STATUS, {"row": id}).scalar_one())
