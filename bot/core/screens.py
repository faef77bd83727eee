"""Channels with a screen (USSD): the reply rides on the response."""

from dataclasses import replace

from bot.core.decision import Decision
from bot.core.menu import TOP, in_lines
from bot.core.ports import Channel, Taken, limits_for
from bot.core.reception import Reception
from bot.core.storage import Tx, WaitingAnswer
from bot.core.text import fit, fits_one
from bot.core.turn import Turn, session_key
from bot.core.types import Contact, Lang, Limits, Message, Reply, Session, SessionEvent

OPEN_QUESTION_S = 15 * 60.0  # how long a re-dial looks for a question on its way


class OnScreen:
    """Takes turns on a screen."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    def take(self, turn: Turn) -> Taken:
        """Decides and stores what follows, and makes the next screen."""
        room = self._reception
        if turn.message.session_event is SessionEvent.NEW:
            return self._dialled(turn)
        decision, ignored = room.heeded(turn, room.decide(turn))
        if decision.question:
            until = turn.now + (turn.screen_s or 0.0)
            hints = room.queue_question(turn, decision, screen_until=until)
            late = room.late(turn.channel, decision.contact)
            self._keep_hop(turn, decision, late)
            return Taken(hints=hints, wait_for=turn.id, wait_until=until, late=late)
        room.settle(turn, ignored=ignored)
        return Taken(reply=self._keep_hop(turn, decision, decision.reply))

    def answered(self, tx: Tx, message: Message, answer: WaitingAnswer, channel: Channel, lang: Lang) -> Reply:
        """The screen for `message` of an answer that came in time, cut to the channel's size and kept for a repeat of the hop."""
        reply, rest = self._cut(Reply(answer.text, lang, "fact", ends=not answer.offers), limits_for(channel, message))
        session = tx.session(session_key(message)) or Session(session_key(message))
        tx.save_session(replace(session, screen=reply.text, screen_ends=reply.ends, more=rest))
        return reply

    def again(self, tx: Tx, message: Message, channel: Channel, session: Session, contact: Contact, *, now: float) -> Taken:
        """The provider repeats itself: the same answer, and nothing new."""
        seen = session.last_id == message.external_id and bool(session.screen)
        kept = Reply(session.screen, contact.lang, "menu", ends=session.screen_ends)
        shown = kept if seen else self._reception.late(channel, contact)
        waiting = tx.open_question(message.urn, since=now - OPEN_QUESTION_S)
        if waiting is None or not shown.ends:
            return Taken(reply=shown, duplicate=True)
        within = channel.limits.reply_within_s or 0.0
        return Taken(wait_for=waiting, wait_until=now + within, late=shown, duplicate=True)

    def _dialled(self, turn: Turn) -> Taken:
        """A new dial. A warning in force comes first, then a question still on its way: its answer may be ready in a moment."""
        turn.tx.settle_message(turn.id)
        limits = limits_for(turn.channel, turn.message)
        waiting = turn.tx.open_question(turn.message.urn, since=turn.now - OPEN_QUESTION_S)
        decision = self._reception.decider.open(
            turn.contact,
            turn.session,
            last=turn.last_answer.text,
            now=turn.now,
            note="working" if waiting is not None else "",
            around=turn.around,
            fits=lambda reply: fits_one(in_lines(reply).text, limits),
        )
        reply = self._keep_hop(turn, decision, decision.reply)
        if waiting is None or decision.session.state != TOP:
            return Taken(reply=reply)
        until = turn.now + (turn.screen_s or 0.0)
        turn.tx.hold_for_screen(waiting, until=until)
        return Taken(wait_for=waiting, wait_until=until, late=reply)

    def _keep_hop(self, turn: Turn, decision: Decision, reply: Reply | None) -> Reply | None:
        """Cuts the screen to size and remembers it: the provider may ask for the same hop again."""
        session = replace(decision.session, last_id=turn.message.external_id, path=turn.message.path)
        if reply is not None:
            reply, rest = self._cut(reply, limits_for(turn.channel, turn.message))
            session = replace(session, screen=reply.text, screen_ends=reply.ends, more=rest or session.more)
        turn.tx.save_session(session)
        turn.tx.save_contact(decision.contact)
        return reply

    def _cut(self, reply: Reply, limits: Limits) -> tuple[Reply, str]:
        lines = in_lines(reply)
        # The way back need not be written where that would cost a page: 0 works all the same.
        only_back = len(reply.choices) == 1 and not fits_one(lines.text, limits) and fits_one(reply.text, limits)
        reply = replace(reply, choices=()) if only_back else lines
        fitted = fit(reply.text, limits, hint=self._reception.library.text("more_key", reply.lang))
        return replace(reply, text=" ".join(fitted.parts), ends=reply.ends and not fitted.rest), fitted.rest
