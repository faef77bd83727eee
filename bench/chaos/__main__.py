"""Chaos: thousands of messages through the real service while every part of it is killed at random, on both stacks.

    make chaos
    .venv/bin/python -m bench.chaos [--messages 6000] [--kills 150] [--outage-s 120] [--load-s 660] [--stack embedded|postgres|both]
        [--seed 1]

Figures are for each stack. Real processes, real brokers and databases, real HTTP both ways; the providers are stand-ins. There is no
model: answers are the facts' own words. Progress goes to stderr. Exits with 1 where anything was lost, doubled or left behind.
"""

import argparse
import signal
import sys

from bench.chaos.run import Plan, run
from bench.chaos.show import complaints, figures, kills
from bench.machine import caption

STACKS = ("embedded", "postgres")
LOAD_S = 660.0


def main() -> int:
    """Prints the table. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="bench.chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=6_000)
    parser.add_argument("--kills", type=int, default=150)
    parser.add_argument("--outage-s", type=float, default=120.0)
    parser.add_argument("--load-s", type=float, default=LOAD_S, help="messages, kills and the outage fall into this time")
    parser.add_argument("--stack", choices=(*STACKS, "both"), default="both")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the service and the servers are ended too
    plan = Plan(messages=given.messages, kills=given.kills, load_s=given.load_s, outage_s=given.outage_s, seed=given.seed)
    outcomes = [run(name, plan) for name in STACKS if given.stack in (name, "both")]
    print(f"Measured {caption()}, seed {given.seed}.\n")
    print(figures(outcomes), "\n")
    print(kills(outcomes))
    for outcome in outcomes:
        print(*complaints(outcome), sep="\n")
    return 0 if all(outcome.faultless for outcome in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main())
