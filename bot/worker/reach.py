"""Whether the broker can be reached now, for the doctor."""

from bot.config import Settings
from bot.worker.queue import make_celery

_PATIENCE_S = 5.0


def broker_answers(settings: Settings) -> bool:
    """Asks the broker of the settings once. Raises BadSetting for a URL that we cannot use."""
    celery = make_celery(settings, publisher=True)
    try:
        with celery.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1, timeout=_PATIENCE_S)
    except Exception:  # kombu, redis and amqp raise a dozen kinds; each means "no"
        return False
    return True
