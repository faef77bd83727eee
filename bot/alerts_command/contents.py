"""What a broadcast is to say, from a file and from flags: the fields of the API, in the house's own time."""

import argparse
import json
import tomllib
from datetime import datetime, time, timedelta, tzinfo
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from bot.api.forms import Form
from bot.api.trouble import malformed
from bot.core.errors import NotDone

MOST_BYTES = 256 * 1024
_FLAGS = ("mode", "title", "hazard", "response", "urgency", "severity", "certainty", "source", "places", "without", "groups")
_MORE = ("everyone", "unplaced", "roll_call", "two_parts", "quiet")
_TIMES = ("onset", "expires")
_Made = TypeVar("_Made", bound=Form)


def read(args: argparse.Namespace, kind: type[_Made], *, zone: tzinfo, now: float) -> _Made:
    """The form. Raises NotDone for a file that cannot be read, and for what is none of its fields."""
    values = _file(args.file) if args.file else {}
    values |= {name: value for name in (*_FLAGS, *_MORE) if (value := getattr(args, name, None)) is not None}
    for name in _TIMES:
        if typed := getattr(args, name):
            values[name] = _typed(typed, zone, now)
        elif name in values:
            values[name] = _zoned(values[name], zone)
    if args.hours is not None:
        if args.expires:
            raise NotDone("--until and --hours say two different ends. Give one of them.")
        if not 0 < args.hours <= 24 * 30:
            raise NotDone("--hours is how long it holds from now. Give a number above 0, at most 720.")
        values["expires"] = datetime.fromtimestamp(now, zone) + timedelta(hours=args.hours)
    for one in args.text or ():
        _by_hand(values, one)
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise NotDone(f"That is no alert: {malformed(error).message}. Nothing was stored; docs/alerts/api.md names the fields.") from None


def _file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise NotDone(f"{path} cannot be read ({error.strerror}). Check its name and its rights.") from None
    if len(data) > MOST_BYTES:
        raise NotDone(f"{path} is larger than {MOST_BYTES} bytes. No alert is; is it the right file?")
    try:
        found = json.loads(data) if path.suffix == ".json" else tomllib.loads(data.decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        where = f" ({error})" if isinstance(error, tomllib.TOMLDecodeError) else ""
        raise NotDone(f"{path} is no {'JSON' if path.suffix == '.json' else 'TOML'}{where}. Mend it.") from None
    if not isinstance(found, dict):
        raise NotDone(f"{path} holds no table of fields. See docs/alerts/api.md.")
    return found


def _typed(text: str, zone: tzinfo, now: float) -> datetime:
    """A time as somebody types it: "18:00" is the next one."""
    try:
        hour = time.fromisoformat(text) if len(text) <= 5 else None
        if hour is not None:
            today = datetime.combine(datetime.fromtimestamp(now, zone).date(), hour, zone)
            return today if today.timestamp() > now else today + timedelta(days=1)
        at = datetime.fromisoformat(text)
    except ValueError:
        raise NotDone(f"{text[:40]!r} is no time. Write 18:00, or 2027-01-31T18:00.") from None
    return at if at.tzinfo else at.replace(tzinfo=zone)


def _zoned(value: object, zone: tzinfo) -> object:
    """A time of a file: without an offset it is the house's."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value  # the form says what is wrong
    return value.replace(tzinfo=zone) if isinstance(value, datetime) and value.tzinfo is None else value


def _by_hand(values: dict[str, Any], typed: str) -> None:
    lang, found, text = typed.partition("=")
    if not found:
        raise NotDone("--text needs its language in front: --text 'en=Red Cross: ...'.")
    words = values.get("words")
    values["words"] = {**words} if isinstance(words, dict) else {}
    own = values["words"].get(lang)
    values["words"][lang] = {**(own if isinstance(own, dict) else {}), "text": text}
