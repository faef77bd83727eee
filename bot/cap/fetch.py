"""Fetches a document of a feed: from the hosts that the settings name and no others, within a time and a size that hold in any case.

aiohttp and not requests: its limit is on the whole call, so a host that sends a byte now and then cannot hold up the feeds behind it.
"""

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

import aiohttp

WITHIN_S = 10.0  # for one document, redirects and name servers included
MOST_BYTES = 4 * 1024 * 1024  # a list may be longer than a single alert
REDIRECTS = 3
_SLACK_S = 0.2
_MOVED = frozenset({301, 302, 303, 307, 308})
_OK, _SAME = 200, 304
_HEADERS = {
    "User-Agent": "ujumbe",
    "Accept": "application/cap+xml, application/rss+xml, application/atom+xml, application/xml;q=0.9, */*;q=0.5",
}

_T = TypeVar("_T")


class FetchFailed(Exception):
    """A document did not come. `code` is a word or two without an address: it is kept and shown."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a feed's documents may be: its own host and port, and those that the operator added, on the usual ports."""

    url: str
    hosts: Collection[str]

    def refuses(self, url: str) -> str:
        """Why `url` may not be asked, "" where it may. Plain http goes only where the feed's own address is written so."""
        try:
            parts, own = urlsplit(url), urlsplit(self.url)
            host, port = (parts.hostname or "").lower(), parts.port
        except ValueError:
            return "bad address"
        if parts.scheme != "https" and not (parts.scheme == "http" and own.scheme == "http"):
            return "not https"
        if parts.username or parts.password or any(char.isspace() for char in url):
            return "bad address"
        usual = {"https": 443, "http": 80}[parts.scheme]
        ports = {usual, own.port or usual} if host == (own.hostname or "").lower() else {usual}
        return "" if host in self.hosts and (port or usual) in ports else "host not allowed"


@dataclass(frozen=True, slots=True)
class Document:
    """What came. `etag` and `modified` are what a server wants to hear the next time."""

    body: bytes
    url: str
    etag: str = ""
    modified: str = ""


def fetch(
    url: str, reach: Reach, *, etag: str = "", modified: str = "", most: int = MOST_BYTES, within_s: float = WITHIN_S
) -> Document | None:
    """The document at `url`, None where it has not changed since `etag` or `modified`. Raises FetchFailed, in time."""
    known = {"If-None-Match": etag, "If-Modified-Since": modified}
    headers = _HEADERS | {name: value for name, value in known.items() if value}
    return _in_time(lambda: _follow(url, reach, headers, most, within_s), within_s)


async def _follow(url: str, reach: Reach, headers: dict[str, str], most: int, within_s: float) -> Document | None:
    """Asks, and goes on where a host that is allowed sends us to another one that is."""
    try:
        async with (
            asyncio.timeout(within_s),
            aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(force_close=True),
                timeout=aiohttp.ClientTimeout(total=within_s),
                headers=headers,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=True,
            ) as session,
        ):
            for _ in range(REDIRECTS + 1):
                if why := reach.refuses(url):
                    raise FetchFailed(why)
                async with session.get(url, allow_redirects=False) as answer:
                    if answer.status not in _MOVED:
                        return await _document(answer, url, most)
                    url = urljoin(url, answer.headers.get("Location", ""))
            raise FetchFailed("too many redirects")
    except TimeoutError:
        raise FetchFailed("no answer in time") from None
    except aiohttp.ClientConnectorCertificateError:
        raise FetchFailed("bad certificate") from None
    except aiohttp.ClientConnectorError:
        raise FetchFailed("no connection") from None
    except (aiohttp.ClientError, OSError, ValueError):
        raise FetchFailed("connection lost") from None


async def _document(answer: aiohttp.ClientResponse, url: str, most: int) -> Document | None:
    if answer.status == _SAME:
        return None
    if answer.status != _OK:
        raise FetchFailed(f"HTTP {answer.status}")
    body = bytearray()
    async for chunk in answer.content.iter_chunked(16_384):
        body += chunk
        if len(body) > most:
            raise FetchFailed("too large")
    return Document(bytes(body), url, _short(answer.headers.get("ETag", "")), _short(answer.headers.get("Last-Modified", "")))


def _short(value: str) -> str:
    """A header that goes back as it came, or not at all."""
    return value if len(value) <= 200 and value.isprintable() else ""


def _in_time(work: Callable[[], Awaitable[_T]], within_s: float) -> _T:
    """The result of `work`, done in a thread of its own: a name server that hangs cannot be cancelled, only left behind."""
    box: queue.SimpleQueue[Callable[[], _T]] = queue.SimpleQueue()

    async def one() -> _T:
        return await work()

    def do() -> None:
        try:
            result = asyncio.run(one())
            box.put(lambda: result)
        except Exception as error:  # raised again where it is waited for
            box.put(lambda error=error: _raise(error))  # type: ignore[misc]

    threading.Thread(target=do, name="feed", daemon=True).start()
    try:
        return box.get(timeout=within_s + _SLACK_S)()
    except queue.Empty:
        raise FetchFailed("no answer in time") from None


def _raise(error: Exception) -> _T:  # type: ignore[type-var]
    raise error if isinstance(error, FetchFailed) else FetchFailed(type(error).__name__)
