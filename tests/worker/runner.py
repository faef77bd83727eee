"""A real worker process over the ledger: `python -m tests.worker.runner LANE`. Settings come from the environment, as ever."""

import sys

from bot.config import Settings, load
from bot.core.ports import Queue
from bot.core.types import Lane
from bot.worker import beat as clock
from bot.worker import lanes, pulse, tasks
from bot.worker.__main__ import start_logging
from bot.worker.beat import BEAT, beat
from tests.worker.ledger import LEASE_S, Ledger

BEAT_S, IDLE_S, LONGEST_S, WAITING_S = 0.3, 2.0, 8.0, 12.0  # of the heartbeat: room for a machine that does other things, too


def build(settings: Settings, *, queue: Queue) -> Ledger:
    return Ledger(settings.data_dir / "ledger.db", queue)


if __name__ == "__main__":
    start_logging()
    tasks.LEASE_S = LEASE_S  # short, so that tests need not wait long for it to end
    pulse.EVERY_S, pulse.IDLE_S, lanes.longest_s = BEAT_S, IDLE_S, lambda *_: LONGEST_S
    pulse.CONNECTING_S = clock.ALIVE_S = WAITING_S
    name = sys.argv[1]
    sys.exit(beat(load()) if name == BEAT else lanes.work(Lane(name), load(), build))
