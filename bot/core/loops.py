"""The loop breaker: two machines that answer one another, or a provider that tells a message again under new ids, come to an end.

Two rules. The same text goes to the same person only so often within some minutes; and who sends very many messages is not answered by
the model until they pause. What is told of an emergency, STOP and HELP are never kept back by the second rule, and alerts by neither.
"""

from dataclasses import dataclass
from enum import Enum, auto

from bot.core.storage import Repeats, Tx
from bot.core.types import Message

TOO_MANY = "too_many"  # name and kind of the one notice
PATIENT = 4  # so many times the limit for what a person may well need again: a menu on the way back, what to do in danger, a warning
_PATIENT_KINDS = frozenset({"menu", "emergency", "alert"})


class Heed(Enum):
    """What a question gets."""

    ANSWER = auto()
    NOTICE = auto()  # that there were too many, once
    SILENCE = auto()


@dataclass(frozen=True, slots=True)
class Loops:
    """The limits: one text at most `same_most` times in `same_within_s` seconds, `most` messages of a person in `within_s`."""

    same_most: int = 3
    same_within_s: float = 600.0
    most: int = 30
    within_s: float = 600.0

    def repeats(self, kind: str) -> Repeats:
        """How often a reply of this kind may go to one person."""
        return Repeats(self.same_most * (PATIENT if kind in _PATIENT_KINDS else 1), self.same_within_s)

    def heed(self, tx: Tx, message: Message, *, screen: bool, now: float) -> Heed:
        """What becomes of a question that was just stored. The person's contact is held by the caller, so that nobody counts wrong.

        `screen`: it is shown what happened every time, for somebody is looking."""
        lately = tx.lately(message.urn, message.text, since=now - self.within_s, same_since=now - self.same_within_s)
        if lately.messages > self.most:
            told = not screen and tx.told(message.urn, TOO_MANY, since=now - self.within_s)
            return Heed.SILENCE if told else Heed.NOTICE
        # They have the answer, or will have it in a moment: the model need not word it once more.
        return Heed.SILENCE if lately.same > self.same_most and not screen else Heed.ANSWER
