"""Channels that push: the reply becomes a delivery."""

from dataclasses import replace

from bot.core.alert.tell import KIND as WARNING
from bot.core.decision import Decision
from bot.core.menu import rendered
from bot.core.ports import Taken
from bot.core.reception import Hints, Reception
from bot.core.storage import NewDelivery
from bot.core.text import fit
from bot.core.text.fit import Fitted
from bot.core.turn import Turn
from bot.core.types import Contact, Lane, Limits, Reply, Session


class Pushed:
    """Takes turns by message."""

    def __init__(self, reception: Reception) -> None:
        self._reception = reception

    def take(self, turn: Turn, *, late: bool) -> Taken:
        """Decides and stores what follows. `late`: the message came too late to be answered."""
        room = self._reception
        decision = room.decide(turn)
        decision = _kept(decision, turn.contact) if late else decision
        decision, ignored = room.heeded(turn, decision)
        session = decision.session
        hints: Hints = ()
        if decision.question:
            hints = room.queue_question(turn, decision, screen_until=0.0)
        else:
            room.settle(turn, ignored=ignored)
        if decision.reply is not None:
            delivery, session = self._delivery(turn, decision.reply, session)
            stored = turn.tx.insert_delivery(delivery, now=turn.now)
            hints = () if stored is None else ((Lane.SENDS, stored),)
        turn.tx.save_session(replace(session, last_id=turn.message.external_id))
        turn.tx.save_contact(decision.contact)
        return Taken(hints=hints)

    def _delivery(self, turn: Turn, reply: Reply, session: Session) -> tuple[NewDelivery, Session]:
        limits = turn.channel.limits
        reply, fitted = self._fitted(reply, limits)
        delivery = NewDelivery(
            dedup=f"reply:{turn.id}",
            channel=turn.message.channel,
            urn=turn.message.urn,
            parts=fitted.parts,
            not_after=turn.now + limits.max_age_s,
            despite_stop=reply.despite_stop,
            kind=reply.kind,
            message_id=turn.id,
            skill=reply.skill,
            facts=reply.facts,
            choices=reply.choices,
            repeats=self._reception.loops.repeats(reply.kind),
        )
        return delivery, replace(session, more=fitted.rest)

    def _fitted(self, reply: Reply, limits: Limits) -> tuple[Reply, Fitted]:
        """The reply in parts. A warning is not cut for the sake of a line that says how to get the next one: MORE works all the same."""
        hint = self._reception.library.text("more_hint", reply.lang)
        shown = rendered(reply, limits.choices)
        fitted = fit(shown.text, limits, hint=hint)
        if not fitted.rest or reply.kind != WARNING or not reply.footer:
            return shown, fitted
        shown = rendered(replace(reply, footer=""), limits.choices)
        return shown, fit(shown.text, limits, hint=hint)


def _kept(decision: Decision, before: Contact) -> Decision:
    """What becomes of a message that came late: a STOP and the language hold, a cry for help is answered, and the rest is only kept.
    A START is not even followed: since it was sent, the person may have stopped us."""
    reply = decision.reply if decision.reply is not None and decision.reply.despite_stop else None
    contact = replace(decision.contact, opted_out=decision.contact.opted_out or before.opted_out)
    return replace(decision, contact=contact, reply=reply, question=False)
