"""What can be read off the store at any moment: who waits, how long, and what the last hour cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Protocol

from bot.core.types import Lane

COST_S = 3600.0
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True, order=True)
class Waiting:
    """`count` rows wait in a lane for one channel: questions in ANSWERS, deliveries elsewhere. The first has waited since `since`.

    What waits for the morning (quiet hours) counts, but nobody has to worry for how long: `since` is 0.0 where there is nothing else."""

    lane: Lane
    channel: str
    count: int
    since: float


@dataclass(frozen=True, slots=True)
class Spending:
    """What `parts` of one channel cost in the last hour. `currency` is "" where the provider told no amount."""

    channel: str
    currency: str
    parts: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Gauges:
    """One look at the store."""

    waiting: Sequence[Waiting] = ()
    tickets: int = 0  # open ones, urgent ones among them
    urgent: int = 0
    ticket_since: float = 0.0  # the oldest open one; 0.0: none
    spending: Sequence[Spending] = ()
    holds: int = 0  # of an operator, that keep some of it back
    broadcasts: Mapping[str, int] = field(default_factory=dict)  # by stage
    broadcast_deliveries: Mapping[str, int] = field(default_factory=dict)  # by status, of broadcasts that were approved in the last day


class GaugeStore(Protocol):
    """The part of a Store that is looked at."""

    def gauges(self, *, now: float) -> Gauges:
        """One look. Costs as much as there are rows that are not over, and rows of the last hour: for every few seconds, not more."""
        ...

    def check_write(self, *, now: float) -> None:
        """Writes one small row and commits it. Raises StoreDown where that is not possible: also on a read-only database or a full disk."""
        ...
