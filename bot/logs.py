"""The log: one line for each thing that happens, with the ids that lead from one line to the next. Never a text, never a whole number.

`note(log, "wired", message=12, delivery=34)` is "wired message=12 delivery=34" on the box, and one JSON object a line for collectors.
"""

import json
import logging
import re
import sys
import time
from collections.abc import Iterable, Mapping
from typing import Any, Literal

from bot.core.urn import mask

Format = Literal["text", "json"]

_TEXT = "%(asctime)s %(levelname)s %(name)s: %(message)s"
_OURS = ("bot", "channels", "models", "skills")
REF = "ref"  # our own random hexadecimal digits, which may look like a number
_LONG = 60  # of one value: a provider's word for an error is shorter
_DIGITS = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){6,}")  # seven digits and more, however they are spaced, may be somebody's number
_PLAIN = re.compile(r"[\w.:/@+*?,-]+")


def start(format: Format) -> None:
    """From now on this process logs to stderr: our own words from INFO, everybody else's from WARNING (vendors log requests, and
    requests hold numbers and texts)."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if format == "json" else logging.Formatter(_TEXT))
    logging.captureWarnings(True)  # libraries' warnings would else be lines of another form
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    for ours in _OURS:
        logging.getLogger(ours).setLevel(logging.INFO)


def note(log: logging.Logger, name: str, *, level: int = logging.INFO, **fields: object) -> None:
    """One line about one thing that happened. A field that is None or "" is left out; words are masked and cut, numbers are ours."""
    if not log.isEnabledFor(level):
        return
    told = {key: value if key == REF else _safe(value) for key, value in fields.items() if value is not None and value != ""}
    words = [f"{key}={_quoted(value)}" for key, value in told.items()]
    log.log(level, " ".join([name, *words]), extra={"event": name, "fields": told})


class JsonLines(logging.Formatter):
    """Each record as one JSON object. What was logged by `note` has its fields as they are, everything else its line as "text"."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{record.msecs:03.0f}Z",
            "level": record.levelname.lower(),
            "log": record.name,
        }
        name, fields = getattr(record, "event", None), getattr(record, "fields", None)
        if isinstance(name, str) and isinstance(fields, Mapping):
            line |= {"event": name, **fields}
        else:
            line["text"] = record.getMessage()
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False)


def masked(text: str) -> str:
    """`text` with whatever may be somebody's number masked."""
    return _DIGITS.sub(lambda found: mask(re.sub(r"[\s().-]", "", found[0])), text)


def _safe(value: object) -> object:
    if isinstance(value, str):
        return (value if value.isalpha() else masked(value))[:_LONG]
    if isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return round(value, 3)
    if isinstance(value, Iterable):
        return ",".join(str(_safe(one)) for one in value)
    return masked(str(value))[:_LONG]


def _quoted(value: object) -> str:
    text = str(value)
    return text if text.isalnum() or _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)
