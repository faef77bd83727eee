"""Run as a process of its own: waits for a line, then claims every question that it is told and prints those it got."""

import sys

from bot.store import open_store
from tests.store.bench import LEASE_S, T


def main(url: str, last: int) -> None:
    store = open_store(url)
    store.counts()  # connected
    say("ready")
    sys.stdin.readline()
    for row in range(1, last + 1):
        if store.claim_message(row, now=T, lease_s=LEASE_S) is not None:
            say(str(row))


def say(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
