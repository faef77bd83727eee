"""`ujumbe serve` over the ledger: the real supervisor and broker, with workers of tests/worker/ledger.py and a stub for the gateway."""

import sys
from dataclasses import replace

from bot import serve
from bot.config import Settings, load
from bot.core.types import Lane
from bot.supervisor import Program

real = serve.programs


def programs(settings: Settings) -> list[Program]:
    """The lanes and the beat, each over the ledger; no gateway."""
    lanes = [program for program in real(settings) if program.name != "gateway"]
    return [
        replace(program, command=[sys.executable, "-m", "tests.worker.runner", program.name])
        for program in lanes
        if program.name in {Lane.CHORES, Lane.ANSWERS, "beat"}
    ]


if __name__ == "__main__":
    serve.programs = programs
    serve._HANG_S = 10.0  # short, so that a test need not wait long
    serve._ujumbe = lambda settings, *words: f"({' '.join(words)})"  # type: ignore[assignment]
    sys.exit(serve.serve(load()))
