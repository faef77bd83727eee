"""How far a broadcast is: what a live page shows every few seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.core.alert.broadcast import Broadcast, Stage
from bot.core.types import Status

MINUTE_S = 60.0
MOST = 0.95  # of the people
LIVE = frozenset({Status.QUEUED, Status.ERRORED, Status.SENDING})
TAKEN = frozenset({Status.WIRED, Status.SENT, Status.DELIVERED, Status.READ})


@dataclass(frozen=True, slots=True)
class Times:
    """When the first one, half and MOST of the people had it. Seconds since the epoch, 0.0: not yet."""

    first: float = 0.0
    half: float = 0.0
    most: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A broadcast at this moment."""

    broadcast: Broadcast
    at: float
    people: int  # that it goes to in all: as counted when it was submitted, or more where more have come
    statuses: Mapping[Status, int] = field(default_factory=dict)
    channels: Mapping[tuple[str, Status], int] = field(default_factory=dict)
    places: Mapping[tuple[str, Status], int] = field(default_factory=dict)  # by the place where the person was then, "": unknown
    failures: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (channel, code) of what is FAILED or UNKNOWN
    taken: Times = Times()  # by the provider
    delivered: Times = Times()  # to the phone, where the provider tells
    lately: int = 0  # deliveries that a provider took in the last minute
    last: float = 0.0  # when a provider took one, last
    safe: int = 0  # of a roll call
    need_help: int = 0

    @property
    def fed(self) -> int:
        """Deliveries made so far."""
        return sum(self.statuses.values())

    @property
    def waiting(self) -> int:
        """Deliveries that are not over."""
        return sum(count for status, count in self.statuses.items() if status in LIVE)

    @property
    def left(self) -> int:
        """People whose copy has not gone out yet, and may."""
        if self.broadcast.stage in (Stage.SENDING, Stage.PAUSED):
            return max(0, self.people - self.fed) + self.waiting
        return self.waiting

    @property
    def rate(self) -> float:
        """Deliveries a second that a provider took, over the last minute or since the beginning."""
        since = self.at - self.taken.first if self.taken.first else 0.0
        return self.lately / max(1.0, min(MINUTE_S, since)) if self.lately else 0.0

    @property
    def finish(self) -> float:
        """When the last one will have gone out at that rate, or did; 0.0 where nobody can say: nothing moves."""
        if not self.left:
            return self.last
        return self.at + self.left / self.rate if self.rate and self.broadcast.stage is not Stage.PAUSED else 0.0


class ProgressStore(Protocol):
    """The part of a store that knows it."""

    def progress(self, id: int, *, now: float) -> Progress | None:
        """Broadcast `id` at this moment, None where there is none. From indexes: for every few seconds."""
        ...
