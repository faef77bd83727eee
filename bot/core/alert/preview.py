"""Before anybody approves: the exact text per channel and language, what it costs, how long it takes, and who is left out and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from bot.core.alert.broadcast import Audience, Mode
from bot.core.types import Lang


class Exclusion(StrEnum):
    """Why a person of the audience will not get it. Each is counted once, for the first of these that holds."""

    DUPLICATE = "duplicate"  # the same number is there already, through another contact or channel
    OPTED_OUT = "opted_out"
    NO_CHANNEL = "no_channel"  # nothing that can be pushed to reaches them
    NOT_IN_EXERCISE = "not_in_exercise"  # an exercise, and they are not in the group EXERCISE at this moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """Who would get a broadcast now, by (channel name, language), and how many of its audience would not."""

    people: Mapping[tuple[str, Lang], int] = field(default_factory=dict)  # only what is over 0
    excluded: Mapping[Exclusion, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """People who would get it: the number that the approver types."""
        return sum(self.people.values())


class AudienceStore(Protocol):
    """The part of a store that a preview needs."""

    def counted(self, audience: Audience, mode: Mode) -> Counted:
        """Whom `audience` holds now, counted by the same rules that the sending goes by. Reads only; no places' descendants are
        added here: `audience.places` names every place that counts."""
        ...
