"""A stand-in for an authority's web server: it serves the documents that a test puts there, and says 304 to who has them."""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from tests.providers.server import Fault, Sent, Server


class FeedServer(Server):
    """`pages` are what is at each path; `tags` their ETags."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: dict[str, bytes] = {}
        self.moved: dict[str, str] = {}  # path -> where it is now
        self.drips: set[str] = set()  # paths whose document never ends

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        if sent.path in self.moved:
            return web.Response(status=302, headers={"Location": self.moved[sent.path]})
        if sent.path in self.drips:
            return web.Response(body=_drip())
        if sent.path not in self.pages:
            return web.Response(status=404, text="nothing here")
        page = self.pages[sent.path]
        tag = f'"{hash(page)}"'
        if sent.headers.get("if-none-match") == tag:
            return web.Response(status=304)
        return web.Response(body=page, headers={"ETag": tag}, content_type="application/xml")

    def asked(self, path: str) -> int:
        """How often `path` was asked for."""
        return sum(sent.path == path for sent in self.sent)


async def _drip():  # type: ignore[no-untyped-def]  # aiohttp wants the generator itself
    for _ in range(10_000):
        yield b"<"
        await asyncio.sleep(0.05)


def rss(*items: Mapping[str, str]) -> bytes:
    """An RSS list of items, each with the elements that are given."""
    inside = "".join(f"<item>{''.join(f'<{name}>{value}</{name}>' for name, value in item.items())}</item>" for item in items)
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>Alerts</title>{inside}</channel></rss>'.encode()


def atom(*entries: str) -> bytes:
    """An Atom list of entries, whose insides are given."""
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<feed xmlns="http://www.w3.org/2005/Atom">{inside}</feed>'.encode()
