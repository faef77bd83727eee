"""How far a broadcast is: what a live page shows every few seconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bot.core.alert.broadcast import Broadcast
from bot.core.types import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A broadcast at this moment. Times are seconds since the epoch, 0.0: not yet, or not known."""

    broadcast: Broadcast
    people: int  # that it will have gone to when it is done, as counted at its submission
    fed: int  # deliveries made so far
    statuses: Mapping[Status, int] = field(default_factory=dict)
    channels: Mapping[tuple[str, Status], int] = field(default_factory=dict)
    places: Mapping[tuple[str, Status], int] = field(default_factory=dict)  # by the place where the person is now, "" unknown
    failures: Mapping[tuple[str, str], int] = field(default_factory=dict)  # (channel, code) of what FAILED or is UNKNOWN
    first: float = 0.0  # when the first one was delivered
    half: float = 0.0  # when half of `people` had it
    most: float = 0.0  # when 95 % of `people` had it
    rate: float = 0.0  # sends per second in the last minute
    finish: float = 0.0  # when the last one will have gone out, at that rate
    safe: int = 0  # who answered a roll call
    need_help: int = 0


class ProgressStore(Protocol):
    """The part of a store that knows it."""

    def progress(self, id: int, *, now: float) -> Progress | None:
        """Broadcast `id` at this moment, None where there is none. From indexes: for every few seconds."""
        ...
