"""A machine of files for the meter: made-up trees of /proc and /sys."""

import os
from pathlib import Path

from models.cost import Meter

HZ = os.sysconf("SC_CLK_TCK")
MOST = 262_143_328_850  # a package's max_energy_range_uj


class Box:
    """A machine of files. Times in ticks, energy in microjoules."""

    def __init__(self, root: Path) -> None:
        self.proc, self.powercap = root / "proc", root / "powercap"
        self.proc.mkdir()
        self.powercap.mkdir()
        self.machine(0)

    def machine(self, busy: int) -> None:
        (self.proc / "stat").write_text(f"cpu  {busy} 0 0 99999 7 0 0 55 0 0\ncpu0 1 2 3\n")

    def process(self, pid: int, ticks: int, *, born: int = 100, name: str = "python") -> None:
        (self.proc / str(pid)).mkdir(exist_ok=True)
        fields = ["S", "1", *["0"] * 9, str(ticks // 3), str(ticks - ticks // 3), "70000", "70000", "20", "0", "1", "0", str(born), "0"]
        (self.proc / str(pid) / "stat").write_text(f"{pid} ({name}) {' '.join(fields)}\n")

    def gone(self, pid: int) -> None:
        (self.proc / str(pid) / "stat").unlink()

    def zone(self, zone: str, name: str, energy: int) -> None:
        (self.powercap / zone).mkdir(exist_ok=True)
        for file, text in (("name", name), ("energy_uj", str(energy)), ("max_energy_range_uj", str(MOST))):
            (self.powercap / zone / file).write_text(f"{text}\n")

    def meter(self, pid: int = 7) -> Meter:
        return Meter(pid, proc=self.proc, powercap=self.powercap)
