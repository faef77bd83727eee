"""What the public may be told of the alerts in force, and what they answer: the part of the alerts that an inbox needs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from bot.core.alert.broadcast import Broadcast, Mode
from bot.core.alert.cap import MsgType, ResponseType, Severity
from bot.core.types import Lang


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """An alert in force that people who ask are told, word for word. Only what is Actual and Public, and approved or from a trusted feed,
    becomes one. `key` is unique: "broadcast:<id>" or "alert:<id>"."""

    key: str
    hazard: str  # an id of skills/alert-templates, "" where unknown
    severity: Severity
    texts: Mapping[Lang, str]  # at least one
    places: Sequence[str]  # ids, with all that lie in them; (): everywhere
    since: float
    expires: float
    source: str = ""


TOLD = "alert"  # the kind of a reply that tells warnings to who asks


class RollAnswer(StrEnum):
    """What a person said to a roll call."""

    SAFE = "safe"
    NEED_HELP = "need_help"


@dataclass(frozen=True, slots=True)
class RollCall:
    """A roll call that a person was asked in: its broadcast, when its text was made for them, what they said so far (None: nothing)."""

    broadcast_id: int
    asked: float
    answer: RollAnswer | None
    exercise: bool = False  # nobody is in danger, and who reads the answers must know


def notice_key(broadcast_id: int) -> str:
    """The key of a broadcast's notice."""
    return f"broadcast:{broadcast_id}"


def notice_of(broadcast: Broadcast, old: Broadcast | None) -> Notice | None:
    """What people who ask are told of an approved broadcast, which follows `old`. None of an exercise, of a Cancel, of what is over, or of
    what is for some groups alone."""
    if broadcast.mode is not Mode.LIVE or broadcast.msg_type is MsgType.CANCEL or broadcast.response is ResponseType.ALL_CLEAR:
        return None
    named = [broadcast.audience, *([old.audience] if old else [])]
    audience = next((one for one in named if one.everyone or one.places), None)
    if audience is None:
        return None
    places = () if audience.everyone else [place for place in audience.places if place not in audience.without]
    return Notice(
        key=notice_key(broadcast.id),
        hazard=broadcast.hazard,
        severity=broadcast.severity,
        texts=broadcast.texts,
        places=places,
        since=broadcast.approved,
        expires=broadcast.expires,
        source=broadcast.source,
    )


def told_broadcasts(facts: Iterable[str]) -> Sequence[int]:
    """The broadcasts whose words a reply told: it rests on their notices, by key."""
    parted = (fact.partition(":") for fact in facts)
    return [int(number) for kind, _, number in parted if kind == "broadcast" and number.isdecimal()]


class NoticeTx(Protocol):
    """The part of a transaction that an inbox needs of the alerts."""

    def notices(self, *, now: float) -> Sequence[Notice]:
        """The notices in force, the most severe first, then the newest."""
        ...

    def put_notice(self, notice: Notice) -> None:
        """Puts a notice in force, in the place of the one of the same key."""
        ...

    def end_notice(self, key: str, *, now: float) -> bool:
        """Takes a notice out of force. False where none of that key is in force."""
        ...

    def roll_call(self, urn: str, *, since: float) -> RollCall | None:
        """The newest roll call whose text was made for `urn` from `since` on, went out (or may have), and that was not stopped. Where
        there is none: the newest whose words they were told when they asked (a delivery of kind TOLD, see `told_broadcasts`)."""
        ...

    def roll_call_of(self, broadcast_id: int, urn: str, *, asked: float) -> RollCall | None:
        """The roll call of that broadcast for who was shown its words at `asked`, sent to them or not. None: it asks nothing, or was
        stopped."""
        ...

    def answer_roll(self, broadcast_id: int, urn: str, answer: RollAnswer, *, words: str, now: float) -> None:
        """Keeps what `urn` said; a later answer takes the place of an earlier one."""
        ...
