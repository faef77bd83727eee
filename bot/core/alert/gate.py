"""The public gate: what may be told to the public, what only a person may decide, and what "it is over" means."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from bot.core.alert.cap import Alert


class Outcome(StrEnum):
    """Where an alert goes."""

    OPEN = "open"  # Actual, Public, Alert or Update: it may become a notice
    HELD = "held"  # a person must look: it is not meant for the public, or looks like a test
    QUARANTINED = "quarantined"  # it does not say what it is
    SYSTEM = "system"  # between machines: Ack, Error, status System; and a Cancel, which ends others and says nothing itself


@dataclass(frozen=True, slots=True)
class Verdict:
    """`reason` is a word of REASONS. `over`: the whole message says that it is over (see `over_infos` for a part of it)."""

    outcome: Outcome
    reason: str = ""
    over: bool = False
    over_infos: Collection[int] = frozenset()  # the infos, by index, that say so of their areas

    @property
    def tells(self) -> bool:
        """Whether the public may be told of it as a danger in force."""
        return self.outcome is Outcome.OPEN and not self.over

    @property
    def ends(self) -> bool:
        """Whether it may end what it references, or a part of that, without a person. Authority is looked at elsewhere."""
        return self.outcome in {Outcome.OPEN, Outcome.SYSTEM} and (self.over or bool(self.over_infos))


REASONS = {
    "no_status": "it does not say whether it is meant (status)",
    "no_msg_type": "it does not say what it is (msgType)",
    "no_scope": "it does not say for whom it is (scope)",
    "exercise": "it is an exercise",
    "test": "it is a test",
    "draft": "it is a draft",
    "system": "it is a message between machines",
    "ack": "it only acknowledges another message",
    "error": "it only rejects another message",
    "restricted": "it is for a restricted audience",
    "private": "it is for named addresses only",
    "cancel": "it takes another message back",
    "test_code": "its event code is one of tests",
    "test_words": "its words are those of a test",
    "blocked_channel": "its sender blocks channels to the public (BLOCKCHANNEL)",
    "no_info": "it says nothing: no info",
}


def judge(alert: Alert) -> Verdict:
    """What becomes of `alert`. The time plays no part: expiry is asked when it is used."""
    raise NotImplementedError
