"""What one message leads to, as a value: made by bot.core.decide and the rooms it asks, carried out by bot.core.inbox."""

from dataclasses import dataclass

from bot.core.alert.notice import RollAnswer
from bot.core.ticket import TicketKind
from bot.core.types import Contact, Reply, Session

SESSION_S = 30 * 60.0  # a menu or a topic on SMS stays open this long


@dataclass(frozen=True, slots=True)
class Wish:
    """That a person is needed. `words` are what was said to them, `topic` is the emergency's id; `place` is where they are, for who
    reads it, "" where nobody knows."""

    kind: TicketKind
    words: str
    topic: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class RollSaid:
    """What the person said to a roll call, in which words."""

    broadcast_id: int
    answer: RollAnswer
    words: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What to store and say. `question` true: leave it for the ANSWERS lane. `expire`: drop what waits to be sent. `wish`: a person
    is needed (bot.core.handoff sees to it). `roll`: an answer to a roll call. `told`: their words, where nothing else took them."""

    contact: Contact
    session: Session
    reply: Reply | None = None
    question: bool = False
    expire: bool = False
    wish: Wish | None = None
    roll: RollSaid | None = None
    told: str = ""
