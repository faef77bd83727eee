"""The arguments of `ujumbe eval`, apart from its work: every command's --help reads them, and has to be quick."""

import argparse
from pathlib import Path

from bot.core.types import Lang


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments of `ujumbe eval`; pass what was parsed to bot.evaluate.command.run."""
    parser.add_argument("--skill", default="", metavar="NAME", help="only the questions of this skill")
    parser.add_argument("--lang", choices=list(Lang), type=Lang, help="only the questions in this language")
    parser.add_argument("--model", help="name, GGUF path, or 'none' for the search alone (default: the settings' model)")
    parser.add_argument("--adapter", type=Path, metavar="FILE.gguf", help="try the model with this LoRA adapter in place of its own")
    parser.add_argument("--file", type=Path, nargs="+", default=[], metavar="FILE.jsonl", help="ask these instead of the skills' cases")
    parser.add_argument("--limit", type=_count, metavar="N", help="ask only N of the questions, drawn by chance")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="another seed draws other questions (default: 0)")
    parser.add_argument("--out", type=Path, metavar="DIR", help="also write table.md, replies.jsonl and plot.svg there")
    parser.add_argument("--show", type=_show, metavar="wrong|all|N", help="also print exchanges: the wrong ones, all, or the first N")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def _show(text: str) -> str:
    return text if text in ("wrong", "all") else str(_count(text))
