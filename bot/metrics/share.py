"""How the gateway reads the metrics of other processes: each worker shows its own on a unix socket in data_dir/run/metrics.

A process has a name of its own: the first free one of "sends-0", "sends-1"..., held by a lock that ends with it, however it ends. So a
worker that starts again counts on under the same name, and there are never more names than workers at one time.
"""

import errno
import fcntl
import logging
import os
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from prometheus_client import generate_latest

from bot.metrics.families import REGISTRY

_MOST = 64  # processes of one name
_PATIENCE_S = 1.0
_AT_ONCE = 16
_CHUNK = 65_536
_NAME = re.compile(r"([a-z]+)-[0-9]+")

log = logging.getLogger(__name__)


def folder(data_dir: Path) -> Path:
    """Where the sockets are."""
    return data_dir / "run" / "metrics"


def own() -> bytes:
    """This process's metrics, as text."""
    return generate_latest(REGISTRY)


@contextmanager
def shared(data_dir: Path, name: str, show: Callable[[], bytes] = own) -> Iterator[None]:
    """Shows this process's metrics under `name` until the block ends. Where that cannot be, the work goes on without."""
    with ExitStack() as stack:
        try:
            place = folder(data_dir)
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
            server = stack.enter_context(_listening(place, stack.enter_context(_slot(place, name))))
        except OSError as error:
            log.warning("no metrics of %s can be read: %s", name, error.strerror)
        else:
            threading.Thread(target=_serve, args=(server, show), name="metrics", daemon=True).start()
        yield


def gather(data_dir: Path) -> Mapping[str, bytes]:
    """The metrics of every process that answers, by its name."""
    paths = [path for path in sorted(folder(data_dir).glob("*.sock")) if _NAME.fullmatch(path.stem)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:  # one that hangs holds up no other
        pages = zip(paths, pool.map(_ask, paths), strict=True)
        return {path.stem: page for path, page in pages if page}


def alive(data_dir: Path) -> frozenset[str]:
    """The lanes (or "beat") of which at least one process answers."""
    return frozenset(name.rpartition("-")[0] for name in gather(data_dir))


@contextmanager
def _slot(place: Path, name: str) -> Iterator[str]:
    """The first free name. Raises OSError where all are taken."""
    for n in range(_MOST):
        with (place / f"{name}-{n}.lock").open("ab") as lock:
            if _locked(lock):
                yield f"{name}-{n}"
                return
    raise OSError(errno.EMFILE, f"{_MOST} processes have this name")


def _locked(lock: IO[bytes]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _listening(place: Path, name: str) -> Iterator[socket.socket]:
    path = place / f"{name}.sock"
    path.unlink(missing_ok=True)  # of one that was killed: the name is ours
    with socket.socket(socket.AF_UNIX) as server:
        with _short(place) as near:
            server.bind(f"{near}/{path.name}")
        server.listen()
        yield server
        path.unlink(missing_ok=True)
        with suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)  # closing alone would not wake the thread that waits there


def _serve(server: socket.socket, show: Callable[[], bytes]) -> None:
    while True:
        try:
            asking, _ = server.accept()
        except OSError:  # closed: the end
            return
        with asking, suppress(OSError):  # who asked may have left
            asking.settimeout(_PATIENCE_S)
            asking.sendall(show())


def _ask(path: Path) -> bytes:
    """What the process at `path` shows, b"" where it is gone or hangs."""
    text = b""
    with suppress(OSError), _connected(path) as asking:
        while chunk := asking.recv(_CHUNK):
            text += chunk
        return text
    return b""


@contextmanager
def _connected(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as asking, _short(path.parent) as near:
        asking.settimeout(_PATIENCE_S)
        asking.connect(f"{near}/{path.name}")
        yield asking


@contextmanager
def _short(place: Path) -> Iterator[str]:
    """Another path of `place`: a unix socket's may have 107 bytes, and a data directory's more."""
    if not Path("/proc/self/fd").exists():
        yield str(place)
        return
    handle = os.open(place, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}"
    finally:
        os.close(handle)
