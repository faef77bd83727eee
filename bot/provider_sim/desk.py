"""What all desks have in common: somebody sits at one and plays a provider."""

import secrets
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from bot.config import Settings
from bot.core.urn import mask

Show = Callable[[str], None]
_TAKEN = 200


class Desk(ABC):
    """One provider. `provider` is its stand-in: a context manager with a `port` to listen on and then a `url`."""

    name: ClassVar[str]  # what people type
    reports: ClassVar[tuple[str, ...]] = ("delivered", "failed")
    provider: Any

    def __init__(self, settings: Settings, show: Show) -> None:
        """`show` puts a line on the screen."""
        self._local, self._base = settings.local_url, settings.base_url

    @abstractmethod
    def tables(self) -> Mapping[str, Mapping[str, str]]:
        """What ujumbe.toml has to say: option -> value by channel."""

    @abstractmethod
    def text(self, number: str, words: str) -> str:
        """Posts an incoming message. Returns what became of it."""

    @abstractmethod
    def report(self, word: str) -> str:
        """Posts one of `reports` on the last message that it took. Returns what became of it."""

    @property
    def is_idle(self) -> bool:
        """Whether it took no message yet."""
        return not self.provider.messages

    def local(self, public: str) -> str:
        """The address on this machine behind a public one."""
        return self._local + public.removeprefix(self._base)


class Shown(list[Any]):
    """The messages that a stand-in took: each is shown as it comes. `read` makes the line of one."""

    def __init__(self, show: Show, read: Callable[[Any], str]) -> None:
        super().__init__()
        self._show, self._read = show, read

    def append(self, message: Any) -> None:
        super().append(message)
        self._show(self._read(message))


class ShownByKey(dict[str, Any]):
    """The same, for a stand-in that keeps its messages by our key."""

    def __init__(self, show: Show, read: Callable[[Any], str]) -> None:
        super().__init__()
        self._show, self._read = show, read

    def __setitem__(self, key: str, message: Any) -> None:
        super().__setitem__(key, message)
        self._show(self._read(message))


def line(name: str, number: str, text: str) -> str:
    """A message as the screen shows it: no number stands there in full."""
    return f"{name} > {mask(number)}: {text}"


def told(status: int, page: str) -> str:
    """What a provider would find in its log."""
    return "taken" if status == _TAKEN else f"not taken: HTTP {status}. {page}"


def known(settings: Settings, channel: str, option: str, *, address: str = "base_url", of: str = "") -> str:
    """The option of a table that is made for a stand-in already, else a new secret: a known one would open a public gateway.

    A table is a stand-in's where its `address` is on this machine; a channel without one goes by that of channel `of`."""
    options = settings.channels.get(channel, {})
    where = str(settings.channels.get(of or channel, {}).get(address, ""))
    is_ours = where.startswith("http://127.0.0.1:")
    return str(options[option]) if is_ours and option in options else secrets.token_urlsafe(24)
