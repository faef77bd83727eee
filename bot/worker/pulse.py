"""The heartbeat of a worker: Celery's event loop asks, a thread of the pool writes. So it stops where either of them hangs.

A thread that begins a task promises to be back within the lane's longest task; one that is idle, within seconds. While the broker is
gone the connecting loop itself writes: a worker that waits is not one that hangs.
"""

from collections.abc import Callable
from typing import Any

from celery import signals
from celery.worker.consumer import Consumer

from bot.heartbeat import Heart

EVERY_S = 4.0
IDLE_S = 20.0  # five beats: a slow card or a busy processor may swallow a few
CONNECTING_S = 60.0  # one try of a connection, with its name to be looked up


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
        def register_with_event_loop(self, hub: Any) -> None:
            """At every connection; Celery takes the timer away with the connection."""
            super().register_with_event_loop(hub)
            pulse.ask(self.pool)
            hub.timer.call_repeatedly(EVERY_S, pulse.ask, (self.pool,))

        def ensure_connected(self, conn: Any) -> Any:
            """As Celery does it, with a beat between its tries."""
            conn.ensure_connection = _with_beats(conn.ensure_connection, pulse.connecting)
            return super().ensure_connected(conn)

    return Beating


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
