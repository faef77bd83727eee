"""The people on both sides of it: tickets."""

import argparse
import logging

from bot.commands.tools import Commands, say, user


def add(commands: Commands) -> None:
    """Adds the commands."""
    _add_tickets(commands)


def _add_tickets(commands: Commands) -> None:
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
    return run(args, build(settings).desk, say, user=user(), zone=settings.zone)
