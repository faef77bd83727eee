"""Takes every slot, or every turn, that it can get, in a time that runs by steps. Also run as a process of its own: waits for a line,
prints how many."""

import sys

from bot.core.bucket import Traffic
from bot.core.pace import Pace
from bot.core.storage import Store
from bot.core.types import Limits
from bot.store import open_store
from tests.store.bench import T

RATE_PER_S, BURST, SECONDS = 4.0, 2.0, 5.0
MOST = int(BURST + RATE_PER_S * SECONDS)
STEP_S = 0.125  # like all numbers here a sum of powers of two: nothing is rounded


MOST_TURNS = int(1 + RATE_PER_S * SECONDS)


class Line:
    """As much of a channel as its pace looks at."""

    name = "sim"
    limits = Limits(rate_per_s=RATE_PER_S)


class Tired(Exception):
    """Nobody sleeps here: the next step comes anyway."""


def take_turns(store: Store, traffic: Traffic = Traffic.REPLY) -> int:
    taken = 0
    for step in range(int(SECONDS / STEP_S) + 1):
        pace = Pace(store, lambda at=T + step * STEP_S: at, sleep=_tire)  # type: ignore[misc]
        try:
            while not pace.turn(Line(), "tel:+254700000001", traffic).later:  # type: ignore[arg-type]
                taken += 1
        except Tired:
            pass
    return taken


def _tire(_: float) -> None:
    raise Tired


def take_all(store: Store, name: str = "sim") -> int:
    taken = 0
    for step in range(int(SECONDS / STEP_S) + 1):
        while store.take_slot(name, rate_per_s=RATE_PER_S, burst=BURST, now=T + step * STEP_S) == 0.0:
            taken += 1
    return taken


def main(url: str, what: str) -> None:
    store = open_store(url)
    store.counts()  # connected
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write(f"{take_turns(store) if what == 'turns' else take_all(store)}\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
