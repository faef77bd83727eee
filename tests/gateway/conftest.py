"""A gateway of doubles on a real socket, run as `python -m bot.gateway` runs it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from aiohttp import ClientResponse, ClientSession, web

from bot.gateway.site import make_app
from tests.gateway.doubles import House, house


@dataclass
class Client:
    """A provider at `host`:`port`."""

    session: ClientSession
    host: str
    port: int

    async def request(self, method: str, path: str, **options: Any) -> ClientResponse:
        return await self.session.request(method, path, **options)

    async def post(self, path: str, **options: Any) -> ClientResponse:
        return await self.request("POST", path, **options)

    async def get(self, path: str, **options: Any) -> ClientResponse:
        return await self.request("GET", path, **options)


@asynccontextmanager
async def serving(site: web.Application) -> AsyncIterator[Client]:
    """Serves `site` on a free port. aiohttp's own TestServer cancels handlers when a client leaves; the real gateway does not."""
    runner = web.AppRunner(site, access_log=None, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        async with ClientSession(f"http://{host}:{port}") as session:
            yield Client(session, host, port)
    finally:
        await runner.cleanup()


async def until(true: Callable[[], object], *, within_s: float = 20.0) -> None:
    """Waits until `true()` is. Fails with TimeoutError."""
    async with asyncio.timeout(within_s):
        while not true():  # noqa: ASYNC110  what is watched belongs to other threads
            await asyncio.sleep(0.01)


@pytest.fixture
def doubles(tmp_path: Path) -> House:
    return house(tmp_path)


@pytest.fixture
async def client(doubles: House) -> AsyncIterator[Client]:
    async with serving(make_app(doubles.app)) as client:
        yield client
