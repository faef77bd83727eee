"""What aiohttp logs by itself, made fit for our log: kind and place of an error, never its text.

It quotes what it cannot read, and in an address stand keys and numbers. Anybody can send what is no HTTP, so that is no error of ours.
"""

import logging

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from bot.core.trace import where


class Hush(logging.Filter):
    """Turns a record with a traceback into one line without a word of the request."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError | web.RequestPayloadError):
            record.levelno, record.levelname = logging.INFO, logging.getLevelName(logging.INFO)
            record.msg, record.args = "refused what is no HTTP: %s", (type(error).__name__,)
        elif isinstance(error, Exception):
            record.msg, record.args = "a request failed: %s", (where(error),)
        record.exc_info = record.exc_text = None
        return True


_HUSH = Hush()


def hush() -> None:
    """From now on, for this process."""
    logging.getLogger("aiohttp.server").addFilter(_HUSH)  # once: a filter that is there already is not added again
