"""A real lane over the real App and store, with a scripted model that takes its time: `python -m tests.worker.slow_runner LANE`."""

import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bot import app
from bot.config import Settings, load
from bot.core import answering
from bot.core.ports import Queue
from bot.core.types import Draft, Lane
from bot.worker import lanes, tasks
from bot.worker.__main__ import start_logging
from bot.worker.beat import BEAT, beat

LEASE_S = 2.0
WRITES_S = 1.5
BEGUN = "begun-to-write"  # a file in the data directory: the model is at work


@dataclass
class SlowWriter:
    """Says that it has begun, and ends seconds later without a word: the fact's own text goes out."""

    begun: Path
    name: str = "slow"

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float) -> Draft:
        self.begun.touch()
        time.sleep(WRITES_S)
        return Draft(text="", tokens=0, seconds=WRITES_S, finish="stop")


def build(settings: Settings, *, queue: Queue) -> app.App:
    return app.build(settings, queue=queue, writer=SlowWriter(settings.data_dir / BEGUN))


if __name__ == "__main__":
    start_logging()
    answering.LEASE_S = tasks.LEASE_S = LEASE_S  # short, so that tests need not wait long for it to end
    name = sys.argv[1]
    sys.exit(beat(load()) if name == BEAT else lanes.work(Lane(name), load(), build))
