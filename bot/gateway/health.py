"""Is it alive, and may work be sent to it? For supervisors, load balancers and `ujumbe doctor`."""

import asyncio
import time

from aiohttp import web

from bot.app import App
from bot.gateway.writer import Writer

_KEEP_S = 1.0  # the address is open: asking often must cost the store nothing
_PATIENCE_S = 3.0


class Health:
    """GET /healthz and /readyz: this process takes messages and the store answers.

    The broker has no part in it: without one the gateway still takes every message, and the sweep finds the rows later.
    """

    def __init__(self, app: App, writer: Writer) -> None:
        self._app, self._writer = app, writer
        self._lock = asyncio.Lock()
        self._asked, self._store_answers = float("-inf"), False

    async def check(self, _: web.Request) -> web.Response:
        """200 where all is well, else 503; the body names what is not."""
        parts = {"writer": self._writer.alive, "store": await self._store()}
        words = {name: "ok" if well else "down" for name, well in parts.items()}
        return web.json_response(words, status=200 if all(parts.values()) else 503)

    async def _store(self) -> bool:
        async with self._lock:
            if time.monotonic() - self._asked > _KEEP_S:
                self._store_answers = await self._ask()
                self._asked = time.monotonic()
            return self._store_answers

    async def _ask(self) -> bool:
        try:
            await asyncio.wait_for(asyncio.to_thread(self._app.store.counts), _PATIENCE_S)
        except Exception:
            return False
        return True
