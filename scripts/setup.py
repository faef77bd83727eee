"""Makes everything ready: `python3 -m scripts.setup [--dev]`. Quick where all is done; safe to stop and run again."""

import argparse
import hashlib
import os
import re
import subprocess
import sys
from pathlib import Path

from scripts import debian, engine
from scripts.machine import Machine, look, problems
from scripts.shell import SetupFailed, run

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin/python"
LOG = ROOT / "build/setup.log"
STAMP = VENV / "ujumbe-setup"
LOCKS = ("requirements.lock", "requirements-dev.lock", "requirements-engine.lock", "requirements-build.lock")


def main(argv: list[str]) -> int:
    """Exit status: 0 ready, 1 something a person must mend (said in one sentence), 130 stopped by Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python3 -m scripts.setup", description=__doc__)
    parser.add_argument("--dev", action="store_true", help="also what the tests need")
    args = parser.parse_args(argv)
    try:
        prepare(dev=args.dev)
    except SetupFailed as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Run the same command again: it goes on where it was.", file=sys.stderr)
        return 130
    return 0


def prepare(*, dev: bool) -> None:
    """Every step that is not done yet. Raises SetupFailed."""
    if dev and (packages := debian.missing()):
        LOG.parent.mkdir(exist_ok=True)
        debian.install(packages, LOG)
    if not is_done(dev=dev):
        install(dev=dev)
    bring_model()
    learn_skills()
    bring_places()
    if "tried" not in STAMP.read_text().split():
        try_engine()
        STAMP.write_text(STAMP.read_text() + " tried")


def is_done(*, dev: bool) -> bool:
    """Whether the environment is there as the locks of today want it. One made for the tests serves the service too."""
    words = STAMP.read_text().split() if STAMP.exists() and PYTHON.exists() else []
    return fingerprint() in words and ("dev" in words or not dev)


def fingerprint() -> str:
    """One word for: these locks, this Python, this place."""
    digest = hashlib.sha256(f"{ROOT} {sys.version_info[:2]}".encode())
    for name in LOCKS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()[:16]


def install(*, dev: bool) -> None:
    """The virtual environment with its packages, the engine, and the `ujumbe` command."""
    machine = _fit_machine()
    STAMP.unlink(missing_ok=True)
    if not _is_our_python():
        run("Making the virtual environment", [sys.executable, "-m", "venv", "--clear", str(VENV)], log=LOG)
    lock = ROOT / ("requirements-dev.lock" if dev else "requirements.lock")
    command = [str(PYTHON), "-m", "pip", "install", "--require-hashes", "--only-binary", ":all:", "-r", str(lock)]
    run("Installing the packages (1 to 3 minutes)", command, log=LOG, env=engine.pip_env(), note=_Counter(lock))
    install_engine(machine, plain=False)
    _add_command()
    STAMP.write_text(f"{fingerprint()} {'dev' if dev else 'run'}")


def install_engine(machine: Machine, *, plain: bool) -> None:
    """Puts the engine's wheel into the environment, building it where need be."""
    wheel = engine.wheel(machine, root=ROOT, cache=cache_dir(), log=LOG, plain=plain)
    command = [str(PYTHON), "-m", "pip", "install", "--no-deps", "--no-index", "--force-reinstall", str(wheel)]
    run("Installing the engine", command, log=LOG, env=engine.pip_env())


def bring_model() -> None:
    """The model of the settings, checked; its own progress is shown."""
    if subprocess.run([PYTHON, "-m", "bot", "model", "pull"], check=False, cwd=ROOT).returncode:
        raise SetupFailed("Without its model the service can still answer from the facts: UJUMBE_MODEL=none make run")


def learn_skills() -> None:
    """What the texts mean, for the search. Not a reason to stop: the worker would do it at its start, or search by words alone."""
    subprocess.run([PYTHON, "-m", "bot", "skills", "learn"], check=False, cwd=ROOT)


def bring_places() -> None:
    """The file of places for the settings' countries. Not a reason to stop: without it nobody is found by place (`ujumbe doctor`)."""
    subprocess.run([PYTHON, "-m", "bot", "places", "build"], check=False, cwd=ROOT)


def try_engine() -> None:
    """A few words from the real model in a child process; where it dies, once more with a plainer build."""
    print("Trying the engine ...", flush=True)
    code, said = engine.trial(PYTHON, ROOT)
    if code < 0:
        print(f"  {engine.last_words(code, said)}\n  Building a plainer one first.", flush=True)
        install_engine(_fit_machine(), plain=True)
        code, said = engine.trial(PYTHON, ROOT)
    if code:
        raise SetupFailed(engine.last_words(code, said))


def cache_dir() -> Path:
    """The same folder as bot.config.Settings.cache_dir."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ujumbe"


def _fit_machine() -> Machine:
    machine = look((ROOT, cache_dir()))
    if found := problems(machine):
        raise SetupFailed("\n".join(found))
    LOG.parent.mkdir(exist_ok=True)
    return machine


def _is_our_python() -> bool:
    """Whether the environment runs, with this very version of Python."""
    if not PYTHON.exists():
        return False
    ask = [str(PYTHON), "-c", "import sys, pip; print(*sys.version_info[:2])"]
    done = subprocess.run(ask, check=False, capture_output=True, text=True)
    return done.returncode == 0 and done.stdout.split() == [str(n) for n in sys.version_info[:2]]


class _Counter:
    """Counts pip's packages: "31 of 55, rapidfuzz"."""

    def __init__(self, lock: Path) -> None:
        self._all, self._seen = len(re.findall(r"^\S+==", lock.read_text(), re.MULTILINE)), 0

    def __call__(self, line: str) -> str:
        if line.startswith("Installing collected packages"):
            return "unpacking"
        if not line.startswith("Collecting "):
            return ""
        self._seen += 1
        return f"{self._seen} of {self._all}, {line.split()[1].partition('==')[0]}"


def _add_command() -> None:
    """`.venv/bin/ujumbe`, and the checkout on the import path: all that an editable install would do, without a build."""
    site = next((VENV / "lib").glob("python3.*")) / "site-packages"
    (site / "ujumbe.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    command = VENV / "bin/ujumbe"
    command.write_text(f"#!{PYTHON}\nimport sys\n\nfrom bot.__main__ import main\n\nsys.exit(main())\n", encoding="utf-8")
    command.chmod(0o755)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
