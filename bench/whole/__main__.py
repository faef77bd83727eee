"""How much of its engine's own rate the whole service keeps: from the webhook to the reply at the provider, beside the engine alone.

    .venv/bin/python -m bench.whole [--model ujumbe-270m|gemma-3-270m] [--askers 8] [--answers 160] [--rounds 1]

A real `ujumbe serve` (SQLite and Valkey, embedded) in a temporary folder. Each asker has a number of their own and asks again when their
reply is at the provider, only what the service puts to its model, each question once, so that no answer is a remembered one. Then the
engine alone, opened as the service opens it, gets the very same prompts from as many askers. Askers and provider run on the same machine
and take from its cores, too. Exits with 1 under 90 %. Run it on a quiet machine.
"""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from bench.machine import caption
from bench.whole import show
from bench.whole.alone import alone
from bench.whole.measure import Plan, Run, measure
from bench.whole.provider import Provider
from bench.whole.questions import Question, find, read, write
from bench.whole.service import asked, calls, cpu, running, table
from bot.app.texts import SKILLS
from bot.config import Settings, load
from models.catalogue import find as find_model
from skills import loader

TARGET = 0.9


def main(words: Sequence[str] | None = None) -> int:
    """Prints the tables. Returns the exit status."""
    given = _parser().parse_args(words)
    plan = Plan(given.askers, given.warm, given.answers)
    questions, settings = _questions(given.model, given.threads, plan, given.seed, given.keep)
    pairs: list[tuple[Run, Run]] = []
    for _ in range(given.rounds):
        pairs.append((through(settings, questions, plan), alone(settings, questions, plan)))
        print(show.line(*pairs[-1]), flush=True)
    print(f"\n{given.model}, {given.threads or 'the usual'} thread(s), {plan.askers} askers, {plan.answers} answers each, {caption()}\n")
    print(show.rates(pairs), show.processor(pairs), sep="\n\n")
    return int(show.ratio(pairs) < TARGET)


def through(settings: Settings, questions: Sequence[Question], plan: Plan) -> Run:
    """The whole service. Raises RuntimeError where the model had no part in some reply: then it is not what was to be measured."""
    provider = Provider(loader.load(SKILLS))
    with (
        provider.server,
        tempfile.TemporaryDirectory(prefix="ujumbe-whole-") as folder,
        running(Path(folder), provider, model=settings.model, threads=settings.threads) as service,
    ):
        replies: list[str] = []
        ask = asked(service, provider, plan.askers, replies)
        run = measure(ask, [question.text for question in questions], plan, partial(cpu, service))
        called = calls(service)
    if called != len(replies):
        raise RuntimeError(f"{len(replies)} replies came and the model was called {called} times.")
    return run


def _questions(model: str, threads: int, plan: Plan, seed: int, keep: Path | None) -> tuple[list[Question], Settings]:
    """What is asked, and the settings of the engine alone."""
    provider = Provider(loader.load(SKILLS))
    with provider.server, tempfile.TemporaryDirectory(prefix="ujumbe-whole-") as folder:
        settings = load(data_dir=Path(folder), model=model, threads=threads, channels={provider.name: table(provider)})
        if keep is not None and keep.exists():
            return read(keep)[: plan.questions], settings
        entry = find_model(model, settings.cache_dir / "models")[1]
        chooses = entry is not None and entry.chooses
        questions = find(settings, chooses=chooses, channel=provider.name, count=plan.questions, seed=seed)
    if keep is not None:
        write(keep, questions)
    return questions, settings


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bench.whole", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="ujumbe-270m", help="a name of the catalogue, or a GGUF file: then it writes")
    parser.add_argument("--threads", type=int, default=0, help="of the engine; 0: as the service")
    parser.add_argument("--askers", type=int, default=8)
    parser.add_argument("--answers", type=int, default=160, help="that count")
    parser.add_argument("--warm", type=int, default=16, help="answers before it counts")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--keep", type=Path, help="keep the questions in this file, or take them from there: finding them takes a while")
    parser.add_argument("--seed", type=int, default=1)
    return parser


if __name__ == "__main__":
    sys.exit(main())
