"""An alert to many people through the real service, while its parts are killed and people ask questions.

    .venv/bin/python -m bench.broadcast [--people 2000] [--kills 4] [--rate 50] [--stack embedded|postgres|both] [--idle-s 15] [--seed 1]

Real processes, database, broker and HTTP; the provider is a stand-in that refuses what is faster than its rate. Exits with 1 where anybody
was missed, got it twice, or should not have got it.
"""

import argparse
import signal
import sys
from collections.abc import Callable, Sequence

from bench.broadcast.run import Outcome, Plan, run
from bench.machine import caption, percentile, table

STACKS = ("embedded", "postgres")
_ROWS: Sequence[tuple[str, Callable[[Outcome], str]]] = (
    ("people who should get it", lambda one: f"{one.plan.people:,}"),
    ("**got it**", lambda one: f"{one.got:,}"),
    ("**lost** (0)", lambda one: f"{one.lost}"),
    ("**got it twice** (0)", lambda one: f"{one.doubled}"),
    ("had sent STOP and got it (0)", lambda one: f"{one.stopped}"),
    ("of another place and got it (0)", lambda one: f"{one.away}"),
    ("not of the exercise and got it (0)", lambda one: f"{one.exercise_leaked}"),
    ("of the exercise and missed (0)", lambda one: f"{one.exercise_missed}"),
    ("kills", lambda one: ", ".join(f"{victim} {count}" for victim, count in sorted(one.hits.items())) or "0"),
    ("rate limit, sends/s", lambda one: f"{one.plan.rate_per_s:g}"),
    ("rate while all parts were up, median", lambda one: f"{100 * one.kept:.1f} %"),
    ("highest rate over 5 s", lambda one: f"{100 * one.highest:.1f} %"),
    ("refused as too fast", lambda one: f"{one.refused}"),
    ("repeats dropped by key", lambda one: f"{one.repeats}"),
    ("approval to last one, s", lambda one: f"{one.sent_s:.0f}"),
    ("answers, idle: p50 / p95 ms", lambda one: _percentiles(one.idle_ms)),
    ("answers, during it: p50 / p95 ms", lambda one: _percentiles(one.during_ms)),
    ("of these, while all parts were up", lambda one: _percentiles(one.calm_ms)),
    ("questions without an answer (0)", lambda one: f"{one.unanswered}"),
    ("last one behind a stop, s", lambda one: f"{one.stop_s:.2f} (after {one.stop_of})"),
    ("came to rest", lambda one: "yes" if one.settled else "NO"),
)


def main() -> int:
    """Prints the table as far as it is known, after each stack. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="bench.broadcast", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--people", type=int, default=2_000)
    parser.add_argument("--kills", type=int, default=4)
    parser.add_argument("--rate", type=float, default=50.0, help="sends per second that the provider takes")
    parser.add_argument("--stack", choices=(*STACKS, "both"), default="embedded")
    parser.add_argument("--idle-s", type=float, default=15.0, help="questions alone: half of it before, half after")
    parser.add_argument("--ask-every-s", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))  # so that the service and the servers are ended too
    plan = Plan(given.people, given.kills, given.rate, given.idle_s, given.ask_every_s, given.seed)
    outcomes: list[Outcome] = []
    for stack in (name for name in STACKS if given.stack in (name, "both")):
        outcomes.append(run(stack, plan))
        print(f"Measured {caption()}, seed {given.seed}.\n")  # after each: who stops the second keeps the first
        print(table(["", *(one.stack for one in outcomes)], [[name, *(say(one) for one in outcomes)] for name, say in _ROWS]), flush=True)
    return 0 if all(one.faultless for one in outcomes) else 1


def _percentiles(ms: Sequence[float]) -> str:
    return f"{percentile(list(ms), 0.5):.0f} / {percentile(list(ms), 0.95):.0f} ({len(ms):,})" if ms else "none"


if __name__ == "__main__":
    sys.exit(main())
