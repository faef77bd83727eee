"""Group commit: one thread takes what came in meanwhile and commits it together.

One fsync for many webhooks is what lets a cheap disk acknowledge thousands per second at full durability.
"""

import queue
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from bot.core.errors import StoreDown
from bot.core.inbox import Inbox
from bot.core.ports import Clock, Taken
from bot.core.storage import Store
from bot.core.types import Event
from bot.gateway.hints import Hint

GROUP = 256
PATIENCE_S = 5.0
HOLD_S = 0.25  # one transaction: workers and screens wait for the write lock meanwhile


@dataclass(frozen=True, slots=True)
class _Item:
    event: Event
    arrived: float
    give_up: float  # time.monotonic(): after this nobody listens any more
    future: Future[Taken] = field(default_factory=Future)


class Writer:
    """Takes events into the store. `hint` hears what to queue, after the commit."""

    def __init__(
        self,
        store: Store,
        inbox: Inbox,
        clock: Clock,
        hint: Callable[[Sequence[Hint]], None],
        *,
        patience_s: float = PATIENCE_S,
        hold_s: float = HOLD_S,
    ) -> None:
        self._store, self._inbox, self._clock, self._hint = store, inbox, clock, hint
        self._patience_s, self._hold_s = patience_s, hold_s
        self._queue: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Takes in everything that waits, then ends."""
        self._queue.put(None)
        self._thread.join()

    def is_alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def take(self, event: Event) -> Future[Taken]:
        """The result once it is committed. The future fails with StoreDown, or with what the event itself caused."""
        item = _Item(event, self._clock(), time.monotonic() + self._patience_s)
        item.future.set_running_or_notify_cancel()  # nobody can cancel what may be in a transaction already
        self._queue.put(item)
        return item.future

    def _run(self) -> None:
        while (item := self._queue.get()) is not None:
            group, last = self._gather(item)
            self._commit(group)
            if last:
                return

    def _gather(self, first: _Item) -> tuple[list[_Item], bool]:
        """What waits already, up to a full group; True where the end was called."""
        group = [first]
        while len(group) < GROUP:
            try:
                item = self._queue.get_nowait()
            except queue.Empty:
                break
            if item is None:
                return group, True
            group.append(item)
        return group, False

    def _commit(self, group: Sequence[_Item]) -> None:
        while group := self._in_time(group):
            try:
                taken = self._transact(group)
            except Exception as error:
                self._one_by_one(group, error)
                return
            self._settle(group[: len(taken)], taken)
            group = group[len(taken) :]

    def _one_by_one(self, group: Sequence[_Item], error: Exception) -> None:
        """After a failed group: each for itself, so that a bad one fails alone."""
        if len(group) == 1:
            group[0].future.set_exception(error)
            return
        for item in group:
            self._commit([item])

    def _transact(self, group: Sequence[_Item]) -> Sequence[Taken]:
        """Takes the first of `group`, and as many more as fit into one short hold of the store's write lock."""
        taken: list[Taken] = []
        end = time.monotonic() + self._hold_s
        with self._store.begin() as tx:
            for item in group:
                taken.append(self._inbox.take(tx, item.event, now=item.arrived))
                if time.monotonic() >= end:
                    break
        return taken

    def _in_time(self, group: Sequence[_Item]) -> list[_Item]:
        """Drops what the provider was told to send again, so that a slow store is not asked for each of them in turn."""
        now = time.monotonic()
        late = [item for item in group if item.give_up <= now]
        for item in late:
            item.future.set_exception(StoreDown("the store took too long"))
        return [item for item in group if item.give_up > now]

    def _settle(self, group: Sequence[_Item], taken: Sequence[Taken]) -> None:
        for item, result in zip(group, taken, strict=True):
            self._hint(result.hints)
            item.future.set_result(result)
