"""Keeping it well: queue, backup, restore, costs."""

import argparse
import time
from pathlib import Path

from bot.commands.tools import Commands, agrees, say, user


def add(commands: Commands) -> None:
    """Adds the commands."""
    _add_queue(commands)
    _add_backup(commands)
    costs = commands.add_parser("costs", help="what the messages of the last days cost, as far as the providers told")
    costs.add_argument("--days", type=int, default=30)
    costs.set_defaults(run=_costs)


def _add_queue(commands: Commands) -> None:
    from bot.queue_command import add_commands

    queue = commands.add_parser("queue", help="what waits, by age; list, hold, release, drop or send it")
    add_commands(queue)
    queue.set_defaults(run=_queue)


def _add_backup(commands: Commands) -> None:
    backup = commands.add_parser("backup", help="copy the database and the keys into one file, also while the service runs")
    backup.add_argument("file", nargs="?", type=Path, help="a file or a folder (default: data_dir/backups)")
    backup.add_argument("--keep", type=int, metavar="N", help="afterwards remove all but the newest N backups in that folder")
    backup.set_defaults(run=_backup)
    restore = commands.add_parser("restore", help="bring a backup back; the service must be stopped")
    restore.add_argument("file", type=Path)
    restore.add_argument("--send-waiting", action="store_true", help="also send what waited then: some of it may have gone out since")
    restore.set_defaults(run=_restore)


def _queue(args: argparse.Namespace) -> int:
    from bot.config import load
    from bot.queue_command import Place, run
    from bot.store import open_store

    settings = load()
    store = open_store(settings.sqlalchemy_url)
    try:
        place = Place(store, settings.channels, time.time, settings.stale_after_s, user(), agrees, settings.zone)
        return run(args, place, say)
    finally:
        store.close()


def _backup(args: argparse.Namespace) -> int:
    from bot.backup import backup
    from bot.config import load

    backup(load(), args.file, say, keep=args.keep)
    return 0


def _restore(args: argparse.Namespace) -> int:
    from bot.backup import restore
    from bot.config import load

    restore(load(), args.file, say, send_waiting=args.send_waiting)
    return 0


def _costs(args: argparse.Namespace) -> int:
    from bot.config import load
    from bot.costs import DAY_S, lines
    from bot.store import open_store

    store = open_store(load().sqlalchemy_url)
    try:
        for line in lines(store.costs(since=time.time() - DAY_S * args.days), days=args.days):
            say(line)
    finally:
        store.close()
    return 0
