"""Times as CAP writes them, to and from seconds since the epoch. A time without a zone is no time: nobody knows which hour is meant."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from typing import NamedTuple

_FORM = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9})\d*)?)?\s?([Zz]|UTC|GMT|[+-]\d\d:?\d\d)?", re.ASCII)
_STRICT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d", re.ASCII)
_YEARS = range(1970, 2200)  # outside: a placeholder ("9999-12-31"), no time that somebody means


class Instant(NamedTuple):
    """`at` is None where the text is no time with a zone; `strict`: it is written as the standard wants it."""

    at: float | None
    strict: bool
    naive: bool = False  # a time, but without a zone


NO_TIME = Instant(None, False)


def instant(text: str) -> Instant:
    """Reads a time: the standard's own form, and "Z", fractions, a missing second or a blank for the "T" as they are met with."""
    text = text.strip()
    found = _FORM.fullmatch(text) if len(text) < 64 else None
    if found is None or int(found[1]) not in _YEARS:
        return NO_TIME
    if not found[8]:
        return Instant(None, False, naive=True)
    try:
        at = _seconds(found)
    except ValueError:  # the 31st of February, hour 25
        return NO_TIME
    return Instant(at, _STRICT.fullmatch(text) is not None)


def _seconds(found: re.Match[str]) -> float:
    year, month, day, hour, minute, second = (int(n or 0) for n in found.groups()[:6])
    midnight = hour == 24 and not minute and not second  # ISO 8601's end of the day
    moment = datetime(year, month, day, 0 if midnight else hour, minute, second, tzinfo=UTC) + timedelta(days=midnight)
    return moment.timestamp() + float(f"0.{found[7] or 0}") - _offset(found[8])


def _offset(zone: str) -> int:
    """Seconds east of Greenwich. Raises ValueError for an offset that no place has."""
    if zone[0] not in "+-":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[-2:])
    if hours > 14 or minutes > 59:
        raise ValueError("no such offset")
    return (1 if zone[0] == "+" else -1) * (hours * 3600 + minutes * 60)


def written(at: float, zone: tzinfo = UTC) -> str:
    """A time in CAP's form: whole seconds and the offset of `zone` as a number, "-00:00" for UTC as the standard says."""
    local = datetime.fromtimestamp(at // 1, zone)
    offset = (local.utcoffset() or timedelta()) // timedelta(minutes=1)
    sign = "+" if offset > 0 else "-"
    return f"{local:%Y-%m-%dT%H:%M:%S}{sign}{abs(offset) // 60:02d}:{abs(offset) % 60:02d}"
