"""Scripted doubles for the gateway: a channel of one line, an inbox and a store that do as they are told."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

from bot.app import App
from bot.config import Settings
from bot.core.bucket import TRIP, Bucket
from bot.core.errors import Challenge, Malformed, StoreDown, Unsigned
from bot.core.gauges import Gauges, Waiting
from bot.core.inbox import Inbox
from bot.core.ports import Parse, Taken
from bot.core.storage import Store, Tx, WaitingAnswer
from bot.core.types import Event, Lane, Lang, Library, Limits, Message, Reply, Request, Response, Status

KEY = "path-key-that-must-stay-secret"
NUMBER = "+254700000001"
LATE = Reply("We will SMS you the answer", Lang.EN, "fixed")


class LineChannel:
    """A body is "id text". `seen` keeps every request as the channel saw it."""

    name = "line"
    secrets = (KEY,)

    def __init__(self, *, reply_within_s: float | None = None) -> None:
        self.limits = Limits(reply_within_s=reply_within_s)
        self.seen: list[Request] = []

    def routes(self) -> Mapping[str, Parse]:
        return {"receive": self._receive, "status": lambda _: (), "check": self._check}

    def _check(self, request: Request) -> Sequence[Event]:
        raise Challenge(parse_qs(urlsplit(request.url).query)["text"][0])

    def _receive(self, request: Request) -> Sequence[Event]:
        self.seen.append(request)
        if request.path_key not in ("", KEY):
            raise Unsigned("The path key is wrong")
        if request.body.startswith(b"bug"):
            raise ValueError(f"cannot read {request.body!r}")
        lines = request.body.decode("utf-8", "replace").splitlines()
        if not all(" " in line for line in lines):
            raise Malformed("The body is not 'id text'")
        return [self._message(*line.split(" ", 1)) for line in lines]

    def _message(self, id: str, text: str) -> Message:
        return Message(channel=self.name, external_id=id, urn=f"tel:{NUMBER}", text=text)

    def respond(self, reply: Reply | None) -> Response:
        return Response(body="" if reply is None else f"END {reply.text}")

    def send(self, urn: str, text: str, *, key: str) -> str:
        raise NotImplementedError


@dataclass
class FakeTx:
    """The rows of one transaction."""

    rows: list[str]


class FakeStore:
    """Rows in a list. `begins` counts transactions, `down` makes each fail, `gate` holds them until it is set."""

    def __init__(self) -> None:
        self.rows: list[str] = []
        self.begins = 0
        self.rollbacks = 0
        self.down = False
        self.gate = threading.Event()
        self.gate.set()
        self.answers: dict[int, str] = {}
        self.shown: list[int] = []
        self.handed_over: list[int] = []
        self.deliveries: dict[int, int] = {}

    @contextmanager
    def begin(self) -> Iterator[Tx]:
        self.begins += 1
        if not self.gate.wait(20):
            raise AssertionError("the test forgot its gate")
        if self.down:
            raise StoreDown("no database")
        tx = FakeTx(list(self.rows))
        try:
            yield cast(Tx, tx)
        except BaseException:
            self.rollbacks += 1
            raise
        self.rows = tx.rows

    def claim_screen(self, message_id: int, *, now: float) -> WaitingAnswer | None:
        if self.down:
            raise StoreDown("no database")
        if message_id not in self.answers:
            return None
        self.shown.append(message_id)
        return WaitingAnswer(delivery_id=1, message_id=message_id, text=self.answers[message_id], status=Status.DELIVERED)

    def hand_over(self, message_id: int, *, now: float) -> int | None:
        if self.down:
            raise StoreDown("no database")
        self.handed_over.append(message_id)
        return self.deliveries.get(message_id)

    def check_write(self, *, now: float) -> None:
        if self.down:
            raise StoreDown("no database")

    def buckets(self) -> Mapping[str, Bucket]:
        return {"line": Bucket(misses=TRIP, factor=0.5, cut_at=time.time())}

    def gauges(self, *, now: float) -> Gauges:
        if self.down:
            raise StoreDown("no database")
        return Gauges(waiting=[Waiting(Lane.ANSWERS, "line", len(self.rows), now - 7.0)])


class ScriptedInbox:
    """Stores the id. A text of "poison" breaks the transaction; "ask N" waits for an answer for N seconds."""

    def take(self, tx: FakeTx, event: Event, *, now: float) -> Taken:
        assert isinstance(event, Message)
        if event.text == "poison":
            raise RuntimeError(f"cannot take {event.urn}")
        if event.external_id in tx.rows:
            return Taken(duplicate=True)
        tx.rows.append(event.external_id)
        number = len(tx.rows)
        if event.text.startswith("ask "):
            return Taken(hints=((Lane.ANSWERS, number),), wait_for=number, wait_until=now + float(event.text[4:]), late=LATE)
        return Taken(hints=((Lane.ANSWERS, number),))

    def answered(self, tx: FakeTx, message: Message, answer: WaitingAnswer, *, now: float) -> Reply:
        tx.rows.append(f"screen {message.external_id}")
        return Reply(answer.text, Lang.EN, "fact")


@dataclass
class ListQueue:
    """Keeps hints. `broken` makes it raise, which the port forbids."""

    hints: list[tuple[Lane, int]] = field(default_factory=list)
    broken: bool = False

    def hint(self, lane: Lane, *ids: int) -> None:
        if self.broken:
            raise ConnectionError("no broker")
        self.hints += [(lane, row) for row in ids]


@dataclass
class House:
    """An App of doubles, with each of them at hand."""

    store: FakeStore
    queue: ListQueue
    channel: LineChannel
    app: App


def house(data_dir: Path, *, reply_within_s: float | None = None, **settings: Any) -> House:
    store, queue, channel = FakeStore(), ListQueue(), LineChannel(reply_within_s=reply_within_s)
    app = App(
        settings=Settings(data_dir=data_dir, public_url="https://bot.example.org", **settings),
        library=Library(skills=(), texts={}, keywords={}, emergencies=()),
        store=cast(Store, store),
        queue=queue,
        channels={channel.name: channel},
        clock=time.time,
    )
    app.inbox = cast(Inbox, ScriptedInbox())
    return House(store, queue, channel, app)
