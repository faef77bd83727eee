"""What the engine's context holds: texts under way and texts that were, and who begins with what another one has already.

Each text has a place of its own in the context: it looks at nothing else, and what is its own lies side by side. A question's prompt begins
like those before it: the skill's own words, or even the same passage. The longest beginning that any text here has with a newcomer is
copied, not computed again. The first places are for texts under way: a step reads texts whose places follow each other in one go
(llama.cpp's split_equal). So what has ended moves to the places behind, and stays there while nothing worth more needs it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

KEPT = 8  # places beside those for texts under way: the beginnings of five skills in two languages nearly all fit into both together


class Memory(Protocol):
    """The context's memory, as far as it is needed here: models.native.Native, or a double."""

    @property
    def rewinds(self) -> bool: ...  # whether it can forget the end of a text and keep the beginning; else nothing can be shared

    def keep(self, sequence: int, count: int) -> None: ...

    def copy(self, source: int, target: int, count: int) -> None: ...


@dataclass(eq=False, slots=True)
class Held:
    """A place of the context, and what it holds of a text, token by token."""

    id: int
    adapter: int = 0  # what it was read with: another one makes other keys and values of the same tokens
    tokens: list[int] = field(default_factory=list)
    common: int = 0  # so many of its first tokens another text began with, too
    running: bool = False
    used: int = 0  # when somebody last took something from it, in takes


class Sequences:
    """Gives places of a context: at most `running` at once."""

    def __init__(self, memory: Memory, *, running: int) -> None:
        self._memory = memory
        self._places = [Held(number) for number in range(running + KEPT)]
        self._front, self._behind = self._places[:running], self._places[running:]
        self._takes = count(1)

    @property
    def used(self) -> int:
        """Tokens that are held."""
        return sum(len(held.tokens) for held in self._places)

    def shared(self, tokens: Sequence[int], adapter: int = 0) -> int:
        """How many first ones of `tokens` need not be computed: never the last one, whose outcome is wanted."""
        return max((self._common(held, tokens, adapter) for held in self._places), default=0)

    def take(self, tokens: Sequence[int], adapter: int = 0) -> Held:
        """A place for a text that begins with `tokens`; it holds what could be shared. Only while fewer than `running` are taken."""
        donor = max(self._places, key=lambda held: (self._common(held, tokens, adapter), held.used))
        begun = self._common(donor, tokens, adapter)
        if begun:
            donor.used, donor.common = next(self._takes), max(donor.common, begun)
        place = self._place()
        self._save(place, donor)
        if begun and donor is not place:
            self._copy(donor, place, begun)
        else:
            self.cut(place, begun)
        place.adapter, place.common, place.used, place.running = adapter, begun, next(self._takes), True
        return place

    def grow(self, held: Held, tokens: Sequence[int]) -> None:
        """`tokens` were read behind what `held` holds."""
        held.tokens += tokens

    def cut(self, held: Held, count: int) -> None:
        """Forgets what `held` holds behind its first `count` tokens."""
        if len(held.tokens) > count:
            self._memory.keep(held.id, count)
            del held.tokens[count:]

    def end(self, held: Held, count: int) -> None:
        """The text is over; its first `count` tokens stay for others while there is room."""
        held.running = False
        self.cut(held, count if self._memory.rewinds else 0)

    def _place(self) -> Held:
        """The free place in front that keeps those under way together, and holds what is worth least."""
        taken = {held.id for held in self._front if held.running}
        free = (held for held in self._front if not held.running)
        return min(free, key=lambda held: (_rows_of(taken | {held.id}), *self._worth(held)))

    def _save(self, place: Held, donor: Held) -> None:
        """Moves what `place` holds to one behind that holds less worth, where there is one other than `donor`."""
        to = min((held for held in self._behind if held is not donor), key=self._worth)
        if place.tokens and self._worth(to) < self._worth(place):
            self._copy(place, to, len(place.tokens))
            to.adapter, to.common, to.used = place.adapter, place.common, place.used

    def _copy(self, source: Held, target: Held, count: int) -> None:
        self._memory.copy(source.id, target.id, count)
        target.tokens = source.tokens[:count]

    def _common(self, held: Held, tokens: Sequence[int], adapter: int) -> int:
        """How many first ones of `tokens` a text that is read with `adapter` can take from `held`."""
        return common(held.tokens, tokens) if self._memory.rewinds and held.adapter == adapter else 0

    def _worth(self, held: Held) -> tuple[bool, bool, int]:
        """Least: nothing; then whose beginning, as far as others shared it, another place has, too; then what was not used for longest."""
        alone = not any(
            other is not held and other.adapter == held.adapter and other.tokens[: held.common] == held.tokens[: held.common]
            for other in self._places
        )
        return bool(held.tokens), alone, held.used


def _rows_of(places: set[int]) -> int:
    """How many rows of neighbours there are among `places`."""
    return sum(place - 1 not in places for place in places)


def common(held: Sequence[int], wanted: Sequence[int]) -> int:
    """How many first ones both have in common, less the last one of `wanted`. Halves and compares whole slices: that is quick."""
    low, high = 0, min(len(held), len(wanted) - 1)
    while low < high:
        middle = (low + high + 1) // 2
        if held[low:middle] == wanted[low:middle]:
            low = middle
        else:
            high = middle - 1
    return max(0, low)
