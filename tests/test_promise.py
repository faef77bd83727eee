"""A flood of questions, end to end over the in-memory store: who is told how long it takes, and whether that was true."""

from dataclasses import dataclass, replace
from functools import cache

import pytest

from bot.app import App, build
from bot.chat import HintList
from bot.config import load
from bot.core.storage import NewDelivery
from bot.core.types import Lang, Message, SessionEvent
from bot.store.memory import MemoryStore

NOW = 1_800_000_000.0
SWEEP_S = 2.0  # and one answer in each: 30 a minute


@dataclass(frozen=True)
class Told:
    """A promise: when, and the text."""

    at: float
    text: str


@cache
def _house() -> App:
    """Put together once: reading all texts takes seconds."""
    settings = load(channels={"sim": {}, "sim_ussd": {}}, model="none", embedder="none")
    return build(settings, store=MemoryStore(), queue=HintList())


class Flood:
    """The service with its sweep, a worker that has an answer every two seconds, and a street full of phones."""

    def __init__(self) -> None:
        self.now, self.store, self.queue = NOW, MemoryStore(), HintList()
        self.app: App = replace(_house(), store=self.store, queue=self.queue, clock=self._clock, steady=self._clock)
        self.answered: dict[str, float] = {}
        self.sent = 0

    def _clock(self) -> float:
        return self.now

    def say(self, n: int, text: str = "how do i store maize", channel: str = "sim") -> None:
        self.sent += 1
        message = Message(channel=channel, external_id=f"m{self.sent}", urn=f"tel:+2547000{n:05}", text=text)
        with self.store.begin() as tx:
            self.app.inbox.take(tx, message, now=self.now)

    def pass_by(self, seconds: float, *, worker: bool = True) -> None:
        """Time goes on; the sweep comes by as ever, and the worker takes the oldest question each time."""
        for _ in range(int(seconds / SWEEP_S)):
            self.now += SWEEP_S
            waiting = [question for question in self.store._tables.questions.values() if question.open]
            if worker and waiting:
                self._answer(min(waiting, key=lambda question: question.id).id)
            self.app.sweep()

    def _answer(self, question: int) -> None:
        claimed = self.store.claim_message(question, now=self.now, lease_s=20)
        assert claimed is not None
        answer = NewDelivery(dedup=f"reply:{question}", channel="sim", urn=claimed.message.urn, parts=("Dry it.",), message_id=question)
        self.store.finish_message(claimed.claim, answer, now=self.now)
        self.answered[claimed.message.urn] = self.now

    def told(self) -> dict[str, list[Told]]:
        """Every promise, by person."""
        found: dict[str, list[Told]] = {}
        for row in self.store._tables.outgoing.values():
            if row.order.kind == "wait":
                found.setdefault(row.order.urn, []).append(Told(row.created - NOW, row.parts[0].text))
        return found

    def text(self, name: str, **values: str) -> str:
        return self.app.library.text(name, Lang.EN, **values)


def person(n: int) -> str:
    return f"tel:+2547000{n:05}"


@pytest.fixture(scope="module")
def two_hundred() -> Flood:
    flood = Flood()
    for n in range(200):
        flood.say(n)
    flood.pass_by(600.0)
    return flood


def test_of_200_those_are_told_who_wait_for_more_than_a_minute_and_each_once(two_hundred: Flood) -> None:
    told = two_hundred.told()
    assert {person(n) for n in range(50, 200)} <= set(told) <= {person(n) for n in range(40, 200)}
    assert {len(one) for one in told.values()} == {1}


def test_they_are_told_within_half_a_minute(two_hundred: Flood) -> None:
    times = [one.at for (one,) in two_hundred.told().values()]
    assert (min(times), max(times)) == (20.0, 28.0)


def test_what_they_are_told_comes_true(two_hundred: Flood) -> None:
    said = {two_hundred.text("wait_minutes", minutes=str(minutes)): 60.0 * minutes for minutes in (2, 3, 4, 5, 10)}
    for urn, (one,) in two_hundred.told().items():
        took_s = two_hundred.answered[urn] - NOW - one.at
        assert said[one.text] / 2 <= took_s <= said[one.text]


def test_in_a_short_line_nobody_is_told() -> None:
    flood = Flood()
    for n in range(30):
        flood.say(n)
    flood.pass_by(60.0)
    assert flood.told() == {}
    assert len(flood.answered) == 30


def test_while_no_worker_is_there_nobody_is_promised_a_time() -> None:
    flood = Flood()
    for n in range(3):
        flood.say(n)
    flood.pass_by(300.0, worker=False)
    assert flood.told() == {person(n): [Told(60.0, flood.text("wait_unknown"))] for n in range(3)}


def test_who_stops_us_is_told_nothing() -> None:
    flood = Flood()
    for n in range(2):
        flood.say(n)
    flood.say(1, "STOP")
    flood.pass_by(120.0, worker=False)
    assert set(flood.told()) == {person(0)}


def test_who_dialled_is_told_by_sms_and_a_new_dial_does_not_show_it() -> None:
    flood = Flood()
    _hop(flood, "")
    _hop(flood, "how do i store maize")
    flood.pass_by(120.0, worker=False)
    assert set(flood.told()) == {person(7)}
    assert flood.text("wait_unknown") not in _hop(flood, "", dial="d2")


def _hop(flood: Flood, text: str, *, dial: str = "d1") -> str:
    flood.sent += 1
    message = Message(
        channel="sim_ussd",
        external_id=f"m{flood.sent}",
        urn=person(7),
        text=text,
        session_id=dial,
        session_event=SessionEvent.RESUME if text else SessionEvent.NEW,
        path=text,
    )
    with flood.store.begin() as tx:
        taken = flood.app.inbox.take(tx, message, now=flood.now)
    return " ".join(reply.text for reply in (taken.reply, taken.late) if reply is not None)
