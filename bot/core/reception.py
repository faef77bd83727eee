"""What becomes of a message on every channel alike: decided, handed to a person where one is needed, left for ANSWERS where it asks."""

from collections.abc import Mapping
from dataclasses import replace

from bot.core.decide import Decider
from bot.core.decision import Decision
from bot.core.handoff import Handoff
from bot.core.loops import TOO_MANY, Heed, Loops
from bot.core.ports import Channel
from bot.core.turn import Turn
from bot.core.types import Contact, Lane, Library, Reply

Hints = tuple[tuple[Lane, int], ...]


class Reception:
    """Shared by the channels that push and those with a screen."""

    def __init__(self, library: Library, decider: Decider, handoff: Handoff, channels: Mapping[str, Channel], loops: Loops) -> None:
        self.library, self.decider, self.channels, self.loops = library, decider, channels, loops
        self._handoff = handoff

    def decide(self, turn: Turn) -> Decision:
        """The decision on a turn, with what it needs of other people seen to and what it says to a roll call kept."""
        last = turn.last_answer
        decision = self.decider.decide(
            turn.message.text,
            turn.contact,
            turn.session,
            screen=turn.screen_s is not None,
            last=last.text,
            offers=last.offers,
            now=turn.now,
            around=turn.around,
        )
        if decision.expire:
            turn.tx.expire_replies(turn.message.urn)
        if decision.roll is not None:
            said = decision.roll
            turn.tx.answer_roll(said.broadcast_id, turn.message.urn, said.answer, words=said.words, now=turn.now)
        pushes = turn.channel.limits.can_push or turn.channel.hand_over in self.channels
        return self._handoff.hand(turn.tx, decision, turn.message, pushes=pushes, now=turn.now)

    def heeded(self, turn: Turn, decision: Decision) -> tuple[Decision, bool]:
        """`decision`, and whether its question is one too many: then nobody words an answer, and at most a notice says so."""
        if not decision.question:
            return decision, False
        heed = self.loops.heed(turn.tx, turn.message, screen=turn.screen_s is not None, now=turn.now)
        if heed is Heed.ANSWER:
            return decision, False
        lang = decision.contact.lang
        notice = Reply(self.library.text(TOO_MANY, lang), lang, TOO_MANY) if heed is Heed.NOTICE else None
        return replace(decision, question=False, reply=notice), True

    def settle(self, turn: Turn, *, ignored: bool) -> None:
        """The message needs no answer any more."""
        if ignored:
            turn.tx.ignore_message(turn.id)
        else:
            turn.tx.settle_message(turn.id)

    def queue_question(self, turn: Turn, decision: Decision, *, screen_until: float) -> Hints:
        """Leaves the message for the ANSWERS lane."""
        session = decision.session
        turn.tx.queue_question(turn.id, skill=session.skill, turns=session.turns[:-1], screen_until=screen_until, now=turn.now)
        return ((Lane.ANSWERS, turn.id),)

    def late(self, channel: Channel, contact: Contact) -> Reply:
        """An SMS is promised only where a channel is set up that can send it."""
        return self.decider.late(contact, pushes=channel.hand_over in self.channels)
