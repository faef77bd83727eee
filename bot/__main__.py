"""The `ujumbe` command. Every command says what went wrong in one sentence and never shows a traceback for it."""

import argparse
import sys
from collections.abc import Sequence

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
    from bot.commands import keeping, people, running, texts

    parser = argparse.ArgumentParser(prog="ujumbe", description="Answers over SMS, USSD and WhatsApp from one cheap local server.")
    parser.add_argument("--version", action="version", version=f"ujumbe {__version__}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    commands.add_parser(HEALTHCHECK, help="whether one part works, for container engines: gateway, a lane, beat", add_help=False)
    for part in (running, texts, keeping, people):
        part.add(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
