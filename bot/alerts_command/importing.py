"""`ujumbe alerts import-cap FILE...`: arguments in, lines out."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.cap.door import Door
from bot.core.alert.intake import Taken
from bot.core.alert.stored import REASONS, Origin, State
from bot.core.errors import NotDone

MOST_BYTES = 2 * 1024 * 1024
Say = Callable[[str], None]
_SAYS = {
    State.OPEN: "people who ask are told until it expires",
    State.HELD: "waits for a person",
    State.QUARANTINED: "has no effect",
    State.REPLACED: "a newer message is in its place",
    State.ENDED: "it is over",
    State.SYSTEM: "is for nobody here to read",
}


@dataclass(frozen=True, slots=True)
class Received:
    """What the command works on. `user` is who sits here."""

    door: Door
    upload: Callable[[str], Origin]
    user: str


def add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Adds the command."""
    bring = commands.add_parser("import-cap", help="take in alerts from CAP files; another person releases those that are held")
    bring.add_argument("files", nargs="+", type=Path, metavar="FILE")
    bring.add_argument("--by", default="", help="who you are (default: the user of this machine)")


def run(args: argparse.Namespace, place: Received, say: Say) -> int:
    """Takes the files in. Returns the exit status: 1 where one could not be read; the others are taken all the same."""
    origin, failed = place.upload(args.by or place.user), 0
    for path in args.files:
        try:
            lines = list(_told(place.door.take(_read(path), origin)))
        except NotDone as error:
            lines, failed = [str(error)], failed + 1
        for line in lines:
            say(f"{path.name}: {line}")
    return 1 if failed else 0


def _read(path: Path) -> bytes:
    """The bytes of a file, no more than an alert may have. Raises NotDone."""
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise NotDone(f"It cannot be read ({error.strerror}). Check its name and its rights.") from None
    return data


def _told(taken: Sequence[Taken]) -> Iterator[str]:
    for one in taken:
        again = "" if one.new else "was there already, "
        why = f". Why: {REASONS[one.reason]}" if one.reason in REASONS else ""
        yield f"alert {one.id} {again}is {one.state}: {_SAYS[one.state]}{why}."
        if one.changed:
            yield f"alert {one.id} changed {', '.join(f'alert {number}' for number in one.changed)}."
