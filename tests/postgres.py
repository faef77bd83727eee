"""A real PostgreSQL for tests: Debian's own binaries, a throw-away cluster, a unix socket that only we can reach."""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psycopg

_START_S = 30.0
_PORT = 5432  # names the socket; nothing listens on the network


@contextmanager
def running(*, durable: bool = False) -> Iterator[str]:
    """Starts a server and yields the SQLAlchemy URL of its database "postgres". Everything is gone at the end of the block.

    Not `durable`: these tests end processes, never the machine's power, and a commit need not wait for the disk."""
    initdb, postgres = _binary("initdb"), _binary("postgres")
    home = Path(tempfile.mkdtemp(prefix="ujumbe-pg-"))  # short: a socket's path may have 107 bytes
    as_user = _as_user()
    try:
        if as_user:
            os.chown(home, as_user["user"], as_user["group"])
        data = home / "data"
        making = [initdb, "-D", str(data), "-U", "ujumbe", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        made = subprocess.run(making, cwd=home, capture_output=True, text=True, check=False, **as_user)
        assert made.returncode == 0, f"initdb failed:\n{made.stdout}{made.stderr}"
        fsync = "on" if durable else "off"
        options = ["-k", str(home), "-p", str(_PORT), "-c", "listen_addresses=", "-c", f"fsync={fsync}", "-c", "max_connections=200"]
        with (home / "log").open("wb") as log:
            server = subprocess.Popen([str(postgres), "-D", str(data), *options], cwd=home, stdout=log, stderr=log, **as_user)
        try:
            _await(home, server)
            yield f"postgresql+psycopg://ujumbe@/postgres?host={home}&port={_PORT}"
        finally:
            server.send_signal(signal.SIGQUIT)  # at once: nobody will want these files again
            with suppress(subprocess.TimeoutExpired):
                server.wait(_START_S)
            server.kill()
            server.wait()
    finally:
        shutil.rmtree(home)


def connect(url: str) -> psycopg.Connection:
    """A plain connection to the server behind a URL of `running`, for CREATE DATABASE and the like."""
    return psycopg.connect(url.replace("+psycopg", ""), autocommit=True)


def _binary(name: str) -> str:
    debian = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: int(path.parts[-3]))
    found = shutil.which(name) or next((str(path) for path in reversed(debian)), None)
    assert found, f"{name} is missing: the store is tested against a real PostgreSQL. Install it: apt-get install postgresql"
    return found


def _as_user() -> dict[str, Any]:
    """PostgreSQL refuses to run as root: where we are root, it runs as "postgres" or "nobody"."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            user = pwd.getpwnam(name)
            return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise AssertionError("Tests run as root, and PostgreSQL refuses to. Make a user named postgres for it, or test as a user.")


def _await(home: Path, server: "subprocess.Popen[Any]") -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and server.poll() is None:
        with suppress(psycopg.OperationalError):
            psycopg.connect(host=str(home), port=_PORT, user="ujumbe", dbname="postgres").close()
            return
        time.sleep(0.05)
    raise AssertionError(f"PostgreSQL did not start:\n{(home / 'log').read_text()}")
