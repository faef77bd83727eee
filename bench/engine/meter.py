"""What a process and its children take: processor time and memory."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

import psutil

EVERY_S = 0.25


@dataclass(frozen=True, slots=True)
class Memory:
    """In MB. Resident; its share where pages are shared (the model file's are, with whoever else maps it); what it alone holds."""

    rss: float
    pss: float
    uss: float


def family(pid: int) -> list[psutil.Process]:
    """The process and all below it."""
    one = psutil.Process(pid)
    return [one, *one.children(recursive=True)]


def cpu_s(pid: int) -> float:
    """Seconds of processor time so far, children that have ended counted too."""
    total = 0.0
    for one in family(pid):
        with suppress(psutil.NoSuchProcess):
            times = one.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def rss_mb(pid: int) -> float:
    """Resident memory now."""
    total = 0
    for one in family(pid):
        with suppress(psutil.NoSuchProcess):
            total += one.memory_info().rss
    return total / 2**20


def own_mb(pid: int) -> float:
    """Resident memory now that is no file's: pages of the model file come as they are first read, and the system may take them back."""
    total = 0
    for one in family(pid):
        with suppress(psutil.NoSuchProcess):
            seen = one.memory_info()
            total += seen.rss - seen.shared
    return total / 2**20


class Watch:
    """The most resident memory seen, and the rest as it is when asked."""

    def __init__(self, pid: int) -> None:
        self._pid, self._highest = pid, 0.0

    def look(self) -> None:
        """Notes what is resident now."""
        with suppress(psutil.NoSuchProcess):
            self._highest = max(self._highest, rss_mb(self._pid))

    def memory(self) -> Memory:
        """Peak of RSS, PSS and USS of now."""
        self.look()
        full = [one.memory_full_info() for one in family(self._pid)]
        return Memory(self._highest, sum(one.pss for one in full) / 2**20, sum(one.uss for one in full) / 2**20)


@contextmanager
def watched(pid: int) -> Iterator[Watch]:
    """Looks every EVERY_S until the block ends."""
    watch, done = Watch(pid), threading.Event()

    def run() -> None:
        while not done.wait(EVERY_S):
            watch.look()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield watch
    finally:
        done.set()
        thread.join()
