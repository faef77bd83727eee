"""A model that is a small function of all that its sequence holds: whatever the batch does wrong with the context changes its words."""

from collections.abc import Sequence
from zlib import crc32

from bot.core.errors import ModelFailed
from models.native import Row

WORDS = 7  # its vocabulary; 0 ends a text


def says(tokens: Sequence[int]) -> int:
    """What comes behind `tokens`. It likes to say again what it said before, as a model does that copies its passage."""
    mixed = crc32(bytes(tokens[-3:])) if len(tokens) % 3 else crc32(bytes(tokens))
    return mixed % WORDS


def as_read(tokens: Sequence[int], adapter: int) -> list[int]:
    """What a context holds of `tokens`: another adapter makes something else of the same one."""
    return [token + WORDS * adapter for token in tokens]


class Machine:
    """See models.batch.Machine. A text has `cells` cells; it refuses what has no room or comes out of place."""

    def __init__(self, *, cells: int, batch: int, rewinds: bool = True) -> None:
        self.cells, self.batch, self.rewinds = cells, batch, rewinds
        self.held: dict[int, list[int]] = {}  # of each sequence: what was read of its tokens
        self.read = 0  # tokens
        self.sizes: list[int] = []  # of the steps
        self.adapters: list[int] = []  # of the steps
        self.places: list[int] = []  # of the last step's rows
        self.fails_at = 0
        self._said: dict[int, list[int]] = {}

    def step(self, rows: Sequence[Row], adapter: int = 0) -> None:
        assert 0 < len(rows) <= self.batch
        self.read += len(rows)
        self.sizes.append(len(rows))
        self.adapters.append(adapter)
        if self.fails_at and len(self.sizes) == self.fails_at:
            raise ModelFailed("llama.cpp failed to decode")
        self._said = {}
        self.places = [row.sequence for row in rows]
        for n, row in enumerate(rows):
            line = self.held.setdefault(row.sequence, [])
            assert row.at == len(line), f"token {row.at} of sequence {row.sequence} comes behind {len(line)}"
            line += as_read([row.token], adapter)
            assert len(line) <= self.cells, "no room in the context"
            if row.speaks:
                self._said[n] = list(line)

    def best(self, row: int) -> int:
        return says(self._said[row])

    def shares(self, row: int, tokens: Sequence[int]) -> list[float]:
        each = [1.0 + crc32(bytes([*self._said[row], token])) % 100 for token in tokens]
        return [one / sum(each) for one in each]

    def keep(self, sequence: int, count: int) -> None:
        assert self.rewinds or not count, "it cannot forget a part"
        self.held[sequence] = self.held.get(sequence, [])[:count]

    def copy(self, source: int, target: int, count: int) -> None:
        assert source != target
        assert self.rewinds, "it cannot share a part"
        assert len(self.held[source]) >= count, "there is less to copy"
        self.held[target] = self.held[source][:count]

    def forget_all(self) -> None:
        self.held.clear()
