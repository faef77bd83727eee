"""Starting it, and trying it: serve, migrate, doctor, chat, provider-sim."""

import argparse
import logging
import sys
from contextlib import ExitStack
from pathlib import Path

from bot.commands.tools import Commands, say


def add(commands: Commands) -> None:
    """Adds the commands."""
    serve = commands.add_parser("serve", help="start everything: database, broker, gateway, workers, simulator")
    serve.set_defaults(run=_serve)
    migrate = commands.add_parser("migrate", help="bring the database to this version")
    migrate.set_defaults(run=_migrate)
    _add_doctor(commands)
    _add_chat(commands)
    _add_provider_sim(commands)


def _add_chat(commands: Commands) -> None:
    chat = commands.add_parser("chat", help="a terminal phone: ask here what a person would ask by SMS, USSD or WhatsApp")
    chat.add_argument("--channel", choices=["sms", "ussd", "whatsapp"], default="sms")
    chat.add_argument("--model", help="name, GGUF path, or 'none' for the facts' own words (default: the settings' model)")
    chat.add_argument("--record", type=Path, metavar="FILE", help="also write the chat to FILE, as tests/chats keeps them")
    chat.set_defaults(run=_chat)


def _add_doctor(commands: Commands) -> None:
    doctor = commands.add_parser("doctor", help="say what is well, what to look at, what is wrong, and what to do about it")
    what = doctor.add_argument("what", nargs="?", choices=["machine", "channels"], default="machine")
    what.help = "machine: this machine and the installation (default). channels: each channel and its provider"
    doctor.set_defaults(run=_doctor)


def _add_provider_sim(commands: Commands) -> None:
    from bot.provider_sim import NAMES

    sim = commands.add_parser("provider-sim", help="play the telco on this machine: a rehearsal that costs nothing")
    sim.add_argument("provider", nargs="?", choices=[*NAMES, "all"], default="all")
    sim.set_defaults(run=_provider_sim)


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
    return tell(examine(load()), say)


def _provider_sim(args: argparse.Namespace) -> int:
    from bot.config import load
    from bot.provider_sim.screen import run

    run(args.provider, load(), sys.stdin, sys.stdout)
    return 0
