"""The in-memory double of the store: the same promises, for `ujumbe chat` and for tests. Held to SqlStore by one contract test."""

import threading
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TypeVar

from bot.core.errors import StoreDown
from bot.core.price import Price
from bot.core.storage import Claim, ClaimedDelivery, ClaimedMessage, Line, NewDelivery, Part, Spent, WaitingAnswer
from bot.core.types import Contact, Lane, Lang, Status
from bot.store import memory_tickets
from bot.store.memory_backlog import MemoryBacklog
from bot.store.memory_buckets import MemoryBuckets
from bot.store.memory_clock import MemoryClock
from bot.store.memory_gauges import MemoryGauges
from bot.store.memory_rates import MemoryRates
from bot.store.memory_rows import Outgoing, Question, Tables, as_answer
from bot.store.memory_tickets import MemoryTickets
from bot.store.memory_tx import MemoryTx
from bot.store.memory_waiting import MemoryWaiting, delivery_held, question_held
from bot.store.rules import FIRST_DELAY_S, LIVE, SCREEN, UNSENT, MessageState, clean, from_micros, longer, new_token, shared_out, to_micros

PATIENCE_S = 10.0


class MemoryStore(MemoryRates, MemoryBuckets, MemoryTickets, MemoryGauges, MemoryClock, MemoryWaiting, MemoryBacklog):
    """bot.core.ports.Store in one process. One lock, one writer at a time."""

    def __init__(self) -> None:
        self._tables = Tables()
        self._lock = threading.Lock()

    @contextmanager
    def begin(self) -> Iterator[MemoryTx]:
        with self._write() as tables:
            yield MemoryTx(tables)

    @contextmanager
    def _write(self) -> Iterator[Tables]:
        if not self._lock.acquire(timeout=PATIENCE_S):
            raise StoreDown(f"The in-memory store was busy for {PATIENCE_S:.0f} s. Is begin() used inside begin()?")
        try:
            work = self._tables.copy()
            yield work
            self._tables = work
        finally:
            self._lock.release()

    # ANSWERS

    def claim_message(self, id: int, *, now: float, lease_s: float) -> ClaimedMessage | None:
        with self._write() as t:
            row = t.questions.get(id)
            if row is None or not _answerable(row, now) or question_held(t, row) or _asked_before(t, row):
                return None
            claim = Claim(id, new_token(), row.attempts + 1)
            t.put(replace(_leased(row, claim, now + lease_s), state=MessageState.ANSWERING))
            contact = t.contacts.get(row.message.urn) or Contact(row.message.urn, Lang.EN)
            return ClaimedMessage(claim, row.message, contact, row.skill, row.turns, row.received, row.asked)

    def renew_message(self, claim: Claim, *, now: float, lease_s: float) -> bool:
        with self._write() as t:
            row = t.claimed_question(claim)
            if row is not None:
                t.put(replace(row, lease_until=now + lease_s, due_at=now + lease_s))
            return row is not None

    def finish_message(self, claim: Claim, delivery: NewDelivery, *, now: float) -> int | None:
        with self._write() as t:
            row = t.claimed_question(claim)
            if row is None:
                return None
            t.put(replace(row, state=MessageState.DONE, token=None))
            repeats = delivery.repeats if row.screen_until <= now else None
            answer = replace(delivery, urn=row.message.urn, message_id=row.id, hold_until=row.screen_until, repeats=repeats)
            delivery_id = MemoryTx(t).insert_delivery(answer, now=now) or t.dedups[answer.dedup]
            _wake_question(t, row.message.urn, now)
            return delivery_id

    def expire_message(self, claim: Claim, notice: NewDelivery | None, *, since: float, now: float) -> int | None:
        with self._write() as t:
            row = t.claimed_question(claim)
            if row is None:
                return None
            t.put(replace(row, state=MessageState.EXPIRED, token=None))
            _wake_question(t, row.message.urn, now)
            if notice is None or MemoryTx(t).told(row.message.urn, notice.kind, since=since):
                return None
            return MemoryTx(t).insert_delivery(replace(notice, urn=row.message.urn), now=now)

    def release_message(self, claim: Claim, *, now: float, after_s: float) -> None:
        with self._write() as t:
            row = t.claimed_question(claim)
            if row is not None:
                again = now + after_s
                t.put(replace(row, state=MessageState.NEW, token=None, next_at=again, due_at=again, delay_s=FIRST_DELAY_S))

    # SENDS and ALERTS

    def claim_delivery(self, id: int, *, now: float, lease_s: float) -> ClaimedDelivery | None:
        with self._write() as t:
            row = t.outgoing.get(id)
            if row is None or not _sendable(row, now) or delivery_held(t, row) or _ordered_before(t, row, now):
                return None
            claim = Claim(id, new_token(), row.attempts + 1)
            t.put(replace(_leased(row, claim, now + lease_s), status=Status.SENDING))
            contact = t.contacts.get(row.order.urn)
            return ClaimedDelivery(
                claim=claim,
                channel=row.order.channel,
                urn=row.order.urn,
                parts=row.parts,
                not_after=row.order.not_after,
                despite_stop=row.order.despite_stop,
                opted_out=contact is not None and contact.opted_out,
                errors=row.errors,
                lane=row.order.lane,
                unclear=row.unclear,
                choices=tuple(row.order.choices),
                unsolicited=row.order.unsolicited,
                lang=Lang.EN if contact is None else contact.lang,
                created=row.created,
                message_id=row.order.message_id,
            )

    def part_sending(self, claim: Claim, n: int, *, now: float, lease_s: float, may_be_lost: bool = False) -> bool:
        with self._write() as t:
            row = t.claimed_delivery(claim)
            if row is None or row.parts[n].status not in UNSENT:
                return False
            parts = tuple(replace(p, status=Status.SENDING) if p.n == n else p for p in row.parts)
            t.put(replace(row, parts=parts, lease_until=now + lease_s, due_at=now + lease_s))
            return True

    def part_wired(
        self, claim: Claim, n: int, external_id: str, *, now: float, price: Price | None = None, last: bool = False
    ) -> Status | None:
        with self._write() as t:
            row = t.claimed_delivery(claim)
            if row is not None:
                t.learn(row.order.channel, clean(external_id), row.id, n)
                t.put(t.outgoing[row.id].climbed(n, Status.WIRED).priced(n, price))
        return self.finish_delivery(claim, now=now) if last else None

    def part_unknown(self, claim: Claim, n: int, code: str, *, now: float) -> None:
        with self._write() as t:
            row = t.claimed_delivery(claim)
            if row is not None:
                t.put(replace(row.climbed(n, Status.UNKNOWN), code=code))

    def finish_delivery(self, claim: Claim, *, now: float) -> Status:
        with self._write() as t:
            row = t.claimed_delivery(claim)
            if row is None:
                return t.outgoing[claim.id].status
            row = row.summed()
            if row.live:
                row = replace(row, status=Status.QUEUED, next_at=now, due_at=now + FIRST_DELAY_S)
            t.put(replace(row, token=None))
            _wake_next(t, row, now)
            return row.status

    def retry_delivery(
        self, claim: Claim, *, now: float, after_s: float, code: str, untaken: int | None = None, failed: bool = True, unclear: bool = False
    ) -> None:
        with self._write() as t:
            row = t.claimed_delivery(claim)
            if row is None:
                return
            row = row.untaken(untaken)
            again = now + after_s
            row = replace(row, errors=row.errors + failed, unclear=row.unclear + unclear)
            row = replace(row, token=None, code=code, next_at=again, due_at=again, delay_s=FIRST_DELAY_S)
            t.put(replace(row, status=Status.ERRORED) if row.live else row)
            _wake_next(t, row, now)

    def postpone_delivery(self, claim: Claim, *, now: float, until: float) -> None:
        with self._write() as t:
            row = t.claimed_delivery(claim)
            if row is None:
                return
            if row.live:
                row = replace(row, status=Status.QUEUED, next_at=until, due_at=until, delay_s=FIRST_DELAY_S)
            t.put(replace(row, token=None))
            _wake_next(t, row, now)

    def fail_delivery(self, claim: Claim, *, now: float, reason: str, untaken: int | None = None) -> Status:
        with self._write() as t:
            row = t.claimed_delivery(claim)
            if row is not None:
                t.put(row.untaken(untaken).failed(reason))
                _wake_next(t, row, now)
            return t.outgoing[claim.id].status

    def heard(self, channel: str, urn: str, *, since: float) -> bool:
        theirs = (q for q in self._tables.questions.values() if (q.message.urn, q.message.channel) == (clean(urn), channel))
        return any(min(q.message.sent_at or q.received, q.received) > since for q in theirs)

    # USSD screens

    def claim_screen(self, message_id: int, *, now: float) -> WaitingAnswer | None:
        with self._write() as t:
            for row in t.answers_to(message_id):
                if row.via == SCREEN:
                    return as_answer(row)
                if row.waiting and row.hold_until > 0.0 and all(part.status is Status.QUEUED for part in row.parts):
                    shown = replace(row.with_parts((Status.QUEUED,), Status.DELIVERED), status=Status.DELIVERED, via=SCREEN)
                    t.put(shown)
                    return as_answer(shown)
            return None

    def hand_over(self, message_id: int, *, now: float) -> int | None:
        with self._write() as t:
            if message_id in t.questions:
                t.put(replace(t.questions[message_id], screen_until=0.0))
            for row in t.answers_to(message_id):
                if row.waiting:
                    t.put(replace(row, hold_until=0.0, due_at=now + FIRST_DELAY_S, delay_s=FIRST_DELAY_S))
                    return row.id
            return None

    # CHORES

    def due(self, *, now: float, limit: int, closed: Collection[str] = ()) -> Sequence[tuple[Lane, int]]:
        with self._write() as t:
            rows: list[Question | Outgoing] = [q for q in t.questions.values() if q.open and q.due_at <= now and not question_held(t, q)]
            live = (d for d in t.outgoing.values() if d.live and d.order.channel not in closed)
            rows += [d for d in live if d.due_at <= now and not delivery_held(t, d)]
            found: dict[Lane, list[Question | Outgoing]] = {}
            for row in sorted(rows, key=lambda row: row.due_at):
                found.setdefault(Lane.ANSWERS if isinstance(row, Question) else row.order.lane, []).append(row)
            chosen = shared_out(found, limit, lambda row: row.due_at)
            for row in chosen:
                t.put(replace(row, due_at=now + row.delay_s, delay_s=longer(row.delay_s)))
            return [(Lane.ANSWERS if isinstance(row, Question) else row.order.lane, row.id) for row in chosen]

    def next_due(self, channel: str, lane: Lane, *, now: float) -> int | None:
        with self._write() as t:
            line = (d for d in t.outgoing.values() if d.waiting and (d.order.channel, d.order.lane) == (channel, lane))
            ready = (d for d in line if max(d.hold_until, d.next_at, d.due_at) <= now and not delivery_held(t, d))
            first = min(ready, key=lambda d: (d.due_at, d.id), default=None)
            if first is None:
                return None
            t.put(replace(first, due_at=now + FIRST_DELAY_S))
            return first.id

    def expire(self, *, now: float) -> int:
        with self._write() as t:
            t.forget_reports(now)
            t.forget_rates(now)
            late = [row for row in t.outgoing.values() if row.waiting and 0 < row.order.not_after < now]
            for row in late:
                t.put(row.failed("expired"))
            return len(late)

    def parts(self, delivery_id: int) -> Sequence[Part]:
        row = self._tables.outgoing.get(delivery_id)
        return () if row is None else row.parts

    def conversation(self, urn: str, *, limit: int) -> Sequence[Line]:
        return [line for _, line in sorted(self._tables.lines(clean(urn)), key=lambda pair: pair[0])[-limit:]]

    def counts(self) -> Mapping[str, int]:
        t = self._tables
        deliveries = [f"delivery.{d.status}" for d in t.outgoing.values()]
        return Counter([*(f"message.{q.state}" for q in t.questions.values()), *deliveries, *memory_tickets.counts(t)])

    def costs(self, *, since: float) -> Sequence[Spent]:
        groups: dict[tuple[str, str, str], list[int]] = {}
        for row in self._tables.outgoing.values():
            for part in row.parts if row.created > since else ():
                price = row.prices.get(part.n, Price())
                if part.external_id:
                    groups.setdefault((row.order.channel, price.currency, price.category), []).append(to_micros(price))
        return [Spent(*group, len(micros), from_micros(sum(micros))) for group, micros in sorted(groups.items())]

    def close(self) -> None:
        """Nothing to close: what is kept ends with the process."""


_Row = TypeVar("_Row", Question, Outgoing)


def _leased(row: _Row, claim: Claim, until: float) -> _Row:
    return replace(row, token=claim.token, attempts=claim.attempts, lease_until=until, due_at=until, delay_s=FIRST_DELAY_S)


def _answerable(row: Question, now: float) -> bool:
    if row.state is MessageState.NEW:
        return row.next_at <= now
    return row.state is MessageState.ANSWERING and row.lease_until <= now


def _asked_before(t: Tables, row: Question) -> bool:
    """Whether an older question of the same person is still open: answers come in the order of the questions."""
    older = (q for q in t.questions.values() if q.id < row.id and q.open and q.message.urn == row.message.urn)
    return any(q.state is MessageState.ANSWERING or not question_held(t, q) for q in older)


def _wake_question(t: Tables, urn: str, now: float) -> None:
    """The next question of the person is due now."""
    following = [q.id for q in t.questions.values() if q.message.urn == urn and q.state is MessageState.NEW]
    if following:
        t.put(replace(t.questions[min(following)], due_at=now, delay_s=FIRST_DELAY_S))


def _sendable(row: Outgoing, now: float) -> bool:
    ready = row.hold_until <= now and row.next_at <= now
    return ready and (row.waiting or (row.status is Status.SENDING and row.lease_until <= now))


def _ordered_before(t: Tables, row: Outgoing, now: float) -> bool:
    """Whether an older delivery goes first. See bot.store.senders for which ones do."""
    return any(older.id < row.id and _follows(older, row) and older.status in LIVE for older in _ready(t, now))


def _ready(t: Tables, now: float) -> Iterator[Outgoing]:
    rows = (row for row in t.outgoing.values() if row.hold_until <= now and row.next_at <= now)
    return (row for row in rows if row.status is Status.SENDING or not delivery_held(t, row))


def _follows(row: Outgoing, other: Outgoing) -> bool:
    """Whether the two are in one row of deliveries: the same person, channel and lane."""
    return (row.order.urn, row.order.channel, row.order.lane) == (other.order.urn, other.order.channel, other.order.lane)


def _wake_next(t: Tables, row: Outgoing, now: float) -> None:
    """What waited behind `row` is due now."""
    behind = [other.id for other in _ready(t, now) if other.waiting and _follows(other, row) and other.id != row.id]
    if behind:
        t.put(replace(t.outgoing[min(behind)], due_at=now, delay_s=FIRST_DELAY_S))
