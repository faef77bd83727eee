"""The in-memory double of bot.store.waiting and bot.store.holds."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace

from bot.core.types import Lane, Status
from bot.core.waiting import AGES_S, ENDS_S, NEVER, URGENT_KINDS, Heap, Hold, Waiting, Wanted
from bot.store.memory_rows import Outgoing, Question, Tables
from bot.store.rules import DROPPED, FIRST_DELAY_S, NOT_REVIVED, UNANSWERED, MessageState


class MemoryWaiting:
    """The part of MemoryStore that shows what waits and lets an operator decide about it."""

    _tables: Tables
    _write: Callable[[], AbstractContextManager[Tables]]

    def heaps(self, *, now: float, stale_after_s: float) -> Sequence[Heap]:
        heaps: dict[tuple[object, ...], Heap] = {}
        for row in self._waiting(Wanted(urgent=True), stale_after_s):
            age = next((n for n, age_s in enumerate(AGES_S) if row.made > now - age_s), len(AGES_S))
            left = next((n for n, left_s in enumerate(ENDS_S) if row.ends <= now + left_s), len(ENDS_S))
            ends = left if row.ends else NEVER
            alike = (row.lane, row.channel, row.kind, row.status, row.held, row.code, age, ends)
            old = heaps.get(alike)
            count, oldest = (1, row.made) if old is None else (old.count + 1, min(old.oldest, row.made))
            heaps[alike] = Heap(
                lane=row.lane,
                channel=row.channel,
                kind=row.kind,
                status=row.status,
                held=row.held,
                code=row.code,
                age=age,
                ends=ends,
                count=count,
                oldest=oldest,
            )
        return [heaps[alike] for alike in sorted(heaps, key=str)]

    def waiting(self, wanted: Wanted, *, limit: int, stale_after_s: float, texts: bool = False) -> Sequence[Waiting]:
        found = sorted(self._waiting(wanted, stale_after_s), key=lambda row: (row.made, row.question, row.id))[:limit]
        return found if texts else [replace(row, text="") for row in found]

    def _waiting(self, wanted: Wanted, stale_after_s: float) -> Iterator[Waiting]:
        t = self._tables
        for d in t.outgoing.values():
            if d.live and fits_delivery(d, wanted):
                yield _delivery(d, held=d.waiting and delivery_held(t, d))
        for q in t.questions.values():
            if q.open and fits_question(q, wanted):
                yield _question(q, stale_after_s, held=q.state is MessageState.NEW and question_held(t, q))

    def unclaimed(self, wanted: Wanted) -> tuple[int, int]:
        deliveries, questions = _unclaimed(self._tables, wanted)
        return len(deliveries), len(questions)

    def given_up(self, *, since: float) -> Mapping[str, int]:
        failed = [d.code for d in self._tables.outgoing.values() if d.created > since and d.status is Status.FAILED]
        ended = [q.state for q in self._tables.questions.values() if q.received > since and q.state in UNANSWERED]
        return Counter([*failed, *(f"question {state}" for state in ended)])

    def holds(self) -> Sequence[Hold]:
        return [hold for _, hold in sorted(self._tables.holds.items())]

    def hold(self, wanted: Wanted, *, held_by: str, now: float) -> int:
        with self._write() as t:
            t.hold_ids[0] = added = t.hold_ids.get(0, 0) + 1
            t.holds[added] = Hold(added, wanted, now, held_by)
            return added

    def release(self, ids: Sequence[int]) -> int:
        with self._write() as t:
            return sum(t.holds.pop(released, None) is not None for released in set(ids))

    def drop(self, wanted: Wanted, *, now: float) -> int:
        with self._write() as t:
            deliveries, questions = _unclaimed(t, wanted)
            for d in deliveries:
                t.put(d.failed(DROPPED))
            for q in questions:
                t.put(replace(q, state=MessageState.DROPPED))
            return len(deliveries) + len(questions)

    def hurry(self, wanted: Wanted, *, now: float) -> int:
        with self._write() as t:
            deliveries, questions = _unclaimed(t, wanted)
            for d in deliveries:
                t.put(replace(d, next_at=now, due_at=now, delay_s=FIRST_DELAY_S))
            for q in questions:
                t.put(replace(q, next_at=now, due_at=now, delay_s=FIRST_DELAY_S, asked=now))
            return len(deliveries) + len(questions)

    def revive(self, wanted: Wanted, *, codes: Sequence[str], now: float, not_after: float) -> int:
        with self._write() as t:
            rows = [d for d in t.outgoing.values() if _revivable(d, wanted, codes)]
            for d in rows:
                again = replace(d.with_parts((Status.FAILED,), Status.QUEUED), order=replace(d.order, not_after=not_after))
                again = replace(again, status=Status.QUEUED, errors=0, hold_until=0.0)
                t.put(replace(again, next_at=now, due_at=now, delay_s=FIRST_DELAY_S))
            return len(rows)

    def revivable(self, wanted: Wanted, *, codes: Sequence[str]) -> int:
        return sum(_revivable(d, wanted, codes) for d in self._tables.outgoing.values())


def fits_delivery(d: Outgoing, wanted: Wanted) -> bool:
    """As bot.store.holds.fits_delivery."""
    urgent = d.order.lane is Lane.ALERTS or d.order.kind in URGENT_KINDS
    return (
        wanted.channel in ("", d.order.channel)
        and wanted.lane in ("", d.order.lane)
        and wanted.kind in ("", d.order.kind)
        and (not wanted.made_before or d.created < wanted.made_before)
        and not wanted.question
        and wanted.delivery in (0, d.id)
        and (wanted.urgent or not urgent)
    )


def fits_question(q: Question, wanted: Wanted) -> bool:
    """As bot.store.holds.fits_question."""
    return (
        wanted.channel in ("", q.message.channel)
        and wanted.lane in ("", Lane.ANSWERS)
        and not wanted.kind
        and (not wanted.made_before or q.asked < wanted.made_before)
        and not wanted.delivery
        and wanted.question in (0, q.id)
    )


def delivery_held(t: Tables, d: Outgoing) -> bool:
    """Whether any hold keeps the delivery back."""
    return any(fits_delivery(d, hold.wanted) for hold in t.holds.values())


def question_held(t: Tables, q: Question) -> bool:
    """Whether any hold keeps the question back."""
    return any(fits_question(q, hold.wanted) for hold in t.holds.values())


def _unclaimed(t: Tables, wanted: Wanted) -> tuple[list[Outgoing], list[Question]]:
    deliveries = [d for d in t.outgoing.values() if d.waiting and fits_delivery(d, wanted)]
    return deliveries, [q for q in t.questions.values() if q.state is MessageState.NEW and fits_question(q, wanted)]


def _revivable(d: Outgoing, wanted: Wanted, codes: Sequence[str]) -> bool:
    why = d.code not in NOT_REVIVED and (not codes or d.code in codes)
    gone = any(part.status is not Status.FAILED or part.external_id for part in d.parts)
    return d.status is Status.FAILED and why and not gone and fits_delivery(d, wanted)


def _delivery(d: Outgoing, *, held: bool) -> Waiting:
    return Waiting(
        question=False,
        id=d.id,
        lane=d.order.lane,
        channel=d.order.channel,
        urn=d.order.urn,
        kind=d.order.kind,
        status=d.status,
        held=held,
        made=d.created,
        next_at=max(d.next_at, d.hold_until),
        ends=d.order.not_after,
        tries=d.attempts,
        code=d.code,
        text=" ".join(part.text for part in d.parts),
    )


def _question(q: Question, stale_after_s: float, *, held: bool) -> Waiting:
    return Waiting(
        question=True,
        id=q.id,
        lane=Lane.ANSWERS,
        channel=q.message.channel,
        urn=q.message.urn,
        kind="",
        status=q.state,
        held=held,
        made=q.asked,
        next_at=q.next_at,
        ends=q.asked + stale_after_s,
        tries=q.attempts,
        code="",
        text=q.message.text,
    )
