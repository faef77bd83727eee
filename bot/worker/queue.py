"""The queue: Celery on Valkey or Redis, or RabbitMQ by URL. It carries hints (a lane and a row id); the database is the truth."""

import logging
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from celery import Celery
from celery.schedules import schedule

from bot.config import Settings
from bot.core.errors import BadSetting
from bot.core.types import Lane
from bot.valkey import broker_url

ANSWER, SEND, SWEEP, FEEDS = "answer", "send", "sweep", "feeds"
TASKS = {Lane.ANSWERS: ANSWER, Lane.SENDS: SEND, Lane.ALERTS: SEND, Lane.CHORES: SWEEP}
CLOCK = {SWEEP: 2.0, FEEDS: 60.0}  # chores that nobody hints, and their pace in seconds; each feed has a pace of its own beside
_PATIENCE_S = 900.0  # the broker gives an unacknowledged hint out again after this: longer than any task
_SLOW_S = 1.5  # a publisher waits this long for the broker
_ASK_S = 5.0  # who asks whether it is there waits longer
_PAUSE_S = 1.0  # after a failure no hint is tried for this long
_CAREFUL_TRANSPORTS = ("redis", "rediss", "redis+socket", "amqp", "amqps")  # the others of kombu lose or delay: docs/adr/0001

log = logging.getLogger(__name__)


def make_celery(settings: Settings, *, publisher: bool = False) -> Celery:
    """The Celery application. A `publisher` fails fast where a worker waits for the broker. Raises BadSetting on an unfit URL."""
    url = broker_url(settings)
    if urlsplit(url).scheme not in _CAREFUL_TRANSPORTS:
        raise BadSetting(f"UJUMBE_BROKER_URL starts with {urlsplit(url).scheme!r}. Use one of {', '.join(_CAREFUL_TRANSPORTS)}.")
    celery = Celery("ujumbe", broker=url, set_as_current=not publisher)
    celery.conf.update(_configuration(settings), broker_transport_options=_transport(url, settings, publisher=publisher))
    return celery


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_ignore_result": True,
        "task_acks_late": True,  # tasks may run twice: a claim in the database makes the second one nothing
        "task_default_queue": Lane.CHORES.value,
        "worker_prefetch_multiplier": 1,
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
        "worker_enable_remote_control": False,
        "broker_connection_timeout": _SLOW_S,
        "broker_connection_max_retries": None,
        "broker_connection_retry_on_startup": True,
        "beat_schedule": {task: _every(task, seconds) for task, seconds in CLOCK.items()},
        "beat_scheduler": "celery.beat:Scheduler",  # in memory: a timer of seconds has nothing to remember on disk
    }


def _every(task: str, seconds: float) -> dict[str, Any]:
    """A chore of the clock. One that waited until the next one is due is dropped: they never pile up."""
    return {
        "task": task,
        "schedule": schedule(seconds, nowfun=_steady_now),
        "args": (0,),
        "options": {"queue": Lane.CHORES.value, "expires": seconds},
    }


def _steady_now() -> datetime:
    """A time of day for the beat that only passes: by the wall clock, a clock that goes back a day would stop the sweep for a day."""
    return datetime(2020, 1, 1, tzinfo=UTC) + timedelta(seconds=time.monotonic())


def _transport(url: str, settings: Settings, *, publisher: bool) -> dict[str, Any]:
    if url.startswith("amqp"):
        options: dict[str, Any] = {"confirm_publish": True}
    else:
        options = {
            "visibility_timeout": max(_PATIENCE_S, 3 * settings.answer_within_s),
            "unacked_restore_interval": 5,  # kombu's defaults look every 100 s
            "unacked_restore_throttle": 1,
            "socket_timeout": _SLOW_S if publisher else 5,
            "socket_connect_timeout": _SLOW_S,
        }
    return options | {"max_retries": 0, "interval_start": 0} if publisher else options


def connects(celery: Celery) -> bool:
    """Whether the broker of `celery`, a publisher, can be reached now."""
    try:
        with celery.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=_ASK_S)
    except Exception:  # kombu, redis and amqp raise a dozen kinds; each means "no"
        return False
    return True


class CeleryQueue:
    """Publishes hints. A broker that is gone costs the caller one short wait a second at most, and never an error."""

    def __init__(self, settings: Settings) -> None:
        self._celery = make_celery(settings, publisher=True)
        self._paused_until = 0.0
        self._down = False

    def hint(self, lane: Lane, *ids: int) -> None:
        """Says that rows `ids` wait in `lane`. A hint that cannot be given is dropped: the sweep finds the row."""
        if time.monotonic() < self._paused_until:
            return
        try:
            self._celery.send_task(TASKS[lane], ids, queue=lane.value, retry=False, ignore_result=True)
        except Exception as error:  # kombu, redis and amqp raise a dozen kinds; each means "not now"
            self._pause(error)
        else:
            self._resume()

    def answers(self) -> bool:
        """Whether the broker can be reached now."""
        return connects(self._celery)

    def _pause(self, error: Exception) -> None:
        self._paused_until = time.monotonic() + _PAUSE_S
        if not self._down:
            log.warning("the broker cannot be reached (%s): hints are dropped, the sweep will find their rows", type(error).__name__)
        self._down = True

    def _resume(self) -> None:
        if self._down:
            log.warning("the broker is back")
        self._down = False
