"""The providers: stand-ins that take our sends, fail as dealt, remember in which order they took what, and can vanish for a while."""

import threading
import time
from collections import Counter
from collections.abc import Callable

from aiohttp import web

from bench.chaos.history import Person, Took
from bench.chaos.script import TIMEOUT_S, UNCLEAR, WIRES, Dealer
from bench.wires import WIRES as KNOWN
from bench.wires import Kind, Taken, Wire
from tests.providers.server import Fault, Sent

RATE_PER_S = 100.0  # the pace is no subject here, and 100 is the most that the Android gateway may be told

Told = Callable[[Wire, Taken], None]


def _nobody(_: Wire, __: Taken) -> None:
    """Nobody hears of it."""


class Providers:
    """All of them; `told` hears of each part at the moment when it is taken."""

    def __init__(self, dealer: Dealer) -> None:
        self.wires: dict[str, Wire] = {name: KNOWN[name]() for name in WIRES}
        self.took: list[Took] = []
        self.unclear: set[Person] = set()
        self.refused: set[Person] = set()
        self.repeats = 0  # of a key that the phone has: dropped there
        self.met: Counter[Kind] = Counter()
        self._called: dict[Person, float] = {}  # when we were last asked to send to each
        self.told: Told = _nobody
        self._dealer = dealer
        self._lock = threading.Lock()
        for wire in self.wires.values():
            self._dress(wire)

    def start(self) -> None:
        for wire in self.wires.values():
            wire.server.start()

    def stop(self) -> None:
        for wire in self.wires.values():
            wire.server.stop()

    def vanish(self) -> None:
        """From now on every connection is refused, and those that are open are cut: whoever waits there hears nothing."""
        for wire in self.wires.values():
            wire.server.vanish()
        with self._lock:
            self.unclear |= {person for person, at in self._called.items() if time.monotonic() - at < TIMEOUT_S}

    def come_back(self) -> None:
        for wire in self.wires.values():
            wire.server.come_back()

    def options(self) -> dict[str, dict[str, object]]:
        """The channels' tables of the settings."""
        more = {"timeout_s": TIMEOUT_S, "rate_per_s": RATE_PER_S}
        return {name: wire.options() | more for name, wire in self.wires.items()}

    def _dress(self, wire: Wire) -> None:
        """Puts the dealer before the stand-in, and the book behind it."""
        plain, server, seen = wire.server.answer, wire.server, 0

        def deal(sent: Sent) -> Fault:
            number = wire.recipient(sent)
            return self._fault(wire, number) if number else Fault()

        def answer(sent: Sent, fault: Fault) -> web.Response:
            nonlocal seen
            response = plain(sent, fault)
            fresh = wire.taken()[seen:] if response.status < web.HTTPBadRequest.status_code else ()
            seen += len(fresh)
            with self._lock:
                self.repeats += response.status == web.HTTPConflict.status_code
                self.took += [Took((wire.name, one.number), one.text, one.id) for one in fresh]
            for one in fresh:
                self.told(wire, one)
            return response

        server.deal = deal
        server.answer = answer  # type: ignore[method-assign]

    def _fault(self, wire: Wire, number: str) -> Fault:
        person = (wire.name, number)
        with self._lock:
            self._called[person] = time.monotonic()
            if self._dealer.refuses(number):
                self.refused.add(person)
                self.met[Kind.REFUSED] += 1
                return wire.faults[Kind.REFUSED]
            kind, fault = self._dealer.fault(wire.faults)
            if kind:
                self.met[kind] += 1
            if kind in UNCLEAR:
                self.unclear.add(person)
            return fault
