"""Outlines of places that the operator installed: kept as one small SQLite file in data_dir, read whole into an index."""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path

from shapely import STRtree, from_wkb, to_wkb
from shapely.geometry.base import BaseGeometry

from bot.core.errors import BadSetting

FILE = "place-outlines.sqlite"
_SCHEMA = "CREATE TABLE IF NOT EXISTS outline (place TEXT PRIMARY KEY, wkb BLOB NOT NULL, source TEXT NOT NULL) STRICT"


class Outlines:
    """Which outlines a shape touches."""

    def __init__(self, shapes: Mapping[str, BaseGeometry]) -> None:
        self.shapes = shapes
        self._ids = tuple(shapes)
        self._tree = STRtree([shapes[one] for one in self._ids])

    def __contains__(self, place: str) -> bool:
        return place in self.shapes

    def __len__(self) -> int:
        return len(self._ids)

    def touched(self, shape: BaseGeometry) -> Sequence[str]:
        """The ids of the places whose outline has a point with `shape` in common."""
        return [self._ids[n] for n in sorted(self._tree.query(shape, predicate="intersects"))]


def read(path: Path) -> Outlines:
    """The outlines of the file, none where there is no file. Raises BadSetting where it is damaged."""
    if not path.exists():
        return Outlines({})
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return Outlines({place: from_wkb(wkb) for place, wkb in db.execute("SELECT place, wkb FROM outline ORDER BY place")})
    except Exception as error:  # shapely's own errors have no common public base
        raise BadSetting(f"{path} cannot be read as outlines ({type(error).__name__}). Remove it and install them again.") from None


def add(path: Path, shapes: Mapping[str, BaseGeometry], source: str) -> None:
    """Adds outlines to the file, in place of those that the same places had. All or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = dict(_kept(path))
    mine = path.with_name(f".{path.name}.{os.getpid()}")
    mine.unlink(missing_ok=True)
    try:
        with closing(sqlite3.connect(mine)) as db, db:
            db.execute(_SCHEMA)
            new = {place: (to_wkb(shape), source) for place, shape in shapes.items()}
            db.executemany("INSERT INTO outline VALUES (?, ?, ?)", [(place, *what) for place, what in (kept | new).items()])
        os.replace(mine, path)
    finally:
        mine.unlink(missing_ok=True)


def _kept(path: Path) -> Iterator[tuple[str, tuple[bytes, str]]]:
    if path.exists():
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            yield from ((place, (wkb, source)) for place, wkb, source in db.execute("SELECT place, wkb, source FROM outline"))
