"""The provider: a stand-in that takes what we send, drops repeats of a key, and refuses what comes faster than it allows."""

import threading
import time
from collections import deque
from dataclasses import dataclass

from aiohttp import web

from tests.providers.server import Fault, Sent, Server

SLACK = 1.15  # of a second's sends: what was evenly spaced with us comes in bunches here
_BUSY = 429


@dataclass(frozen=True, slots=True)
class Took:
    """One part that it took. `at` is time.monotonic()."""

    at: float
    number: str
    text: str


class Provider(Server):
    """Takes {"to", "text", "key"}; at most `rate_per_s` in any second."""

    def __init__(self, rate_per_s: float) -> None:
        super().__init__()
        self.took: list[Took] = []
        self.repeats = 0
        self.refused = 0
        self._most = max(2, round(rate_per_s * SLACK))
        self._ids: dict[str, str] = {}
        self._last: deque[float] = deque()
        self._lock = threading.Lock()

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        self.sent.clear()  # a hundred thousand requests are not kept
        now, key = time.monotonic(), str(sent.form["key"])
        with self._lock:
            if key in self._ids:
                self.repeats += 1
                return web.json_response({"id": self._ids[key]})
            while self._last and self._last[0] < now - 1.0:
                self._last.popleft()
            if len(self._last) >= self._most:
                self.refused += 1
                return web.json_response({"error": "too fast"}, status=_BUSY, headers={"Retry-After": "1"})
            self._last.append(now)
            self._ids[key] = f"p-{len(self._ids)}"
            self.took.append(Took(now, str(sent.form["to"]), str(sent.form["text"])))
            return web.json_response({"id": self._ids[key]})
