"""An HTTP server on loopback in its own thread, so that blocking senders can call it from a test."""

import asyncio
import json
import socket
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event, Thread
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

from aiohttp import web


@dataclass(frozen=True)
class Sent:
    """One request as it arrived. Header names in lower case. `form` holds the fields of a form, or a JSON object."""

    method: str
    path: str
    headers: Mapping[str, str]
    form: Mapping[str, Any]
    query: Mapping[str, str] = field(default_factory=dict)
    target: str = ""  # path and query as they came
    body: bytes = b""
    connection: int = 0  # the caller's port: the same for calls over one connection


@dataclass(frozen=True)
class Fault:
    """What goes wrong with one call. `accepted`: the message was taken before it went wrong."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    content_type: str = "application/json"
    accepted: bool = False
    delay_s: float = 0.0
    reset: bool = False  # the connection is cut instead of an answer
    code: int = 0  # the provider's own code for this recipient or request

    @property
    def hides_the_answer(self) -> bool:
        """Whether the caller sees this instead of the stand-in's own answer."""
        return self.reset or self.status != 200 or bool(self.body)


class Server:
    """Start, stop, and the requests that came. Subclasses answer."""

    port = 0  # any free one

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.url = ""
        self._faults: deque[Fault] = deque()
        self.deal: Callable[[Sent], Fault] = self._prepared  # what goes wrong with a call; a fault run deals its own
        self._loop = asyncio.new_event_loop()
        self._thread = Thread(target=self._serve, name=type(self).__name__, daemon=True)
        self._ready, self._stopping = Event(), asyncio.Event()
        self._runner: web.AppRunner
        self._site: web.SockSite | None = None

    def start(self) -> str:
        """Starts to serve and returns the base URL."""
        self._thread.start()
        assert self._ready.wait(10), "the stand-in did not start"
        return self.url

    def stop(self) -> None:
        """Ends every connection and the thread."""
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._thread.join(10)

    def vanish(self) -> None:
        """Cuts every connection and refuses new ones until `come_back`."""
        asyncio.run_coroutine_threadsafe(self._vanish(), self._loop).result(10)

    def come_back(self) -> None:
        """Listens again, at the same address."""
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def fail_next(self, *faults: Fault) -> None:
        """The next calls go wrong, one fault each, in this order."""
        self._faults.extend(faults)

    @property
    def unused(self) -> int:
        """Prepared faults that no call has met yet."""
        return len(self._faults)

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        """Does what the provider does with a call, and returns its answer."""
        raise NotImplementedError

    def _prepared(self, _: Sent) -> Fault:
        return self._faults.popleft() if self._faults else Fault()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        sent = await _read(request)
        self.sent.append(sent)
        fault = self.deal(sent)
        answer = web.Response() if fault.hides_the_answer and not fault.accepted else self.answer(sent, fault)
        await asyncio.sleep(fault.delay_s)
        if fault.reset and request.transport is not None:
            request.transport.abort()
        if fault.hides_the_answer:
            return web.Response(status=fault.status, text=fault.body, headers=fault.headers, content_type=fault.content_type)
        return answer

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        with closing(self._loop):
            self._loop.run_until_complete(self._run())

    async def _run(self) -> None:
        site = web.Application()
        site.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(site, shutdown_timeout=0.1, handler_cancellation=True, access_log=None)  # addresses hold passwords
        await runner.setup()
        self._runner = runner
        await self._listen()
        self._ready.set()
        await self._stopping.wait()
        await self._refuse()
        await runner.cleanup()

    async def _listen(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listening.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self._site = web.SockSite(self._runner, self._listening)
        await self._site.start()

    async def _refuse(self) -> None:
        """Stops to listen. Does nothing where nobody does."""
        if self._site is not None:
            self._loop.remove_reader(self._listening)
            for _ in range(5):  # turns of the loop: asyncio leaks what it has accepted and not yet attached when its server closes
                await asyncio.sleep(0)
            await self._site.stop()
        self._site = None

    async def _vanish(self) -> None:
        await self._refuse()
        for connection in list(self._runner.server.connections if self._runner.server else ()):
            if connection.transport is not None:
                connection.transport.abort()


class Scripted(Server):
    """Answers only what was prepared with `fail_next`; a call too many is an error of the sender, told by status 599."""

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        return web.Response(status=599, text="no answer was prepared for this call")


def closed_port() -> str:
    """The address of a port on loopback where nobody listens."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}"


async def _read(request: web.Request) -> Sent:
    headers = {name.lower(): value for name, value in request.headers.items()}
    body = await request.read()
    is_json = request.content_type == "application/json"
    form = json.loads(body) if is_json else dict(parse_qsl(body.decode(), keep_blank_values=True))
    peer = request.transport.get_extra_info("peername") if request.transport else None
    return Sent(request.method, request.path, headers, form, dict(request.query), request.raw_path, body, peer[1] if peer else 0)
