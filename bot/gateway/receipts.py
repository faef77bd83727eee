"""Read receipts: a person sees that we read their message, where the channel can show it.

A thread of their own tells the provider after the message is committed and acknowledged. They are a courtesy: what fails, waits too long
or is too much is dropped, and nothing else waits for them.
"""

import logging
import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from bot.core import ports
from bot.core.errors import SendError
from bot.core.ports import Channel, Taken
from bot.core.trace import where
from bot.core.types import Event, Lane, Message

log = logging.getLogger(__name__)

_WAITING = 1000
STALE_S = 10.0  # "typing" that comes after the answer would only puzzle
_LAST_WORDS_S = 1.0


@dataclass(frozen=True, slots=True)
class _Receipt:
    channel: ports.Receipts
    message_id: str
    typing: bool
    at: float  # time.monotonic()


class Receipts:
    """Shows people in the background that their messages were read."""

    def __init__(self) -> None:
        self._waiting: queue.Queue[_Receipt | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="receipts", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Ends with the receipt that is on its way, or without it where the provider is slow."""
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return  # the thread is a daemon's: it ends with the process
        self._thread.join(_LAST_WORDS_S)

    def is_alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def tell(self, channel: Channel, events: Sequence[Event], taken: Sequence[Taken]) -> None:
        """Never blocks. `taken` is what became of each of `events`; messages that we had already were shown as read then."""
        if not isinstance(channel, ports.Receipts):
            return
        for event, one in zip(events, taken, strict=True):
            if isinstance(event, Message) and not one.duplicate:
                typing = any(lane is Lane.ANSWERS for lane, _ in one.hints)
                self._put(_Receipt(channel, event.external_id, typing, time.monotonic()))

    def _put(self, receipt: _Receipt) -> None:
        try:
            self._waiting.put_nowait(receipt)
        except queue.Full:
            log.debug("read receipt dropped, %d wait", _WAITING)

    def _run(self) -> None:
        while (receipt := self._waiting.get()) is not None:
            if time.monotonic() - receipt.at <= STALE_S:
                _show(receipt)


def _show(receipt: _Receipt) -> None:
    try:
        receipt.channel.mark_read(receipt.message_id, typing=receipt.typing)
    except SendError as error:
        log.info("read receipt not shown: %s", error)
    except Exception as error:  # this thread outlives a broken promise of the port
        log.warning("read receipt failed: %s", where(error))
