"""`ujumbe places build | find | check | outlines`: arguments in, lines out."""

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.core.errors import BadSetting, NotDone
from bot.core.place.label import kind_word
from bot.core.place.types import Place, PlaceKind
from bot.core.types import Lang
from bot.places import build, file, geojson, outlines, own
from bot.places.gazetteer import Places
from bot.places.live import open_places

Say = Callable[[str], None]
_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Folders:
    """Where places are kept, and for which countries."""

    cache: Path
    data: Path
    countries: Sequence[str]


def add_commands(parser: argparse.ArgumentParser) -> None:
    """Adds the commands to `ujumbe places`. `args.places_command` is the chosen one; pass `args` to `run`."""
    commands = parser.add_subparsers(dest="places_command", required=True, metavar="ACTION")
    make = commands.add_parser("build", help="build the file of places for the countries of the settings, where it is not there yet")
    make.add_argument("--again", action="store_true", help="also where it is there")
    make.add_argument("--wheels", type=Path, metavar="FOLDER", help="a folder that holds the packages already: no line is needed")
    find = commands.add_parser("find", help="what a text means as a place, as people's messages are understood")
    find.add_argument("text", nargs="+")
    commands.add_parser("check", help=f"say what is there, and what is wrong in data_dir/{own.FILE}")
    drawn = commands.add_parser("outlines", help="install outlines (GeoJSON): alerts with shapes then find their places surely")
    drawn.add_argument("path", type=Path, metavar="FILE_OR_FOLDER")


def run(args: argparse.Namespace, folders: Folders, say: Say) -> int:
    """Runs what `add_commands` parsed. Returns the exit status. Raises BadSetting or NotDone with the reason and the remedy."""
    match args.places_command:
        case "build":
            build.build((folders.cache, folders.data), folders.countries, say=say, wheels=args.wheels, again=args.again)
        case "find":
            for line in _found(_open(folders, say), " ".join(args.text)):
                say(line)
        case "outlines":
            _install(args.path, folders, say)
        case _:
            return _check(folders, say)
    return 0


def _open(folders: Folders, say: Say) -> Places:
    places = open_places(folders.cache, folders.data, folders.countries, tell=say)
    if not places:
        raise NotDone(f"No places are built for {', '.join(folders.countries)}. Build them: `ujumbe places build`.")
    return places


def _found(places: Places, text: str) -> Iterator[str]:
    found = places.match(text)
    if not found.places:
        yield f"{text!r} is no place that we know. A name of your own goes into data_dir/{own.FILE}."
        return
    yield f"{text!r} is" if found.sure else f"{text!r} would be asked back:"
    yield from (f"  {line(places, place)}" for place in found.places)


def line(places: Places, place: Place) -> str:
    """A place with its id, its kind, and what it lies in."""
    around = ", ".join(up.name for up in places.names.up(place))
    where = f"{place.centre[0]:.3f}, {place.centre[1]:.3f}" if place.centre else "nobody knows where"
    return f"{place.id:<22}  {place.name} ({kind_word(place, Lang.EN)}{f' in {around}' if around else ''}; {where})"


def _install(path: Path, folders: Folders, say: Say) -> None:
    places = _open(folders, say)
    read = geojson.read(path, places)
    for left_out in read.left_out[:_SHOWN]:
        say(f"Left out: {left_out}")
    if len(read.left_out) > _SHOWN:
        say(f"... and {len(read.left_out) - _SHOWN} more")
    if not read.shapes:
        raise NotDone(f"{path} holds no outline of a place that we know. Each needs its ISO 3166-2 code, as in KE-07, or our id.")
    outlines.add(folders.data / outlines.FILE, read.shapes, path.name)
    now = outlines.read(folders.data / outlines.FILE)
    have, missing = _outlined(places, now)
    say(f"{len(read.shapes)} outlines are installed; {have} counties or regions have one now, {missing} have none.")


def _outlined(places: Places, drawn: outlines.Outlines) -> tuple[int, int]:
    large = [one for one, known in places.known.items() if known.place.kind is PlaceKind.ADM1]
    have = sum(one in drawn for one in large)
    return have, len(large) - have


def _check(folders: Folders, say: Say) -> int:
    built = file.find((folders.cache, folders.data), folders.countries)
    if built is None:
        raise BadSetting(f"No places are built for {', '.join(folders.countries)}. Build them: `ujumbe places build`.")
    rows, meta = file.read(built)
    say(f"{meta['summary']} of {meta['countries']}, out of {meta['packages']}: {built}")
    for source in meta["sources"].splitlines():
        say(f"  {source}")
    if not file.is_newest(built, folders.countries):
        say("This file is of another version of this service. Build the newer one: `ujumbe places build`.")
    have, missing = _outlined(Places.of(rows), outlines.read(folders.data / outlines.FILE))
    say(f"Outlines: {have} counties or regions have one, {missing} have none. Where there is none, a person looks at what alerts cover.")
    names, problems = own.read(folders.data / own.FILE, Places.of(rows))
    say(f"{own.FILE}: {len(names)} names, {len(problems)} lines to mend")
    for problem in problems:
        say(f"  {problem}.")
    return 1 if problems else 0
