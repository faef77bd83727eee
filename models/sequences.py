"""What the engine's context holds: texts under way and texts that were, and who may begin where another one already is.

A question's prompt begins like those before it: the skill's own words, or even the same passage. What a sequence of the context
already holds is not computed again: a newcomer shares the longest beginning that any of them has with it (keys and values are not
copied, both point at the same cells). What has ended stays as long as nobody needs its room, the last used longest.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Protocol

KEPT = 16  # sequences beside those under way, for texts that have ended


class Memory(Protocol):
    """The context's memory, as far as it is needed here: models.native.Native, or a double."""

    @property
    def rewinds(self) -> bool: ...  # whether it can forget the end of a text and keep the beginning; else nothing can be shared

    def keep(self, sequence: int, count: int) -> None: ...

    def share(self, source: int, target: int, count: int) -> None: ...


@dataclass(eq=False, slots=True)
class Held:
    """A sequence: what the context holds of a text, token by token, and in which cells."""

    id: int
    adapter: int = 0  # what it was read with: another one makes other keys and values of the same tokens
    tokens: list[int] = field(default_factory=list)
    cells: list[int] = field(default_factory=list)
    reserved: int = 0  # cells that it may still need
    common: int = 0  # so many of its first tokens another text began with, too
    ended: bool = False
    used: int = 0  # when somebody last took something from it, in takes


class Sequences:
    """Gives sequences of a context with `cells` cells, at most `running` of them at once."""

    def __init__(self, memory: Memory, *, running: int, cells: int) -> None:
        self._memory, self._cells = memory, cells
        self._free = list(range(running + KEPT))
        self._held: list[Held] = []
        self._owners: Counter[int] = Counter()  # of each cell
        self._names, self._takes = count(), count(1)

    @property
    def used(self) -> int:
        """Cells that hold something or are spoken for."""
        return len(self._owners) + sum(held.reserved for held in self._held)

    def shared(self, tokens: Sequence[int], adapter: int = 0) -> int:
        """How many first ones of `tokens` need not be computed: never the last one, whose outcome is wanted."""
        return max((common(held.tokens, tokens) for held in self._donors(adapter)), default=0)

    def take(self, tokens: Sequence[int], *, more: int, adapter: int = 0) -> Held | None:
        """A sequence for a text that begins with `tokens` and may grow by `more`; it holds what could be shared. None: no room now."""
        donors = self._donors(adapter)
        donor = max(donors, key=lambda held: (common(held.tokens, tokens), held.used), default=None)
        begun = common(donor.tokens, tokens) if donor is not None else 0
        needed = len(tokens) - begun + more
        self._drop_old(needed, donor)
        if self._free and self._fits(needed):
            held = self._new(adapter)
            if donor is not None and begun:
                donor.used = next(self._takes)
                donor.common, held.common = max(donor.common, begun), begun
                self._memory.share(donor.id, held.id, begun)
                self._own(held, donor.tokens[:begun], donor.cells[:begun])
        elif donor is not None and donor.ended:
            held = donor  # the last one that has ended goes on as the new one
            self.cut(held, begun)
            if not self._fits(needed):
                return None
        else:
            return None
        held.ended, held.used, held.reserved = False, next(self._takes), len(tokens) - len(held.tokens) + more
        return held

    def grow(self, held: Held, tokens: Sequence[int]) -> None:
        """`tokens` were read behind what `held` holds."""
        cells = [next(self._names) for _ in tokens]
        self._own(held, tokens, cells)
        held.reserved = max(0, held.reserved - len(cells))

    def cut(self, held: Held, count: int) -> None:
        """Forgets what `held` holds behind its first `count` tokens."""
        dropped = held.cells[count:]
        if not dropped:
            return
        self._memory.keep(held.id, count)
        held.tokens, held.cells = held.tokens[:count], held.cells[:count]
        if not held.ended:
            held.reserved += len(dropped)
        self._disown(dropped)

    def end(self, held: Held, count: int) -> None:
        """The text is over; its first `count` tokens stay for others while there is room."""
        held.ended, held.reserved = True, 0
        self.cut(held, count if self._memory.rewinds else 0)
        if not held.tokens:
            self._drop(held)

    def clear(self) -> None:
        """All is forgotten."""
        for held in list(self._held):
            self._drop(held)

    def _drop_old(self, needed: int, donor: Held | None) -> None:
        """Makes room for a text that needs `needed` cells, at the cost of what has ended, the longest unused first, but for the donor:
        at first only what no other text began with, then all of it."""
        old = sorted((held for held in self._held if held.ended and held is not donor), key=lambda held: held.used)
        for give_up in (self._shorten, self._drop):
            for held in old:
                if self._free and self._fits(needed):
                    return
                if held in self._held:
                    give_up(held)

    def _shorten(self, held: Held) -> None:
        """Leaves of `held` what others began with, too; nothing where another one has all of that."""
        self.cut(held, held.common)
        if any(other is not held and other.tokens[: held.common] == held.tokens for other in self._donors(held.adapter)):
            self._drop(held)

    def _donors(self, adapter: int) -> list[Held]:
        """Those that a text read with `adapter` may share with."""
        return [held for held in self._held if held.adapter == adapter] if self._memory.rewinds else []

    def _fits(self, needed: int) -> bool:
        return self.used + needed <= self._cells

    def _new(self, adapter: int) -> Held:
        held = Held(self._free.pop(), adapter)
        self._held.append(held)
        return held

    def _drop(self, held: Held) -> None:
        self._memory.keep(held.id, 0)
        self._disown(held.cells)
        self._held.remove(held)
        self._free.append(held.id)

    def _own(self, held: Held, tokens: Iterable[int], cells: Sequence[int]) -> None:
        held.tokens += tokens
        held.cells += cells
        self._owners.update(cells)

    def _disown(self, cells: Iterable[int]) -> None:
        for cell in cells:
            self._owners[cell] -= 1
            if not self._owners[cell]:
                del self._owners[cell]


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
