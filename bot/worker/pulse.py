"""The heartbeat of a worker: Celery's event loop asks, a thread of the pool writes. So it stops where either of them hangs.

A thread that begins a task promises to be back within the lane's longest task; one that is idle, within seconds. While the broker is
gone the connecting loop itself writes: a worker that waits is not one that hangs.

A broker that dies while all of a worker's threads are busy goes unseen: the worker has its fill of hints and asks for none, none of
them can be given back, and so it would wait for ever. Its loop looks for that, too.
"""

import logging
from collections.abc import Callable
from typing import Any

from celery import signals
from celery.worker import state
from celery.worker.consumer import Consumer

from bot.heartbeat import Heart

EVERY_S = 4.0
IDLE_S = 20.0  # five beats: a slow card or a busy processor may swallow a few
CONNECTING_S = 60.0  # one try of a connection, with its name to be looked up

log = logging.getLogger(__name__)


class Pulse:
    """One worker's heartbeat, as Celery's parts call for it. `longest_s`: after which a task is taken for hung."""

    def __init__(self, heart: Heart, longest_s: float) -> None:
        self._heart, self._longest_s = heart, longest_s
        self._asked = False
        signals.task_prerun.connect(self._begins, weak=False)

    def ask(self, pool: Any) -> None:
        """Lets a thread of the pool write, as soon as one is free. For the event loop, every EVERY_S."""
        if not self._asked:
            self._asked = True
            pool.apply_async(self._beat, callback=_nothing)

    def connecting(self) -> None:
        """For the loop that waits for the broker."""
        self._heart.promise(CONNECTING_S)

    def _beat(self) -> None:
        self._asked = False
        self._heart.promise(IDLE_S)

    def _begins(self, **_: object) -> None:
        self._heart.promise(self._longest_s)


def consumer(pulse: Pulse) -> type[Consumer]:
    """Celery's consumer with this pulse, for Worker(consumer_cls=...)."""

    class Beating(Consumer):  # type: ignore[misc]  # celery has no types
        _stuck = False

        def register_with_event_loop(self, hub: Any) -> None:
            """At every connection; Celery takes the timer away with the connection."""
            super().register_with_event_loop(hub)
            pulse.ask(self.pool)
            hub.timer.call_repeatedly(EVERY_S, pulse.ask, (self.pool,))
            self._stuck = False
            hub.timer.call_repeatedly(EVERY_S, self._look)

        def _look(self) -> None:
            """Connects anew where hints are in hand and nobody works on any: twice in a row, for they may have come just now."""
            if not _in_vain(self):
                self._stuck = False
            elif not self._stuck:
                self._stuck = True
            else:
                log.warning("hints could not be given back when the broker was gone: connecting anew")
                raise ConnectionResetError("hints in hand that nobody works on")

        def ensure_connected(self, conn: Any) -> Any:
            """As Celery does it, with a beat between its tries."""
            conn.ensure_connection = _with_beats(conn.ensure_connection, pulse.connecting)
            return super().ensure_connected(conn)

    return Beating


def _in_vain(consumer: Any) -> bool:
    """Whether a worker holds hints and works on none. Only brokers whose acknowledgements kombu counts itself: RabbitMQ's loop sees that it
    is gone."""
    qos = getattr(getattr(consumer.task_consumer, "channel", None), "qos", None)
    delivered, given_back = getattr(qos, "_delivered", ()), getattr(qos, "_dirty", ())
    return len(delivered or ()) > len(given_back or ()) and not state.reserved_requests


def _with_beats(ensure: Callable[..., Any], beat: Callable[[], None]) -> Callable[..., Any]:
    """kombu's ensure_connection, whose `callback` comes about once a second while it waits."""

    def ensure_and_beat(*args: Any, callback: Callable[[], None], **options: Any) -> Any:
        def between() -> None:
            beat()
            callback()

        beat()
        return ensure(*args, callback=between, **options)

    return ensure_and_beat


def _nothing(_: object) -> None:
    """Nobody waits for a beat's result."""
