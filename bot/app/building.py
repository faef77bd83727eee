"""Puts the service together from the settings, with the store and the queue that they name."""

import time

from bot.app.channels import open_channels
from bot.app.service import App
from bot.app.texts import SKILLS
from bot.config import Settings
from bot.core.jump import steady
from bot.core.ports import Clock, Queue, Writer
from bot.core.storage import Store


def build(
    settings: Settings,
    *,
    store: Store | None = None,
    queue: Queue | None = None,
    writer: Writer | None = None,
    clock: Clock = time.time,
) -> App:
    """Puts the service together. What is not given is made from the settings. Raises BadSetting or BadText.

    A clock of a test's own never jumps forward: it goes as it is moved."""
    from skills.loader import load

    app = App(
        settings=settings,
        library=load(SKILLS),
        store=store if store is not None else _open_store(settings),
        queue=queue if queue is not None else _open_queue(settings),
        channels=open_channels(settings),
        clock=clock,
        writer=writer,
        steady=steady if clock is time.time else clock,
    )
    _ = app.alert_ways  # a channel that cannot push alerts is told now, and not on the day of the flood
    return app


def _open_store(settings: Settings) -> Store:
    from bot.store import open_store

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    return open_store(settings.sqlalchemy_url)


def _open_queue(settings: Settings) -> Queue:
    from bot.worker.queue import CeleryQueue

    return CeleryQueue(settings)
