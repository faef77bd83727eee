"""llama-server, built once from the very source that our engine is built from, with the same processor flags."""

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from pathlib import Path

from scripts.engine import key, percent, pip_env
from scripts.machine import build_jobs, cmake_args, look
from scripts.shell import SetupFailed, run

ROOT = Path(__file__).resolve().parent.parent.parent
LOCK = ROOT / "requirements-engine.lock"
_SOURCE = "vendor/llama.cpp"  # inside the source archive of llama-cpp-python
# One file that needs none of its own libraries; no pages, no TLS, nothing but the server.
_OPTIONS = (
    *("-DCMAKE_BUILD_TYPE=Release", "-DBUILD_SHARED_LIBS=OFF", "-DLLAMA_BUILD_TESTS=OFF", "-DLLAMA_BUILD_EXAMPLES=OFF"),
    *("-DLLAMA_BUILD_APP=OFF", "-DLLAMA_BUILD_UI=OFF", "-DLLAMA_USE_PREBUILT_UI=OFF", "-DLLAMA_OPENSSL=OFF"),
)


def llama_server(cache: Path) -> Path:
    """The kept binary, built first where there is none (10 to 20 minutes on two cores). Raises SetupFailed.

    Two that build at once do the work twice; what is kept is whole either way.
    """
    machine = look([cache])
    args = (*_OPTIONS, *cmake_args(machine.arch, machine.flags))
    folder = cache / "llama-server" / key(machine.arch, args, LOCK.read_text(encoding="utf-8"))
    kept = folder / "llama-server"
    if not kept.exists():
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=folder, prefix="build-") as name:
            made = _build(Path(name), args, build_jobs(machine), folder / "build.log")
            os.replace(made, kept)
    return kept


def _build(work: Path, args: Sequence[str], jobs: int, log: Path) -> Path:
    for program in ("cmake", "ninja"):
        if not shutil.which(program):
            raise SetupFailed(f"{program} is missing. On Debian, as root: apt-get install -y cmake ninja-build. Or name a built --server.")
    wanted = ["--no-deps", "--no-binary", ":all:", "--require-hashes", "-r", str(LOCK), "-d", str(work)]
    run("Fetching the source of the engine", [sys.executable, "-m", "pip", "download", *wanted], log=log, env=pip_env())
    source = unpack(next(work.glob("*.tar.gz")), work / "source")
    build = work / "build"
    run("Configuring llama-server", ["cmake", "-G", "Ninja", "-S", str(source), "-B", str(build), *args], log=log)
    making = ["cmake", "--build", str(build), "--target", "llama-server", "--parallel", str(jobs)]
    run("Building llama-server for this processor (once)", making, log=log, note=percent)
    made = build / "bin" / "llama-server"
    tried = subprocess.run([made, "--version"], check=False, capture_output=True, text=True)
    if tried.returncode:
        raise SetupFailed(f"llama-server was built and does not start (status {tried.returncode}): {tried.stderr.strip()[-300:]}")
    return made


def unpack(archive: Path, into: Path) -> Path:
    """Takes llama.cpp out of the source archive of llama-cpp-python. Returns its folder. Raises SetupFailed where it is not in there."""
    with tarfile.open(archive) as tar:
        wanted = [one for one in tar.getmembers() if one.name.split("/", 1)[-1].startswith(f"{_SOURCE}/")]
        tar.extractall(into, wanted, filter="data")
    source = next(iter(into.glob(f"*/{_SOURCE}")), None)
    if source is None or not (source / "tools" / "server").is_dir():
        raise SetupFailed(f"{archive.name} holds no llama-server. Name a built one: --server PATH.")
    return source
