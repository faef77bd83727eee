"""Puts the watches on an App, before it does anything."""

from bot.app import App
from bot.config import Settings
from bot.core.ports import Chooser, Writer
from bot.core.remembered import Seen
from bot.core.types import Lane
from bot.metrics import families
from bot.metrics.calls import WatchedChooser, WatchedWriter, watch_channels
from bot.metrics.watch import watched


def watch(app: App, lane: Lane | None = None) -> App:
    """`app`, with everything counted that it does. `lane` is whose worker this is, None for the gateway."""
    app.store = watched(app.store, lane)
    watch_channels(app.channels)
    load = app.load_engine

    def load_watched(settings: Settings) -> tuple[Writer | None, Chooser | None]:
        writer, chooser = load(settings)
        families.MODEL.set(settings.model == "none" or writer is not None or chooser is not None)
        return writer and WatchedWriter(writer), chooser and WatchedChooser(chooser)

    def count(seen: Seen) -> None:
        families.REMEMBERED.labels(seen).inc()

    app.load_engine = load_watched
    app.tell_remembered = count
    return app
