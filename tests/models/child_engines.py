"""Engines without a model for tests of the keeper: `python -m tests.models.child_engines MODE`, served by the child's own main.

A question's prompt says what becomes of it: see `Obedient`.
"""

import ctypes
import hashlib
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from bot.core.errors import ModelFailed
from bot.core.types import Draft
from bot.core.workload import Tokens
from models.child import Engine, serve
from models.tally import Tally

BEAT_S = 0.05
SEQUENCES = 8
MODES = ("plain", "stepless", "slow", "unloadable", "dies", "babbles", "speaks-nonsense", "deaf")


def digest(prompt: str) -> str:
    """What an engine here answers to a prompt without an order: words that depend on every letter of it."""
    return "Answer " + hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()[:12]


class Obedient:
    r"""Does what the first word of the prompt says.

    \crash (signal), \hang (no step any more, for any question), \freeze (Python stands still, too), \wait S (steps go on),
    \until FILE (is there), \ignore S (the deadline), \mark FILE (leaves a file, then works on), \print, \garble, \error TEXT,
    \bug TEXT, \grow MB, \say TEXT."""

    def __init__(self, *, counts: bool) -> None:
        self._hangs = threading.Event()
        self._kept: list[bytearray] = []
        self._shares = [0.7, 0.2, 0.1]
        self._asked: list[str] = []
        if counts:
            self.steps = 0
            self.tally = self._tally
            threading.Thread(target=self._step, daemon=True).start()

    def _step(self) -> None:
        while not self._hangs.wait(0.01):
            self.steps += 1

    def _tally(self) -> Tally:
        """A token for each letter that it was asked to write for."""
        return Tally(Tokens(read=sum(map(len, self._asked))), under_way=3, cells=len(self._asked))

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float, adapter: str = "") -> Draft:
        self._asked.append(prompt)
        order, _, rest = prompt.partition(" ")
        if not order.startswith("\\"):
            return _said(digest(f"{prompt}|{max_tokens}|{list(stop)}{adapter}"))
        return getattr(self, f"_{order[1:]}")(rest, deadline)  # type: ignore[no-any-return]

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float) -> Sequence[float] | None:
        if prompt == "late":
            return None
        if prompt == "nan":
            return [float("nan")] * len(among)
        weights = [float(len(text) + n) for n, text in enumerate(among, 1)]
        return [weight / sum(weights) for weight in weights]

    def _crash(self, _: str, __: float) -> Draft:
        os.kill(os.getpid(), signal.SIGSEGV)
        return _said("")

    def _hang(self, _: str, __: float) -> Draft:
        self._hangs.set()
        time.sleep(600)
        return _said("")

    def _freeze(self, _: str, __: float) -> Draft:
        ctypes.PyDLL(None).sleep(600)  # keeps Python's lock: nothing else runs, no beat, no end of stdin
        return _said("")

    def _wait(self, seconds: str, deadline: float) -> Draft:
        left = deadline - time.monotonic()
        time.sleep(max(0.0, min(float(seconds), left)))
        return _said("Slowly.") if float(seconds) < left else Draft("Slo", 1, left, "deadline")

    def _until(self, path: str, deadline: float) -> Draft:
        while not Path(path).exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        return _said("At last.")

    def _ignore(self, seconds: str, _: float) -> Draft:
        time.sleep(float(seconds))
        return _said("Far too late.")

    def _print(self, _: str, __: float) -> Draft:
        _print_line('{"id": 1, "text": "from print"}')
        os.write(1, b'llama: noise without an end {"id": 2}')
        ctypes.CDLL(None).puts(b"noise from C")
        ctypes.CDLL(None).fflush(None)
        return _said("Printed.")

    def _garble(self, _: str, __: float) -> Draft:
        return _said("the the the the the the the the the")

    def _error(self, text: str, _: float) -> Draft:
        raise ModelFailed(text)

    def _bug(self, text: str, _: float) -> Draft:
        raise ValueError(text)

    def _grow(self, megabytes: str, _: float) -> Draft:
        self._kept.append(bytearray(os.urandom(4096)) * (int(megabytes) * 256))
        return _said("Grown.")

    def _say(self, text: str, _: float) -> Draft:
        return _said(text)

    def _mark(self, path: str, deadline: float) -> Draft:
        Path(path).touch()
        return self._wait("600", deadline)


def _print_line(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _said(text: str) -> Draft:
    return Draft(text=text, tokens=len(text.split()), seconds=0.0, finish="stop")


def opens(mode: str) -> Engine:
    if mode == "unloadable":
        raise ModelFailed("x.gguf is cut short: 5 bytes of 9.")
    if mode == "dies":
        os.kill(os.getpid(), signal.SIGILL)
    if mode == "slow":
        time.sleep(1.5)
    return Obedient(counts=mode != "stepless")


def main() -> None:
    mode = sys.argv[1]
    assert mode in MODES
    if mode == "babbles":
        _print_line("a wheel says hello")
    if mode == "speaks-nonsense":
        _print_line('{"ready": true}')
        _print_line("and then this")
        time.sleep(600)
    if mode == "deaf":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    serve(lambda: opens(mode), sequences=SEQUENCES, beat_s=BEAT_S)


if __name__ == "__main__":
    main()
