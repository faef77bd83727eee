"""The whole service in one process: a real gateway on loopback, the SQL store in a folder, and the lanes in threads.

Its clock can be moved on, so that minutes of waiting for the next try cost nothing.
"""

import asyncio
import random
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from bot.app import App, build
from bot.config import Settings
from bot.core.types import Lane
from bot.gateway.listen import listen
from bot.gateway.site import make_app
from bot.store.migrate import upgrade

THREADS = {Lane.ALERTS: 1, Lane.SENDS: 16, Lane.ANSWERS: 2, Lane.CHORES: 1}
HINTS_LOST = 0.05  # of all hints, as a broker that restarts would lose them: the sweep has to find their rows
HURRY = 50.0
STEP_S = 4.0  # of the moved clock; half as much again each time that nothing was due
LONGEST_S = 3 * 3600.0  # of the moved clock: what still waits then is stuck
LIVE = ("message.new", "message.answering", "message.stored", "delivery.queued", "delivery.errored", "delivery.sending")


class MovedClock:
    """The time, and what it was moved on by."""

    def __init__(self) -> None:
        self.ahead_s = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead_s


class Lanes:
    """A queue and the workers behind it. `failed` has the errors that reached a worker's last door."""

    def __init__(self, seed: int) -> None:
        self.failed: list[BaseException] = []
        self._dice = random.Random(seed)
        self._pools = {lane: ThreadPoolExecutor(threads, lane.value) for lane, threads in THREADS.items()}
        self._waiting, self._idle = 0, threading.Condition()
        self._app: App | None = None

    def serve(self, app: App) -> None:
        """Works for `app` from now on."""
        self._app = app

    def hint(self, lane: Lane, *ids: int) -> None:
        for row in ids:
            with self._idle:
                if self._dice.random() < HINTS_LOST:
                    continue
                self._waiting += 1
            self._pools[lane].submit(self._work, lane, row)

    def wait(self) -> None:
        """Until nobody works."""
        with self._idle:
            self._idle.wait_for(lambda: self._waiting == 0)

    def stop(self) -> None:
        for pool in self._pools.values():
            pool.shutdown(cancel_futures=True)

    def _work(self, lane: Lane, id: int) -> None:
        assert self._app is not None
        try:
            if lane is Lane.ANSWERS:
                self._app.answer(id, hold=lambda _: nullcontext())
            else:
                self._app.send(id)
        except Exception as error:
            self.failed.append(error)
        finally:
            with self._idle:
                self._waiting -= 1
                self._idle.notify_all()


class House:
    """`with House(folder, channels)`: the service at `url`, until the block ends. It has no model: answers are the facts' own words."""

    def __init__(self, folder: Path, channels: Mapping[str, Mapping[str, Any]], *, seed: int = 0) -> None:
        self.clock, self.lanes = MovedClock(), Lanes(seed)
        self._socket = listen("127.0.0.1", 0)
        port = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        tables = {name: dict(options) for name, options in channels.items()}
        settings = Settings(data_dir=folder, port=port, public_url=self.url, model="none", embedder="none", channels=tables)
        upgrade(settings.sqlalchemy_url)
        self.app = build(settings, queue=self.lanes, clock=self.clock)
        # Waiting for a turn to send is cut short; who did not get one is postponed, and then the clock moves on.
        self.app._deliverer = replace(self.app._deliverer, sleep=lambda seconds: time.sleep(seconds / HURRY))
        self.lanes.serve(self.app)
        self._loop, self._ready = asyncio.new_event_loop(), threading.Event()
        self._thread = threading.Thread(target=self._serve, name="gateway", daemon=True)

    def __enter__(self) -> Self:
        self.app.warm()
        self._thread.start()
        assert self._ready.wait(30), "the gateway did not start"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self.lanes.stop()
        self.app.store.close()

    def settle(self) -> None:
        """Sweeps and moves the clock on until nothing waits any more. Raises RuntimeError where something never ends."""
        self.lanes.wait()
        step_s = STEP_S
        while any(self.app.store.counts().get(state) for state in LIVE):
            self.clock.ahead_s += step_s
            if self.clock.ahead_s > LONGEST_S:
                raise RuntimeError(f"something still waits after {LONGEST_S:g} s: {self.app.store.counts()}")
            step_s = STEP_S if self.app.sweep() else 1.5 * step_s
            self.lanes.wait()
        self.app.sweep()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        with self._running():
            self._ready.set()
            self._loop.run_forever()

    @contextmanager
    def _running(self) -> Iterator[None]:
        runner = web.AppRunner(make_app(self.app), access_log=None, shutdown_timeout=1)
        self._loop.run_until_complete(runner.setup())
        self._loop.run_until_complete(web.SockSite(runner, self._socket).start())
        try:
            yield
        finally:
            self._loop.run_until_complete(runner.cleanup())
            self._loop.close()
