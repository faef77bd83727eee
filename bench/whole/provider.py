"""The provider: a stand-in that tells who waits for a reply of the moment that it took its first part."""

from collections.abc import Callable
from queue import SimpleQueue

from aiohttp import web

from bench.wires.gateways import Http
from bot.core.promise import STEPS, worded
from bot.core.types import Lang, Library
from tests.providers.http_gateway import HttpGateway
from tests.providers.server import Fault, Sent


class Gateway(HttpGateway):
    """As its parent. `heard` is told number, text and key of each part that it takes, each once."""

    def __init__(self, heard: Callable[[str, str, str], None]) -> None:
        super().__init__()
        self._heard = heard

    def answer(self, sent: Sent, fault: Fault) -> web.Response:
        self.sent.clear()  # what was asked before is not kept
        known = len(self.messages)
        answer = super().answer(sent, fault)
        if len(self.messages) > known:
            self._heard(sent.form["to"], sent.form["text"], sent.form["key"])
        return answer


class Provider(Http):
    """The channel's wire, and for each number what came for it: the texts of replies, each by its first part."""

    def __init__(self, library: Library) -> None:
        self.server = self.gateway = Gateway(self._hear)
        self._replies: dict[str, SimpleQueue[str]] = {}
        self._deliveries: set[str] = set()
        self._promises = {worded(library, lang, s) for lang in Lang for s in (*(60.0 * step for step in STEPS), 1e9, float("inf"))}

    def replies(self, number: str) -> SimpleQueue[str]:
        """What is said to `number`."""
        return self._replies.setdefault(number, SimpleQueue())

    def _hear(self, number: str, text: str, key: str) -> None:
        """In the server's thread. A part's key begins with its delivery's id; a promise that an answer will come is none."""
        delivery = key.partition("-")[0]
        if delivery not in self._deliveries and text not in self._promises:
            self._deliveries.add(delivery)
            self.replies(number).put(text)
