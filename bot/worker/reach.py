"""Whether the broker can be reached now, for the doctor."""

from bot.config import Settings
from bot.worker.queue import connects, make_celery


def broker_answers(settings: Settings) -> bool:
    """Asks the broker of the settings once. Raises BadSetting for a URL that we cannot use."""
    return connects(make_celery(settings, publisher=True))
