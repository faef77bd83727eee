"""The remote endpoint: an OpenAI-compatible chat API, asked from here alone. What goes wrong there is EndpointFailed here, and in time.

aiohttp and not requests: its limit is on the whole call, so an endpoint that sends a byte now and then cannot hold an answer up.
"""

import asyncio
import json
import queue
import socket
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

import aiohttp
from aiohttp.abc import ResolveResult

from bot.core.errors import EndpointFailed
from bot.core.near import near_address
from bot.core.ports import Said

MOST_BYTES = 65_536  # of an answer, which is one letter and its wrapping
REFUSED_S = 300.0  # a wrong key or address does not mend itself
_SLACK_S = 0.2  # for ending a call that is out of time
_MOST_TOKENS = 10_000_000  # nobody counts more for one call
_OK, _UNAVAILABLE, _TOO_MANY = 200, 503, 429
_FINISHED = ("stop", "eos", None)  # "length", "content_filter", "tool_calls": no answer of its own

_T = TypeVar("_T")


class Endpoint:
    """bot.core.ports.Endpoint over HTTP. Every call opens and ends its own connection, so no thread or socket stays behind."""

    def __init__(self, url: str, *, model: str, api_key: str) -> None:
        self._url, self._model = url, model
        self._headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "ujumbe"}
        if api_key:
            self._headers["Authorization"] = f"Bearer {api_key}"

    def complete(self, system: str, user: str, *, max_tokens: int, within_s: float) -> Said:
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        wish = {"model": self._model, "messages": messages, "max_tokens": max_tokens, "temperature": 0, "stream": False}
        return _said(self._call("POST", "/chat/completions", wish, within_s))

    def models(self, *, within_s: float) -> Sequence[str]:
        """The names of its models, as far as it tells. Costs nothing. Raises EndpointFailed."""
        listed = self._call("GET", "/models", None, within_s).get("data")
        names = [m.get("id") for m in listed if isinstance(m, dict)] if isinstance(listed, list) else []
        return [name for name in names if isinstance(name, str)]

    def _call(self, method: str, path: str, wish: Mapping[str, Any] | None, within_s: float) -> Mapping[str, Any]:
        body = _in_time(lambda: self._fetch(method, self._url + path, wish, within_s), within_s)
        try:
            found = json.loads(body)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise EndpointFailed("no JSON")
        return found

    async def _fetch(self, method: str, url: str, wish: Mapping[str, Any] | None, within_s: float) -> bytes:
        """No redirect is followed, no proxy and no password file of the environment is used: the words go to this address alone."""
        near = url.startswith("http://")
        try:
            async with (
                aiohttp.ClientSession(
                    connector=aiohttp.TCPConnector(resolver=_NearResolver() if near else None, force_close=True),
                    timeout=aiohttp.ClientTimeout(total=within_s),
                    headers=self._headers,
                    cookie_jar=aiohttp.DummyCookieJar(),
                    auto_decompress=False,
                    trust_env=False,
                ) as session,
                session.request(method, url, json=wish, allow_redirects=False) as answer,
            ):
                if answer.status != _OK:
                    raise _refusal(answer.status, answer.headers.get("Retry-After", ""))
                return await _read(answer.content)
        except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
            raise EndpointFailed(_reason(error)) from None


class _NearResolver(aiohttp.ThreadedResolver):
    """Leads only to this house: what is not encrypted goes no further, whatever a name server says."""

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AddressFamily.AF_INET) -> list[ResolveResult]:
        found = [place for place in await super().resolve(host, port, family) if near_address(place["host"])]
        if not found:
            raise OSError("not on a private network")
        return found


def _in_time(work: Callable[[], Awaitable[_T]], within_s: float) -> _T:
    """The result of `work`, done in a thread of its own: a name server that hangs cannot be cancelled, only left behind."""
    box: queue.SimpleQueue[tuple[_T | None, Exception | None]] = queue.SimpleQueue()

    async def one() -> _T:
        return await work()

    def do() -> None:
        try:
            box.put((asyncio.run(one()), None))
        except Exception as error:  # raised again where it is waited for
            box.put((None, error))

    threading.Thread(target=do, name="remote", daemon=True).start()
    try:
        result, error = box.get(timeout=within_s + _SLACK_S)
    except queue.Empty:
        raise EndpointFailed("no answer in time") from None
    if isinstance(error, EndpointFailed):
        raise error
    if result is None:  # a library's surprise is no reason to lose an answer of ours
        raise EndpointFailed(type(error).__name__)
    return result


async def _read(content: aiohttp.StreamReader) -> bytes:
    body = bytearray()
    async for chunk in content.iter_chunked(8192):
        body += chunk
        if len(body) > MOST_BYTES:
            raise EndpointFailed("too long an answer")
    return bytes(body)


def _said(answer: Mapping[str, Any]) -> Said:
    """The text of the first choice. A tool call, a refusal or half a text is none."""
    try:
        choice = answer["choices"][0]
        message, finished = choice["message"], choice.get("finish_reason")
        text = message["content"]
        whole = isinstance(text, str) and finished in _FINISHED and not message.get("tool_calls")
    except (LookupError, TypeError, AttributeError):
        whole, text = False, ""
    if not whole:
        raise EndpointFailed("no text")
    usage = answer.get("usage")
    tokens = usage.get("total_tokens") if isinstance(usage, dict) else None
    return Said(text, tokens if isinstance(tokens, int) and 0 <= tokens <= _MOST_TOKENS else 0)


def _refusal(status: int, retry_after: str) -> EndpointFailed:
    if status in (_TOO_MANY, _UNAVAILABLE):
        said = retry_after.strip()
        return EndpointFailed(f"HTTP {status}", after_s=float(said) if said.isascii() and said.isdigit() else 0.0)
    return EndpointFailed(f"HTTP {status}", after_s=REFUSED_S if status in (401, 402, 403, 404) else 0.0)


def _reason(error: Exception) -> str:
    """In a few words of ours: the library's own may hold addresses."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientSSLError):
        return "no safe connection"
    return "no connection" if isinstance(error, aiohttp.ClientConnectorError) else "connection lost"
