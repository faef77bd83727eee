"""The gateway under fire: the real one on loopback, with every channel and a real database, and a watch on all that it does."""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Self, cast

from aiohttp import web

from bot.app import App
from bot.config import Settings
from bot.core.inbox import Inbox
from bot.core.ports import Channel, Taken
from bot.core.storage import Tx
from bot.core.types import Event, Lane
from bot.gateway.listen import listen
from bot.gateway.site import make_app
from bot.store import open_store
from bot.store.migrate import upgrade
from tests.channels.runner import NUMBER, PUBLIC_URL
from tests.small import small_library

_PATIENCE_S = 20.0


@dataclass(frozen=True)
class Answer:
    """What came back: 0 where the line was closed without a word. `events` is what was taken in meanwhile, `errors` what was logged."""

    status: int
    events: tuple[Event, ...]
    errors: tuple[str, ...]
    leaks: tuple[str, ...]  # log lines with a secret or a number in them


class Target:
    """`with Target(folder, channels)`: takes shots until the block ends."""

    def __init__(self, folder: Path, channels: Mapping[str, Channel]) -> None:
        settings = Settings(data_dir=folder, public_url=PUBLIC_URL, model="none", channels={})
        upgrade(settings.sqlalchemy_url)
        store = open_store(settings.sqlalchemy_url)
        app = App(settings=settings, library=small_library(), store=store, queue=_Nobody(), channels=channels, clock=time.time)
        self._inbox = _Watched(app.inbox)
        app.inbox = cast(Inbox, self._inbox)
        private = {secret for channel in channels.values() for secret in channel.secrets if secret}
        self._log = _Log({*private, NUMBER[4:]})
        self._store, self._site = store, make_app(app)
        self._socket = listen("127.0.0.1", 0)
        self.address: tuple[str, int] = self._socket.getsockname()[:2]
        self._loop, self._ready = asyncio.new_event_loop(), threading.Event()
        self._thread = threading.Thread(target=self._serve, name="gateway", daemon=True)

    def __enter__(self) -> Self:
        self._log.start()
        self._thread.start()
        assert self._ready.wait(30), "the gateway did not start"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._log.stop()
        self._store.close()

    def shoot(self, raw: bytes, *, patience_s: float = _PATIENCE_S) -> Answer:
        """Sends `raw` over a line of its own, and waits for the answer to it, so long."""
        self._inbox.events.clear()
        self._log.forget()
        status = self._send(raw, patience_s)
        return Answer(status, tuple(self._inbox.events), tuple(self._log.errors), tuple(self._log.leaks))

    def _send(self, raw: bytes, patience_s: float) -> int:
        with socket.create_connection(self.address, timeout=patience_s) as line:
            try:
                line.sendall(raw)
                return _status(line)
            except OSError:
                return 0

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        with self._running():
            self._ready.set()
            self._loop.run_forever()

    @contextmanager
    def _running(self) -> Iterator[None]:
        runner = web.AppRunner(self._site, access_log=None, shutdown_timeout=1)
        self._loop.run_until_complete(runner.setup())
        self._loop.run_until_complete(web.SockSite(runner, self._socket).start())
        try:
            yield
        finally:
            self._loop.run_until_complete(runner.cleanup())
            self._loop.close()


def _status(line: socket.socket) -> int:
    """The status of the answer, after any "100 Continue"; the connection is read to its end."""
    answer = b""
    while chunk := line.recv(65_536):
        answer += chunk
    heads = [part for part in answer.split(b"\r\n\r\n") if part.startswith(b"HTTP/1.")]
    final = [int(head.split(b" ", 2)[1]) for head in heads if not head.startswith((b"HTTP/1.1 1", b"HTTP/1.0 1"))]
    return final[0] if final else 0


class _Nobody:
    """A queue that nobody works on."""

    def hint(self, lane: Lane, *ids: int) -> None:
        """Dropped."""


@dataclass
class _Watched:
    """The real inbox, and what it took."""

    inbox: Inbox
    events: list[Event] = field(default_factory=list)

    def take(self, tx: Tx, event: Event, *, now: float) -> Taken:
        self.events.append(event)
        return self.inbox.take(tx, event, now=now)

    def answered(self, *args: Any, **options: Any) -> Any:
        return self.inbox.answered(*args, **options)


class _Log(logging.Handler):
    """What the house, aiohttp and asyncio say. Every error counts, and every line with something private in it."""

    _NAMES = ("bot", "aiohttp", "asyncio", "channels")

    def __init__(self, private: set[str]) -> None:
        super().__init__(logging.INFO)
        self._private = private
        self.errors: list[str] = []
        self.leaks: list[str] = []

    def start(self) -> None:
        for name in self._NAMES:
            logger = logging.getLogger(name)
            logger.addHandler(self)
            logger.setLevel(logging.INFO)

    def stop(self) -> None:
        for name in self._NAMES:
            logging.getLogger(name).removeHandler(self)
            logging.getLogger(name).setLevel(logging.NOTSET)

    def forget(self) -> None:
        self.errors.clear()
        self.leaks.clear()

    def emit(self, record: logging.LogRecord) -> None:
        line = self.format(record)
        if record.levelno >= logging.ERROR:
            self.errors.append(line)
        if any(one in line for one in self._private):
            self.leaks.append(line)
