"""One look at what waits, by the partial indexes of rows that are not over."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Connection, Executable, and_, case, func, not_, select

from bot.core.gauges import COST_S, DAY_S, Gauges, Spending, Waiting
from bot.core.ticket import TicketState
from bot.core.types import Lane
from bot.store.alert_tables import BROADCAST
from bot.store.engine import Database, insert_new
from bot.store.hold_tables import HOLD
from bot.store.rules import CHECK, LIVE, OPEN, from_micros
from bot.store.statements import NOW, given, one_of
from bot.store.tables import DELIVERY, MESSAGE, PART, RATE
from bot.store.ticket_tables import TICKET

_M, _D, _P, _T, _B = MESSAGE.c, DELIVERY.c, PART.c, TICKET.c, BROADCAST.c
_SINCE = given("since")

_QUESTIONS = select(_M.channel, func.count(), func.min(_M.asked)).where(one_of(_M.state, OPEN)).group_by(_M.channel)
_asleep = and_(_D.unsolicited.is_(True), _D.next_at > NOW)
_DELIVERIES = (
    select(_D.lane, _D.channel, func.count(), func.min(case((not_(_asleep), _D.created))))
    .where(one_of(_D.status, LIVE))
    .group_by(_D.lane, _D.channel)
)
_TICKETS = select(func.count(), func.coalesce(func.sum(case((_T.urgent.is_(True), 1), else_=0)), 0), func.min(_T.opened)).where(
    one_of(_T.state, [TicketState.OPEN])
)
_HOLDS = select(func.count()).select_from(HOLD)
_BROADCASTS = select(_B.stage, func.count()).group_by(_B.stage)
_lately = select(_B.id).where(_B.approved > given("day"))
_SENT = select(_D.status, func.count()).where(_D.broadcast_id.in_(_lately), _D.broadcast_id > 0).group_by(_D.status)
# `created` has no index, but ids grow with it: the newest row that is too old bounds the rest.
_bound = select(_D.id).where(_D.created <= _SINCE).order_by(_D.id.desc()).limit(1).scalar_subquery()
_groups = (_D.channel, _P.currency)
_SPENDING = (
    select(*_groups, func.count(), func.sum(_P.micros))
    .join(DELIVERY, _D.id == _P.delivery_id)
    .where(_P.delivery_id > func.coalesce(_bound, 0), _P.external_id != "")
    .group_by(*_groups)
    .order_by(*_groups)
)


class GaugeRows:
    """The part of SqlStore that is looked at."""

    _db: Database

    def gauges(self, *, now: float) -> Gauges:
        with self._db.read() as connection:
            tickets, urgent, since = connection.execute(_TICKETS).one()
            return Gauges(
                waiting=_waiting(connection, now),
                tickets=int(tickets),
                urgent=int(urgent),
                ticket_since=float(since or 0.0),
                holds=int(connection.scalar(_HOLDS) or 0),
                broadcasts={stage: int(count) for stage, count in connection.execute(_BROADCASTS)},
                broadcast_deliveries={status: int(count) for status, count in connection.execute(_SENT, {"day": now - DAY_S})},
                spending=[
                    Spending(channel, currency, int(parts), from_micros(int(micros)))
                    for channel, currency, parts, micros in connection.execute(_SPENDING, {"since": now - COST_S})
                ],
            )

    def check_write(self, *, now: float) -> None:
        with self._db.write() as connection:
            connection.execute(_check(connection.dialect.name), {"now": now})


@cache
def _check(dialect: str) -> Executable:
    return insert_new(dialect, RATE).values(name=CHECK, tat=NOW).on_conflict_do_update(index_elements=["name"], set_={"tat": NOW})


def _waiting(connection: Connection, now: float) -> Sequence[Waiting]:
    rows: list[Any] = [(Lane.ANSWERS, *row) for row in connection.execute(_QUESTIONS)]
    rows += connection.execute(_DELIVERIES, {"now": now}).all()
    return sorted(Waiting(Lane(lane), channel, int(count), float(since or 0.0)) for lane, channel, count, since in rows)
