"""How a worker says that it takes work: its process id in data_dir/run, where `ujumbe serve` looks."""

import os
from pathlib import Path

from celery.utils.dispatch import Signal

from bot.config import Settings


def ready_file(settings: Settings, name: str) -> Path:
    """Where lane or beat `name` writes its process id once it takes work."""
    return settings.data_dir / "run" / f"{name}.ready"


def mark_when(signal: Signal, file: Path) -> None:
    """Writes our process id to `file` when Celery sends `signal`."""

    def mark(**_: object) -> None:
        file.write_text(str(os.getpid()), encoding="ascii")

    file.parent.mkdir(parents=True, exist_ok=True)
    file.unlink(missing_ok=True)
    signal.connect(mark, weak=False)
