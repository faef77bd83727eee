"""Real brokers for tests: Valkey from the wheel, and Debian's Redis where it is installed. Tests may freeze and kill them."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis

from bot import valkey
from bot.config import Settings

KINDS = ["valkey", *(["redis"] if shutil.which("redis-server") else [])]


@dataclass
class Server:
    """One broker: its settings for the bot, and its life."""

    settings: Settings
    command: list[str]
    client: redis.Redis
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        self.process = subprocess.Popen(self.command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until(self._answers)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def freeze(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False


@contextmanager
def server(kind: str, folder: Path) -> Iterator[Server]:
    """A broker of `kind` that runs, with its data in `folder`."""
    made = _valkey(folder) if kind == "valkey" else _redis(folder)
    made.start()
    try:
        yield made
    finally:
        made.kill()
        made.client.close()


def until(true: Callable[[], object], within_s: float = 20.0) -> None:
    """Waits until `true()` is. Fails with its name after `within_s`."""
    end = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < end, f"never became true: {true}"
        time.sleep(0.02)


def free_port() -> int:
    """A TCP port that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _valkey(folder: Path) -> Server:
    settings = Settings(data_dir=folder, model="none")
    return Server(settings, valkey.command(settings), redis.Redis(unix_socket_path=str(valkey.socket_path(settings))))


def _redis(folder: Path) -> Server:
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--appendonly", "yes", "--save", ""]
    settings = Settings(data_dir=folder, model="none", broker_url=f"redis://127.0.0.1:{port}/0")
    return Server(settings, command, redis.Redis(port=port))
