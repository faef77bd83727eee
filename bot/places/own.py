"""The operator's own names: data_dir/place-aliases.csv, one "typed,place" per line. Read with file and line for what is wrong."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bot.core.errors import BadText
from bot.core.place.fold import key
from bot.core.place.label import labels
from bot.core.types import Lang
from bot.places.gazetteer import Places

FILE = "place-aliases.csv"
_HEAD = ("typed", "place")
_LONGEST = 100  # characters of a name: whoever writes more has not written a name


def read(path: Path, places: Places) -> tuple[Mapping[str, str], Sequence[BadText]]:
    """What people type, and the ids that it means; and the lines that are wrong, which do nothing. No file: no names."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return {}, ()
    except (OSError, UnicodeDecodeError) as error:
        why = "is not in UTF-8" if isinstance(error, UnicodeDecodeError) else "cannot be read"
        return {}, (BadText(path.name, 1, why, "Save it once more as CSV in UTF-8"),)
    found: dict[str, str] = {}
    seen: dict[str, int] = {}
    problems: list[BadText] = []
    for line, cells in _rows(text):
        problem = _problem(cells, seen, places)
        if problem:
            problems.append(BadText(path.name, line, *problem))
        else:
            found[cells[0]] = _meant(cells[1], places)
            seen[key(cells[0])] = line
    return found, problems


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """The lines that say something. A semicolon between the two is a spreadsheet's comma; what has no second cell is wrong later."""
    for number, line in enumerate(text.splitlines(), 1):
        split = ";" if ";" in line and "," not in line else ","
        cells = [cell.strip() for cell in next(csv.reader([line], delimiter=split), [])]
        if any(cells) and not line.lstrip().startswith("#") and tuple(cell.casefold() for cell in cells) != _HEAD:
            yield number, cells


def _problem(cells: Sequence[str], seen: Mapping[str, int], places: Places) -> tuple[str, str] | None:
    """What is wrong, and the remedy."""
    if len(cells) != 2 or not all(cells):
        return (
            "is not two cells",
            'Write what people type, a comma, the place. A place with a comma goes in quotes: bush,"Bura, Garissa"',
        )
    typed, means = cells
    if len(typed) > _LONGEST or not key(typed):
        return f"{typed[:20]!r} is nothing that people type as a name", "Write letters, 100 at most"
    if key(typed) in seen:
        return f"{typed!r} was there already, in line {seen[key(typed)]}", "Keep one of the two"
    if _meant(means, places):
        return None
    asked = places.match(means).places
    if not asked:
        return f"{means!r} is no place that we know", "Find its name or id with `ujumbe places find`"
    which = " or ".join(f"{label!r}" for label in labels(asked, places.place, Lang.EN))
    return f"{means!r} may be {which}", "Write one of these, or the id that `ujumbe places find` shows"


def _meant(means: str, places: Places) -> str:
    """The id, "" where there is a doubt."""
    found = places.match(means)
    return found.places[0].id if found.sure else ""
