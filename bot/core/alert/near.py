"""Which of the warnings in force are for a person or a question, the most severe and then the nearest first."""

from collections.abc import Sequence
from dataclasses import dataclass

from bot.core.alert.cap import Severity
from bot.core.alert.notice import Notice
from bot.core.place.types import Gazetteer

ANYWHERE = "*"  # in the place of ids: every warning, wherever it is for
_INSIDE, _EVERYWHERE = 20, 99  # how far away a warning counts that is for a part of the place, and one that is for everywhere
_WORST = list(Severity)


@dataclass(frozen=True, slots=True)
class Near:
    """Looks notices through by place. Without a gazetteer only a place's own id counts."""

    places: Gazetteer | None

    def of(self, notices: Sequence[Notice], ids: Sequence[str]) -> Sequence[Notice]:
        """Those of `notices` that are for any of the places `ids`, for what it lies in or for a part of it, or for everywhere."""
        if ANYWHERE in ids:
            return notices
        ups = {one: self._up(one) for one in ids}
        found = [(self._away(notice, ups), notice) for notice in notices]
        here = [(away, notice) for away, notice in found if away is not None]
        return [notice for _, notice in sorted(here, key=lambda one: (_WORST.index(one[1].severity), one[0]))]

    def _away(self, notice: Notice, ups: dict[str, Sequence[str]]) -> int | None:
        """0 for the place itself, then what it lies in, then what lies in it. None: the notice is for elsewhere."""
        if not notice.places:
            return _EVERYWHERE
        around = [up.index(place) for up in ups.values() for place in notice.places if place in up]
        if around:
            return min(around)
        inside = [chain.index(one) for chain in map(self._up, notice.places) for one in ups if one in chain]
        return _INSIDE + min(inside) if inside else None

    def _up(self, place_id: str) -> Sequence[str]:
        """The place and all that it lies in, the smallest first."""
        up = [place_id]
        while self.places is not None and (place := self.places.place(up[-1])) and place.parent and place.parent not in up:
            up.append(place.parent)
        return up
