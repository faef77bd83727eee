"""The settings as they are, for admins: read only, and without what must stay secret."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web
from pydantic import BaseModel, SecretStr

from bot.config import Settings
from bot.console.frame import HOME, Frame
from bot.console.visit import Ask
from bot.core.alert.staff import Role

SETTINGS = f"{HOME}/settings"
_ADDRESSES = ("database_url", "broker_url", "url")  # they may hold a password or a key


@dataclass(frozen=True, slots=True)
class Setting:
    """One line. `value` None: it is secret, and set."""

    name: str
    value: str | None
    what: str = ""


def add(frame: Frame) -> None:
    """Adds the page."""
    frame.link(SETTINGS, "nav_settings", role=Role.ADMIN, order=95)
    frame.get(SETTINGS, _settings, role=Role.ADMIN)


def _settings(ask: Ask) -> web.Response:
    return ask.page("console_settings.html", settings=list(listed(ask.app.settings)))


def listed(settings: Settings) -> Iterator[Setting]:
    """Every setting. Of channels, whose options are each vendor's own, only what cannot be a secret is shown."""
    for name, field in type(settings).model_fields.items():
        value = getattr(settings, name)
        if name == "channels":
            yield from _channels(value)
        else:
            yield from _shown(name, value, field.description or "")


def _channels(channels: Mapping[str, Mapping[str, Any]]) -> Iterator[Setting]:
    for channel, options in channels.items():
        if not options:
            yield Setting(f"channels.{channel}", "")
        for name, value in options.items():
            yield Setting(f"channels.{channel}.{name}", str(value) if isinstance(value, bool | int | float) else None)


def _shown(name: str, value: Any, what: str = "") -> Iterator[Setting]:
    if isinstance(value, BaseModel):
        for inner, field in type(value).model_fields.items():
            yield from _shown(f"{name}.{inner}", getattr(value, inner), field.description or "")
    elif isinstance(value, Mapping):
        if not value:
            yield Setting(name, "", what)
        for key, one in value.items():
            yield from _shown(f"{name}.{key}", one)
    else:
        yield Setting(name, _plain(name, value), what)


def _plain(name: str, value: Any) -> str | None:
    if isinstance(value, SecretStr):
        return None if value.get_secret_value() else ""
    if isinstance(value, tuple | list | frozenset):
        return ", ".join(sorted(map(str, value)))
    text = "" if value is None else str(value)
    return _address(text) if name.rsplit(".", 1)[-1] in _ADDRESSES else text


def _address(text: str) -> str:
    """An address without who signs in there and what stands behind the ?."""
    parts = urlsplit(text)
    host = parts.netloc.rsplit("@", 1)[-1]
    return parts._replace(netloc=f"***@{host}" if "@" in parts.netloc else host, query="", fragment="").geturl() + (
        "?***" if parts.query else ""
    )
