"""A roll call, by place: who is safe, who needs help, who says nothing, whom it did not reach. And the calls for help."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.core.ticket import Ticket


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardRow:
    """The people of one place, as it was when the roll call got to them; "" is those whose place nobody knew."""

    place: str
    safe: int = 0
    need_help: int = 0
    silent: int = 0  # it went out, or may have, and they did not answer
    missed: int = 0  # it did not go out, or not yet

    @property
    def people(self) -> int:
        """All of them."""
        return self.safe + self.need_help + self.silent + self.missed

    def __add__(self, other: "BoardRow") -> "BoardRow":
        return BoardRow(
            place=self.place,
            safe=self.safe + other.safe,
            need_help=self.need_help + other.need_help,
            silent=self.silent + other.silent,
            missed=self.missed + other.missed,
        )


@dataclass(frozen=True, slots=True)
class Call:
    """A call for help to a roll call: the person's ticket, what they said last, and where they are."""

    ticket: Ticket
    words: str
    at: float
    place: str


class BoardStore(Protocol):
    """The part of a store that shows roll calls."""

    def board(self, broadcast_id: int) -> Sequence[BoardRow]:
        """By place. Whoever answered counts by their answer, whatever became of their copy."""
        ...

    def calls(self, broadcast_id: int, *, limit: int) -> Sequence[Call]:
        """Who said that they need help, open ones first, then the oldest first."""
        ...


def total(rows: Sequence[BoardRow]) -> BoardRow:
    """All places together."""
    return sum(rows, BoardRow(place=""))
