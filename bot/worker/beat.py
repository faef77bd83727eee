"""The clock of the CHORES lane."""

import logging
from collections.abc import Callable
from typing import Any

from celery import signals
from celery.beat import Scheduler, SchedulingError

from bot.config import Settings
from bot.heartbeat import Heart, heartbeat_file
from bot.worker.queue import make_celery
from bot.worker.ready import mark_when, ready_file

BEAT = "beat"
ALIVE_S = 30.0  # until the next tick, with a publisher's few tries of a broker that is gone

log = logging.getLogger(__name__)


def beat(settings: Settings) -> int:
    """Hints the sweep every few seconds until SIGTERM. Returns the exit status."""
    celery = make_celery(settings, publisher=True)
    mark_when(signals.beat_init, ready_file(settings, BEAT))
    heart = Heart(heartbeat_file(settings.run_path, BEAT))
    celery.Beat(quiet=True, scheduler_cls=scheduler(lambda: heart.promise(ALIVE_S))).run()
    return 0


def scheduler(alive: Callable[[], None]) -> type[Scheduler]:
    """Celery's scheduler, which calls `alive` at every tick and while it waits for the broker, and takes a broker that is gone calmly."""

    class Ticking(Scheduler):  # type: ignore[misc]  # celery has no types
        _down = False

        def tick(self, *args: Any, **options: Any) -> float:
            alive()
            seconds: float = super().tick(*args, **options)
            return seconds

        def apply_entry(self, entry: Any, producer: Any = None) -> None:
            """As Celery does it, with one line for each outage instead of two tracebacks at each tick."""
            try:
                self.apply_async(entry, producer=producer, advance=False)
            except SchedulingError as error:
                self._tell(gone=True, why=type(error.__context__).__name__)
            else:
                self._tell(gone=False)

        def _ensure_connected(self) -> Any:
            return self.connection.ensure_connection(self._waiting, None, callback=alive, interval_max=5)

        def _waiting(self, error: Exception, interval: float) -> None:
            self._tell(gone=True, why=type(error).__name__)

        def _tell(self, *, gone: bool, why: str = "") -> None:
            if gone and not self._down:
                log.warning("the broker cannot be reached (%s): the sweep waits for it", why)
            elif self._down and not gone:
                log.warning("the broker is back")
            self._down = gone

    return Ticking
