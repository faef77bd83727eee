"""Connections to providers that stay open from one call to the next, a set for each thread."""

import threading
import time
from collections.abc import Mapping
from http.cookiejar import DefaultCookiePolicy
from typing import Any
from urllib.parse import urlsplit

import requests

KEPT_S = 1.0
"""How long a rested connection is used again. Servers close theirs after 2 s (gunicorn), 5 s (Node) or later: none closes on our call."""


class Lines(threading.local):
    """The connections of the thread that asks. A broadcast's next call finds one open; a call after a rest opens its own."""

    def __init__(self) -> None:
        self._session: requests.Session | None = None
        self._ways: dict[str, Mapping[str, Any]] = {}
        self._rested_from = 0.0

    def call(self, method: str, url: str, *, timeout_s: tuple[float, float], **what: Any) -> requests.Response:
        """One request, no redirect followed, no cookie kept. Raises requests.RequestException; a line that failed is not used again."""
        session = self._open()
        try:
            answer = session.request(method, url, timeout=timeout_s, allow_redirects=False, **self._way(url), **what)
        except BaseException:
            self.close()
            raise
        self._rested_from = time.monotonic()
        return answer

    def close(self) -> None:
        """Closes this thread's connections; the next call opens one."""
        if self._session is not None:
            self._session.close()
        self._session = None

    def _open(self) -> requests.Session:
        if time.monotonic() - self._rested_from > KEPT_S:
            self.close()
        if self._session is None:
            self._session, self._ways = requests.Session(), {}
            self._session.trust_env = False  # requests would read the whole environment at each call
            self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))  # what one person's call is told stays with it
        return self._session

    def _way(self, url: str) -> Mapping[str, Any]:
        """The proxies and the certificates that the environment names for this provider. Raises requests.exceptions.InvalidURL."""
        try:
            host = urlsplit(url).netloc
        except ValueError as error:
            raise requests.exceptions.InvalidURL(str(error)) from None
        if host not in self._ways:
            told = requests.Session().merge_environment_settings(url, {}, None, None, None)
            self._ways[host] = {name: told[name] for name in ("proxies", "verify")}
        return self._ways[host]
