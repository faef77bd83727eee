"""A process says on a file that it works, and until when it will say so again; others look whether it kept its word.

Standard library only: a health check starts often and on small machines. The times are those of the machine's monotonic clock, which
all its processes and containers share: a clock that is put right, or a machine that slept, makes nobody look dead.
"""

import logging
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path

_CLOSE = 0.1  # a promise that differs from the last one by less than this share is not worth a write

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Beat:
    """What a heartbeat file says."""

    pid: int
    written: float  # time.monotonic()
    until: float

    def overdue(self, now: float) -> float:
        """Seconds since the promise was broken; 0 where it holds. A promise from the future is from before a restart: long broken."""
        return float("inf") if now < self.written else max(0.0, now - self.until)


def heartbeat_file(run_dir: Path, name: str) -> Path:
    """Where the lane or beat `name` writes."""
    return run_dir / f"{name}.alive"


def read(file: Path) -> Beat | None:
    """What `file` says; None where it says nothing yet."""
    try:
        pid, written, until = file.read_text(encoding="ascii").split()
        return Beat(int(pid), float(written), float(until))
    except (FileNotFoundError, ValueError):
        return None


def kept(run_dir: Path, name: str, pid: int, *, grace_s: float) -> bool:
    """For a supervisor: whether process `pid` keeps its promises, give or take `grace_s`. One that has not promised yet does."""
    beat = read(heartbeat_file(run_dir, name))
    return beat is None or beat.pid != pid or beat.overdue(time.monotonic()) <= grace_s


class Heart:
    """Writes one process's heartbeat. Any of its threads may use it."""

    def __init__(self, file: Path) -> None:
        self._file, self._until = file, 0.0
        self._lock, self._told = threading.Lock(), False
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True)

    def promise(self, for_s: float) -> None:
        """Says: I work, and you hear of me again within `for_s` seconds."""
        with self._lock:
            now = time.monotonic()
            if abs(now + for_s - self._until) > _CLOSE * for_s:
                self._until = now + for_s
                self._write(now)

    def _write(self, now: float) -> None:
        """In place and always as long: it needs no room on a full disk, and a reader never sees half of it."""
        text = f"{os.getpid():>10} {now:>20.3f} {self._until:>20.3f}\n"
        try:
            file = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o644)
            try:
                os.pwrite(file, text.encode("ascii"), 0)
            finally:
                os.close(file)
        except OSError as error:  # the work matters more than the word about it
            if not self._told:
                log.warning("the heartbeat cannot be written (%s): health checks will call this process hung", error.strerror)
            self._told = True
