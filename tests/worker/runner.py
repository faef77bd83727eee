"""A real worker process over the ledger: `python -m tests.worker.runner LANE`. Settings come from the environment, as ever."""

import sys

from bot.config import Settings, load
from bot.core.ports import Queue
from bot.core.types import Lane
from bot.worker import lanes, tasks
from bot.worker.__main__ import start_logging
from bot.worker.beat import BEAT, beat
from tests.worker.ledger import LEASE_S, Ledger


def build(settings: Settings, *, queue: Queue) -> Ledger:
    return Ledger(settings.data_dir / "ledger.db", queue)


if __name__ == "__main__":
    start_logging()
    tasks.LEASE_S = LEASE_S  # short, so that tests need not wait long for it to end
    name = sys.argv[1]
    sys.exit(beat(load()) if name == BEAT else lanes.work(Lane(name), load(), build))
