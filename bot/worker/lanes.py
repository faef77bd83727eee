"""One process per lane: a Celery worker whose threads share one App."""

import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from celery import signals

from bot.config import Settings
from bot.core.types import Lane
from bot.heartbeat import Heart, heartbeat_file
from bot.worker import pulse
from bot.worker.queue import CeleryQueue, make_celery
from bot.worker.ready import mark_when, ready_file
from bot.worker.tasks import register

if TYPE_CHECKING:
    from bot.app import App

THREADS = {
    Lane.ALERTS: 8,  # these two wait for providers
    Lane.SENDS: 8,
    Lane.ANSWERS: 8,  # who waits for the engine keeps nobody whom the search alone answers; and the engine works on several at once
    Lane.CHORES: 2,  # feeds wait for their hosts, and the sweep must not wait for them
}

_LONGEST_S = {  # a task that takes longer than this hangs
    Lane.ALERTS: 300.0,  # some parts, each with its wait for a turn and for the provider
    Lane.SENDS: 300.0,
    Lane.CHORES: 900.0,  # page after page from providers that keep what we missed
}

log = logging.getLogger(__name__)


def longest_s(lane: Lane, settings: Settings) -> float:
    """After how long a task of `lane` hangs."""
    return 60.0 + 2 * settings.answer_within_s if lane is Lane.ANSWERS else _LONGEST_S[lane]


def work(lane: Lane, settings: Settings, build: Callable[..., "App"]) -> int:
    """Works on `lane` until SIGTERM, which lets the running tasks end. Returns the exit status. `build` is bot.app.build."""
    app = build(settings, queue=CeleryQueue(settings))  # a thread pool does not fork: one App serves every task
    if lane is Lane.ANSWERS:
        _warm(app)
    celery = make_celery(settings)
    register(celery, app)
    mark_when(signals.worker_ready, ready_file(settings, lane.value))
    heart = Heart(heartbeat_file(settings.run_path, lane.value))
    worker = celery.Worker(
        hostname=f"{lane.value}@ujumbe",
        queues=[lane.value],
        consumer_cls=pulse.consumer(pulse.Pulse(heart, longest_s(lane, settings))),
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
