"""`ujumbe healthcheck PART`: exit status 0 where the part works. For container engines, which ask every few seconds.

Standard library only, and little of it: it starts in a few hundredths of a second.
"""

import argparse
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from bot.heartbeat import heartbeat_file, read

PARTS = ("gateway", "alerts", "sends", "answers", "chores", "beat")
_PATIENCE_S = 4.0


def main(words: Sequence[str]) -> int:
    """Says in one line how the part is. 0: it works."""
    parser = argparse.ArgumentParser(prog="ujumbe healthcheck", description="Whether one part of the service works.")
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--run-dir", type=Path, help="where lanes and beat write their heartbeats (default: as the settings say)")
    parser.add_argument("--kill-after", type=float, metavar="S", help="end a lane or beat that is so many seconds overdue: it starts again")
    parser.add_argument("--port", type=int, help="of the gateway (default: as the settings say)")
    args = parser.parse_args(words)
    if args.part == "gateway":
        wrong = _gateway(args.port or _port())
    else:
        wrong = _heartbeat(args.run_dir or _run_dir(), args.part, float("inf") if args.kill_after is None else args.kill_after)
    sys.stdout.write(f"{args.part}: {wrong or 'works'}\n")
    return 1 if wrong else 0


def _heartbeat(run_dir: Path, name: str, kill_after: float) -> str:
    """What is wrong with the heartbeat of `name`; "" for nothing. Ends a process that is more than `kill_after` seconds overdue."""
    beat = read(heartbeat_file(run_dir, name))
    if beat is None:
        return f"has not begun to work: there is no heartbeat in {run_dir}"
    overdue = beat.overdue(time.monotonic())
    if overdue == float("inf"):
        return "has not begun to work since the machine started"
    if overdue > kill_after and _is_worker(beat.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(beat.pid, signal.SIGKILL)  # it cannot hear anything kinder
        return f"hung for {overdue:.0f} s and was ended, to start again"
    return f"hangs: its heartbeat is {overdue:.0f} s overdue" if overdue else ""


def _is_worker(pid: int) -> bool:
    """Whether `pid` is (still) one of our workers, and not something that got its number later."""
    try:
        return b"worker" in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def _gateway(port: int) -> str:
    """What is wrong with the gateway on this machine; "" for nothing. Spelt out: urllib takes longer to load than to ask."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=_PATIENCE_S) as asking:
            asking.sendall(b"GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            status = asking.makefile("rb").readline().split()[1:2]
    except OSError as error:
        return f"does not answer on port {port}: {error.strerror or error}"
    return "" if status == [b"200"] else f"cannot take messages: /readyz says {b' '.join(status).decode('ascii', 'replace') or 'nothing'}"


def _run_dir() -> Path:
    from bot.config import load  # noqa: PLC0415  slow: container engines name it

    return load().run_path


def _port() -> int:
    from bot.config import load  # noqa: PLC0415

    return load().port
