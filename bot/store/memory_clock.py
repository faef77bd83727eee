"""The in-memory double of bot.store.clock."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, TypeVar

from bot.core.jump import JUMP_S
from bot.core.types import Lane
from bot.store.memory_rows import Outgoing, Question, Tables
from bot.store.rules import MARK, RESTORED_MARK, TOUCHED_S

_Row = TypeVar("_Row", Question, Outgoing)
_WAITS = ("lease_until", "next_at", "due_at", "screen_until", "hold_until", "received", "asked", "created")


class MemoryClock:
    """The part of MemoryStore that follows the machine's clock."""

    _tables: Tables
    _write: Callable[[], AbstractContextManager[Tables]]

    def settle_clock(self, *, now: float, jumped_s: float = 0.0) -> float:
        with self._write() as t:
            back_s = t.rates.get(MARK, now) - now
            t.rates[MARK] = now
            if back_s > JUMP_S:
                _pull(t, now, back_s)
                return -back_s
            if jumped_s > JUMP_S:
                _push(t, now, jumped_s)
                return jumped_s
            return 0.0

    def restored_at(self) -> float:
        return self._tables.rates.get(RESTORED_MARK, TOUCHED_S) - TOUCHED_S


def _pull(t: Tables, now: float, by_s: float) -> None:
    def nearer(at: float) -> float:
        return at if at <= now + JUMP_S else max(at - by_s, now)

    t.rates = {name: at if name.startswith(":") else nearer(at) for name, at in t.rates.items()}
    for question in _questions(t):
        t.put(_moved(question, nearer))
    for delivery in [row for row in t.outgoing.values() if row.live]:
        t.put(_moved(delivery, nearer))
    t.sessions = {key: replace(s, touched=now) if s.touched > now + JUMP_S else s for key, s in t.sessions.items()}


def _push(t: Tables, now: float, by_s: float) -> None:
    before = now - by_s / 2

    def later(at: float) -> float:
        return at + by_s if 0 < at <= now else at

    for question in [row for row in _questions(t) if row.received <= before]:
        t.put(_moved(question, later))
    for delivery in [row for row in t.outgoing.values() if row.live and row.created <= before]:
        moves = delivery.order.not_after > 0 and delivery.order.lane is not Lane.ALERTS
        order = replace(delivery.order, not_after=delivery.order.not_after + by_s) if moves else delivery.order
        t.put(replace(_moved(delivery, later), order=order))
    for key, session in t.sessions.items():
        if now - by_s - TOUCHED_S < session.touched <= before:
            t.sessions[key] = replace(session, touched=session.touched + by_s)


def _questions(t: Tables) -> list[Question]:
    unsent = {row.order.message_id for row in t.outgoing.values() if row.live}
    return [row for row in t.questions.values() if row.open or row.id in unsent]


def _moved(row: _Row, move: Callable[[float], float]) -> _Row:
    values: dict[str, Any] = {name: move(getattr(row, name)) for name in _WAITS if hasattr(row, name)}
    return replace(row, **values)
