"""Watches one transaction: what was taken, what was decided about it, and what providers reported, told once it is committed."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.core.storage import NewDelivery, Tx
from bot.core.types import Message, StatusUpdate
from bot.logs import note
from bot.metrics import families as f


@dataclass(slots=True)
class _Taken:
    """One message of this transaction, and what became of it at once."""

    id: int
    channel: str
    how: str = ""
    delivery: int | None = None


class WatchedTx:
    """What is not named here is the transaction's own."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self._taken: dict[int, _Taken] = {}
        self._counts: list[Callable[[], None]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._tx, name)

    def insert_message(self, message: Message, **named: Any) -> int | None:
        stored = self._tx.insert_message(message, **named)
        if stored is None:
            self._counts.append(f.DUPLICATES.labels(message.channel).inc)
        else:
            self._taken[stored] = _Taken(stored, message.channel)
            self._counts.append(f.MESSAGES.labels(message.channel).inc)
        return stored

    def queue_question(self, message_id: int, **named: Any) -> None:
        self._tx.queue_question(message_id, **named)
        if message_id in self._taken:
            self._taken[message_id].how = "question"
            self._counts.append(f.QUESTIONS.labels(self._taken[message_id].channel).inc)

    def ignore_message(self, message_id: int) -> None:
        self._tx.ignore_message(message_id)
        if message_id in self._taken:
            self._taken[message_id].how = "ignored"

    def insert_delivery(self, delivery: NewDelivery, **named: Any) -> int | None:
        stored = self._tx.insert_delivery(delivery, **named)
        taken = self._taken.get(delivery.message_id or 0)
        kind = f.kind_of(delivery.kind)
        if stored is not None and taken is not None:
            taken.how, taken.delivery = kind, stored
            self._counts.append(f.REPLIES.labels(taken.channel, kind).inc)
        return stored

    def apply_status(self, update: StatusUpdate, **named: Any) -> bool:
        known = self._tx.apply_status(update, **named)
        self._counts.append(f.REPORTS.labels(update.channel, update.status).inc)
        return known

    def tell(self, log: logging.Logger) -> None:
        """After the commit."""
        for count in self._counts:
            count()
        for taken in self._taken.values():
            note(log, "taken", message=taken.id, delivery=taken.delivery, channel=taken.channel, how=taken.how)
