"""The options of a channel's table in ujumbe.toml, checked when the channel is made. A secret's value is never in an error."""

import re
from urllib.parse import urlsplit

from bot.core.errors import BadSetting

_KEY = re.compile(r"[A-Za-z0-9_-]{22,}")  # 22 characters of base64 hold 128 bits
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def text(option: str, value: object, remedy: str) -> str:
    """A visible text of plain characters: it will stand in an HTTP header. `option` is its whole name, "channels.at_sms.api_key"."""
    if not isinstance(value, str):
        raise BadSetting(f"{option} is not a text. Put it in quotes.")
    if not value.strip():
        raise BadSetting(f"{option} is missing. {remedy}")
    if not value.isascii() or not value.isprintable():
        raise BadSetting(f"{option} holds a character that is not plain ASCII. Copy it again without line ends. {remedy}")
    return value.strip()


def path_key(option: str, value: object) -> str:
    """The secret end of a webhook's address."""
    if not isinstance(value, str) or not _KEY.fullmatch(value):
        why = "must be at least 22 letters, digits, '-' or '_': it is all that proves who calls"
        raise BadSetting(f"{option} {why}. Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(24))'")
    return value


def amount(option: str, value: object, *, most: float) -> float:
    """A number above 0 and at most `most`; the environment gives it as text."""
    try:
        number = float(str(value))
    except ValueError:
        raise BadSetting(f"{option} is {value!r}, not a number. Set a number up to {most:g}.") from None
    if not 0 < number <= most:
        raise BadSetting(f"{option} is {number:g}. Set a number above 0 and up to {most:g}.")
    return number


def address(option: str, value: object) -> str:
    """A base URL without its last slash: https, or http on this machine, because our credentials travel to it."""
    parts = _split(value)
    if parts is None or not (parts[0] == "https" or (parts[0] == "http" and parts[1] in _LOOPBACK)):
        raise BadSetting(f"{option} must be an https:// address (http:// only on this machine). Mend it or leave it out.")
    return str(value).rstrip("/")


def _split(value: object) -> tuple[str, str] | None:
    """Scheme and host, None where it is no URL."""
    try:
        parts = urlsplit(str(value))
        return (parts.scheme, parts.hostname) if parts.hostname else None
    except ValueError:
        return None
