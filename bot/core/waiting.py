"""What waits, for the operator: questions and deliveries that are not over, and the holds that keep them back.

One filter says which ones are meant, whether they are shown, held, dropped or sent. A hold is such a filter that is kept: it also
keeps back what comes later, until somebody releases it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from bot.core.types import Lane

AGES_S = (60.0, 600.0, 3600.0, 6 * 3600.0)  # how old things are counted: younger than each of these, or older
ENDS_S = (0.0, 600.0, 3600.0, 6 * 3600.0)  # and in how long they are no longer worth sending; 0: not now any more
NEVER = len(ENDS_S) + 1  # Heap.ends: too late at no time
URGENT_KINDS = ("emergency",)  # as urgent as an alert, in whatever lane


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which rows are meant: those that fit everything that is said. `urgent`: alerts and texts for emergencies, too."""

    channel: str = ""
    lane: str = ""
    kind: str = ""
    made_before: float = 0.0
    question: int = 0
    delivery: int = 0
    urgent: bool = False


@dataclass(frozen=True, slots=True)
class Hold:
    """What fits `wanted` is not given to any worker, until the hold is released."""

    id: int
    wanted: Wanted
    since: float
    held_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One question or delivery that waits. `text` is "" unless it was asked for."""

    question: bool
    id: int
    lane: Lane
    channel: str
    urn: str
    kind: str
    status: str
    held: bool
    made: float
    next_at: float
    ends: float  # when it is no longer worth an answer or a send; 0: never
    tries: int
    code: str
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heap:
    """So many rows that are alike. `age` and `ends` are places in AGES_S and ENDS_S, one past the end for older and later; NEVER."""

    lane: Lane
    channel: str
    kind: str
    status: str
    held: bool
    code: str
    age: int
    ends: int
    count: int
    oldest: float


class WaitingStore(Protocol):
    """The part of a store that an operator looks into and takes a hand in. What a worker has at that moment is never changed."""

    def heaps(self, *, now: float, stale_after_s: float) -> Sequence[Heap]:
        """Everything that waits, counted. Questions are worth an answer for `stale_after_s` seconds."""
        ...

    def waiting(self, wanted: Wanted, *, limit: int, stale_after_s: float, texts: bool = False) -> Sequence[Waiting]:
        """What waits and fits, the oldest first."""
        ...

    def unclaimed(self, wanted: Wanted) -> tuple[int, int]:
        """How many deliveries and how many questions wait, fit, and are in no worker's hand."""
        ...

    def given_up(self, *, since: float) -> Mapping[str, int]:
        """Why deliveries made after `since` failed, and questions that came after it got no answer: by code, with counts."""
        ...

    def holds(self) -> Sequence[Hold]:
        """Every hold in force, the oldest first."""
        ...

    def hold(self, wanted: Wanted, *, held_by: str, now: float) -> int:
        """Keeps back what fits, now and later. Returns the hold's id."""
        ...

    def release(self, ids: Sequence[int]) -> int:
        """Ends holds. Returns how many there were."""
        ...

    def drop(self, wanted: Wanted, *, now: float) -> int:
        """Ends what waits and fits: deliveries are FAILED (or UNKNOWN, as ever) with code "dropped", questions get no answer.
        Returns how many."""
        ...

    def hurry(self, wanted: Wanted, *, now: float) -> int:
        """Makes what waits and fits due at once; its questions count as asked now. Holds still keep it. Returns how many."""
        ...

    def revive(self, wanted: Wanted, *, codes: Sequence[str], now: float, not_after: float) -> int:
        """Sends again what FAILED for one of `codes` (none: for any reason) and fits, where surely no part of it has gone out. Never
        what a STOP ended. Returns how many."""
        ...

    def revivable(self, wanted: Wanted, *, codes: Sequence[str]) -> int:
        """How many `revive` would send."""
        ...
