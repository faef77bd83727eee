"""Hints to workers, told by a thread of their own: a slow broker must not slow an acknowledgement.

Losing a hint costs seconds, never a message: the sweep finds the row.
"""

import logging
import queue
import threading
from collections.abc import Sequence

from bot.core.ports import Queue
from bot.core.trace import where
from bot.core.types import Lane

log = logging.getLogger(__name__)

Hint = tuple[Lane, int]

_WAITING = 10_000
_LAST_WORDS_S = 3.0


class Hints:
    """Passes hints on to the queue in the background, and drops them where too many wait."""

    def __init__(self, to: Queue) -> None:
        self._to = to
        self._waiting: queue.Queue[Hint | None] = queue.Queue(_WAITING)
        self._thread = threading.Thread(target=self._run, name="hints", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Tells what waits, for a short while at most."""
        self._put(None)
        self._thread.join(_LAST_WORDS_S)

    def is_alive(self) -> bool:
        """Whether its thread runs."""
        return self._thread.is_alive()

    def tell(self, hints: Sequence[Hint]) -> None:
        """Never blocks."""
        for hint in hints:
            self._put(hint)

    def _put(self, hint: Hint | None) -> None:
        try:
            self._waiting.put_nowait(hint)
        except queue.Full:
            log.warning("hint dropped, %d wait: is the broker up? The sweep will find the row.", _WAITING)

    def _run(self) -> None:
        while (hint := self._waiting.get()) is not None:
            try:
                self._to.hint(*hint)
            except Exception as error:  # the port promises not to raise; this thread outlives a broken promise
                log.warning("hint failed: %s", where(error))
