"""`python -m bot.worker LANE` works on one lane; `python -m bot.worker beat` is its clock."""

import argparse
import logging
import sys

from celery import signals

from bot.config import load
from bot.core.errors import UjumbeError
from bot.core.types import Lane
from bot.worker.beat import BEAT, beat


def main(words: list[str] | None = None) -> int:
    """The command. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m bot.worker", description=__doc__)
    parser.add_argument("lane", choices=[*Lane, BEAT])
    lane = parser.parse_args(words).lane
    start_logging()
    try:
        settings = load()
        if lane == BEAT:
            return beat(settings)
        from bot.app import build  # noqa: PLC0415  the beat needs none of these
        from bot.worker.lanes import work  # noqa: PLC0415

        return work(Lane(lane), settings, build)
    except UjumbeError as error:
        sys.stderr.write(f"{error}\n")
        return 1


def start_logging() -> None:
    """Our own words from INFO, everybody else's from WARNING: vendors log requests, and requests hold numbers and texts."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.WARNING)
    for ours in ("bot", "channels", "models", "skills"):
        logging.getLogger(ours).setLevel(logging.INFO)
    signals.setup_logging.connect(_keep_logging, weak=False)


def _keep_logging(**_: object) -> None:
    """Being connected is enough: Celery then leaves logging alone."""


if __name__ == "__main__":
    sys.exit(main())
