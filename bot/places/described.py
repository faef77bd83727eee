"""The places that an area's description names, for where it has no shape, or one that lies abroad."""

import re
from collections.abc import Sequence

from bot.core.place.match import Names, mentioned, spelt
from bot.core.place.types import Place

_PARTS = re.compile(r"[,;/\n]|\band\b|\bna\b|&", re.IGNORECASE)
_DESC = 1000  # characters of a description; the longest real one has 331
_MOST = 600  # names that are looked up for one alert, each once: a list of all districts of a large country without any shape


class Described:
    """Reads the descriptions of one alert's areas, as long as they are as many as somebody who means well may write."""

    def __init__(self, names: Names) -> None:
        self._names, self._room = names, _MOST
        self._parts: dict[str, Sequence[str]] = {}
        self._whole: dict[str, tuple[Sequence[str], bool]] = {}

    def read(self, desc: str) -> tuple[Sequence[str], bool]:
        """The ids of the places whose names it holds, spelt as we know them, and whether all of it was read. Where one name is two
        places, both."""
        if desc not in self._whole:
            self._whole[desc] = self._read(desc)
        return self._whole[desc]

    def _read(self, desc: str) -> tuple[Sequence[str], bool]:
        if self._room <= 0:
            return (), False
        self._room -= 1
        if len(whole := spelt(self._names, desc)) == 1:
            return [whole[0].id], True
        found: dict[str, None] = {}
        for part in _PARTS.split(desc[:_DESC]):
            if part not in self._parts:
                if self._room <= 0:
                    return list(found), False
                self._room -= 1
                self._parts[part] = [place.id for place in self._part(part)]
            found |= dict.fromkeys(self._parts[part])
        return list(found), True

    def _part(self, part: str) -> Sequence[Place]:
        found = spelt(self._names, part)
        return found if len(found) == 1 else mentioned(self._names, part)
