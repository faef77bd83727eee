"""CHORES and looking in: what waits too long, what is too late, what there is."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Table, case, func, select, update

from bot.core.storage import Line, Part, Spent
from bot.core.types import Choice, Lane, Status
from bot.store import outbox, rates, reports, tickets
from bot.store.engine import Database
from bot.store.holds import delivery_held, question_held
from bot.store.rules import FIRST_DELAY_S, LIVE, LONGEST_DELAY_S, OPEN, SCREEN, WAITING, from_micros, shared_out
from bot.store.statements import NOW, given, one_of
from bot.store.tables import DELIVERY, MESSAGE, PART

_M, _D = MESSAGE.c, DELIVERY.c
_could_go = one_of(_D.status, WAITING) & (_D.hold_until <= NOW) & (_D.next_at <= NOW) & (_D.due_at <= NOW) & ~delivery_held(_D)
# LIVE says no more than WAITING does, but SQLite sees that the index of what is not over fits only by the same words.
_on_lane = one_of(_D.status, LIVE) & (_D.channel == given("on")) & (_D.lane == given("along"))
_NEXT_DUE = select(_D.id).where(_on_lane, _could_go).order_by(_D.due_at, _D.id).limit(1)
_HINT_NEXT = (
    update(DELIVERY)
    .where(_D.id == _NEXT_DUE.with_for_update(skip_locked=True).scalar_subquery())
    .values(due_at=NOW + FIRST_DELAY_S)
    .returning(_D.id)
)
_QUESTIONS_DUE = select(_M.id, _M.due_at).where(one_of(_M.state, OPEN), _M.due_at <= NOW, ~question_held(_M)).order_by(_M.due_at)
_DELIVERIES_DUE = {
    lane: select(_D.id, _D.due_at)
    .where(one_of(_D.status, LIVE), _D.lane == lane, _D.due_at <= NOW, ~delivery_held(_D))
    .order_by(_D.due_at, _D.id)
    for lane in (Lane.ALERTS, Lane.SENDS)
}
_BATCH = 500  # rows a transaction: nobody waits long for its end


class Chores:
    """The part of SqlStore that sweeps and counts."""

    _db: Database

    def due(self, *, now: float, limit: int, closed: Collection[str] = ()) -> Sequence[tuple[Lane, int]]:
        found = {}
        with self._db.write(may_be_lost=True) as connection:
            rows = connection.execute(_unlocked(_QUESTIONS_DUE, limit), {"now": now})
            found[Lane.ANSWERS] = [(row.due_at, MESSAGE, Lane.ANSWERS, row.id) for row in rows]
            for lane, due in _DELIVERIES_DUE.items():
                open_ones = due.where(_D.channel.not_in(closed)) if closed else due
                rows = connection.execute(_unlocked(open_ones, limit), {"now": now})
                found[lane] = [(row.due_at, DELIVERY, lane, row.id) for row in rows]
            chosen = shared_out(found, limit, lambda place: place[0])
            for table in (MESSAGE, DELIVERY):
                _push_back(connection, table, [row for _, of, _, row in chosen if of is table], now)
        return [(lane, row) for _, _, lane, row in chosen]

    def next_due(self, channel: str, lane: Lane, *, now: float) -> int | None:
        line = {"on": channel, "along": lane, "now": now}
        with self._db.read() as connection:
            if connection.scalar(_NEXT_DUE, line) is None:  # as a rule nobody waits, and then nobody has to wait for the write lock
                return None
        with self._db.write(may_be_lost=True) as connection:
            hinted: int | None = connection.scalar(_HINT_NEXT, line)
            return hinted

    def expire(self, *, now: float) -> int:
        total = 0
        while count := self._expire_some(now):
            total += count
        with self._db.write() as connection:
            reports.settle(connection, now=now)
            rates.forget(connection, now=now)
        return total

    def _expire_some(self, now: float) -> int:
        d = DELIVERY.c
        late = one_of(d.status, LIVE) & (d.status != Status.SENDING) & (d.not_after > 0) & (d.not_after < now)
        with self._db.write() as connection:
            ids = connection.scalars(_unlocked(select(d.id).where(late), _BATCH)).all()
            outbox.fail(connection, ids, "expired")
            return len(ids)

    def parts(self, delivery_id: int) -> Sequence[Part]:
        with self._db.read() as connection:
            return outbox.parts(connection, delivery_id)

    def conversation(self, urn: str, *, limit: int) -> Sequence[Line]:
        m, d, p = MESSAGE.c, DELIVERY.c, PART.c
        inbound = select(MESSAGE).where(m.urn == urn).order_by(m.received.desc(), m.id.desc()).limit(limit)
        outbound = (
            select(d.id, d.created, p.n, p.text, p.status, d.choices, case((d.via == SCREEN, m.channel), else_=d.channel).label("channel"))
            .join(PART, p.delivery_id == d.id)
            .outerjoin(MESSAGE, m.id == d.message_id)
            .where(d.urn == urn)
            .order_by(d.created.desc(), d.id.desc(), p.n.desc())
            .limit(limit)
        )
        with self._db.read() as connection:
            placed = [((row.received, False, row.id, 0), _said(row)) for row in connection.execute(inbound)]
            replied = connection.execute(outbound).all()
        last = {row.id: row.n for row in reversed(replied)}
        placed += [((row.created, True, row.id, row.n), _replied(row, last=last[row.id] == row.n)) for row in replied]
        return [line for _, line in sorted(placed, key=lambda pair: pair[0])[-limit:]]

    def counts(self) -> Mapping[str, int]:
        with self._db.read() as connection:
            messages = connection.execute(select(MESSAGE.c.state, func.count()).group_by(MESSAGE.c.state))
            counted = {f"message.{state}": int(count) for state, count in messages}
            deliveries = connection.execute(select(DELIVERY.c.status, func.count()).group_by(DELIVERY.c.status))
            return counted | {f"delivery.{status}": int(count) for status, count in deliveries} | tickets.counts(connection)

    def costs(self, *, since: float) -> Sequence[Spent]:
        groups = (DELIVERY.c.channel, PART.c.currency, PART.c.category)
        paid = (DELIVERY.c.created > since) & (PART.c.external_id != "")
        summed = select(*groups, func.count(), func.sum(PART.c.micros)).join(DELIVERY, DELIVERY.c.id == PART.c.delivery_id)
        with self._db.read() as connection:
            found = connection.execute(summed.where(paid).group_by(*groups).order_by(*groups))
            return [Spent(channel, currency, kind, count, from_micros(int(micros))) for channel, currency, kind, count, micros in found]


def _unlocked(rows: Any, limit: int) -> Any:
    """At most `limit` of `rows`, leaving out what another transaction has in hand."""
    return rows.limit(limit).with_for_update(skip_locked=True)


def _push_back(connection: Connection, table: Table, ids: Sequence[int], now: float) -> None:
    """rules.longer, as SQL."""
    if not ids:
        return
    delay_s = table.c.delay_s
    doubled = case((2 * delay_s > LONGEST_DELAY_S, LONGEST_DELAY_S), else_=2 * delay_s)
    connection.execute(update(table).where(table.c.id.in_(ids)).values(due_at=now + delay_s, delay_s=doubled))


def _said(row: Row[*tuple[Any, ...]]) -> Line:
    return Line(True, row.text, row.received, row.state, f"in-{row.id}", row.channel)


def _replied(row: Row[*tuple[Any, ...]], *, last: bool) -> Line:
    """What can be picked goes out with the last part."""
    choices = tuple(Choice(*choice) for choice in row.choices) if last else ()
    return Line(False, row.text, row.created, row.status, f"out-{row.id}-{row.n}", row.channel, choices)
