"""The clock of the CHORES lane."""

from celery import signals

from bot.config import Settings
from bot.worker.queue import make_celery
from bot.worker.ready import mark_when, ready_file

BEAT = "beat"


def beat(settings: Settings) -> int:
    """Hints the sweep every few seconds until SIGTERM. Returns the exit status."""
    celery = make_celery(settings, publisher=True)
    mark_when(signals.beat_init, ready_file(settings, BEAT))
    celery.Beat(quiet=True).run()
    return 0
