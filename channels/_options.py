"""The options of a channel's table in ujumbe.toml, checked when the channel is made. A secret's value is never in an error."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from bot.core.errors import BadSetting

_KEY = re.compile(r"[A-Za-z0-9_-]{22,}")  # 22 characters of base64 hold 128 bits
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_LOCAL_NAMES = (".local", ".lan", ".internal", ".home.arpa")


def text(option: str, value: object, remedy: str, *, ascii_only: bool = True) -> str:
    """A visible text, of plain characters where it will stand in an HTTP header. `option` is its whole name, "channels.at_sms.api_key"."""
    if not isinstance(value, str):
        raise BadSetting(f"{option} is not a text. Put it in quotes.")
    if not value.strip():
        raise BadSetting(f"{option} is missing. {remedy}")
    if not value.isprintable() or (ascii_only and not value.isascii()):
        raise BadSetting(
            f"{option} holds a character that is not plain{' ASCII' if ascii_only else ''}. Copy it again without line ends. {remedy}"
        )
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


def templates(option: str, value: object, *, name: str) -> Mapping[str, str]:
    """Templates that the provider has approved, by their language. `name` is the pattern of a template's name."""
    if not isinstance(value, Mapping):
        raise BadSetting(f'{option} is not a table. Write it as in {option.rpartition(".")[2]} = {{en = "..."}}.')
    for lang, template in value.items():
        if not re.fullmatch(r"[a-z]{2,3}(_[A-Z]{2})?", str(lang)):
            raise BadSetting(f'{option}: {lang!r} is no language. Write it as the provider does, such as "en", "sw" or "en_GB".')
        if not re.fullmatch(name, str(template)):
            raise BadSetting(f"{option}.{lang} is not the name of a template. Copy it from the provider's list of templates.")
    return {str(lang): str(template) for lang, template in value.items()}


def flag(option: str, value: object) -> bool:
    """Yes or no; the environment gives it as text."""
    word = str(value).strip().lower()
    if word not in ("true", "false"):
        raise BadSetting(f"{option} is {value!r}. Set it to true or false.")
    return word == "true"


def address(option: str, value: object, *, lan: bool = False) -> str:
    """A base URL without its last slash: https, because our credentials travel to it. http only on this machine or, with `lan`, to
    what stands in the same house: phones and gateways there speak nothing else."""
    parts, plain = _split(value), "on this machine or in its local network" if lan else "on this machine"
    near = parts is not None and (parts[1] in _LOOPBACK or (lan and _is_near(parts[1])))
    if parts is None or not (parts[0] == "https" or (parts[0] == "http" and near)):
        raise BadSetting(f"{option} must be an https:// address (http:// only {plain}). Mend it or leave it out.")
    return str(value).rstrip("/")


def _is_near(host: str) -> bool:
    """Whether `host` is an address that the internet does not route, or a name that it does not know."""
    try:
        return not ip_address(host).is_global
    except ValueError:
        return "." not in host or host.endswith(_LOCAL_NAMES)


def _split(value: object) -> tuple[str, str] | None:
    """Scheme and host, None where it is no URL."""
    try:
        parts = urlsplit(str(value))
        return (parts.scheme, parts.hostname) if parts.hostname else None
    except ValueError:
        return None
