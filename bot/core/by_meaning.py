"""Compares a question by what it means, where an embedding model is there; where none is, nothing is near."""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence

from bot.core.entries import Entries
from bot.core.ports import Meaning, Sorts
from bot.core.topic import NOBODY, Kin
from bot.core.trust import CROWD_FLOOR
from bot.core.types import Lang

# How fast a line's weight in the crowd falls with its distance: by e for so much of a cosine. As models/training has it.
_HEAT = 0.03
# Whether anything answers is seen in wider company than which fact does: many strays that lie rather near tell more than the nearest one.
_WIDE = 0.08
_NOBODYS = -1  # entry: of the strays
_FAR = 7  # so many heats behind the nearest line it weighs less than a thousandth of that


class ByMeaning:
    """The meaning of all `entries` and of the `strays`, messages that no fact answers. A stray's place is behind those of the lines."""

    def __init__(self, meaning: Meaning | None, entries: Entries, strays: Sequence[tuple[str, Lang]], about: Mapping[str, str]) -> None:
        """`about`: the skill whose topic a stray is of all the same, NOBODY for none."""
        self._meaning = meaning
        self._entries = entries
        if meaning is not None:
            meaning.learn([*(line.text for line in entries.lines), *(text for text, _ in strays)], entries.passages)
        self._sorts = meaning if isinstance(meaning, Sorts) and NOBODY in about.values() else None
        if self._sorts is not None:
            sorted_out = [*(line.fact.skill for line in entries.lines), *(about.get(text) for text, _ in strays)]
            self._sorts.sort(sorted_out, strays=len(strays))

    def topics(self, text: str) -> Mapping[str, Kin]:
        """How far `text` looks like each skill's topic, and like nobody's business; nothing where nobody sorts."""
        return self._sorts.topics(text) if self._sorts is not None else {}

    def near(self, text: str, lines: Sequence[int]) -> Sequence[float]:
        """How near each of `lines` is, as a cosine; 0 without a model."""
        return self._meaning.near(text, lines) if self._meaning is not None else [0.0] * len(lines)

    def says(self, text: str, passages: Sequence[int]) -> Sequence[float]:
        """How near each of `passages` is, as a cosine; 0 without a model."""
        return self._meaning.says(text, passages) if self._meaning is not None else [0.0] * len(passages)

    @property
    def there(self) -> bool:
        """Whether there is a model."""
        return self._meaning is not None

    def compare(self, text: str, *, without: int = -1) -> tuple[Sequence[float], dict[int, float], dict[int, float]]:
        """How near each line and stray is (the line `without` as far off as can be); and how far each entry's nearest line and nearest
        passage stand above the middle. Nothing without a model."""
        if self._meaning is None:
            return (), {}, {}
        lines, passages = self._meaning.compare(text)
        lines = [*lines[:without], -1.0, *lines[without + 1 :]] if without >= 0 else lines
        entries = self._entries.all
        return lines, _above([max(lines[e.lines]) for e in entries]), _above([max(passages[e.passages]) for e in entries])

    def crowd(self, near: Sequence[float]) -> dict[int, float]:
        """Entry -> the logarithm of its lines' share of all that lies near the question: many lines that are rather near say more than
        one. `near`: of each line and stray."""
        lines = self._entries.lines
        top = max(near)
        least = top - _FAR * _HEAT
        shares: defaultdict[int, float] = defaultdict(float)
        for i in [i for i, value in enumerate(near) if value > least]:
            shares[lines[i].entry if i < len(lines) else _NOBODYS] += math.exp((near[i] - top) / _HEAT)
        whole = sum(shares.values())
        return {n: max(CROWD_FLOOR, math.log(share / whole)) for n, share in shares.items() if n != _NOBODYS}

    def nobody(self, near: Sequence[float]) -> float:
        """The logarithm of the strays' share of all that lies near, in wider company."""
        top, count = max(near), len(self._entries.lines)
        least = top - _FAR * _WIDE
        ours, theirs = (sum(math.exp((value - top) / _WIDE) for value in some if value > least) for some in (near[:count], near[count:]))
        return max(CROWD_FLOOR, math.log(theirs / (ours + theirs))) if theirs else CROWD_FLOOR


def _above(values: Sequence[float]) -> dict[int, float]:
    """Each value, by its place, over the middle of all."""
    middle = sum(values) / max(1, len(values))
    return {n: value - middle for n, value in enumerate(values)}
