"""Status reports of providers: applied to their part, or kept until it is known."""

from typing import Any

from sqlalchemy import Connection, Row, delete, select

from bot.core.price import Price
from bot.core.types import StatusUpdate
from bot.store import outbox
from bot.store.engine import insert_once
from bot.store.rules import KEEP_REPORTS_S, to_micros
from bot.store.statements import ROW, given
from bot.store.tables import DELIVERY, PART, REPORT

_CROSSING_S = 3600.0  # two transactions cross within seconds; older reports need no second look

_PARTS = select(PART).join(DELIVERY).where(DELIVERY.c.channel == given("on")).with_for_update(of=DELIVERY)
_BY_KEY = _PARTS.where(PART.c.key == given("name"))
_BY_ID = _PARTS.where(PART.c.external_id == given("name")).order_by(PART.c.delivery_id.desc()).limit(1)

_CROSSED = (
    select(REPORT.c.channel, REPORT.c.external_id, PART.c.delivery_id, PART.c.n)
    .join(PART, PART.c.external_id == REPORT.c.external_id)
    .join(DELIVERY, (DELIVERY.c.id == PART.c.delivery_id) & (DELIVERY.c.channel == REPORT.c.channel))
    .where(REPORT.c.at > given("since"))
)
_LOCK = select(DELIVERY.c.id).where(DELIVERY.c.id == ROW).with_for_update()
_FORGET = delete(REPORT).where(REPORT.c.at <= given("since"))


def take(connection: Connection, update: StatusUpdate, *, now: float, keep: bool) -> bool:
    """Climbs the part's ladder, and its delivery's, and notes the price. False where the part is not known yet: kept for later then,
    unless `keep` is False."""
    part = _find(connection, update)
    if part is None:
        if update.external_id and keep:
            _keep(connection, update, now)
        return False
    if not part.external_id:
        outbox.learn(connection, update.channel, update.external_id, part.delivery_id, part.n)
    outbox.climb_part(connection, part.delivery_id, part.n, update.status)
    outbox.set_price(connection, part.delivery_id, part.n, update.price)
    outbox.climb(connection, part.delivery_id, now=now)
    return True


def _keep(connection: Connection, update: StatusUpdate, now: float) -> None:
    known = {"channel": update.channel, "external_id": update.external_id, "status": update.status}
    price = update.price or Price()
    priced = {"micros": to_micros(price), "currency": price.currency, "category": price.category}
    connection.execute(insert_once(connection.dialect.name, REPORT, *known), known | priced | {"at": now})


def _find(connection: Connection, update: StatusUpdate) -> Row[Any] | None:
    """The part, with its delivery locked: by our own key where the provider gives it back, else by the provider's id."""
    for statement, name in ((_BY_KEY, update.key), (_BY_ID, update.external_id)):
        row = connection.execute(statement, {"on": update.channel, "name": name}).first() if name else None
        if row is not None:
            return row
    return None


def settle(connection: Connection, *, now: float) -> None:
    """Applies reports that crossed with the storing of their part's id, where neither saw the other; forgets very old ones."""
    crossed = connection.execute(_CROSSED, {"since": now - _CROSSING_S}).all()
    for channel, external_id, delivery_id, n in set(crossed):
        connection.execute(_LOCK, {"row": delivery_id})
        outbox.learn(connection, channel, external_id, delivery_id, n)
        outbox.climb(connection, delivery_id, now=now)
    connection.execute(_FORGET, {"since": now - KEEP_REPORTS_S})
