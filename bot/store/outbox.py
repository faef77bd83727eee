"""Deliveries and their parts inside a transaction: storing them, and moving them up their ladders.

On PostgreSQL whoever changes parts locks their delivery first, so that two reports on one delivery are summed up one after the other.
"""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Connection, Row, Update, case, delete, insert, select, update

from bot.core.price import Price
from bot.core.storage import Claim, NewDelivery, Part, WaitingAnswer
from bot.core.text import unmarked
from bot.core.types import OFFER, Status
from bot.store import recent, rows
from bot.store.engine import insert_once
from bot.store.holds import delivery_held
from bot.store.rules import FIRST_DELAY_S, LOOP, WAITING, lower, new_key, summary, to_micros
from bot.store.statements import NOW, ROW, given, given_list, mine, one_of
from bot.store.tables import DELIVERY, PART, REPORT

_D, _P = DELIVERY.c, PART.c
_PART = (_P.delivery_id == ROW) & (_P.n == given("which"))
_NEW, _OLD, _ROWS = given("new"), given_list("old"), given_list("rows")

_PARTS = select(PART).where(_P.delivery_id == ROW).order_by(_P.n)
_STATUSES = select(_P.status).where(_P.delivery_id == ROW)
_HELD = select(DELIVERY).where(mine(DELIVERY)).with_for_update()
_SHOWN = select(_D.message_id, _D.status, _D.kind, _D.facts).where(_D.id == ROW)
_SET_PARTS = update(PART).where(_P.delivery_id.in_(_ROWS), _P.status.in_(_OLD)).values(status=_NEW)
_CLIMB_PART = update(PART).where(_PART, _P.status.in_(_OLD)).values(status=_NEW)
_CLIMB = update(DELIVERY).where(_D.id.in_(_ROWS), _D.status.in_(_OLD)).values(status=_NEW)
_CLIMB_OUT = _CLIMB.values(wired_at=case((_D.wired_at == 0, NOW), else_=_D.wired_at))
_CLIMB_HOME = _CLIMB_OUT.values(delivered_at=case((_D.delivered_at == 0, NOW), else_=_D.delivered_at))
_CLIMBS = {Status.WIRED: _CLIMB_OUT, Status.SENT: _CLIMB_OUT, Status.DELIVERED: _CLIMB_HOME, Status.READ: _CLIMB_HOME}
_failed = select(PART.c.n).where(PART.c.delivery_id == _D.id, one_of(PART.c.status, [Status.FAILED])).exists()
_CLIMB_UNCLEAR = update(DELIVERY).where(_D.id.in_(_ROWS), _D.status.in_(_OLD), ~_failed).values(status=Status.UNKNOWN)
_CLIMB_FAILED = update(DELIVERY).where(_D.id.in_(_ROWS), _D.status.in_(_OLD), _failed).values(status=Status.FAILED)
_UNTAKE = update(PART).where(_PART, one_of(_P.status, [Status.SENDING])).values(status=Status.QUEUED)
_AMOUNT = update(PART).where(_PART).values(micros=given("much"), currency=given("money"))
_CATEGORY = update(PART).where(_PART).values(category=given("kind"))
_END = update(DELIVERY).where(_D.id.in_(_ROWS)).values(token=None, code=given("why"))
_LEARN = update(PART).where(_PART).values(external_id=given("theirs"))
_EARLY = delete(REPORT).where(REPORT.c.channel == given("on"), REPORT.c.external_id == given("theirs")).returning(REPORT)


def waking(line: Any) -> Update:
    """Makes the next delivery due that waits behind the one of `line`: its id, urn, channel and lane, as parameters or as columns."""
    behind = DELIVERY.alias("behind")
    b = behind.c
    of_line = (b.urn == line.urn) & (b.channel == line.channel) & (b.lane == line.lane) & (b.id != line.id)
    ready = one_of(b.status, WAITING) & (b.hold_until <= NOW) & (b.next_at <= NOW) & ~delivery_held(b)
    following = select(b.id).where(of_line, ready).order_by(b.id).limit(1).with_for_update(skip_locked=True, of=behind)
    return update(DELIVERY).where(_D.id == following.scalar_subquery()).values(due_at=NOW, delay_s=FIRST_DELAY_S)


_WAKE = waking(SimpleNamespace(id=ROW, urn=given("person"), channel=given("on"), lane=given("along")))


def add(connection: Connection, delivery: NewDelivery, *, now: float) -> int | None:
    """Stores a delivery with its parts. None where its `dedup` is there already."""
    if not delivery.parts:
        raise ValueError(f"delivery {delivery.dedup} has no parts. Give it at least one text.")
    statement = insert_once(connection.dialect.name, DELIVERY, "dedup").returning(_D.id)
    status, code = (Status.FAILED, LOOP) if recent.loops(connection, delivery, now=now) else (Status.QUEUED, "")
    delivery_id: int | None = connection.scalar(statement, columns(delivery, now) | {"status": status, "code": code})
    if delivery_id is not None:
        connection.execute(insert(PART), [new_part(delivery_id, n, text, status) for n, text in enumerate(delivery.parts)])
    return delivery_id


def columns(delivery: NewDelivery, now: float) -> dict[str, Any]:
    """A new delivery's columns, but for its status."""
    return {
        "dedup": delivery.dedup,
        "channel": delivery.channel,
        "urn": delivery.urn,
        "lane": delivery.lane,
        "kind": delivery.kind,
        "message_id": delivery.message_id,
        "skill": delivery.skill,
        "facts": list(delivery.facts),
        "choices": [[choice.id, choice.label] for choice in delivery.choices],
        "created": now,
        "not_after": delivery.not_after,
        "despite_stop": delivery.despite_stop,
        "unsolicited": delivery.unsolicited,
        "broadcast_id": delivery.broadcast_id,
        "hold_until": delivery.hold_until,
        "due_at": max(now, delivery.hold_until) + FIRST_DELAY_S,
    }


def new_part(delivery_id: int, n: int, text: str, status: Status) -> dict[str, Any]:
    """A new part's columns."""
    return {"delivery_id": delivery_id, "n": n, "key": new_key(delivery_id, n), "text": text, "status": status}


def parts(connection: Connection, delivery_id: int) -> tuple[Part, ...]:
    return tuple(rows.part(row) for row in connection.execute(_PARTS, {"row": delivery_id}))


def answer(connection: Connection, delivery_id: int) -> WaitingAnswer:
    """What a screen is shown of a delivery."""
    row = connection.execute(_SHOWN, {"row": delivery_id}).one()
    text = unmarked([part.text for part in parts(connection, delivery_id)])
    return WaitingAnswer(delivery_id, row.message_id, text, Status(row.status), tuple(row.facts) if row.kind == OFFER else ())


def held(connection: Connection, claim: Claim) -> Row[Any] | None:
    """The delivery, locked, while the claim's token still fits."""
    return connection.execute(_HELD, {"row": claim.id, "mine": claim.token}).first()


def set_parts(connection: Connection, deliveries: Sequence[int], old: Sequence[Status], new: Status) -> None:
    """Sets the parts of `deliveries` that stand in one of `old`."""
    if deliveries:
        connection.execute(_SET_PARTS, {"rows": deliveries, "old": old, "new": new})


def climb_part(connection: Connection, delivery_id: int, n: int, status: Status) -> None:
    """Moves a part up to `status`, where that is up."""
    connection.execute(_CLIMB_PART, {"row": delivery_id, "which": n, "old": lower(status), "new": status})


def climb(connection: Connection, delivery_id: int, *, now: float) -> None:
    """Moves a delivery up to where its parts are."""
    status = summary(Status(part) for part in connection.scalars(_STATUSES, {"row": delivery_id}))
    known = {"rows": [delivery_id], "old": lower(status), "new": status}
    reached = _CLIMBS.get(status)
    if reached is None:
        connection.execute(_CLIMB, known)
    else:
        connection.execute(reached, known | {"now": now})


def fail(connection: Connection, deliveries: Sequence[int], why: str) -> None:
    """Ends deliveries. What had not gone out is FAILED, and what may have gone out is UNKNOWN."""
    if not deliveries:
        return
    set_parts(connection, deliveries, [Status.QUEUED], Status.FAILED)
    set_parts(connection, deliveries, [Status.SENDING], Status.UNKNOWN)
    connection.execute(_CLIMB_UNCLEAR, {"rows": deliveries, "old": lower(Status.UNKNOWN)})
    connection.execute(_CLIMB_FAILED, {"rows": deliveries, "old": lower(Status.FAILED)})
    connection.execute(_END, {"rows": deliveries, "why": why})


def untake(connection: Connection, delivery_id: int, n: int | None) -> None:
    """Part `n` was called and surely not taken: it waits again."""
    if n is not None:
        connection.execute(_UNTAKE, {"row": delivery_id, "which": n})


def set_price(connection: Connection, delivery_id: int, n: int, price: Price | None) -> None:
    """Notes what a provider says of a part's price: an amount and a category may come at different times."""
    part = {"row": delivery_id, "which": n}
    if price is not None and price.currency:
        connection.execute(_AMOUNT, part | {"much": to_micros(price), "money": price.currency})
    if price is not None and price.category:
        connection.execute(_CATEGORY, part | {"kind": price.category})


def learn(connection: Connection, channel: str, external_id: str, delivery_id: int, n: int) -> None:
    """Keeps the provider's id of a part, and applies what was reported under it before."""
    connection.execute(_LEARN, {"row": delivery_id, "which": n, "theirs": external_id})
    if not external_id:
        return
    for report in connection.execute(_EARLY, {"on": channel, "theirs": external_id}).all():
        climb_part(connection, delivery_id, n, Status(report.status))
        set_price(connection, delivery_id, n, rows.price(report))


def wake_next(connection: Connection, delivery: Row[Any], *, now: float) -> None:
    """Makes due what waited behind `delivery`. Locked rows are left alone: somebody moves them already."""
    line = {"person": delivery.urn, "on": delivery.channel, "along": delivery.lane, "row": delivery.id}
    connection.execute(_WAKE, line | {"now": now})
