"""One fault run of one channel."""

import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from bench.faults.judge import Tally, judge
from bench.faults.plan import TIMEOUT_S, Plan, deal
from bench.faults.provider import Provider, Reporter, stranger, write_again, write_in
from bench.first_light import QUESTIONS
from bench.house import House
from bench.wires import WIRES, Taken, Wire
from tests.providers.server import Fault, Sent

TEXTS = (*QUESTIONS, "HELP", "MENU")  # answered by a lane, and at once
_LINES = 50
RATE_PER_S = 100.0  # every channel can be told so: the pace is no subject here
# One part a reply: the judge tells by its status what each met, and the faults are dealt to a person.
_OPTIONS = {"timeout_s": TIMEOUT_S, "rate_per_s": RATE_PER_S, "limits": {"max_parts": 1}}


def run(name: str, *, messages: int, seed: int) -> Tally:
    """`messages` people write one message each to channel `name` of bench.wires.WIRES; returns what became of them."""
    wire = WIRES[name]()
    plans = {number: deal(number, seed=seed) for number in (f"+254700{n:06d}" for n in range(1, messages + 1))}
    texts = {number: TEXTS[n % len(TEXTS)] for n, number in enumerate(plans)}
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, wire.server:
        wire.server.deal = Dealer(wire, plans)
        with House(Path(folder), {wire.name: wire.options() | _OPTIONS}, seed=seed) as house:
            provider = Provider(wire, house.url)
            wire.public_url = house.url
            unheard = _talk(house, provider, plans, texts)
            tally = _judged(house, provider, plans)
    tally.unheard, tally.seconds = unheard, time.monotonic() - began
    return tally


def _talk(house: House, provider: Provider, plans: Mapping[str, Plan], texts: Mapping[str, str]) -> int:
    """The run itself. Returns how many reports were never acknowledged."""
    reporter = Reporter(provider, plans)
    write_in(provider, plans, texts)
    house.settle()
    unheard = reporter.finish()
    write_again(provider, plans, texts)
    house.settle()
    return unheard


def _judged(house: House, provider: Provider, plans: Mapping[str, Plan]) -> Tally:
    wire, store = provider.wire, house.app.store
    taken: dict[str, list[Taken]] = defaultdict(list)
    for one in wire.taken():
        taken[one.number].append(one)
    tally = Tally(messages=len(plans), acknowledged=len(provider.acknowledged), forgeries=len(provider.forged))
    tally.forgeries_taken = sum(status != 403 for status in provider.forged)
    tally.remarks += [f"{wire.name}: {type(error).__name__}: {error}" for error in house.lanes.failed]
    keeps_key = house.app.channels[wire.name].limits.keeps_key
    for number, plan in plans.items():
        lines = [line for line in store.conversation(f"{wire.scheme}:{number}", limit=_LINES) if not line.inbound]
        judge(tally, plan, lines, taken[number], wire, keeps_key=keeps_key)
        tally.forgeries_taken += len(store.conversation(f"{wire.scheme}:{stranger(number)}", limit=_LINES))
    return tally


class Dealer:
    """What goes wrong with each send, by whom it is for."""

    def __init__(self, wire: Wire, plans: Mapping[str, Plan]) -> None:
        self._wire, self._plans = wire, plans

    def __call__(self, sent: Sent) -> Fault:
        plan = self._plans.get(self._wire.recipient(sent))
        return Fault() if plan is None else plan.next_fault(self._wire.faults)
