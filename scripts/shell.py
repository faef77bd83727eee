"""Runs a command with a sign of life every few seconds, its words in a log, and one clear sentence where it fails."""

import os
import signal
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from time import monotonic

EVERY_S = 5.0
_OFFLINE = (
    *("NewConnectionError", "ConnectTimeoutError", "ReadTimeoutError", "ConnectionResetError", "Failed to establish"),  # pip
    *("Temporary failure", "Could not resolve", "Network is unreachable", "No matching distribution found"),  # apt, and pip once more
)


class SetupFailed(Exception):
    """Set-up cannot go on. The text is one sentence with the remedy."""


def run(
    what: str, command: Sequence[str], *, log: Path, env: Mapping[str, str] | None = None, note: Callable[[str], str] = lambda _: ""
) -> None:
    """Runs `command`, which does `what`. `note` turns a line of its output into what the sign of life shows, or "".

    Raises SetupFailed.
    """
    began, shown, tail = monotonic(), "", deque[str](maxlen=60)
    print(f"{what} ...", flush=True)
    with log.open("a", encoding="utf-8") as file, _start(command, env) as process:
        assert process.stdout
        beat = _Beat(began)
        try:
            for line in process.stdout:
                file.write(line)
                tail.append(line)
                shown = note(line) or shown
                beat.note = shown
        except BaseException:
            os.killpg(process.pid, signal.SIGTERM)  # the compilers too
            raise
        finally:
            beat.stop()
    if process.returncode:
        raise SetupFailed(explain(what, "".join(tail), log))
    if monotonic() - began > EVERY_S:
        print(f"  done in {clock(monotonic() - began)}", flush=True)


def explain(what: str, said: str, log: Path) -> str:
    """The reason in one sentence."""
    if "DO NOT MATCH THE HASHES" in said:
        return (
            f"{what} failed: a package came with other bytes than the lock file promises. Run this again; if it stays so, tell the project."
        )
    if "No space left on device" in said:
        return f"{what} failed: the disk is full. Free some and run this again: it goes on where it stopped."
    if "Killed" in said or "out of memory" in said.lower():
        return f"{what} failed: memory ran out. Stop other programs or add swap, and run this again."
    if any(word in said for word in _OFFLINE):
        return f"{what} failed: the package index cannot be reached or lacks the package. Check the line and run this again. Details: {log}"
    return f"{what} failed. The last words are in {log}; mend what they name and run this again."


def clock(seconds: float) -> str:
    """Seconds as a person says them."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _start(command: Sequence[str], env: Mapping[str, str] | None) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        command,
        env={**os.environ, **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )


class _Beat:
    """A line every few seconds until `stop`."""

    def __init__(self, began: float) -> None:
        self.note = ""
        self._began, self._done = began, threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._done.wait(EVERY_S):
            print(f"  {clock(monotonic() - self._began)}{': ' if self.note else ''}{self.note}", flush=True)

    def stop(self) -> None:
        self._done.set()
        self._thread.join()
