"""Takes every slot that it can get, in a time that runs by steps. Also run as a process of its own: waits for a line, prints how many."""

import sys

from bot.core.storage import Store
from bot.store import open_store
from tests.store.bench import T

RATE_PER_S, BURST, SECONDS = 4.0, 2.0, 5.0
MOST = int(BURST + RATE_PER_S * SECONDS)
STEP_S = 0.125  # like all numbers here a sum of powers of two: nothing is rounded


def take_all(store: Store, name: str = "sim") -> int:
    taken = 0
    for step in range(int(SECONDS / STEP_S) + 1):
        while store.take_slot(name, rate_per_s=RATE_PER_S, burst=BURST, now=T + step * STEP_S) == 0.0:
            taken += 1
    return taken


def main(url: str) -> None:
    store = open_store(url)
    store.counts()  # connected
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    sys.stdout.write(f"{take_all(store)}\n")


if __name__ == "__main__":
    main(sys.argv[1])
