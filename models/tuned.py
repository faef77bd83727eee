"""The shape that was measured on this machine, kept in a file; and the one to begin with where none was."""

import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from models.shape import CACHES, Shape

FILE = "tuned.json"
_FORMAT = 2  # 1: the context was one for all texts
_MOST = {"threads": 512, "sequences": 256, "context": 1 << 20, "batch": 4096}  # beyond it nobody measured: the file is damaged
SMALL_MB = 2200  # what is sold as 2 GB, at most
_HINT = "`ujumbe model tune` measures it"


@dataclass(frozen=True, slots=True)
class Machine:
    """What a measured shape holds for: another processor, fewer cores or another llama.cpp, and it must be measured again."""

    cpu: str
    cores: int  # that this process may use
    memory_mb: int  # MiB that this process may use; 0: unknown. No part of a kept shape's key: a shape that fitted still does
    llama: str  # version of llama-cpp-python, "" where it is not installed


@dataclass(frozen=True, slots=True)
class Kept:
    """A measured shape and its answers a minute, see models.tune.Pace. `when`: the day, as 2026-11-27."""

    shape: Shape
    quiet: float
    busy: float
    when: str


def this_machine(proc: Path = Path("/proc"), cgroup: Path = Path("/sys/fs/cgroup")) -> Machine:
    """The machine under us; inside a container, what the container may use of it."""
    try:
        llama = version("llama-cpp-python")
    except PackageNotFoundError:
        llama = ""
    return Machine(cpu=_cpu(proc), cores=_cores(cgroup), memory_mb=_memory_mb(proc, cgroup), llama=llama)


def default_shape(machine: Machine) -> Shape:
    """What the engine is opened with where nothing was measured: one core and most of the memory stay with the rest of the service.

    With 2 GB (the smallest boards) one thread and few texts at once; `ujumbe model tune` finds out whether more is better there. Flash
    attention and long steps: 63 answers a minute for one asker where `cautious` gave 37 (2 cores of a virtual AMD EPYC, 2026-11-27).
    """
    if 0 < machine.memory_mb <= SMALL_MB:
        return Shape(threads=1, sequences=4, batch=128)
    return Shape(threads=max(1, machine.cores - 1))


def cautious(shape: Shape) -> Shape:
    """The same with as little as can go wrong: tuning tries it, too, for where `default_shape` does not work or is slow."""
    return replace(shape, batch=max(32, shape.batch // 4), flash=False, cache="f16")


def shape_for(path: Path, threads: int, *, cache_dir: Path, machine: Machine) -> tuple[Shape, str]:
    """The shape to open `path` with, and a line for the log that says where it comes from. Never fails.

    `threads`: the setting; what is not 0 wins over what was measured. The kept shape counts where the file of the model and the
    machine are those it was measured with.
    """
    kept, note = _look_up(path, cache_dir, machine)
    shape = kept.shape if kept else default_shape(machine)
    if threads:
        return replace(shape, threads=threads), f"{note}; threads as set"
    return shape, note


def keep(path: Path, kept: Kept, *, cache_dir: Path, machine: Machine) -> Path:
    """Writes `kept` down for `path` on `machine`, beside what is kept for other models. Returns the file. Raises OSError."""
    file = cache_dir / FILE
    try:
        shapes = dict(_shapes(file))
    except (OSError, ValueError):
        shapes = {}  # nothing in it can be read, so nothing is lost
    shapes[_key(path, machine)] = asdict(kept)
    cache_dir.mkdir(parents=True, exist_ok=True)
    part = file.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps({"format": _FORMAT, "shapes": shapes}, indent=1), encoding="utf-8")
    os.replace(part, file)
    return file


def _look_up(path: Path, cache_dir: Path, machine: Machine) -> tuple[Kept | None, str]:
    file = cache_dir / FILE
    try:
        shapes = _shapes(file)
        found = shapes.get(_key(path, machine))
        if found is None:
            return None, f"no shape was measured for {path.name} on this machine: {_HINT}"
        kept = _kept(found)
    except FileNotFoundError:
        return None, f"no shape was measured for {path.name} on this machine: {_HINT}"
    except OSError as error:
        return None, f"{file} cannot be read ({error.strerror}) and is left aside: {_HINT}"
    except ValueError as error:  # JSONDecodeError and UnicodeDecodeError are two of them
        return None, f"{file} is damaged ({error}) and is left aside: {_HINT} again"
    return kept, f"shape measured on {kept.when}: {kept.quiet:.0f} answers a minute, {kept.busy:.0f} beside a busy neighbour"


def _shapes(file: Path) -> Mapping[str, Any]:
    """What is kept, by key. Raises OSError, or ValueError for what is no such file."""
    try:
        data = json.loads(file.read_text(encoding="utf-8"))
    except RecursionError:
        raise ValueError("it nests too deep") from None
    if not isinstance(data, dict) or data.get("format") != _FORMAT or not isinstance(data.get("shapes"), dict):
        raise ValueError(f"it is not of format {_FORMAT}")
    shapes: Mapping[str, Any] = data["shapes"]
    return shapes


def _key(path: Path, machine: Machine) -> str:
    """One line that a person can read. Raises OSError where `path` is not there."""
    stat = path.stat()
    llama = f"llama-cpp-python {machine.llama}"
    return " | ".join((path.name, f"{stat.st_size} bytes of {int(stat.st_mtime)}", machine.cpu, f"{machine.cores} cores", llama))


def _kept(found: Any) -> Kept:
    """Raises ValueError for what `keep` cannot have written."""
    if not isinstance(found, dict) or set(found) != {field.name for field in fields(Kept)}:
        raise ValueError("a shape lacks its figures")
    quiet, busy, when = found["quiet"], found["busy"], found["when"]
    if not all(isinstance(pace, int | float) and 0 <= pace < 1e9 for pace in (quiet, busy)) or not isinstance(when, str):
        raise ValueError("a shape's figures are none")
    return Kept(shape=_shape(found["shape"]), quiet=quiet, busy=busy, when=when[:10])


def _shape(found: Any) -> Shape:
    if not isinstance(found, dict) or set(found) != {field.name for field in fields(Shape)}:
        raise ValueError("a shape has other fields than this version knows")
    for name, most in _MOST.items():
        if type(found[name]) is not int or not 1 <= found[name] <= most:
            raise ValueError(f"{name} is {found[name]!r}")
    if found["batch"] < found["sequences"]:
        raise ValueError(f"a step of {found['batch']} tokens has no room for {found['sequences']} texts")
    if type(found["flash"]) is not bool or found["cache"] not in CACHES or (found["cache"] == "q8_0" and not found["flash"]):
        raise ValueError(f"flash is {found['flash']!r} and cache {found['cache']!r}")
    return Shape(**found)


def _cpu(proc: Path) -> str:
    """As the kernel names it: "AMD EPYC", "Raspberry Pi 4 Model B Rev 1.4"."""
    names = dict(line.split(":", 1) for line in _text(proc / "cpuinfo").splitlines() if ":" in line)
    found = {name.strip().casefold(): value.strip() for name, value in names.items()}
    return found.get("model name") or found.get("model") or found.get("hardware") or platform.processor() or platform.machine()


def _cores(cgroup: Path) -> int:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    match _text(cgroup / "cpu.max").split():
        case [quota, period] if quota.isdecimal() and period.isdecimal() and int(period):
            return max(1, min(cores, int(quota) // int(period)))
    return cores


def _memory_mb(proc: Path, cgroup: Path) -> int:
    total = next((int(line.split()[1]) // 1024 for line in _text(proc / "meminfo").splitlines() if line.startswith("MemTotal:")), 0)
    limit = _text(cgroup / "memory.max").strip()
    return min(total or 1 << 40, int(limit) >> 20) if limit.isdecimal() else total


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
