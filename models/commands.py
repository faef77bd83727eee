"""`ujumbe model list | pull | verify | try | tune`: arguments in, lines out."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from bot.core.errors import BadSetting
from models.catalogue import Entry, find, load
from models.pull import check, pull

QUESTION = "The capital of Kenya is"


@dataclass(frozen=True, slots=True)
class Place:
    """Where models live and what the settings say of them."""

    cache_dir: Path
    model: str  # settings.model
    threads: int  # settings.threads

    @property
    def directory(self) -> Path:
        """The folder of the model files, shared by every checkout of this user."""
        return self.cache_dir / "models"


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Adds the five commands to `ujumbe model`. `args.model_command` is the chosen one; pass `args` to `run`."""
    commands = parser.add_subparsers(dest="model_command", required=True, metavar="command")
    commands.add_parser("list", help="show the models of the catalogue")
    texts = {
        "pull": "bring a model to this machine",
        "verify": "check a model file",
        "try": "let a model complete a text",
        "tune": "measure how a model answers fastest here",
    }
    for name, text in texts.items():
        command = commands.add_parser(name, help=text)
        command.add_argument(
            "model", nargs="?", default="", help="a name of the catalogue or the path of a GGUF file; default: the setting `model`"
        )
        if name == "try":
            command.add_argument("--text", default=QUESTION, help="the text to complete")
        if name == "tune":
            command.add_argument("--quick", action="store_true", help="a minute instead of four: threads and texts at once alone")


def run(args: argparse.Namespace, place: Place, say: Callable[[str], None]) -> int:
    """Runs what `add_commands` parsed. Returns the exit status. Raises BadSetting, BadText or ModelFailed with the remedy."""
    if args.model_command == "list":
        for line in list_models(place):
            say(line)
        return 0
    model = args.model or place.model
    if model == "none":
        say('The setting model is "none": answers use the facts\' own words, and there is nothing to bring.')
        return 0
    path, entry = find(model, place.directory)
    if args.model_command == "pull":
        say(_pull(path, entry, place, say))
    elif args.model_command == "verify":
        say(f"{path} is sound. sha256 {check(path, entry)}{_reference(entry)}.")
    elif args.model_command == "tune":
        _tune(path, place, quick=args.quick, say=say)
    else:
        say(_try(path, entry, place, args.text))
    return 0


def list_models(place: Place) -> list[str]:
    """The catalogue as a table: what is here (*), its size, memory, licence, languages, and its gap."""
    lines = [f"  {'name':<16} {'file':>8} {'memory':>8}  {'licence':<12} {'languages':<12} title"]
    for entry in load().values():
        here = "*" if entry.file and (place.directory / entry.file).exists() else " "
        size, memory = (f"{n} MB" if n else "?" for n in (entry.bytes // 1_000_000, entry.memory_mb))
        languages = ",".join(entry.languages[:3]) + (",..." if len(entry.languages) > 3 else "")
        lines.append(f"{here} {entry.name:<16} {size:>8} {memory:>8}  {entry.licence:<12} {languages:<12} {entry.title}")
        if entry.gap:
            lines.append(f"    {entry.gap}")
    return [*lines, f"* is here, in {place.directory}"]


def _pull(path: Path, entry: Entry | None, place: Place, say: Callable[[str], None]) -> str:
    if entry is None:
        return f"{path} is your own file and is sound. sha256 {check(path, None)}."
    pull(entry, place.directory, say=say)
    return f"Model {entry.name} is ready."


def _try(path: Path, entry: Entry | None, place: Place, text: str) -> str:
    from models.llama import open_path

    began = monotonic()
    writer = open_path(path, entry, threads=place.threads)
    try:
        loaded = monotonic() - began
        draft = writer.write(text, max_tokens=24, stop=["\n\n"], deadline=monotonic() + 120)
    finally:
        writer.close()
    if draft.finish == "deadline":
        raise BadSetting(f"{path.name} wrote {draft.tokens} tokens in two minutes: this machine is too slow for it. Take a smaller model.")
    return f"{text} {draft.text}\n({path.name}: loaded in {loaded:.1f} s, {draft.tokens} tokens in {draft.seconds:.1f} s)"


def _tune(path: Path, place: Place, *, quick: bool, say: Callable[[str], None]) -> None:
    from models.tune import tune

    tune(path, threads=place.threads, cache_dir=place.cache_dir, quick=quick, say=say)


def _reference(entry: Entry | None) -> str:
    return ", as the catalogue says" if entry and entry.sha256 else " (the catalogue has none to compare)"
