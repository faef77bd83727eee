"""What it knows: skills, model, train, eval."""

import argparse
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from bot.commands.tools import Commands, say

if TYPE_CHECKING:
    from bot.config import Settings


def add(commands: Commands) -> None:
    """Adds the commands."""
    _add_skills(commands)
    _add_model(commands)
    _add_train(commands)
    _add_eval(commands)


def _add_skills(commands: Commands) -> None:
    skills = commands.add_parser("skills", help="the folders of text that we answer from").add_subparsers(required=True, metavar="ACTION")
    check = skills.add_parser("check", help="read every file and say what is wrong, with file, line and remedy")
    check.add_argument("root", nargs="?", type=Path, help="another folder of skills (default: the one that ships)")
    check.set_defaults(run=_check_skills)
    learn = skills.add_parser("learn", help="let the embedding model read the texts now, so that no start has to wait for it")
    learn.set_defaults(run=_learn_skills)


def _add_model(commands: Commands) -> None:
    from models.commands import add_commands

    model = commands.add_parser("model", help="the model files: list, pull, verify, try")
    add_commands(model)
    model.set_defaults(run=_model)


def _add_train(commands: Commands) -> None:
    from models.training.commands import add_commands

    train = commands.add_parser("train", help="train the model's adapter on the skill folders: pack, fit, search, finish, or all of it")
    add_commands(train)
    train.set_defaults(run=_train)


def _add_eval(commands: Commands) -> None:
    from bot.evaluate.arguments import add_arguments

    evaluate = commands.add_parser("eval", help="ask the bot questions whose answers are known, and say how well it does")
    add_arguments(evaluate)
    evaluate.set_defaults(run=_eval)


def _check_skills(args: argparse.Namespace) -> int:
    from bot.app.texts import SKILLS
    from skills import alert_texts
    from skills.loader import check, load

    root = args.root or SKILLS
    problems = check(root)
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        print(f"{len(problems)} to mend in {root}", file=sys.stderr)
        return 1
    library = load(root)
    facts = sum(len(skill.facts) for skill in library.skills)
    cases = sum(len(skill.cases) for skill in library.skills)
    words = alert_texts.load(root) if (root / alert_texts.FOLDER).exists() else None
    alerts = f", {len(words.hazards)} hazards, {len(words.actions)} actions for alerts" if words else ", no words for alerts"
    print(f"{len(library.skills)} skills, {facts} facts, {cases} cases{alerts}: all well.")
    return 0


def _learn_skills(args: argparse.Namespace) -> int:
    from bot.app.texts import learn
    from bot.config import load

    settings = load()
    _make_lean(settings)
    if settings.embedder == "none":
        print('The setting embedder is "none": the search goes by words alone.')
        return 0
    print("Reading all questions and facts (about 7 minutes the first time, seconds later) ...", flush=True)
    print(f"{learn(settings)} texts are known by their meaning.")
    return 0


def _make_lean(settings: "Settings") -> None:
    from bot.app.texts import SKILLS
    from bot.core.errors import ModelFailed
    from bot.loading import make_lean
    from skills.loader import load

    try:
        made = make_lean(settings, load(SKILLS))
    except ModelFailed as error:
        print(error, file=sys.stderr)
        return
    if made is not None:
        print(
            f"The model writes from {made.name} ({made.stat().st_size >> 20} MB): its own layers, and the words of these texts.", flush=True
        )


def _model(args: argparse.Namespace) -> int:
    from bot.config import load
    from models.commands import Place
    from models.commands import run as run_model

    settings = load()
    return run_model(args, Place(cache_dir=settings.cache_dir, model=settings.model, threads=settings.threads), say)


def _train(args: argparse.Namespace) -> int:
    from bot.app.texts import SKILLS
    from bot.config import load
    from models.training.commands import Place
    from models.training.commands import run as run_train
    from skills import loader

    settings = load()
    place = Place(settings.cache_dir, settings.data_dir, settings.model, settings.threads, library=lambda: loader.load(SKILLS))
    return run_train(args, place, say)


def _eval(args: argparse.Namespace) -> int:
    from bot.app import build
    from bot.chat import HintList
    from bot.config import load
    from bot.evaluate.command import CHANNEL, run
    from bot.store.memory import MemoryStore

    logging.basicConfig(level=logging.INFO, format="%(message)s")
    model = {} if args.model is None else {"model": args.model}
    settings = load(channels={CHANNEL: {}}, **model)
    app = build(settings, store=MemoryStore(), queue=HintList())
    if args.adapter is None:
        return run(args, app, say)
    from models.trial import trial

    with trial(settings.model, args.adapter, cache_dir=settings.cache_dir, threads=settings.threads, say=say) as chooser:
        app.load_engine = lambda _: (None, chooser)
        return run(args, app, say)
