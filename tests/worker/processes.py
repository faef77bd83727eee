"""Real worker processes for tests."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.config import Settings, child_environment
from bot.worker.ready import ready_file
from tests.redis import until

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def worker(name: str, settings: Settings, runner: str = "tests.worker.runner") -> Iterator[subprocess.Popen[bytes]]:
    """A worker process on lane `name`, ready for work. `runner` is the module that starts it."""
    command = [sys.executable, "-m", runner, name]
    log = settings.data_dir / f"{name}.log"

    def ready() -> bool:
        assert process.poll() is None, log.read_text()
        mark = ready_file(settings, name)
        return mark.exists() and mark.read_text() == str(process.pid)

    with log.open("ab") as file, subprocess.Popen(command, cwd=ROOT, env=child_environment(settings), stdout=file, stderr=file) as process:
        try:
            until(ready, within_s=40)
            yield process
        finally:
            process.kill()
