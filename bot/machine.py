"""Whether this machine can run the service now. Each refusal is one sentence that says what to do."""

import os
import shutil
from pathlib import Path

from bot.config import Settings
from bot.core.errors import BadSetting

_MEBI = 1024 * 1024
DISK_MB = 200  # the database, logs and the broker's file need room to grow
MEMORY_MB = 700  # seven small processes and the default model
MEMORY_PLAIN_MB = 300  # the same without a model
_MEMINFO = Path("/proc/meminfo")


def check(settings: Settings) -> None:
    """Raises BadSetting where the data directory, the disk or the memory will not do."""
    check_writable(settings.data_dir)
    check_disk(settings.data_dir)
    check_memory(settings, free_memory_mb())


def free_memory_mb(meminfo: Path = _MEMINFO) -> int | None:
    """Memory that new programs can have, in MiB; None where this system does not say (it is not Linux)."""
    if not meminfo.exists():
        return None
    for line in meminfo.read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) // 1024
    return None


def check_writable(data_dir: Path) -> None:
    """Makes the data folder where it is not there. Raises BadSetting where it cannot be written to."""
    remedy = "Give this user the right to write there, or set UJUMBE_DATA_DIR to a folder of its own."
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting(f"The data folder {data_dir} cannot be made ({error.strerror}). {remedy}") from None
    if not os.access(data_dir, os.W_OK | os.X_OK):
        raise BadSetting(f"The data folder {data_dir} cannot be written to. {remedy}")


def check_disk(data_dir: Path) -> None:
    """Raises BadSetting where its disk is too full."""
    free = shutil.disk_usage(data_dir).free // _MEBI
    if free < DISK_MB:
        remedy = "Remove something, or set UJUMBE_DATA_DIR to another disk."
        raise BadSetting(f"The disk of {data_dir} has {free} MB free and {DISK_MB} MB are needed. {remedy}")


def check_memory(settings: Settings, free: int | None) -> None:
    """Raises BadSetting where `free` MiB are too little to start with; None is taken for enough."""
    needed = MEMORY_PLAIN_MB if settings.model == "none" else MEMORY_MB
    if free is not None and free < needed:
        raise BadSetting(
            f"{free} MB of memory are free and {needed} MB are needed. End other programs, or answer without a model: UJUMBE_MODEL=none."
        )
