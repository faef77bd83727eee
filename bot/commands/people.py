"""The people on both sides of it: tickets, staff, received alerts."""

import argparse
import logging
import time

from bot.commands.tools import Commands, say, user


def add(commands: Commands) -> None:
    """Adds the commands."""
    _add_tickets(commands)
    _add_places(commands)
    _add_staff(commands)
    _add_alerts(commands)


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


def _add_staff(commands: Commands) -> None:
    from bot.staff_command import add_commands

    staff = commands.add_parser("staff", help="who works here: list, add, roles, reset, leave, keys; check or export the audit log")
    add_commands(staff)
    staff.set_defaults(run=_staff)


def _staff(args: argparse.Namespace) -> int:
    from bot.config import load
    from bot.core.alert.roster import Roster
    from bot.staff_command import Place, run
    from bot.store.migrate import upgrade
    from bot.store.sql import SqlStore
    from bot.store.version import versions

    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    settings = load()
    if not versions(settings.sqlalchemy_url)[0]:  # the first admin of all may come before the first start
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        upgrade(settings.sqlalchemy_url)
    store = SqlStore(settings.sqlalchemy_url)
    address = settings.public_url.rstrip("/") or settings.local_url
    try:
        return run(args, Place(Roster(store, time.time), store, f"box:{user()}", address, settings.zone), say)
    finally:
        store.close()


def _add_places(commands: Commands) -> None:
    places = commands.add_parser("places", help="where people are: build the file of places, find one, check names, install outlines")
    places.set_defaults(run=_places, parser=places)
    from bot.places_command import add_commands

    add_commands(places)


def _places(args: argparse.Namespace) -> int:
    from bot.config import load
    from bot.places_command import Folders, run

    settings = load()
    return run(args, Folders(settings.cache_dir, settings.data_dir, settings.countries), say)


def _add_alerts(commands: Commands) -> None:
    from bot.alerts_command import add_commands

    alerts = commands.add_parser("alerts", help="alerts: draft, preview, approve by a second person, follow, correct; take in CAP files")
    add_commands(alerts)
    alerts.set_defaults(run=_alerts)


def _alerts(args: argparse.Namespace) -> int:
    from bot.alerts_command import IMPORT, importing, ours
    from bot.app import build
    from bot.config import api_key, load

    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    app = build(load())
    if args.alerts_command == IMPORT:
        return importing.run(args, importing.Received(app.receiving.door, app.receiving.upload, user()), say)
    return ours.run(args, ours.Place(app, api_key(), user(), time.sleep), say)
