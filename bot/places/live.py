"""The gazetteer of a running service: it reads its files again when they change, so that nothing needs a restart."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from bot.core.alert.cap import Area, Point
from bot.core.errors import BadSetting
from bot.core.place.types import Covered, Match, Place
from bot.places import file, outlines, own
from bot.places.gazetteer import Places

LOOK_EVERY_S = 5.0
log = logging.getLogger(__name__)

_Stamps = tuple[tuple[str, int, int] | None, ...]


class LivePlaces:
    """Implements bot.core.place.types.Gazetteer over the files of `cache` and `data`. Never raises for a file: one that is missing or
    damaged leaves out what it would have said, and a line in the log tells."""

    def __init__(self, cache: Path, data: Path, countries: Sequence[str], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._cache, self._data, self._countries, self._clock = cache, data, tuple(countries), clock
        self._lock = threading.Lock()
        self._stamps: _Stamps | None = None
        self._looked = 0.0
        self._places = Places()

    @property
    def now(self) -> Places:
        """The places as the files are."""
        with self._lock:
            if self._stamps is None or self._clock() - self._looked >= LOOK_EVERY_S:
                self._looked = self._clock()
                stamps = self._files()
                if stamps != self._stamps:
                    self._stamps, self._places = stamps, self._read()
            return self._places

    def _files(self) -> _Stamps:
        built = file.find((self._cache, self._data), self._countries)
        paths = (built, self._data / own.FILE, self._data / outlines.FILE)
        return tuple(_stamp(path) if path else None for path in paths)

    def _read(self) -> Places:
        try:
            return open_places(self._cache, self._data, self._countries, tell=log.warning)
        except BadSetting as error:
            log.error("%s Until then no place is known.", error)
            return Places()

    def __len__(self) -> int:
        return len(self.now)

    def place(self, id: str) -> Place | None:
        """The place of that id."""
        return self.now.place(id)

    def match(self, typed: str, *, near: Point | None = None) -> Match:
        """What `typed` means."""
        return self.now.match(typed, near=near)

    def mentioned(self, text: str, *, near: Point | None = None) -> Sequence[Place]:
        """The places that a sentence names, three at most."""
        return self.now.mentioned(text, near=near)

    def at(self, point: Point) -> Sequence[Place]:
        """The places that `point` lies in, the smallest first."""
        return self.now.at(point)

    def covered(self, areas: Sequence[Area]) -> Covered:
        """The places that `areas` touch."""
        return self.now.covered(areas)

    def within(self, ids: Sequence[str]) -> Sequence[Place]:
        """The places of `ids` and all in them."""
        return self.now.within(ids)

    def children(self, id: str) -> Sequence[Place]:
        """The places whose parent is `id`, by name."""
        return self.now.children(id)


def open_places(cache: Path, data: Path, countries: Sequence[str], *, tell: Callable[[str], object]) -> Places:
    """Everything that the files say. `tell` gets a line for each thing that is wrong and left out. Raises BadSetting: the file of places
    is damaged."""
    built = file.find((cache, data), countries)
    if built is None:
        tell(f"No places are built for {', '.join(countries)}: nobody can be found by place. Build them: `ujumbe places build`.")
        return Places()
    rows, _ = file.read(built)
    try:
        drawn = outlines.read(data / outlines.FILE)
    except BadSetting as error:
        tell(str(error))
        drawn = outlines.Outlines({})
    mine, problems = own.read(data / own.FILE, Places.of(rows)) if (data / own.FILE).exists() else ({}, ())
    for problem in problems:
        tell(f"{problem}.")
    return Places.of(rows, own=mine, outlines=drawn)


def _stamp(path: Path) -> tuple[str, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return str(path), found.st_mtime_ns, found.st_size
