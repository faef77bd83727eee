"""The programs that only the tests need, from Debian's packages: a PostgreSQL server, a Redis server, a browser."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from scripts.shell import SetupFailed, run


def missing(root: Path = Path("/"), which: Callable[[str], str | None] = shutil.which) -> list[str]:
    """The Debian packages whose programs are not here."""
    has_server = which("initdb") or any(root.glob("usr/lib/postgresql/*/bin/initdb"))
    found = {"postgresql": bool(has_server), "redis-server": bool(which("redis-server")), "chromium": bool(which("chromium"))}
    return [package for package, here in found.items() if not here]


def install(packages: list[str], log: Path) -> None:
    """Installs them where we may. Raises SetupFailed with the command for a person who may."""
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    asking = f"The tests need {', '.join(packages)}. As root: {' '.join(command)}"
    prefix = _privilege()
    if prefix is None or not shutil.which("apt-get"):
        raise SetupFailed(asking)
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        run("Asking Debian for its package lists", [*prefix, "apt-get", "update"], log=log, env=env)
        run(f"Installing {', '.join(packages)} for the tests", [*prefix, *command], log=log, env=env)
    except SetupFailed as error:
        raise SetupFailed(f"{error} Or do it yourself. {asking}") from None


def _privilege() -> list[str] | None:
    """What to put before a command that needs root, or None where we may not."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode == 0:
        return ["sudo", "-n"]
    return None
