"""Questions that wait for their answers, as their people feel it: how many are before one, and how fast they are answered."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

WAIT = "wait"  # kind of what tells a person so, and the beginning of its dedup, "wait:<message id>"


@dataclass(frozen=True, slots=True)
class Rate:
    """`answered` questions in the last `over_s` seconds. Somebody always waited in them, so it is how fast we are and not how much was
    asked. 0 in 0.0 seconds: nobody waits."""

    answered: int = 0
    over_s: float = 0.0

    @property
    def per_s(self) -> float:
        """0.0 where it is not known: nothing was answered."""
        return self.answered / self.over_s if self.over_s > 0.0 else 0.0


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose question waits, and the how-many-th it is of all that have no answer, by the time they were asked."""

    id: int  # the question's
    urn: str
    channel: str  # on which it was asked
    place: int


class BacklogStore(Protocol):
    """The part of a Store that is asked how long questions wait. What an operator holds back counts for nothing here."""

    def answer_rate(self, *, now: float, within_s: float) -> Rate:
        """How fast questions are answered: in the last `within_s` seconds, or since the oldest that waits was asked, if that is later."""
        ...

    def askers(
        self, *, now: float, asked_before: float, behind: int, told_since: float, channels: Collection[str], limit: int
    ) -> Sequence[Asker]:
        """Who might be told that it takes long, those in front first: their question was asked on one of `channels` at `asked_before` or
        earlier, nobody has it in hand, no screen waits for it, and it stands behind `behind` others. Nobody who stopped us, or was told
        (WAIT) of this question, or of any from `told_since` on."""
        ...
