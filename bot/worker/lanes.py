"""One process per lane: a Celery worker whose threads share one App."""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from celery import signals

from bot.config import Settings
from bot.core.types import Lane
from bot.worker.queue import CeleryQueue, make_celery
from bot.worker.ready import mark_when, ready_file
from bot.worker.tasks import register

if TYPE_CHECKING:
    from bot.app import App

THREADS = {
    Lane.ALERTS: 8,  # these two wait for providers
    Lane.SENDS: 8,
    Lane.ANSWERS: 1,  # one answer at a time: the engine uses the cores itself
    Lane.CHORES: 1,
}

log = logging.getLogger(__name__)


def work(lane: Lane, settings: Settings, build: Callable[..., "App"]) -> int:
    """Works on `lane` until SIGTERM, which lets the running tasks end. Returns the exit status. `build` is bot.app.build."""
    app = build(settings, queue=CeleryQueue(settings))  # a thread pool does not fork: one App serves every task
    if lane is Lane.ANSWERS:
        _warm(app)
    celery = make_celery(settings)
    register(celery, app)
    mark_when(signals.worker_ready, ready_file(settings, lane.value))
    worker = celery.Worker(
        hostname=f"{lane.value}@ujumbe",
        queues=[lane.value],
        pool="threads",  # 5.7 and later only: before, this pool stalled with a prefetch of 1
        concurrency=THREADS[lane],
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
        quiet=True,
    )
    worker.start()
    return int(worker.exitcode or 0)


def _warm(app: "App") -> None:
    """Loads the model now, so that the first asker does not wait for it."""
    started = time.monotonic()
    app.warm()
    log.info("ready to answer after %.1f s of loading", time.monotonic() - started)
