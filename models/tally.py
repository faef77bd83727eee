"""What an engine tells of itself with each beat, and how that becomes sums that outlive its process."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from threading import Lock
from typing import Any

from bot.core.workload import Tokens, Work
from models.cost import Meter, Used

_NAMES = tuple(each.name for each in fields(Tokens))


@dataclass(frozen=True, slots=True)
class Tally:
    """One engine: what it has done since it was opened, the texts that hold a slot now, the tokens that its context holds."""

    tokens: Tokens = field(default_factory=Tokens)
    under_way: int = 0
    cells: int = 0


def tally_of(said: Mapping[str, Any]) -> Tally:
    """What asdict() made of a Tally, read again. Raises KeyError, TypeError or ValueError for anything else."""
    tokens = Tokens(**{name: int(said["tokens"][name]) for name in _NAMES})
    return Tally(tokens, int(said["under_way"]), int(said["cells"]))


class Account:
    """What all the processes did and used that an engine had, one after the other: sums that only grow. Safe from several threads.

    Of a process that is lost, the tokens of its last second or so are missing: those since its last beat.
    """

    def __init__(self, meter: Callable[[int], Meter] = Meter) -> None:
        """`meter` makes the one meter, for the first process."""
        self._make, self._lock = meter, Lock()
        self._meter: Meter | None = None
        self._pid = 0  # of the process that lives; 0: none
        self._past, self._now = Tokens(), Tally()

    def begins(self, pid: int) -> None:
        """A process was started."""
        with self._lock:
            self._pid = pid
            try:
                if self._meter is None:
                    self._meter = self._make(pid)
                else:
                    self._meter.follow(pid)
            except ProcessLookupError:
                pass  # it has ended already, or this system does not show its processes

    def beats(self, pid: int, tally: Tally) -> None:
        """It told of itself. What comes late, from one that has ended, is passed over: it would count twice."""
        with self._lock:
            if pid == self._pid:
                self._now = tally
                self._used()

    def ends(self, pid: int) -> None:
        """It is about to end, or has ended and was not waited for yet: so long the system knows all that it used."""
        with self._lock:
            if pid == self._pid:
                self._used()
                self._past, self._now, self._pid = self._past + self._now.tokens, Tally(), 0

    def work(self, *, rss: int) -> Work:
        """All of it until now. `rss`: bytes that the process has."""
        with self._lock:
            used, now = self._used(), self._now
            return Work(
                tokens=self._past + now.tokens,
                cpu_s=used.cpu_s if used else None,
                joules=used.joules if used else None,
                held=now.under_way,
                cells=now.cells,
                rss=rss,
            )

    def _used(self) -> Used | None:
        return self._meter.read() if self._meter else None
