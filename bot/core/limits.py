"""What an operator may change of a channel's limits: the table [channels.NAME.limits] in the settings."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from bot.core.errors import BadSetting
from bot.core.types import Limits

_Read = Callable[[str, object], Any]


def with_limits(channel: str, limits: Limits, table: object) -> Limits:
    """`limits` with what `table` says: rate_per_s, pair_s, pair_burst, max_parts, max_age_s, quiet. Raises BadSetting."""
    if not isinstance(table, Mapping):
        raise BadSetting(f"channels.{channel}.limits is {table!r}, not a table. Write [channels.{channel}.limits] and the limits under it.")
    for name in table:
        if name not in _READERS:
            raise BadSetting(f"channels.{channel}.limits.{name}: there is no such limit. Choose from {', '.join(sorted(_READERS))}.")
    changed = replace(limits, **{name: _READERS[name](f"channels.{channel}.limits.{name}", value) for name, value in table.items()})
    if limits.reply_within_s is not None and changed.max_parts > 1:
        raise BadSetting(f"channels.{channel}.limits.max_parts is {changed.max_parts}, and a screen is one part. Leave it out.")
    return changed


def _number(least: float, most: float, unit: str) -> _Read:
    def read(option: str, value: object) -> float:
        try:
            number = float(str(value))  # the environment gives it as text
        except ValueError:
            number = float("nan")
        if not least <= number <= most:
            raise BadSetting(f"{option} is {value!r}. Set a number from {least:g} to {most:g} ({unit}).")
        return number

    return read


def _whole(most: int, unit: str) -> _Read:
    def read(option: str, value: object) -> int:
        word = str(value)
        if not re.fullmatch(r"[0-9]{1,4}", word) or not 1 <= int(word) <= most:
            raise BadSetting(f"{option} is {value!r}. Set a whole number from 1 to {most} ({unit}).")
        return int(word)

    return read


def _hours(option: str, value: object) -> tuple[int, int] | None:
    if value == "none":
        return None
    found = re.fullmatch(r"([01]?[0-9]|2[0-3])-([01]?[0-9]|2[0-3])", str(value))
    if found is None or int(found[1]) == int(found[2]):
        raise BadSetting(f'{option} is {value!r}. Set the local hours from and until, as in "19-8", or "none".')
    return int(found[1]), int(found[2])


_READERS: Mapping[str, _Read] = {
    "rate_per_s": _number(0.001, 1000, "sends per second; 0.05 is one in 20 seconds"),
    "pair_s": _number(0, 3600, "seconds between two sends to one person; 0: no such limit"),
    "pair_burst": _whole(1000, "sends to one person before pair_s counts"),
    "max_parts": _whole(10, "parts of one reply"),
    "max_age_s": _number(60, 36_000, "seconds after which a reply is no longer worth sending"),
    "quiet": _hours,
}
