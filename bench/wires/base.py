"""What every provider has in common: how it calls us, what it took from us, and what can go wrong between."""

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, ClassVar

from bot.core.types import Status
from tests.providers.server import Fault, Sent, Server

BEGAN = time.time()  # when everybody wrote: a repeat of a message carries the same time
KEY = "bench-path-key-0123456789abc"
WRONG_KEY = "wrong-path-key-0123456789abc"
WRONG_SECRET = "wrong-secret-0123456789abcdef"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}


class Kind(StrEnum):
    """What can go wrong with one send."""

    TOO_FAST = "429"
    NOT_NOW = "503, not now"
    BROKEN_BEFORE = "5xx before"
    BROKEN_AFTER = "5xx after"
    CUT_BEFORE = "cut before"
    CUT_AFTER = "cut after"
    SLOW = "too slow"
    REFUSED = "refused"  # this number, for good


@dataclass(frozen=True, slots=True)
class Call:
    """One webhook request as a provider makes it. `target` is path and query."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Taken:
    """One part that a stand-in took. `callback` is where it reports on it, `key` what it knows the part by; "" where it does not."""

    number: str
    text: str
    id: str
    callback: str = ""
    key: str = ""


class Wire(ABC):
    """One provider. `public_url` is the gateway's address, set before the first call."""

    name: ClassVar[str]  # of the channel
    scheme: ClassVar[str] = "tel"
    acknowledges: ClassVar[str | None] = None  # the only page that counts as an answer, None for any
    finds_unheard: ClassVar[bool] = True  # its reports find a part although we never heard its id
    words: ClassVar[Mapping[Status, str]]  # its own word for SENT, DELIVERED and FAILED
    faults: ClassVar[Mapping[Kind, Fault]]  # TOO_FAST, NOT_NOW and REFUSED in its own way
    public_url = ""
    server: Server

    @abstractmethod
    def options(self) -> dict[str, Any]:
        """The channel's table in the settings."""

    @abstractmethod
    def inbound(self, number: str, text: str, *, id: str, forged: bool = False) -> Call:
        """A message from `number` ("+254..."); `forged`: by somebody who knows all but the secret."""

    @abstractmethod
    def report(self, taken: Taken, status: Status) -> Call:
        """What became of a part."""

    @abstractmethod
    def taken(self) -> Sequence[Taken]:
        """The parts that the stand-in took, in order."""

    @abstractmethod
    def recipient(self, sent: Sent) -> str:
        """Whom a send is for, as the provider writes it; "" for any other call."""

    def path(self, action: str, *, forged: bool = False) -> str:
        """The webhook's path, with the secret at its end where the provider signs nothing."""
        return f"/c/{self.name}/{action}/{WRONG_KEY if forged else KEY}"
