"""Fuzzing of every webhook route, for as long as you like: the tests do a short round of the same (tests/gateway/test_fuzz.py).

    .venv/bin/python -m bench.fuzz [--shots 5000] [--door CHANNEL/ACTION] [--seed N]
    .venv/bin/python -m bench.fuzz --guided [--seconds 60] [--route CHANNEL/ACTION]

The real gateway over real HTTP, with every channel and a real database. Ends at the first request that is answered with 5xx, logs an error
or something private, or is taken without proof, and prints the smallest such request that was found. With --guided, atheris feeds the
parse functions themselves and is led by what code it reaches.
"""

import argparse
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from hypothesis import HealthCheck, given, seed, settings

from bench.fuzz.doors import DOORS, Door, channels
from bench.fuzz.guided import guide
from bench.fuzz.shots import Shot, problems, shots
from bench.fuzz.target import Target
from bench.machine import caption, table


def main() -> int:
    """Prints a line for each route. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="bench.fuzz", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shots", type=int, default=5000, help="at each route")
    parser.add_argument("--door", "--route", choices=DOORS, metavar="CHANNEL/ACTION")
    parser.add_argument("--seed", type=int, default=random.randrange(2**32))
    parser.add_argument("--guided", action="store_true", help="by coverage, in-process; needs atheris")
    parser.add_argument("--seconds", type=float, default=60.0, help="in all, with --guided")
    given_ = parser.parse_args()
    doors = [door for name, door in DOORS.items() if given_.door in (None, name)]
    if given_.guided:
        print(f"Measured {caption()}.\n", flush=True)
        return guide([door.name for door in doors], seconds=given_.seconds)
    print(f"Seed {given_.seed}. Measured {caption()}.\n")
    with tempfile.TemporaryDirectory() as folder, Target(Path(folder), channels()) as target:
        rows = [fire(target, door, count=given_.shots, number=given_.seed) for door in doors]
    print(table(["route", "requests", "taken", "events", "refused", "line closed", "s"], rows))
    return 0


def fire(target: Target, door: Door, *, count: int, number: int) -> list[str]:
    """`count` shots at one route. Returns its line of the table. Raises AssertionError at the smallest shot that did harm."""
    seen: Counter[str] = Counter()
    began = time.monotonic()

    @seed(number)
    @settings(max_examples=count, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(shots(door))
    def one(shot: Shot) -> None:
        answer = target.shoot(shot.raw)
        seen.update(("shots", f"{answer.status // 100}xx"))
        seen["events"] += len(answer.events)
        assert not (found := problems(door, shot, answer)), found

    one()
    counts = (seen["shots"], seen["2xx"], seen["events"], seen["4xx"], seen["0xx"])
    return [door.name, *map(str, counts), f"{time.monotonic() - began:.0f}"]


if __name__ == "__main__":
    sys.exit(main())
