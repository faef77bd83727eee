"""Fault runs: for each channel, messages through its provider's stand-in with 20% of them meeting each thing that can go wrong.

    .venv/bin/python -m bench.faults [--messages 1000] [--channel NAME] [--seed 1]

Real HTTP both ways, the real gateway, the SQL store, and the lanes in threads; only the clock is moved on between tries, and answers
come from the facts alone. Exits with 1 where anything was lost, doubled, forged or wrongly reported.
"""

import argparse
import sys

from bench.faults.judge import Tally
from bench.faults.run import run
from bench.machine import caption, table
from bench.wires import WIRES, Kind

HEAD = ["channel", "messages", "answered", "refused", "gave up", "unknown", "of these out", "lost", "doubled", "statuses", "forged", "s"]


def main() -> int:
    """Prints the tables. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="bench.faults", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1000)
    parser.add_argument("--channel", choices=WIRES)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    tallies: dict[str, Tally] = {}
    for name in [name for name in WIRES if given.channel in (None, name)]:
        tallies[name] = run(name, messages=given.messages, seed=given.seed)
        print(*row(name, tallies[name]), file=sys.stderr, flush=True)  # a whole run takes many minutes
    print(f"Measured {caption()}.\n")
    print(table(HEAD, [row(name, tally) for name, tally in tallies.items()]), "\n")
    print(table(["messages that met", *Kind], [[name, *(str(tally.met[kind]) for kind in Kind)] for name, tally in tallies.items()]))
    for tally in tallies.values():
        print(*tally.remarks[:10], sep="\n", end="")
    return 0 if all(tally.faultless for tally in tallies.values()) else 1


def row(name: str, tally: Tally) -> list[str]:
    """One line of the table."""
    counts = (tally.answered, tally.refused, tally.gave_up, tally.unknown, tally.unknown_out, tally.lost, tally.doubled)
    statuses = f"{tally.parts - tally.wrong}/{tally.parts} right"
    forged = f"{tally.forgeries_taken}/{tally.forgeries} taken"
    return [name, f"{tally.acknowledged}/{tally.messages}", *map(str, counts), statuses, forged, f"{tally.seconds:.0f}"]


if __name__ == "__main__":
    sys.exit(main())
