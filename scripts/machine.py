"""What this machine is: processor, memory, disk, compilers; what is missing; and how the engine is built for it."""

import os
import platform
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

MEMORY_MB = 1500  # one compiler process of llama.cpp peaks near 700 MB; the service with its model needs less
DISK_MB = 3000  # packages 500, build 500, wheels and model 800, and room to live

# cmake option -> the processor flags that it lets the compiler use (ggml/src/ggml-cpu/CMakeLists.txt of llama.cpp)
_OPTIONS: dict[str, tuple[str, ...]] = {
    "GGML_SSE42": ("sse4_2",),
    "GGML_AVX": ("avx",),
    "GGML_AVX2": ("avx2",),
    "GGML_FMA": ("fma",),
    "GGML_F16C": ("f16c",),
    "GGML_BMI2": ("bmi2",),
    "GGML_AVX_VNNI": ("avx_vnni",),
    "GGML_AVX512": ("avx512f", "avx512cd", "avx512vl", "avx512dq", "avx512bw"),
    "GGML_AVX512_VBMI": ("avx512vbmi",),
    "GGML_AVX512_VNNI": ("avx512_vnni",),
    "GGML_AVX512_BF16": ("avx512_bf16",),
}
_PLAIN = ("GGML_SSE42", "GGML_AVX", "GGML_AVX2", "GGML_FMA", "GGML_F16C", "GGML_BMI2")
_ARM = ("aarch64", "arm64")


@dataclass(frozen=True, slots=True)
class Machine:
    """The facts that decide. Memory and disk in MB, free."""

    arch: str
    flags: frozenset[str]
    cores: int
    memory_mb: int
    disk_mb: int
    missing: tuple[str, ...]  # Debian packages


def look(folders: Iterable[Path], *, root: Path = Path("/"), which: Callable[[str], str | None] = shutil.which) -> Machine:
    """Reads the machine. `folders` are those that will fill up; the fullest disk counts."""
    return Machine(
        arch=platform.machine(),
        flags=cpu_flags(_text(root / "proc/cpuinfo")),
        cores=len(os.sched_getaffinity(0)),
        memory_mb=memory_mb(
            _text(root / "proc/meminfo"), _text(root / "sys/fs/cgroup/memory.max"), _text(root / "sys/fs/cgroup/memory.current")
        ),
        disk_mb=min(shutil.disk_usage(_existing(folder)).free for folder in folders) >> 20,
        missing=_missing_packages(which),
    )


def cpu_flags(cpuinfo: str) -> frozenset[str]:
    """The flags that every core has."""
    lines = [frozenset(line.partition(":")[2].split()) for line in cpuinfo.splitlines() if line.startswith(("flags", "Features"))]
    return frozenset.intersection(*lines) if lines else frozenset()


def memory_mb(meminfo: str, limit: str = "", used: str = "") -> int:
    """Free memory in MB: the kernel's estimate, or what is left of the container's limit where that is less."""
    free = next((int(line.split()[1]) // 1024 for line in meminfo.splitlines() if line.startswith("MemAvailable:")), 0)
    if limit.strip().isdigit() and used.strip().isdigit():
        free = min(free, (int(limit) - int(used)) >> 20)
    return free


def problems(machine: Machine) -> list[str]:
    """One sentence with the remedy for each thing that stands in the way."""
    found = []
    if machine.arch == "x86_64" and "avx2" not in machine.flags:
        found.append("This processor has no AVX2, which the engine needs: use an x86-64 machine from 2013 or later, or a 64-bit ARM one.")
    elif machine.arch not in ("x86_64", *_ARM):
        found.append(f"The engine is built for x86-64 and 64-bit ARM, and this machine is {machine.arch}: use another machine.")
    if machine.missing:
        found.append(f"Programs are missing. On Debian, as root: apt-get install -y {' '.join(machine.missing)}")
    if machine.memory_mb < MEMORY_MB:
        found.append(
            f"{machine.memory_mb} MB of memory are free and {MEMORY_MB} are needed: stop other programs or add swap, then run this again."
        )
    if machine.disk_mb < DISK_MB:
        found.append(f"{machine.disk_mb} MB of disk are free and {DISK_MB} are needed: free some, then run this again.")
    return found


def cmake_args(arch: str, flags: frozenset[str], *, plain: bool = False) -> tuple[str, ...]:
    """How llama.cpp is configured for this processor. `plain`: only what every supported one has.

    Never AMX: many virtual machines show its flags and die at its first instruction. Never GGML_NATIVE on x86: it would pick AMX.
    No picture parts (LLAVA_BUILD): nobody calls them, and they take a fifth of the time.
    """
    base = ("-DLLAVA_BUILD=OFF",)
    if arch in _ARM:
        return (*base, f"-DGGML_NATIVE={'OFF' if plain else 'ON'}")
    wanted = {option for option, needs in _OPTIONS.items() if flags.issuperset(needs) and (option in _PLAIN or not plain)}
    if "GGML_AVX512" not in wanted:
        wanted = {option for option in wanted if not option.startswith("GGML_AVX512")}
    return (*base, "-DGGML_NATIVE=OFF", *(f"-D{option}={'ON' if option in wanted else 'OFF'}" for option in _OPTIONS))


def build_jobs(machine: Machine) -> int:
    """Compilers at once: one per core, but no more than memory can feed."""
    return max(1, min(machine.cores, machine.memory_mb // 700))


def _missing_packages(which: Callable[[str], str | None]) -> tuple[str, ...]:
    programs = {"gcc": "gcc", "g++": "g++", "make": "make"}
    missing = [package for program, package in programs.items() if not which(program)]
    if not find_spec("ensurepip") or not find_spec("venv"):
        missing.append("python{}.{}-venv".format(*platform.python_version_tuple()))
    return tuple(missing)


def _existing(folder: Path) -> Path:
    """The folder, or the nearest one above it that exists."""
    return folder if folder.exists() else _existing(folder.parent)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
