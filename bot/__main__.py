"""The `ujumbe` command. Every command says what went wrong in one sentence and never shows a traceback for it."""

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from getpass import getuser
from pathlib import Path

from bot import __version__, healthcheck
from bot.core.errors import UjumbeError

HEALTHCHECK = "healthcheck"


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command and returns the process's exit status."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        if words[:1] == [HEALTHCHECK]:  # asked every few seconds: before the parser, whose parts take a moment to load
            return healthcheck.main(words[1:])
        args = _parser().parse_args(words)
        status: int = args.run(args)
    except UjumbeError as error:
        print(f"ujumbe: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        return 0
    return status


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="ujumbe", description="Answers over SMS, USSD and WhatsApp from one cheap local server.")
    parser.add_argument("--version", action="version", version=f"ujumbe {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    serve = commands.add_parser("serve", help="start everything: database, broker, gateway, workers, simulator")
    serve.set_defaults(run=_serve)
    commands.add_parser(HEALTHCHECK, help="whether one part works, for container engines: gateway, a lane, beat", add_help=False)
    migrate = commands.add_parser("migrate", help="bring the database to this version")
    migrate.set_defaults(run=_migrate)
    _add_chat(commands)
    _add_skills(commands)
    _add_model(commands)
    _add_train(commands)
    _add_doctor(commands)
    _add_provider_sim(commands)
    _add_tickets(commands)
    _add_backup(commands)
    _add_queue(commands)
    _add_eval(commands)
    costs = commands.add_parser("costs", help="what the messages of the last days cost, as far as the providers told")
    costs.add_argument("--days", type=int, default=30)
    costs.set_defaults(run=_costs)
    return parser


_Commands = argparse._SubParsersAction  # argparse has no public name for it


def _add_chat(commands: "_Commands[argparse.ArgumentParser]") -> None:
    chat = commands.add_parser("chat", help="a terminal phone: ask here what a person would ask by SMS, USSD or WhatsApp")
    chat.add_argument("--channel", choices=["sms", "ussd", "whatsapp"], default="sms")
    chat.add_argument("--model", help="name, GGUF path, or 'none' for the facts' own words (default: the settings' model)")
    chat.add_argument("--record", type=Path, metavar="FILE", help="also write the chat to FILE, as tests/chats keeps them")
    chat.set_defaults(run=_chat)


def _add_skills(commands: "_Commands[argparse.ArgumentParser]") -> None:
    skills = commands.add_parser("skills", help="the folders of text that we answer from").add_subparsers(required=True, metavar="ACTION")
    check = skills.add_parser("check", help="read every file and say what is wrong, with file, line and remedy")
    check.add_argument("root", nargs="?", type=Path, help="another folder of skills (default: the one that ships)")
    check.set_defaults(run=_check_skills)
    learn = skills.add_parser("learn", help="let the embedding model read the texts now, so that no start has to wait for it")
    learn.set_defaults(run=_learn_skills)


def _add_doctor(commands: "_Commands[argparse.ArgumentParser]") -> None:
    doctor = commands.add_parser("doctor", help="say what is well, what to look at, what is wrong, and what to do about it")
    what = doctor.add_argument("what", nargs="?", choices=["machine", "channels"], default="machine")
    what.help = "machine: this machine and the installation (default). channels: each channel and its provider"
    doctor.set_defaults(run=_doctor)


def _add_provider_sim(commands: "_Commands[argparse.ArgumentParser]") -> None:
    from bot.provider_sim import NAMES

    sim = commands.add_parser("provider-sim", help="play the telco on this machine: a rehearsal that costs nothing")
    sim.add_argument("provider", nargs="?", choices=[*NAMES, "all"], default="all")
    sim.set_defaults(run=_provider_sim)


def _costs(args: argparse.Namespace) -> int:
    from bot.config import load
    from bot.costs import DAY_S, lines
    from bot.store import open_store

    store = open_store(load().sqlalchemy_url)
    try:
        for line in lines(store.costs(since=time.time() - DAY_S * args.days), days=args.days):
            _say(line)
    finally:
        store.close()
    return 0


def _add_tickets(commands: "_Commands[argparse.ArgumentParser]") -> None:
    from bot.tickets import add_commands

    tickets = commands.add_parser("tickets", help="who waits for a person: list, show, answer, close; approved answers")
    add_commands(tickets)
    tickets.set_defaults(run=_tickets)


def _tickets(args: argparse.Namespace) -> int:
    from bot.app import build
    from bot.config import load
    from bot.tickets import run

    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    settings = load()
    return run(args, build(settings).desk, _say, user=_user(), zone=settings.zone)


def _add_queue(commands: "_Commands[argparse.ArgumentParser]") -> None:
    from bot.queue_command import add_commands

    queue = commands.add_parser("queue", help="what waits, by age; list, hold, release, drop or send it")
    add_commands(queue)
    queue.set_defaults(run=_queue)


def _queue(args: argparse.Namespace) -> int:
    from bot.config import load
    from bot.queue_command import Place, run
    from bot.store import open_store

    settings = load()
    store = open_store(settings.sqlalchemy_url)
    try:
        place = Place(store, settings.channels, time.time, settings.stale_after_s, _user(), _agrees, settings.zone)
        return run(args, place, _say)
    finally:
        store.close()


def _agrees(question: str) -> bool:
    """Whether the operator says yes. Nobody there is a no."""
    try:
        return input(question).strip().lower() in {"y", "yes"}
    except EOFError:
        return False


def _add_backup(commands: "_Commands[argparse.ArgumentParser]") -> None:
    backup = commands.add_parser("backup", help="copy the database and the keys into one file, also while the service runs")
    backup.add_argument("file", nargs="?", type=Path, help="a file or a folder (default: data_dir/backups)")
    backup.add_argument("--keep", type=int, metavar="N", help="afterwards remove all but the newest N backups in that folder")
    backup.set_defaults(run=_backup)
    restore = commands.add_parser("restore", help="bring a backup back; the service must be stopped")
    restore.add_argument("file", type=Path)
    restore.add_argument("--send-waiting", action="store_true", help="also send what waited then: some of it may have gone out since")
    restore.set_defaults(run=_restore)


def _backup(args: argparse.Namespace) -> int:
    from bot.backup import backup
    from bot.config import load

    backup(load(), args.file, _say, keep=args.keep)
    return 0


def _restore(args: argparse.Namespace) -> int:
    from bot.backup import restore
    from bot.config import load

    restore(load(), args.file, _say, send_waiting=args.send_waiting)
    return 0


def _add_eval(commands: "_Commands[argparse.ArgumentParser]") -> None:
    from bot.evaluate.arguments import add_arguments

    evaluate = commands.add_parser("eval", help="ask the bot questions whose answers are known, and say how well it does")
    add_arguments(evaluate)
    evaluate.set_defaults(run=_eval)


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
        return run(args, app, _say)
    from models.trial import trial

    with trial(settings.model, args.adapter, cache_dir=settings.cache_dir, threads=settings.threads, say=_say) as chooser:
        app.load_engine = lambda _: (None, chooser)
        return run(args, app, _say)


def _user() -> str:
    try:
        return getuser()
    except (KeyError, OSError):  # in a container the user may have no name
        return "operator"


def _say(line: str) -> None:
    print(line, flush=True)


def _add_model(commands: "_Commands[argparse.ArgumentParser]") -> None:
    from models.commands import add_commands

    model = commands.add_parser("model", help="the model files: list, pull, verify, try")
    add_commands(model)
    model.set_defaults(run=_model)


def _model(args: argparse.Namespace) -> int:
    from bot.config import load
    from models.commands import Place
    from models.commands import run as run_model

    settings = load()
    return run_model(args, Place(cache_dir=settings.cache_dir, model=settings.model, threads=settings.threads), _say)


def _add_train(commands: "_Commands[argparse.ArgumentParser]") -> None:
    from models.training.commands import add_commands

    train = commands.add_parser("train", help="train the model's adapter on the skill folders: pack, fit, map, finish, or all of it")
    add_commands(train)
    train.set_defaults(run=_train)


def _train(args: argparse.Namespace) -> int:
    from bot.app import SKILLS
    from bot.config import load
    from models.training.commands import Place
    from models.training.commands import run as run_train
    from skills import loader

    settings = load()
    place = Place(settings.cache_dir, settings.data_dir, settings.model, settings.threads, library=lambda: loader.load(SKILLS))
    return run_train(args, place, _say)


def _serve(args: argparse.Namespace) -> int:
    from bot.config import load
    from bot.serve import serve

    return serve(load())


def _migrate(args: argparse.Namespace) -> int:
    from bot.config import load
    from bot.store.migrate import upgrade

    settings = load()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    upgrade(settings.sqlalchemy_url)
    print("The database is at this version.")
    return 0


def _chat(args: argparse.Namespace) -> int:
    from bot.app import build
    from bot.chat import CHANNELS, HintList, Phone, run
    from bot.config import load
    from bot.store.memory import MemoryStore

    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    model = {} if args.model is None else {"model": args.model}
    settings = load(channels={name: {} for name in CHANNELS.values()}, **model)
    queue = HintList()
    app = build(settings, store=MemoryStore(), queue=queue)
    if sys.stdin.isatty():
        print(f"A phone for {args.channel}. Type a message and press Enter; /quit ends.")
    app.warm()
    with ExitStack() as stack:
        record = stack.enter_context(args.record.open("w")) if args.record else None
        run(Phone(app, queue, args.channel), sys.stdin, sys.stdout, record=record)
    return 0


def _doctor(args: argparse.Namespace) -> int:
    from bot.config import load
    from bot.doctor import tell

    if args.what == "channels":
        from bot.doctor.channels import examine
    else:
        from bot.doctor.machine import examine
    return tell(examine(load()), _say)


def _provider_sim(args: argparse.Namespace) -> int:
    from bot.config import load
    from bot.provider_sim.screen import run

    run(args.provider, load(), sys.stdin, sys.stdout)
    return 0


def _check_skills(args: argparse.Namespace) -> int:
    from bot.app import SKILLS
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
    print(f"{len(library.skills)} skills, {facts} facts, {sum(len(s.cases) for s in library.skills)} cases: all well.")
    return 0


def _learn_skills(args: argparse.Namespace) -> int:
    from bot.app import learn
    from bot.config import load

    settings = load()
    if settings.embedder == "none":
        print('The setting embedder is "none": the search goes by words alone.')
        return 0
    print("Reading all questions and facts (about 4 minutes the first time, seconds later) ...", flush=True)
    print(f"{learn(settings)} texts are known by their meaning.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
