"""`python -m bot.worker LANE` works on one lane; `python -m bot.worker beat` is its clock."""

import argparse
import logging
import os
import sys
from functools import partial
from typing import TYPE_CHECKING, Any

from celery import signals

from bot import logs
from bot.config import Settings, load
from bot.core.errors import UjumbeError
from bot.core.types import Lane
from bot.metrics.share import shared
from bot.worker.beat import BEAT, beat

if TYPE_CHECKING:
    from bot.app import App

log = logging.getLogger("bot.worker")  # run as a module, __name__ would be another


def main(words: list[str] | None = None) -> int:
    """The command. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bot.worker", description=__doc__)
    parser.add_argument("lane", choices=[*Lane, BEAT])
    lane = parser.parse_args(words).lane
    start_logging()
    try:
        settings = load()
        start_logging(settings.log_format)
        logs.note(log, "started", part=lane, pid=os.getpid())
        with shared(settings.data_dir, lane):
            if lane == BEAT:
                return beat(settings)
            return _work(Lane(lane), settings)
    except UjumbeError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _work(lane: Lane, settings: Settings) -> int:
    from bot.app import build  # noqa: PLC0415  the beat needs none of these
    from bot.loading import load_kept_engine  # noqa: PLC0415
    from bot.metrics import families  # noqa: PLC0415
    from bot.metrics.attach import watch  # noqa: PLC0415
    from bot.metrics.engine import ENGINE  # noqa: PLC0415
    from bot.worker.lanes import work  # noqa: PLC0415

    def watched(*given: Any, **named: Any) -> "App":
        app = build(*given, **named)
        app.load_engine = partial(
            load_kept_engine,
            library=app.library,
            noted=lambda reason: families.ENGINE_LOST.labels(reason).inc(),
            shown=ENGINE.show,
        )
        return watch(app, lane)

    return work(lane, settings, watched)


def start_logging(format: logs.Format = "text") -> None:
    """As bot.logs says; Celery leaves it alone."""
    logs.start(format)
    signals.setup_logging.connect(_keep_logging, weak=False)


def _keep_logging(**_: object) -> None:
    """Being connected is enough: Celery then leaves logging alone."""


if __name__ == "__main__":
    sys.exit(main())
