"""`ujumbe alerts ...`: alerts for scripts on the box. `importing` takes in what others say, `ours` drafts, approves and follows our own."""

import argparse

from bot.alerts_command import flags, importing

IMPORT = "import-cap"


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Adds the commands to `ujumbe alerts`. `args.alerts_command` is the chosen one."""
    commands = parser.add_subparsers(dest="alerts_command", required=True, metavar="ACTION")
    flags.add_commands(commands)
    importing.add_commands(commands)
