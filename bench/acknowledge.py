"""How long a provider waits for its 200, at rest and while the model has more to answer than it can: on both stacks.

    .venv/bin/python -m bench.acknowledge [--stack embedded|postgres|both] [--seconds 60] [--rate 20] [--model NAME]

A real `ujumbe serve` with the default model in a temporary folder. Signed webhooks come at a steady rate, each counted from the moment
that it should have gone out; they ask for HELP, which needs no model, so that the same webhooks can be measured in both states. Then
questions are kept waiting for the model all the time. PostgreSQL commits to the disk here, as SQLite always does. Run it on a quiet
machine: the provider's process and the model's threads share the cores.
"""

import argparse
import json
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from bench.first_light import QUESTIONS
from bench.gateway import encoded
from bench.machine import caption, percentile, table
from bench.service import Service
from bench.steady import Seen, steady
from bench.wires.gateways import Http
from tests import postgres, redis

STACKS = {"embedded": "SQLite and Valkey, embedded", "postgres": "PostgreSQL and Redis"}
WARM_S = 3.0
WAITING = 25  # questions that the model has before it


def main(words: list[str] | None = None) -> None:
    """Prints the tables."""
    parser = argparse.ArgumentParser(prog="bench.acknowledge", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stack", choices=[*STACKS, "both"], default="both")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--rate", type=float, default=20.0)
    parser.add_argument("--model", help="another one than the default, or none")
    given = parser.parse_args(words)
    stacks = list(STACKS) if given.stack == "both" else [given.stack]
    figures = [measure(stack, seconds=given.seconds, rate=given.rate, model=given.model) for stack in stacks]
    print(
        f"Measured {caption()}. {given.rate:g} webhooks a second for {given.seconds:g} s each, model {given.model or 'of the settings'}.\n"
    )
    head = ["acknowledged after, ms", "p50", "p95", "p99", "max", "webhooks", "refused"]
    print(table(head, [row for one in figures for row in one.rows()]), "\n")
    print(table(["while the model was saturated", "answers/min", "questions waiting, at least"], [one.proof() for one in figures]))


@dataclass
class Figures:
    """What was measured on one stack."""

    stack: str
    rest: Seen
    saturated: Seen
    per_minute: float
    least: int  # questions that waited at the emptiest moment

    def rows(self) -> list[list[str]]:
        """Two lines of the table."""
        return [_row(f"{STACKS[self.stack]}: {name}", seen) for name, seen in (("at rest", self.rest), ("model saturated", self.saturated))]

    def proof(self) -> list[str]:
        """That it was saturated."""
        return [STACKS[self.stack], f"{self.per_minute:.0f}", str(self.least)]


def _row(name: str, seen: Seen) -> list[str]:
    times = [f"{1000 * percentile(seen.seconds, share):.1f}" for share in (0.5, 0.95, 0.99, 1.0)]
    return [name, *times, str(len(seen.seconds)), str(seen.refused)]


def measure(stack: str, *, seconds: float, rate: float, model: str | None = None) -> Figures:
    """Both states of one stack."""
    wire = Http()
    with installed(stack, wire, model) as service:
        steady(service.port, _help(wire, "1", int(WARM_S * rate)), rate=rate)
        rest = steady(service.port, _help(wire, "2", int(seconds * rate)), rate=rate)
        with Crowd(service, wire) as crowd:
            answered = crowd.answered
            began = time.perf_counter()
            saturated = steady(service.port, _help(wire, "3", int(seconds * rate)), rate=rate)
            per_minute = 60 * (crowd.answered - answered) / (time.perf_counter() - began)
    return Figures(stack, rest, saturated, per_minute, crowd.least)


@contextmanager
def installed(stack: str, wire: Http, model: str | None) -> Iterator[Service]:
    """A service on that stack, with the provider beside it."""
    with ExitStack() as held:
        held.enter_context(wire.server)
        folder = Path(held.enter_context(tempfile.TemporaryDirectory()))
        environment = {} if model is None else {"UJUMBE_MODEL": model}
        if stack == "postgres":
            broker = held.enter_context(redis.server("redis", _made(folder / "broker"))).settings.broker_url
            environment |= {"UJUMBE_DATABASE_URL": held.enter_context(postgres.running(durable=True)), "UJUMBE_BROKER_URL": broker}
        options = wire.options() | {"rate_per_s": 1000.0}
        lines = ["[channels.http]", *(f"{name} = {json.dumps(value)}" for name, value in options.items())]
        (_made(folder / "data") / "ujumbe.toml").write_text("\n".join(lines), encoding="utf-8")
        yield held.enter_context(Service(folder / "data", environment))


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def _help(wire: Http, series: str, count: int) -> list[bytes]:
    """Each from a person of its own."""
    return [encoded(wire.inbound(f"+2547{series}{n:07d}", "HELP", id=f"help-{series}-{n}")) for n in range(count)]


@dataclass
class Crowd:
    """People who ask so much that WAITING questions wait at any time. `with Crowd(...)` begins once they do."""

    service: Service
    wire: Http
    asked: int = 0
    least: int = WAITING
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def __enter__(self) -> "Crowd":
        self._ask(WAITING)
        self._thread = threading.Thread(target=self._go_on, name="crowd")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    @property
    def answered(self) -> int:
        """Questions whose answer reached the provider."""
        return len({taken.number for taken in self.wire.taken() if taken.number.startswith("+25479")})

    def _go_on(self) -> None:
        while not self._stop.wait(0.05):
            waiting = self.asked - self.answered
            self.least = min(self.least, waiting)
            self._ask(WAITING - waiting)

    def _ask(self, count: int) -> None:
        """As a provider does it: what is not acknowledged is sent again."""
        for _ in range(count):
            n = self.asked
            call = self.wire.inbound(f"+25479{n:07d}", QUESTIONS[n % len(QUESTIONS)], id=f"ask-{n}")
            asked = requests.post(self.service.url + call.target, call.body, headers=dict(call.headers), timeout=30)
            if asked.status_code != 200:
                return
            self.asked += 1


if __name__ == "__main__":
    main()
