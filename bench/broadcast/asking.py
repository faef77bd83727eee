"""People who ask something meanwhile, at a steady pace, and how long their answers took to reach the provider."""

import hmac
import json
import threading
import time
import urllib.request
from collections.abc import Callable, Sequence
from hashlib import sha256
from random import Random

from bench.broadcast.provider import Provider

SECRET = "broadcast-bench-secret-0123456789"
_QUESTION = "When do I plant maize?"
_PATIENCE_S = 10.0


class Asking:
    """Posts a question every `every_s` or so, each by another person, until it is stopped. Not evenly: the sweep, every two seconds, and
    whatever else has a beat would meet each of them or none."""

    def __init__(self, url: Callable[[], str], provider: Provider, every_s: float, seed: int) -> None:
        self._url, self._provider, self._every_s, self._chance = url, provider, every_s, Random(seed)
        self._asked: dict[str, float] = {}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._ask, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def waits_ms(self, since: float, until: float) -> Sequence[float]:
        """From the question to the answer at the provider, of those that were asked in that time."""
        first: dict[str, float] = {}
        for one in list(self._provider.took):
            first.setdefault(one.number, one.at)
        asked = {who: at for who, at in list(self._asked.items()) if since <= at < until}
        return [1000.0 * (first[who] - at) for who, at in asked.items() if who in first]

    def asked(self, since: float, until: float) -> int:
        """How many were acknowledged in that time."""
        return sum(since <= at < until for at in list(self._asked.values()))

    def _ask(self) -> None:
        n = 0
        while not self._over.wait(self._every_s * self._chance.uniform(0.5, 1.5)):
            n += 1
            who, at = f"+25471{n:07}", time.monotonic()
            body = json.dumps({"id": f"q{n}", "from": who, "to": "20880", "text": _QUESTION}).encode()
            signature = f"sha256={hmac.new(SECRET.encode(), body, sha256).hexdigest()}"
            headers = {"Content-Type": "application/json", "X-Ujumbe-Signature": signature}
            request = urllib.request.Request(f"{self._url()}/c/http/receive", body, headers)
            try:
                with urllib.request.urlopen(request, timeout=_PATIENCE_S):
                    self._asked[who] = at
            except OSError:
                continue  # the gateway was killed just now: a provider would ask again, and what is measured here is the answer
