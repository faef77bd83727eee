"""What the engine uses: processor seconds, and energy where the machine tells."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

PROC, POWERCAP = Path("/proc"), Path("/sys/class/powercap")
_TICKS = os.sysconf("SC_CLK_TCK")  # of /proc, a second


@dataclass(frozen=True, slots=True)
class Used:
    """`cpu_s`: seconds of one core. `joules`: None where this machine does not tell, or tells it to root only."""

    cpu_s: float
    joules: float | None

    def per(self, answers: int) -> "Used | None":
        """The same for one of so many answers; None where there was none."""
        if answers < 1:
            return None
        return Used(self.cpu_s / answers, None if self.joules is None else self.joules / answers)


class Meter:
    """What one process, all its threads, has used since the meter was made; its children do not count. Not thread-safe.

    Energy is counted by the processor packages as a whole (RAPL, Intel's and AMD's), so a process bears the share of it that it has
    in all processor time that was used: between two readings all of it, where nothing else ran. The counters wrap, after an hour
    at 70 W at the soonest: read more often than that.
    """

    def __init__(self, pid: int | None = None, *, proc: Path = PROC, powercap: Path = POWERCAP) -> None:
        """`pid`: the process, None for this one. Raises ProcessLookupError where /proc does not show it."""
        self._proc, self._powercap = proc, powercap
        self._cpu_s = 0.0
        self._joules: float | None = 0.0
        self._begin(pid)

    def follow(self, pid: int | None = None) -> None:
        """Counts another process from now on, a restarted engine's; what was used so far stays. Raises ProcessLookupError."""
        self.read()
        self._begin(pid)

    def _begin(self, pid: int | None) -> None:
        name = "self" if pid is None else str(pid)
        seen = _process(self._proc / name / "stat")
        if seen is None:
            raise ProcessLookupError(f"{self._proc} shows no process {name}")
        self._file, (self._born, self._ticks) = self._proc / name / "stat", seen
        self._busy, self._energy = _busy(self._proc), _energy(self._powercap)

    def read(self) -> Used:
        """So far. Of a process that has ended: what it had used at the reading before."""
        seen = _process(self._file)
        born, ticks = seen if seen else (self._born, self._ticks)
        if born == self._born:  # else the number went to a stranger
            busy, energy = _busy(self._proc), _energy(self._powercap)
            spent = max(0, ticks - self._ticks)
            self._cpu_s += spent / _TICKS
            self._joules = self._with(_gone(self._energy, energy), spent, busy - self._busy)
            self._ticks, self._busy, self._energy = ticks, busy, energy
        return Used(self._cpu_s, self._joules)

    def _with(self, joules: float | None, spent: int, busy: int) -> float | None:
        if self._joules is None or joules is None:
            return None  # once unknown, the sum stays unknown
        return self._joules + joules * min(1.0, spent / busy if busy > 0 else 1.0 if spent else 0.0)


@dataclass(frozen=True, slots=True)
class _Counter:
    """A package's energy counter, in microjoules. It goes from `most` back to 0."""

    now: int
    most: int


def _process(stat: Path) -> tuple[int, int] | None:
    """When a process began and what it has used, in ticks. None: there is none."""
    try:
        rest = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()  # its name may hold blanks and brackets
        return int(rest[19]), int(rest[11]) + int(rest[12])
    except (OSError, ValueError, IndexError):
        return None


def _busy(proc: Path) -> int:
    """Ticks that all cores have worked since the machine started."""
    try:
        first = (proc / "stat").read_text(encoding="ascii", errors="replace").partition("\n")[0].split()
        user, nice, system, _idle, _wait, irq, softirq = map(int, first[1:8])  # guests are within user and nice; stolen time is not ours
    except (OSError, ValueError):
        return 0
    return user + nice + system + irq + softirq


def _energy(powercap: Path) -> dict[str, _Counter]:
    """The counter of every package. Empty where there is none to be read."""
    try:
        return dict(_counters(powercap))
    except (OSError, ValueError):
        return {}


def _counters(powercap: Path) -> Iterator[tuple[str, _Counter]]:
    """Packages only: what a package has inside (cores, memory) is in its own sum, and "psys" is the sum of all."""
    for zone in sorted(powercap.glob("intel-rapl:*")):
        if (zone / "name").read_text(encoding="ascii").startswith("package"):
            now, most = (int((zone / name).read_text(encoding="ascii")) for name in ("energy_uj", "max_energy_range_uj"))
            yield zone.name, _Counter(now, most)


def _gone(before: dict[str, _Counter], after: dict[str, _Counter]) -> float | None:
    """Joules between two readings. None where either shows none, or not the same packages."""
    if not after or before.keys() != after.keys():
        return None
    steps = (now.now - before[zone].now + (now.most if now.now < before[zone].now else 0) for zone, now in after.items())
    return sum(steps) / 1e6
