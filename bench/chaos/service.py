"""The service under test: the real `ujumbe serve`, kept running as an init system would, and looked at from outside."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import psutil

from bench.service import ROOT, _free_port, _name

_READY = re.compile(r"^(\S+) is ready \(")
_ENDED = re.compile(r"^(\S+) ended \(")
_START_DEATHS = 3  # the first start is given up after so many
_AGAIN_S = 1.0  # an init system waits this long before it starts again what ended


class Serve:
    """`ujumbe serve` on a free port. `tick` has to be called often: it starts again what ended and reads what the supervisor says."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self.folder, self.port = folder, _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.up: dict[str, float] = {}  # part -> since when it works, time.monotonic()
        self.all_up = False
        self.ended_alone = 0  # times that the whole service ended without our doing
        own = {"UJUMBE_DATA_DIR": str(folder), "UJUMBE_PORT": str(self.port), "UJUMBE_CONFIG": str(folder / "ujumbe.toml")}
        outer = {name: value for name, value in os.environ.items() if not name.startswith("UJUMBE_")}
        self._environment = outer | own | {"UJUMBE_MODEL": "none", "UJUMBE_EMBEDDER": "none"} | dict(environment)
        self._said = folder / "said"
        self._read = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._start_at = 0.0

    def start(self) -> None:
        self._listen()
        self.up.clear()
        self.all_up = False
        with self._said.open("ab") as said:
            command = [sys.executable, "-m", "bot", "serve"]
            self._process = subprocess.Popen(
                command, cwd=ROOT, env=self._environment, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True
            )

    def tick(self) -> None:
        """Keeps it running, and learns who is up."""
        self._listen()
        if self._process is None and time.monotonic() >= self._start_at:
            self.start()
        elif self._process is not None and self._process.poll() is not None:
            self.ended_alone += 1
            self._gone()

    def wait(self, within_s: float = 180.0) -> None:
        """Until all parts are up. Raises RuntimeError."""
        until = time.monotonic() + within_s
        while not self.all_up:
            self.tick()
            if time.monotonic() > until or self.ended_alone >= _START_DEATHS:
                raise RuntimeError(f"ujumbe serve did not start:\n{self.last_words()}")
            time.sleep(0.1)

    def kill(self, part: str) -> bool:
        """SIGKILL to one part. False where it was not there."""
        self.up.pop(part, None)
        process = self._parts().get(part)
        return process is not None and _killed([process])

    def kill_all(self) -> bool:
        """SIGKILL to the supervisor and everything under it, as when the machine loses power for a moment."""
        parts = self._parts()
        hit = _killed(list(parts.values()))
        if self._process is not None:
            self._process.wait()
        self._gone()
        return hit and len(parts) > 1

    def stop(self) -> int | None:
        """Ends it as an operator would. Returns its exit status, None where it had to be killed or did not run."""
        if self._process is None or self._process.poll() is not None:
            return None
        self._process.terminate()
        try:
            return self._process.wait(60)
        except subprocess.TimeoutExpired:
            _killed(list(self._parts().values()))
            self._process.wait()
            return None

    def last_words(self) -> str:
        return self._said.read_text(errors="replace")[-3000:] if self._said.exists() else ""

    def _gone(self) -> None:
        self._process, self._start_at = None, time.monotonic() + _AGAIN_S
        self.up.clear()
        self.all_up = False

    def _parts(self) -> dict[str, psutil.Process]:
        if self._process is None or self._process.poll() is not None:
            return {}
        top = psutil.Process(self._process.pid)
        parts = {"supervisor": top}
        for child in top.children(recursive=True):
            try:
                parts[_name(child)] = child
            except (psutil.Error, IndexError):
                continue  # it ended meanwhile
        return parts

    def _listen(self) -> None:
        """Reads what the supervisor said since the last look."""
        if not self._said.exists():
            return
        with self._said.open("rb") as said:
            said.seek(self._read)
            fresh = said.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            if found := _READY.match(line):
                self.up[found[1]] = time.monotonic()
            elif found := _ENDED.match(line):
                self.up.pop(found[1], None)
            elif line.startswith("Ujumbe is ready"):
                self.all_up = True


def _killed(processes: list[psutil.Process]) -> bool:
    """Kills them all at once, and waits until they are gone. False where the first of them was gone already."""
    hit = bool(processes)
    for n, process in enumerate(processes):
        try:
            process.send_signal(signal.SIGKILL)
        except psutil.NoSuchProcess:
            hit = hit and n > 0
    until = time.monotonic() + 10
    while any(map(_alive, processes)) and time.monotonic() < until:
        time.sleep(0.01)
    return hit and not any(map(_alive, processes))


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
