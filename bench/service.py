"""Starts the real service in an empty folder, as `make run` does, for a benchmark or a test to talk to."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parent.parent
START_S = 180.0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Service:
    """One running `ujumbe serve` on a free port, with its own data directory."""

    data_dir: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    port: int = field(default_factory=_free_port)
    started_s: float = 0.0  # until it was ready for the first question
    process: "subprocess.Popen[str] | None" = None

    def __enter__(self) -> "Service":
        began = time.monotonic()
        own = {"UJUMBE_DATA_DIR": str(self.data_dir), "UJUMBE_PORT": str(self.port), "UJUMBE_CONFIG": str(self.data_dir / "ujumbe.toml")}
        outer = {name: value for name, value in os.environ.items() if not name.startswith("UJUMBE_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"],
            cwd=ROOT,
            env=outer | own | dict(self.environment),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        said = []
        for line in self.process.stdout:
            said.append(line)
            if line.startswith("Ujumbe is ready"):
                self.started_s = time.monotonic() - began
                return self
            if time.monotonic() - began > START_S:
                break
        self.stop()
        raise RuntimeError("ujumbe serve did not start:\n" + "".join(said))

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the service as Ctrl-C would, and not kindly if that takes too long."""
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.process.stdout is not None:
            self.process.stdout.close()

    @property
    def url(self) -> str:
        """Where the gateway is."""
        return f"http://127.0.0.1:{self.port}"

    def key(self, channel: str) -> str:
        """The simulator's path key in this data directory."""
        return (self.data_dir / "keys" / channel).read_text()

    def post(self, path: str, body: bytes, content_type: str, headers: Mapping[str, str] | None = None) -> tuple[int, str]:
        """One POST as a provider makes it. Returns the status and the body, whatever the status."""
        request = urllib.request.Request(self.url + path, body, {"Content-Type": content_type, **(headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def ask(self, urn: str, text: str, *, id: str) -> int:
        """One SMS from the simulated phone. Returns the status."""
        body = json.dumps({"from": urn.removeprefix("tel:"), "text": text, "id": id}).encode()
        return self.post(f"/c/sim/receive/{self.key('sim')}", body, "application/json")[0]

    def conversation(self, urn: str) -> list[dict[str, Any]]:
        """The lines that the simulated phone shows."""
        with urllib.request.urlopen(f"{self.url}/phone/conversation?urn={urllib.parse.quote(urn)}", timeout=10) as response:
            lines: list[dict[str, Any]] = json.load(response)["lines"]
            return lines

    def reply(self, urn: str, *, after: int = 0, within_s: float = 60.0) -> str:
        """The first line to `urn` beyond the first `after` ones that has gone out. Raises TimeoutError."""
        until = time.monotonic() + within_s
        while time.monotonic() < until:
            out = [line for line in self.conversation(urn) if not line["inbound"] and line["status"] in {"wired", "sent", "delivered"}]
            if len(out) > after:
                return str(out[after]["text"])
            time.sleep(0.02)
        raise TimeoutError(f"no reply within {within_s} s")

    def processes(self) -> dict[str, psutil.Process]:
        """The service's processes by name: supervisor, valkey, gateway, the lanes, beat."""
        assert self.process is not None
        top = psutil.Process(self.process.pid)
        return {"supervisor": top} | {_name(child): child for child in top.children(recursive=True)}


def _name(process: psutil.Process) -> str:
    words = process.cmdline()
    if "bot.worker" in words:
        return words[words.index("bot.worker") + 1]
    if "models.child" in words:
        return "engine"
    return "gateway" if "bot.gateway" in words else "valkey" if "valkey" in words[0] else words[0]
