"""The file of places: one small SQLite file per set of countries, written whole, read whole.

It lies in the user's cache, which checkouts share; in data_dir where the cache cannot be written to, as in a container."""

import hashlib
import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from bot.core.errors import BadSetting
from bot.core.place.types import Place, PlaceKind
from bot.places.known import Known

FORMAT = 1  # another number, another name of the file: it is built anew
LOCK = Path(__file__).parent / "requirements-places.lock"
_SCHEMA = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE place (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, country TEXT NOT NULL, parent TEXT NOT NULL,
    lat REAL, lon REAL, people INTEGER NOT NULL, reach_km REAL NOT NULL
) STRICT;
CREATE TABLE name (place TEXT NOT NULL REFERENCES place, name TEXT NOT NULL, PRIMARY KEY (place, name)) STRICT, WITHOUT ROWID;
"""


def path_for(folder: Path, countries: Sequence[str]) -> Path:
    """Where the file for `countries` is in `folder`: its name says which, and out of which versions."""
    digest = hashlib.sha256(f"{FORMAT}\n{LOCK.read_text(encoding='utf-8')}".encode()).hexdigest()[:8]
    return folder / "places" / f"{'-'.join(sorted(countries))}_{digest}.sqlite"


def find(folders: Sequence[Path], countries: Sequence[str]) -> Path | None:
    """The file to read: that of this version, in the first of `folders` that has it; else the newest of another version."""
    paths = [path_for(folder, countries) for folder in folders]
    if built := next((path for path in paths if path.exists()), None):
        return built
    others = [other for path in paths for other in path.parent.glob(f"{'-'.join(sorted(countries))}_*.sqlite")]
    return max(others, key=lambda other: other.stat().st_mtime, default=None)


def is_newest(path: Path, countries: Sequence[str]) -> bool:
    """Whether it is the file of this version of the service."""
    return path.name == path_for(path.parent, countries).name


def write(path: Path, rows: Iterable[Known], meta: Mapping[str, str]) -> None:
    """Writes the file whole, or not at all: whoever reads meanwhile has the old one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    mine = path.with_name(f".{path.name}.{os.getpid()}")
    mine.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(mine)) as db, db:
            db.executescript(_SCHEMA)
            db.execute(f"PRAGMA user_version = {FORMAT}")
            db.executemany("INSERT INTO meta VALUES (?, ?)", meta.items())
            for row in rows:
                lat, lon = row.place.centre or (None, None)
                place = row.place
                values = (place.id, place.name, place.kind.value, place.country, place.parent, lat, lon, place.people, row.reach_km)
                db.execute("INSERT INTO place VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)
                db.executemany("INSERT OR IGNORE INTO name VALUES (?, ?)", [(place.id, name) for name in row.names])
        os.replace(mine, path)
    finally:
        mine.unlink(missing_ok=True)


def read(path: Path) -> tuple[list[Known], Mapping[str, str]]:
    """The places, and what the file says about itself. Raises BadSetting where it is none of ours or damaged."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)) as db:
            (version,) = db.execute("PRAGMA user_version").fetchone()
            if version != FORMAT:
                raise BadSetting(f"{path} is a file of places of another version ({version}). Build it anew: `ujumbe places build`.")
            names: dict[str, list[str]] = {}
            for place, name in db.execute("SELECT place, name FROM name ORDER BY place, name"):
                names.setdefault(place, []).append(name)
            rows = [_known(row, names.get(row[0], ())) for row in db.execute("SELECT * FROM place ORDER BY rowid")]
            return rows, dict(db.execute("SELECT key, value FROM meta"))
    except (sqlite3.Error, ValueError, TypeError) as error:
        raise BadSetting(f"{path} cannot be read as places ({error}). Build it anew: `ujumbe places build --again`.") from None


def _known(row: tuple[str, str, str, str, str, float | None, float | None, int, float], names: Sequence[str]) -> Known:
    own, name, kind, country, parent, lat, lon, people, reach = row
    centre = (lat, lon) if lat is not None and lon is not None else None
    return Known(Place(own, name, PlaceKind(kind), country, parent, centre, people), tuple(names), reach)
