"""Fuzzing guided by coverage, without HTTP: atheris changes what the channels' parse functions are given, and keeps what reaches new code.

`guide` runs this file in a process of its own: libFuzzer ends the process that it runs in. An input is three bytes (route, proof, method)
and then, like a request, the query, the headers, a blank line and the body.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from bot.core.errors import Challenge, Malformed, Unsigned

if TYPE_CHECKING:  # what is imported before atheris looks is not instrumented
    from bench.fuzz.doors import Door, Seed
    from bench.fuzz.shots import Shot
    from bot.core.ports import Channel
    from bot.core.types import Event, Request

MISSING = "atheris is not installed. It guides the fuzzer: .venv/bin/pip install 'atheris>=3,<4'"
_METHODS = ("", "", "", "", "GET", "POST", "HEAD", "PUT")  # "": the route's own
_GET, _TOKEN = _METHODS.index("GET"), "verify_token"
_PROOFS = ("right", "right", "right", "right", "none", "forged", "stale")
_LONGEST = 8192


def guide(doors: Sequence[str], *, seconds: float) -> int:
    """Fuzzes these routes for so long and prints what was reached. Returns the exit status: 1 where something was found."""
    if find_spec("atheris") is None:
        print(MISSING, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        call = [sys.executable, "-m", "bench.fuzz.guided", folder, str(seconds), *doors]
        done = subprocess.run(call, stderr=subprocess.PIPE, text=True, errors="replace", check=False)
    covered = re.findall(r"cov: (\d+)", done.stderr)
    if covered:
        print(f"\nBranches seen: {covered[0]} with the first inputs, {covered[-1]} in the end.", flush=True)
    if done.returncode:
        print(done.stderr[-4000:], file=sys.stderr)
    return 1 if done.returncode else 0


@dataclass
class Fuzzer:
    """What is done with one input of the fuzzer's."""

    doors: Sequence["Door"]
    channels: dict[str, "Channel"]
    seen: Counter[tuple[str, str]] = field(default_factory=Counter)

    def try_(self, data: bytes) -> None:
        """One request. Raises AssertionError, with the request, at what must not happen."""
        from tests.channels.runner import silent

        read = self.read(data)
        if read is None:
            return
        door, shot, request = read
        channel = self.channels[door.table.name]
        self.seen[door.name, "requests"] += 1
        try:
            events = channel.routes()[door.action](request)
        except (Malformed, Unsigned, Challenge) as error:
            self.seen[door.name, type(error).__name__] += 1
            silent("" if isinstance(error, Challenge) else str(error), channel)
            return
        except Exception as error:
            raise AssertionError(f"{door.name} raises {type(error).__name__} at {request!r}") from error
        self.seen[door.name, "taken"] += 1
        assert not (found := _problems(door, shot, events, channel)), f"{door.name}: {found} at {request!r}"

    def read(self, data: bytes) -> "tuple[Door, Shot, Request] | None":
        """The request that an input stands for; None where nobody could send it."""
        from bench.fuzz.shots import Proof, Shot, proven

        if len(data) < 3:
            return None
        door = self.doors[data[0] % len(self.doors)]
        proof, method = Proof(_PROOFS[data[1] % len(_PROOFS)]), _METHODS[data[2] % len(_METHODS)]
        head, _, body = data[3:].partition(b"\n\n")
        query, *lines = head.decode("utf-8", "surrogateescape").split("\n")  # as aiohttp reads what is no UTF-8
        named = (line.partition(":") for line in lines)
        headers = {"content-type": "", **{name.strip().lower(): value.strip() for name, _, value in named}}
        good = door.good.body
        try:
            first = door.table.request(door.action, good, query=query, headers=headers)
            request = proven(door, door.table.request(door.action, body, query=query, headers=headers), first, proof)
        except UnicodeError:  # the signer of the tests, not the channel
            return None
        request = replace(request, method=method or request.method)
        return door, Shot(data, proof, body, good, door.name), request

    def inputs(self) -> Sequence[bytes]:
        """The rows of the table tests, rightly signed, the check of the address, and the good requests once with every other proof."""
        from bench.fuzz.shots import Proof

        wrong = [_PROOFS.index(proof) for proof in Proof if proof != Proof.RIGHT]
        right = [_encoded(bytes([n, 0, 0]), door, seed) for n, door in enumerate(self.doors) for seed in door.seeds]
        asked = [_encoded(bytes([n, 0, _GET]), door, _asking(door)) for n, door in enumerate(self.doors) if _TOKEN in door.table.options]
        return [*right, *asked, *(_encoded(bytes([n, proof, 0]), door, door.good) for n, door in enumerate(self.doors) for proof in wrong)]

    def rows(self) -> list[list[str]]:
        """What came of it, by route."""
        kinds = ("requests", "taken", "Malformed", "Unsigned", "Challenge")
        return [[door.name, *(str(self.seen[door.name, kind]) for kind in kinds)] for door in self.doors]


def make(names: Sequence[str]) -> Fuzzer:
    """A fuzzer of these routes."""
    from bench.fuzz.doors import DOORS, channels

    return Fuzzer([DOORS[name] for name in names], dict(channels()))


def _problems(door: "Door", shot: "Shot", events: "Sequence[Event]", channel: "Channel") -> Sequence[str]:
    from bench.fuzz.shots import problems
    from bench.fuzz.target import Answer
    from tests.channels.runner import sound

    for event in events:
        sound(event, channel)
    return problems(door, shot, Answer(200, tuple(events), (), ()))


def _asking(door: "Door") -> "Seed":
    """A provider's check of our address."""
    from bench.fuzz.doors import Seed

    return Seed(b"", f"?hub.mode=subscribe&hub.verify_token={door.table.options[_TOKEN]}&hub.challenge=1158201444")


def _encoded(first: bytes, door: "Door", seed: "Seed") -> bytes:
    headers = {"content-type": door.table.content_type, **(seed.headers or {})}
    lines = [seed.query, *(f"{name}: {value}" for name, value in headers.items())]
    return first + "\n".join(lines).encode("utf-8", "surrogateescape") + b"\n\n" + seed.body


def main(folder: str, seconds: str, *names: str) -> None:
    """The process that libFuzzer has to itself. Ends it."""
    import logging

    import atheris

    logging.disable()  # thousands of refusals
    with atheris.instrument_imports(include=["channels", "bot.core"]):
        from bench.machine import table

        fuzzer = make(names)
    for n, data in enumerate(fuzzer.inputs()):
        (Path(folder) / f"{n:04}").write_bytes(data)
    ends = time.monotonic() + float(seconds)

    def one(data: bytes) -> None:
        fuzzer.try_(data)
        if time.monotonic() > ends:
            print(table(["route", "requests", "taken", "malformed", "unsigned", "challenge"], fuzzer.rows()), flush=True)
            os._exit(0)  # libFuzzer calls every other end a crash

    atheris.Setup([sys.argv[0], f"-max_len={_LONGEST}", "-timeout=10", f"-artifact_prefix={folder}/found-", folder], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(*sys.argv[1:])
