"""The tasks. Each takes a row's id and calls the App; what a task may do is decided there, by a claim in the database.

Which lanes a task runs on is said once, in bot.worker.queue.TASKS: every hint names its lane."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING

from celery import Celery

from bot.core.answering import LEASE_S
from bot.core.trace import where
from bot.metrics.families import FEED_READ, RECEIVED, TASK_ERRORS
from bot.worker.lease import renewing
from bot.worker.queue import ANSWER, FEEDS, SEND, SWEEP

if TYPE_CHECKING:
    from bot.app import App

Task = Callable[..., None]  # of row ids

log = logging.getLogger(__name__)


def register(celery: Celery, app: "App") -> None:
    """Adds every task to `celery`, all working on `app`."""
    hold = partial(renewing, app.store, app.clock, lease_s=LEASE_S)
    task: Callable[..., Callable[[Task], Task]] = partial(celery.task, shared=False)

    @task(name=ANSWER)
    def answer(*ids: int) -> None:
        for row in ids:
            with reported(ANSWER, row):
                app.answer(row, hold=hold)

    @task(name=SEND)
    def send(*ids: int) -> None:
        for row in ids:
            with reported(SEND, row):
                app.send(row)

    sweeping, reading = Lock(), Lock()  # CHORES has two threads, and neither chore is one for two

    @task(name=SWEEP)
    def sweep(id: int) -> None:
        with alone(sweeping) as mine, reported(SWEEP, id):
            if mine:
                app.sweep()

    @task(name=FEEDS)
    def feeds(id: int) -> None:
        with alone(reading) as mine, reported(FEEDS, id):
            for one in app.read_feeds() if mine else ():
                FEED_READ.labels(one.feed).set(one.read)
                for state, count in one.taken.items():
                    RECEIVED.labels(one.feed, state).inc(count)


@contextmanager
def alone(lock: Lock) -> Iterator[bool]:
    """Whether the block has the lock. It does not wait for it: what is being done need not be done twice."""
    mine = lock.acquire(blocking=False)
    try:
        yield mine
    finally:
        if mine:
            lock.release()


@contextmanager
def reported(task: str, id: int) -> Iterator[None]:
    """Ends any error here: its row is still in the database and the sweep brings it back.

    The log gets the error's kind and place, never its text: an error of a driver or a provider may quote a message or a number.
    """
    try:
        yield
    except Exception as error:  # the last door before Celery, which would log the whole error
        TASK_ERRORS.labels(task).inc()
        log.error("%s %d failed: %s", task, id, where(error))
