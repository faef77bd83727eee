"""Watches a store: every step of a message's life is a call of it, so every step is counted, timed and logged here, in one place.

The core and the stores know nothing of it. What is written in a transaction is told after its commit, and not at all where it failed.
"""

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from bot.core.price import Price
from bot.core.storage import Claim, ClaimedDelivery, ClaimedMessage, NewDelivery, Store, Tx
from bot.core.types import Lane, Status
from bot.logs import note
from bot.metrics import families as f
from bot.metrics.watch_tx import WatchedTx

_MOST = 1000  # claims in hand at one time; more are claims that were lost

log = logging.getLogger("bot.messages")


_Row = TypeVar("_Row", ClaimedMessage, ClaimedDelivery)


@dataclass(slots=True)
class _Held(Generic[_Row]):
    """A claim in hand: the row, and since when its work, or the call for its part, goes on."""

    row: _Row
    since: float  # time.monotonic()


def watched(store: Store, lane: Lane | None = None) -> Store:
    """`store`, with everything told that happens to it. `lane` is whose worker this is, None for the gateway."""
    return cast(Store, _Watched(store, lane))


class _Watched:
    """What is not named here is the store's own."""

    def __init__(self, store: Store, lane: Lane | None) -> None:
        self._store, self._lane = store, lane or Lane.SENDS
        self._questions: dict[str, _Held[ClaimedMessage]] = {}  # by the claim's token
        self._deliveries: dict[str, _Held[ClaimedDelivery]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        with self._store.begin() as tx:
            seen = WatchedTx(tx)
            yield cast(Tx, seen)
        seen.tell(log)

    # ANSWERS

    def claim_message(self, id: int, **named: Any) -> ClaimedMessage | None:
        claimed = self._store.claim_message(id, **named)
        if claimed is not None:
            _hold(self._questions, claimed)
        return claimed

    def finish_message(self, claim: Claim, delivery: NewDelivery, *, now: float, **named: Any) -> int | None:
        stored = self._store.finish_message(claim, delivery, now=now, **named)
        held = self._questions.pop(claim.token, None)
        if stored is not None and held is not None:
            _tell_answer(held, delivery, stored, now)
        return stored

    def release_message(self, claim: Claim, **named: Any) -> None:
        self._questions.pop(claim.token, None)
        self._store.release_message(claim, **named)
        note(log, "released", message=claim.id, attempt=claim.attempts)

    def expire_message(self, claim: Claim, *rest: Any, **named: Any) -> int | None:
        notice = self._store.expire_message(claim, *rest, **named)
        self._questions.pop(claim.token, None)
        f.STALE.inc()
        note(log, "expired", message=claim.id, notice=notice)
        return notice

    # SENDS and ALERTS

    def claim_delivery(self, id: int, **named: Any) -> ClaimedDelivery | None:
        claimed = self._store.claim_delivery(id, **named)
        if claimed is not None:
            _hold(self._deliveries, claimed)
        return claimed

    def part_sending(self, claim: Claim, n: int, **named: Any) -> bool:
        ours = self._store.part_sending(claim, n, **named)
        if claim.token in self._deliveries:
            self._deliveries[claim.token].since = time.monotonic()
        return ours

    def part_wired(
        self, claim: Claim, n: int, external_id: str, *, now: float, price: Price | None = None, last: bool = False
    ) -> Status | None:
        called = time.monotonic()
        status = self._store.part_wired(claim, n, external_id, now=now, price=price, last=last)
        held = self._deliveries.get(claim.token)
        if held is not None:
            row, waited = held.row, max(0.0, now - held.row.created)
            f.PARTS.labels(row.channel, self._lane, Status.WIRED).inc()
            f.WIRED.labels(row.channel, self._lane).observe(waited)
            note(log, "wired", **_about(row), part=n, call_s=called - held.since, waited_s=waited)
        if last:
            self._deliveries.pop(claim.token, None)
        return status

    def part_unknown(self, claim: Claim, n: int, code: str, **named: Any) -> None:
        self._store.part_unknown(claim, n, code, **named)
        held = self._deliveries.get(claim.token)
        if held is not None:
            row = held.row
            f.PARTS.labels(row.channel, self._lane, Status.UNKNOWN).inc()
            note(log, "unknown", level=logging.WARNING, **_about(row), part=n, code=code)

    def finish_delivery(self, claim: Claim, **named: Any) -> Status:
        self._deliveries.pop(claim.token, None)
        return self._store.finish_delivery(claim, **named)

    def retry_delivery(self, claim: Claim, *, after_s: float, code: str, **named: Any) -> None:
        self._store.retry_delivery(claim, after_s=after_s, code=code, **named)
        self._ended(claim, Status.ERRORED, logging.WARNING, code=code, again_s=after_s)

    def postpone_delivery(self, claim: Claim, *, now: float, until: float, **named: Any) -> None:
        self._store.postpone_delivery(claim, now=now, until=until, **named)
        self._ended(claim, "postponed", logging.INFO, again_s=until - now)

    def fail_delivery(self, claim: Claim, *, reason: str, **named: Any) -> Status:
        status = self._store.fail_delivery(claim, reason=reason, **named)
        self._ended(claim, status, logging.WARNING, code=reason)
        return status

    # CHORES

    def due(self, **named: Any) -> Sequence[tuple[Lane, int]]:
        found = self._store.due(**named)
        for lane, _ in found:
            f.SWEPT.labels(lane).inc()
        f.SWEEP.set_to_current_time()
        return found

    def expire(self, **named: Any) -> int:
        count = self._store.expire(**named)
        if count:
            f.EXPIRED.inc(count)
            note(log, "expired", level=logging.WARNING, deliveries=count)
        return count

    def _ended(self, claim: Claim, status: str, level: int, **fields: Any) -> None:
        held = self._deliveries.pop(claim.token, None)
        if held is not None:
            f.TRIES.labels(held.row.channel, self._lane, status).inc()
            note(log, status, level=level, **_about(held.row), **fields)


def _hold(claims: dict[str, _Held[_Row]], row: _Row) -> None:
    if len(claims) >= _MOST:
        claims.clear()
    claims[row.claim.token] = _Held(row, time.monotonic())


def _tell_answer(held: _Held[ClaimedMessage], delivery: NewDelivery, stored: int, now: float) -> None:
    row = held.row
    waited, worked = max(0.0, now - row.received), time.monotonic() - held.since
    kind = f.kind_of(delivery.kind)
    f.ANSWERED.labels(row.message.channel).observe(waited)
    f.WORKED.labels(kind).observe(worked)
    f.REPLIES.labels(row.message.channel, kind).inc()
    place: dict[str, Any] = {"message": row.claim.id, "delivery": stored, "channel": row.message.channel}
    note(log, "answered", **place, how=kind, facts=delivery.facts, waited_s=waited, worked_s=worked)


def _about(row: ClaimedDelivery) -> dict[str, Any]:
    return {"message": row.message_id, "delivery": row.claim.id, "channel": row.channel}
