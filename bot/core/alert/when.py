"""Times as people read them on a phone, in their own zone: "Sat 21 Nov 6pm", and on the Swahili clock "Jumamosi 21 Nov saa 12 jioni".

The Swahili day is counted from dawn: seven in the morning is the first hour of the day, seven in the evening the first of the night.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo

from bot.core.types import Lang

_DAYS: Mapping[Lang, Sequence[str]] = {
    Lang.EN: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    Lang.SW: ("Jumatatu", "Jumanne", "Jumatano", "Alhamisi", "Ijumaa", "Jumamosi", "Jumapili"),
}
_MONTHS: Mapping[Lang, Sequence[str]] = {
    Lang.EN: ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    Lang.SW: ("Jan", "Feb", "Mac", "Apr", "Mei", "Jun", "Jul", "Ago", "Sep", "Okt", "Nov", "Des"),
}
_PARTS = ((4, "usiku"), (6, "alfajiri"), (12, "asubuhi"), (16, "mchana"), (19, "jioni"), (24, "usiku"))  # until this hour


def told(at: float, zone: tzinfo, lang: Lang, *, weekday: bool = True) -> str:
    """The moment `at`, to the minute, absolute: a message is read hours after it was written, so never "today" and "tonight".

    Midnight is told as the minute before it: "12am Sunday" is Saturday's end to some and Sunday's to others."""
    local = _local(at, zone)
    day = f"{_DAYS[lang][local.weekday()]} " if weekday else ""
    return f"{day}{local.day} {_MONTHS[lang][local.month - 1]} {_CLOCKS[lang](local.hour, local.minute)}"


def span(start: float, end: float, zone: tzinfo, lang: Lang, *, weekday: bool = True) -> tuple[str, str]:
    """Two moments as `told`, the second one by the clock alone where it is on the same day."""
    first, last = _local(start, zone), _local(end, zone)
    ends = _CLOCKS[lang](last.hour, last.minute) if first.date() == last.date() else told(end, zone, lang, weekday=weekday)
    return told(start, zone, lang, weekday=weekday), ends


def _local(at: float, zone: tzinfo) -> datetime:
    local = datetime.fromtimestamp(at, zone)
    return local - timedelta(minutes=1) if local.hour == local.minute == 0 else local


def _english(hour: int, minute: int) -> str:
    if (hour, minute) == (12, 0):
        return "noon"  # "12pm" is midnight to many
    minutes = f":{minute:02d}" if minute else ""
    return f"{hour % 12 or 12}{minutes}{'am' if hour < 12 else 'pm'}"


def _swahili(hour: int, minute: int) -> str:
    minutes = f":{minute:02d}" if minute else ""
    part = next(name for end, name in _PARTS if hour < end)
    return f"saa {(hour - 6) % 12 or 12}{minutes} {part}"


_CLOCKS: Mapping[Lang, Callable[[int, int], str]] = {Lang.EN: _english, Lang.SW: _swahili}
