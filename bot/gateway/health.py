"""Does this process work, and may messages be sent to it? For supervisors, load balancers and `ujumbe doctor`."""

import asyncio
from collections.abc import Callable, Mapping

from aiohttp import web

from bot.gateway.looks import Looks


class Health:
    """GET /healthz: this process and its threads run; if not, only a restart helps. GET /readyz: it can take messages now.

    The two differ: a database that is gone makes it unready, and no restart of the gateway would bring it back. The broker and the
    lanes have no part in either: without them every message is taken, and the sweep finds the rows later. They are told as degraded.
    """

    def __init__(self, looks: Looks, threads: Mapping[str, Callable[[], bool]]) -> None:
        """`threads`: what says of each of them whether it runs."""
        self._looks, self._threads = looks, threads

    async def alive(self, _: web.Request) -> web.Response:
        """200 where every thread runs, else 503; the body names them."""
        return _told({name: runs() for name, runs in self._threads.items()})

    async def ready(self, _: web.Request) -> web.Response:
        """200 where messages are taken, else 503. "degraded" lists what does not work though they are."""
        store, degraded = await asyncio.gather(self._looks.store(), self._looks.degraded())
        return _told({"store": store, "writer": self._threads["writer"]()}, degraded=degraded)


def _told(parts: Mapping[str, bool], **more: object) -> web.Response:
    words = {name: "ok" if well else "down" for name, well in parts.items()}
    return web.json_response(words | more, status=200 if all(parts.values()) else 503)
