"""The whole service in one process: real channels, inbox and answers over the in-memory store, with its lanes in threads."""

import queue
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.app import App
from bot.app.channels import open_channels
from bot.config import Settings
from bot.console import add_console
from bot.core.types import Lane
from bot.gateway.site import make_app
from bot.store.memory import MemoryStore
from tests.small import small_library

PERSON = "+254700000001"
WORKERS = 4


@dataclass
class Lanes:
    """A queue and the worker behind it."""

    delay: Callable[[], float] = lambda: 0.0  # seconds before each answer
    waiting: queue.SimpleQueue[tuple[Lane, int] | None] = field(default_factory=queue.SimpleQueue)

    def hint(self, lane: Lane, *ids: int) -> None:
        for row in ids:
            self.waiting.put((lane, row))

    def work(self, app: App) -> None:
        while (hint := self.waiting.get()) is not None:
            lane, row = hint
            if lane is Lane.ANSWERS:
                time.sleep(self.delay())
                app.answer(row, hold=lambda claim: nullcontext())
            else:
                app.send(row)


def real_app(data_dir: Path, lanes: Lanes, **settings: Any) -> App:
    given = Settings(data_dir=data_dir, model="none", **settings)
    return App(settings=given, library=small_library(), store=MemoryStore(), queue=lanes, channels=open_channels(given), clock=time.time)


def real_site(data_dir: Path, *, delay: Callable[[], float] = lambda: 0.0, **settings: Any) -> tuple[web.Application, App]:
    """The gateway with its console, and a worker that lives as long as the site."""
    lanes = Lanes(delay)
    app = real_app(data_dir, lanes, **settings)
    site = make_app(app)
    add_console(site, app)
    workers = [threading.Thread(target=lanes.work, args=(app,), daemon=True) for _ in range(WORKERS)]

    async def running(_: web.Application) -> Any:
        for worker in workers:
            worker.start()
        yield
        for _ in workers:
            lanes.waiting.put(None)
        for worker in workers:
            worker.join()

    site.cleanup_ctx.append(running)
    return site, app
