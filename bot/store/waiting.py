"""What waits, and an operator's hand in it: shown, held, dropped, sent. Few calls, far from the hot path."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Row,
    Select,
    String,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    union_all,
    update,
)

from bot.core.types import Lane, Status
from bot.core.waiting import AGES_S, ENDS_S, NEVER, Heap, Hold, Waiting, Wanted
from bot.store import outbox
from bot.store.engine import Database
from bot.store.hold_tables import HOLD
from bot.store.holds import Said, delivery_held, fits_delivery, fits_question, question_held
from bot.store.rules import DROPPED, FIRST_DELAY_S, LIVE, NOT_REVIVED, OPEN, UNANSWERED, WAITING, MessageState
from bot.store.statements import one_of
from bot.store.tables import DELIVERY, MESSAGE, PART

_M, _D = MESSAGE.c, DELIVERY.c
_BATCH = 500  # rows a transaction: nobody waits long for its end
_NEW = one_of(_M.state, [MessageState.NEW])
_UNCLAIMED = one_of(_D.status, WAITING)
_may_be_out = exists().where(PART.c.delivery_id == _D.id, or_(PART.c.status != Status.FAILED, PART.c.external_id != ""))


class WaitingRows:
    """The part of SqlStore that shows what waits and lets an operator decide about it."""

    _db: Database

    def heaps(self, *, now: float, stale_after_s: float) -> Sequence[Heap]:
        both = union_all(_deliveries(Wanted(urgent=True)), _questions(Wanted(urgent=True), stale_after_s)).subquery().c
        age = case(*((both.made > now - age_s, n) for n, age_s in enumerate(AGES_S)), else_=len(AGES_S))
        left = ((both.ends <= now + left_s, n) for n, left_s in enumerate(ENDS_S))
        ends = case((both.ends == 0.0, NEVER), *left, else_=len(ENDS_S))
        names = ("lane", "channel", "kind", "status", "held", "code")
        placed = select(*(both[name] for name in names), age.label("age"), ends.label("ends"), both.made).subquery().c
        groups = [placed[name] for name in (*names, "age", "ends")]
        counted = select(*groups, func.count().label("count"), func.min(placed.made).label("oldest")).group_by(*groups).order_by(*groups)
        with self._db.read() as connection:
            return [_heap(row) for row in connection.execute(counted)]

    def waiting(self, wanted: Wanted, *, limit: int, stale_after_s: float, texts: bool = False) -> Sequence[Waiting]:
        found: list[Waiting] = []
        with self._db.read() as connection:
            for rows in (_deliveries(wanted), _questions(wanted, stale_after_s)):
                at = rows.selected_columns.made
                found += [_waiting(row) for row in connection.execute(rows.order_by(at, rows.selected_columns.id).limit(limit))]
            found = sorted(found, key=lambda row: (row.made, row.question, row.id))[:limit]
            return [replace(row, text=_text(connection, row)) for row in found] if texts else found

    def unclaimed(self, wanted: Wanted) -> tuple[int, int]:
        sends = select(func.count()).select_from(DELIVERY).where(_UNCLAIMED, fits_delivery(_D, Said(wanted)))
        asks = select(func.count()).select_from(MESSAGE).where(_NEW, fits_question(_M, Said(wanted)))
        with self._db.read() as connection:
            return int(connection.scalar(sends) or 0), int(connection.scalar(asks) or 0)

    def given_up(self, *, since: float) -> Mapping[str, int]:
        failed = select(_D.code, func.count()).where(_D.created > since, _D.status == Status.FAILED).group_by(_D.code)
        ended = select(_M.state, func.count()).where(_M.received > since, _M.state.in_(UNANSWERED)).group_by(_M.state)
        with self._db.read() as connection:
            codes = {str(code): int(count) for code, count in connection.execute(failed)}
            return codes | {f"question {state}": int(count) for state, count in connection.execute(ended)}

    def holds(self) -> Sequence[Hold]:
        with self._db.read() as connection:
            return [_hold(row) for row in connection.execute(select(HOLD).order_by(HOLD.c.id))]

    def hold(self, wanted: Wanted, *, held_by: str, now: float) -> int:
        values = asdict(wanted) | {"since": now, "held_by": held_by}
        with self._db.write() as connection:
            added: int = connection.execute(insert(HOLD).values(values).returning(HOLD.c.id)).scalar_one()
            return added

    def release(self, ids: Sequence[int]) -> int:
        with self._db.write() as connection:
            return connection.execute(delete(HOLD).where(HOLD.c.id.in_(ids))).rowcount

    def drop(self, wanted: Wanted, *, now: float) -> int:
        fits, asked = _UNCLAIMED & fits_delivery(_D, Said(wanted)), _NEW & fits_question(_M, Said(wanted))
        ended = update(MESSAGE).values(state=MessageState.DROPPED)
        dropped = self._in_batches(select(_D.id).where(fits), lambda connection, ids: outbox.fail(connection, ids, DROPPED))
        return dropped + self._in_batches(select(_M.id).where(asked), lambda c, ids: c.execute(ended.where(_M.id.in_(ids))))

    def hurry(self, wanted: Wanted, *, now: float) -> int:
        fits, asked = _UNCLAIMED & fits_delivery(_D, Said(wanted)), _NEW & fits_question(_M, Said(wanted))
        due = {"next_at": now, "due_at": now, "delay_s": FIRST_DELAY_S}
        with self._db.write() as connection:
            sent = connection.execute(update(DELIVERY).where(fits).values(due)).rowcount
            return sent + connection.execute(update(MESSAGE).where(asked).values(due | {"asked": now})).rowcount

    def revive(self, wanted: Wanted, *, codes: Sequence[str], now: float, not_after: float) -> int:
        again = {"status": Status.QUEUED, "errors": 0, "hold_until": 0.0, "next_at": now, "due_at": now, "delay_s": FIRST_DELAY_S}

        def back(connection: Connection, ids: Sequence[int]) -> None:
            outbox.set_parts(connection, ids, [Status.FAILED], Status.QUEUED)
            connection.execute(update(DELIVERY).where(_D.id.in_(ids)).values(again | {"not_after": not_after}))

        return self._in_batches(select(_D.id).where(_revivable(wanted, codes)), back)

    def revivable(self, wanted: Wanted, *, codes: Sequence[str]) -> int:
        with self._db.read() as connection:
            return int(connection.scalar(select(func.count()).select_from(DELIVERY).where(_revivable(wanted, codes))) or 0)

    def _in_batches(self, ids: Select[Any], act: Callable[[Connection, Sequence[int]], object]) -> int:
        """Does `act` to all of `ids`, so many in a transaction. What `act` did has to leave them out of `ids`."""
        total = 0
        while True:
            with self._db.write() as connection:
                some: Sequence[int] = connection.scalars(ids.limit(_BATCH).with_for_update(skip_locked=True)).all()
                if not some:
                    return total
                act(connection, some)
            total += len(some)


def _revivable(wanted: Wanted, codes: Sequence[str]) -> ColumnElement[bool]:
    why = and_(_D.code.not_in(NOT_REVIVED), _D.code.in_(codes) if codes else true())
    return and_(_D.status == Status.FAILED, why, ~_may_be_out, fits_delivery(_D, Said(wanted)))


def _deliveries(wanted: Wanted) -> Select[Any]:
    """The live deliveries that fit, in the columns of Waiting."""
    held = case((_UNCLAIMED & delivery_held(_D), 1), else_=0)
    later = case((_D.hold_until > _D.next_at, _D.hold_until), else_=_D.next_at)
    said = (_D.channel, _D.urn, _D.kind, _D.status, held.label("held"), _D.created.label("made"), later.label("next_at"))
    rest = (_D.not_after.label("ends"), _D.attempts.label("tries"), _D.code)
    live = one_of(_D.status, LIVE) & fits_delivery(_D, Said(wanted))
    return select(literal(0).label("question"), _D.id, _D.lane, *said, *rest).where(live)


def _questions(wanted: Wanted, stale_after_s: float) -> Select[Any]:
    """As `_deliveries`, for open questions."""
    held = case((_NEW & question_held(_M), 1), else_=0)
    said = (_M.channel, _M.urn, _word("").label("kind"), _M.state.label("status"), held.label("held"), _M.asked.label("made"), _M.next_at)
    rest = ((_M.asked + literal(stale_after_s, Double)).label("ends"), _M.attempts.label("tries"), _word("").label("code"))
    open_ = one_of(_M.state, OPEN) & fits_question(_M, Said(wanted))
    return select(literal(1).label("question"), _M.id, _word(Lane.ANSWERS.value).label("lane"), *said, *rest).where(open_)


def _word(text: str) -> ColumnElement[str]:
    return literal(text, String)


def _text(connection: Connection, row: Waiting) -> str:
    if row.question:
        return str(connection.scalar(select(_M.text).where(_M.id == row.id)) or "")
    return _joined(part.text for part in outbox.parts(connection, row.id))


def _joined(texts: Iterable[str]) -> str:
    return " ".join(texts)


def _waiting(row: Row[Any]) -> Waiting:
    values = row._asdict()
    return Waiting(**values | {"question": bool(row.question), "held": bool(row.held), "lane": Lane(row.lane)})


def _heap(row: Row[*tuple[Any, ...]]) -> Heap:
    values = row._asdict()
    return Heap(**values | {"held": bool(row.held), "lane": Lane(row.lane)})


def _hold(row: Row[Any]) -> Hold:
    values = row._asdict()
    return Hold(values.pop("id"), since=values.pop("since"), held_by=values.pop("held_by"), wanted=Wanted(**values))
