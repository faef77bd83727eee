"""An OpenAI-compatible endpoint (POST /v1/chat/completions, GET /v1/models), and one that sends a byte now and then.

with ChatEndpoint(says="B") as endpoint:
    Endpoint(f"{endpoint.url}/v1", model=MODEL, api_key=KEY)
    endpoint.fail_next(Fault(429, {"Retry-After": "3"}))
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.providers.server import Fault, Sent, Server

KEY = "endpoint-key-0123456789"
MODEL = "large-chooser"


class ChatEndpoint(Server):
    """Says what `says` tells, a text or made of the user's message. `message` and `choice` add to what it wraps that in."""

    def __init__(self, says: str | Callable[[str], str] = "X", *, tokens: int = 900) -> None:
        super().__init__()
        self.says, self.tokens = says, tokens
        self.message: dict[str, Any] = {}
        self.choice: dict[str, Any] = {}

    @property
    def asked(self) -> list[str]:
        """The user's message of every question that came, oldest first."""
        return [sent.form["messages"][1]["content"] for sent in self.sent if sent.method == "POST"]

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        if sent.headers.get("authorization") != f"Bearer {KEY}":
            return web.json_response({"error": {"message": "Incorrect API key"}}, status=401)
        if (sent.method, sent.path) == ("GET", "/v1/models"):
            return web.json_response({"object": "list", "data": [{"id": "small"}, {"id": MODEL}]})
        if (sent.method, sent.path) != ("POST", "/v1/chat/completions") or sent.form["model"] != MODEL:
            return web.json_response({"error": {"message": "no such thing"}}, status=404)
        user = sent.form["messages"][1]["content"]
        text = self.says if isinstance(self.says, str) else self.says(user)
        message = {"role": "assistant", "content": text} | self.message
        choice = {"index": 0, "message": message, "finish_reason": "stop"} | self.choice
        usage = {"prompt_tokens": self.tokens - 1, "completion_tokens": 1, "total_tokens": self.tokens}
        return web.json_response({"id": "c-1", "object": "chat.completion", "choices": [choice], "usage": usage})


def letter_of(text: str) -> Callable[[str], str]:
    """Chooses the offered text that holds `text`, X where none does."""

    def says(user: str) -> str:
        return next((line[0] for line in user.splitlines() if line[1:3] == ": " and text in line and line[0] != "X"), "X")

    return says


class Dripping:
    """Takes a request and then sends `start`, and a byte of `drip` every `every_s`, for ever. `gone` is set once the caller has left."""

    def __init__(self, start: bytes, drip: bytes = b" ", *, every_s: float = 0.05) -> None:
        self._start, self._drip, self._every_s = start, drip, every_s
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self.gone = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._listening.close()
        self._thread.join(10)

    def _serve(self) -> None:
        with suppress(OSError):
            caller, _ = self._listening.accept()
            with closing(caller):
                asyncio.run(self._send(caller))
        self.gone.set()

    async def _send(self, caller: socket.socket) -> None:
        caller.setblocking(False)
        reader, writer = await asyncio.open_connection(sock=caller)
        await reader.readuntil(b"\r\n\r\n")
        with suppress(OSError):
            writer.write(self._start)
            while True:
                writer.write(self._drip)
                await writer.drain()
                await asyncio.sleep(self._every_s)
        writer.close()
