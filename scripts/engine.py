"""The engine llama-cpp-python: built once for this processor, kept as a wheel, tried in a child process before it is trusted."""

import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from scripts.machine import Machine, build_jobs, cmake_args
from scripts.shell import SetupFailed, run

_STEP = re.compile(r"^\s*\[(\d+)/(\d+)\]")  # ninja's own count


def wheel(machine: Machine, *, root: Path, cache: Path, log: Path, plain: bool) -> Path:
    """The wheel for this processor, built where it is not kept yet. Raises SetupFailed."""
    args = cmake_args(machine.arch, machine.flags, plain=plain)
    folder = cache / "wheels" / key(machine.arch, args, (root / "requirements-engine.lock").read_text())
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder):
        if not (kept := sorted(folder.glob("*.whl"))):
            _build(folder, args, build_jobs(machine), root, log)
            kept = sorted(folder.glob("*.whl"))
    return kept[0]


def key(arch: str, args: Sequence[str], lock: str) -> str:
    """The name of the folder of one build: same version, same flags, same Python, same processor family."""
    text = "\n".join((lock, *args, arch, "{}.{}".format(*sys.version_info)))
    return f"{arch}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def percent(line: str) -> str:
    """What ninja's line says of the whole, or ""."""
    step = _STEP.match(line)
    return f"{100 * int(step[1]) // int(step[2])} %" if step else ""


def last_words(code: int, said: str) -> str:
    """One sentence about an engine that died or failed when it was tried."""
    if code < 0:
        name = signal.Signals(-code).name
        remedy = "memory ran out: stop other programs" if name == "SIGKILL" else "tell the project, with the first lines of /proc/cpuinfo"
        return f"The engine died with {name} at its first words; {remedy}. Until then `UJUMBE_MODEL=none make run` answers from the facts."
    return f"The engine does not answer: {said.strip().splitlines()[-1] if said.strip() else 'it gives no reason'}"


def trial(python: Path, root: Path) -> tuple[int, str]:
    """Lets the model write a few words in a child process. Returns its exit status (negative: a signal) and what it said."""
    done = subprocess.run([python, "-m", "bot", "model", "try"], check=False, cwd=root, capture_output=True, text=True, timeout=300)
    return done.returncode, done.stdout + done.stderr


def _build(folder: Path, args: Sequence[str], jobs: int, root: Path, log: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder, prefix="build-") as name:  # not /tmp: it may be small
        work = Path(name)
        python = work / "venv/bin/python"
        run("Making the build room", [sys.executable, "-m", "venv", str(work / "venv")], log=log)
        tools = str(root / "requirements-build.lock")
        run("Fetching the build tools", [str(python), "-m", "pip", "install", "--require-hashes", "-r", tools], log=log, env=pip_env())
        env = {
            **pip_env(),
            "CMAKE_ARGS": " ".join(args),
            "CMAKE_BUILD_PARALLEL_LEVEL": str(jobs),
            "PATH": f"{python.parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "TMPDIR": str(work),
        }
        options = ["--verbose", "--no-cache-dir", "--no-deps", "--no-build-isolation", "--no-binary", ":all:", "--require-hashes"]
        command = [str(python), "-m", "pip", "wheel", *options, "-w", str(work / "out"), "-r", str(root / "requirements-engine.lock")]
        run("Building the engine for this processor (once, 4 to 10 minutes on two cores)", command, log=log, env=env, note=percent)
        built = list((work / "out").glob("*.whl"))
        if not built:
            raise SetupFailed(f"The build of the engine left no wheel. Details: {log}")
        part = folder / (built[0].name + ".part")
        shutil.move(built[0], part)
        os.replace(part, folder / built[0].name)


def pip_env() -> dict[str, str]:
    """Patient and quiet, unless the machine's own settings say otherwise."""
    return {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1", "PIP_DEFAULT_TIMEOUT": os.environ.get("PIP_DEFAULT_TIMEOUT", "60")}


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One build at a time; the kernel lets go when the holder dies. What a dead one left is removed."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("Another set-up is building the same engine: waiting for it.", flush=True)
            fcntl.flock(lock, fcntl.LOCK_EX)
        for left in folder.glob("build-*"):
            shutil.rmtree(left, ignore_errors=True)
        yield
