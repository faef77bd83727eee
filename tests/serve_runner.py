"""`ujumbe serve` over the ledger: the real supervisor and broker, with workers of tests/worker/ledger.py and a stub for the gateway."""

import sys

from bot import serve
from bot.config import Settings, load
from bot.core.types import Lane
from bot.supervisor import Program

real = serve.programs


def programs(settings: Settings) -> list[Program]:
    """The lanes and the beat, each over the ledger; no gateway."""
    lanes = [program for program in real(settings) if program.name != "gateway"]
    return [
        Program(
            name=program.name,
            command=[sys.executable, "-m", "tests.worker.runner", program.name],
            environment=program.environment,
            ready=program.ready,
            nice=program.nice,
        )
        for program in lanes
        if program.name in {Lane.CHORES, Lane.ANSWERS, "beat"}
    ]


if __name__ == "__main__":
    serve.programs = programs
    serve._ujumbe = lambda settings, *words: f"({' '.join(words)})"  # type: ignore[assignment]
    sys.exit(serve.serve(load()))
