"""Taking in what providers send: stored before it is acknowledged, decided in the same transaction.

The gateway calls `Inbox.take` inside one transaction for many events at a time and answers the provider only after the commit.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.core.decide import Decider, Decision
from bot.core.handoff import Handoff
from bot.core.loops import TOO_MANY, Heed, Loops
from bot.core.menu import in_lines, rendered
from bot.core.ports import Channel, Taken, limits_for
from bot.core.storage import NewDelivery, Tx, WaitingAnswer
from bot.core.text import fit, fits_one
from bot.core.types import (
    Contact,
    Event,
    Lane,
    Lang,
    Library,
    Limits,
    Linked,
    Message,
    OptOut,
    Reply,
    Session,
    SessionEnd,
    SessionEvent,
    Status,
    StatusUpdate,
)
from bot.core.urn import has_number

LAST_ANSWER_S = 24 * 3600.0  # how long an answer can be read again on a screen
WORTH_S = 3 * 3600.0  # an answer to an older message would only puzzle the person; gateways on a bad line deliver days late
OPEN_QUESTION_S = 15 * 60.0  # how long a re-dial looks for a question on its way


@dataclass(frozen=True, slots=True)
class _Turn:
    """One stored message with all that its handling needs."""

    tx: Tx
    id: int
    message: Message
    channel: Channel
    contact: Contact
    session: Session
    now: float

    @property
    def screen_s(self) -> float | None:
        return self.channel.limits.reply_within_s


class Inbox:
    """The one way in, for every channel."""

    def __init__(
        self,
        library: Library,
        channels: Mapping[str, Channel],
        *,
        lang: Lang,
        values: Mapping[str, str],
        loops: Loops = Loops(),  # noqa: B008  a frozen value
    ) -> None:
        self._library = library
        self._loops = loops
        self._channels = channels
        self._lang = lang
        self._decider = Decider(library, values=values)
        self._handoff = Handoff(library, values)
        self.restored_at = 0.0  # set by who reads providers' lists, where a backup was brought back lately

    def take(self, tx: Tx, event: Event, *, now: float) -> Taken:
        """Stores `event` and everything that follows from it at once. Taking the same event again changes nothing."""
        match event:
            case StatusUpdate():
                tx.apply_status(event, now=now)
                return Taken()
            case SessionEnd():
                tx.end_session(f"{event.channel}:{event.session_id}")
                return Taken()
            case OptOut():
                self._opt_out(tx, known_as(tx, event.urn), now)
                return Taken()
            case Linked():
                tx.link(event)
                return Taken()
            case Message():
                return self._take_message(tx, replace(event, urn=known_as(tx, event.urn)), now)

    def is_late(self, message: Message, *, now: float) -> bool:
        """Whether `message` was sent too long ago to be answered, by the provider's clock, or may have been answered by what a restore
        took away."""
        return message.sent_at is not None and (now - message.sent_at > WORTH_S or message.sent_at <= self.restored_at)

    def _opt_out(self, tx: Tx, urn: str, now: float) -> None:
        tx.save_contact(replace(tx.contact(urn, now=now, lang=self._lang), opted_out=True))
        tx.expire_replies(urn)

    def _take_message(self, tx: Tx, message: Message, now: float) -> Taken:
        channel = self._channels[message.channel]
        key = session_key(message)
        session = tx.session(key) or Session(key)
        message = replace(message, text=typed(message, session))
        if message.twin_s and tx.twin(message, now=now):
            return Taken(duplicate=True)
        message_id = tx.insert_message(message, now=now)
        if message_id is None:
            return self._again(tx, message, channel, session, now)
        contact = tx.contact(message.urn, now=now, lang=self._lang)
        contact = replace(contact, seen=now, greeted=contact.greeted or contact.created < now)
        turn = _Turn(tx, message_id, message, channel, contact, session, now)
        return self._on_screen(turn) if turn.screen_s is not None else self._pushed(turn)

    def answered(self, tx: Tx, message: Message, answer: WaitingAnswer, *, now: float) -> Reply:
        """The screen for `message` of an answer that came in time, cut to the channel's size and kept for a repeat of the hop."""
        lang = tx.contact(message.urn, now=now, lang=self._lang).lang
        reply, rest = self._cut(
            Reply(answer.text, lang, "fact", ends=not answer.offers), limits_for(self._channels[message.channel], message)
        )
        session = tx.session(session_key(message)) or Session(session_key(message))
        tx.save_session(replace(session, screen=reply.text, screen_ends=reply.ends, more=rest))
        return reply

    # Channels that push: the reply becomes a delivery.

    def _pushed(self, turn: _Turn) -> Taken:
        last = self._last_answer(turn)
        decision = self._decider.decide(
            turn.message.text, turn.contact, turn.session, screen=False, last=last.text, offers=last.offers, now=turn.now
        )
        decision = self._handed(turn, decision)
        decision = _kept(decision, turn.contact) if self.is_late(turn.message, now=turn.now) else decision
        decision, ignored = self._heeded(turn, decision)
        session = decision.session
        hints: tuple[tuple[Lane, int], ...] = ()
        if decision.expire:
            turn.tx.expire_replies(turn.message.urn)
        if decision.question:
            hints = self._queue_question(turn, decision, screen_until=0.0)
        else:
            self._settle(turn, ignored=ignored)
        if decision.reply is not None:
            delivery, session = self._delivery(turn, decision.reply, session)
            stored = turn.tx.insert_delivery(delivery, now=turn.now)
            hints = () if stored is None else ((Lane.SENDS, stored),)
        turn.tx.save_session(replace(session, last_id=turn.message.external_id))
        turn.tx.save_contact(decision.contact)
        return Taken(hints=hints)

    def _delivery(self, turn: _Turn, reply: Reply, session: Session) -> tuple[NewDelivery, Session]:
        limits = turn.channel.limits
        reply = rendered(reply, limits.choices)
        fitted = fit(reply.text, limits, hint=self._library.text("more_hint", reply.lang))
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
            repeats=self._loops.repeats(reply.kind),
        )
        return delivery, replace(session, more=fitted.rest)

    # Channels with a screen: the reply rides on the response.

    def _on_screen(self, turn: _Turn) -> Taken:
        last = self._last_answer(turn)
        if turn.message.session_event is SessionEvent.NEW:
            return self._dialled(turn, last.text)
        decision = self._decider.decide(
            turn.message.text, turn.contact, turn.session, screen=True, last=last.text, offers=last.offers, now=turn.now
        )
        decision, ignored = self._heeded(turn, self._handed(turn, decision))
        if decision.expire:
            turn.tx.expire_replies(turn.message.urn)
        if decision.question:
            until = turn.now + (turn.screen_s or 0.0)
            hints = self._queue_question(turn, decision, screen_until=until)
            late = self._late(turn.channel, decision.contact)
            self._keep_hop(turn, decision, late)
            return Taken(hints=hints, wait_for=turn.id, wait_until=until, late=late)
        self._settle(turn, ignored=ignored)
        return Taken(reply=self._keep_hop(turn, decision, decision.reply))

    def _dialled(self, turn: _Turn, last: str) -> Taken:
        """A new dial. A question still on its way comes first: its answer may be ready in a moment."""
        turn.tx.settle_message(turn.id)
        waiting = turn.tx.open_question(turn.message.urn, since=turn.now - OPEN_QUESTION_S)
        note = "working" if waiting is not None else ""
        decision = self._decider.open(turn.contact, turn.session, last=last, now=turn.now, note=note)
        reply = self._keep_hop(turn, decision, decision.reply)
        if waiting is None:
            return Taken(reply=reply)
        until = turn.now + (turn.screen_s or 0.0)
        turn.tx.hold_for_screen(waiting, until=until)
        return Taken(wait_for=waiting, wait_until=until, late=reply)

    def _keep_hop(self, turn: _Turn, decision: Decision, reply: Reply | None) -> Reply | None:
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
        fitted = fit(reply.text, limits, hint=self._library.text("more_key", reply.lang))
        return replace(reply, text=" ".join(fitted.parts), ends=reply.ends and not fitted.rest), fitted.rest

    # Shared.

    def _handed(self, turn: _Turn, decision: Decision) -> Decision:
        pushes = turn.channel.limits.can_push or turn.channel.hand_over in self._channels
        return self._handoff.hand(turn.tx, decision, turn.message, pushes=pushes, now=turn.now)

    def _heeded(self, turn: _Turn, decision: Decision) -> tuple[Decision, bool]:
        """`decision`, and whether its question is one too many: then nobody words an answer, and at most a notice says so."""
        if not decision.question:
            return decision, False
        heed = self._loops.heed(turn.tx, turn.message, screen=turn.screen_s is not None, now=turn.now)
        if heed is Heed.ANSWER:
            return decision, False
        lang = decision.contact.lang
        notice = Reply(self._library.text(TOO_MANY, lang), lang, TOO_MANY) if heed is Heed.NOTICE else None
        return replace(decision, question=False, reply=notice), True

    def _settle(self, turn: _Turn, *, ignored: bool) -> None:
        if ignored:
            turn.tx.ignore_message(turn.id)
        else:
            turn.tx.settle_message(turn.id)

    def _late(self, channel: Channel, contact: Contact) -> Reply:
        """An SMS is promised only where a channel is set up that can send it."""
        return self._decider.late(contact, pushes=channel.hand_over in self._channels)

    def _again(self, tx: Tx, message: Message, channel: Channel, session: Session, now: float) -> Taken:
        """The provider repeats itself: the same answer, and nothing new."""
        within = channel.limits.reply_within_s
        if within is None:
            return Taken(duplicate=True)
        contact = tx.contact(message.urn, now=now, lang=self._lang)
        seen = session.last_id == message.external_id and bool(session.screen)
        shown = Reply(session.screen, contact.lang, "menu", ends=session.screen_ends) if seen else self._late(channel, contact)
        waiting = tx.open_question(message.urn, since=now - OPEN_QUESTION_S)
        if waiting is None or not shown.ends:
            return Taken(reply=shown, duplicate=True)
        return Taken(wait_for=waiting, wait_until=now + within, late=shown, duplicate=True)

    def _queue_question(self, turn: _Turn, decision: Decision, *, screen_until: float) -> tuple[tuple[Lane, int], ...]:
        session = decision.session
        turn.tx.queue_question(turn.id, skill=session.skill, turns=session.turns[:-1], screen_until=screen_until, now=turn.now)
        return ((Lane.ANSWERS, turn.id),)

    def _last_answer(self, turn: _Turn) -> WaitingAnswer:
        answer = turn.tx.last_answer(turn.message.urn, since=turn.now - LAST_ANSWER_S)
        return answer or WaitingAnswer(0, 0, "", Status.QUEUED)


def _kept(decision: Decision, before: Contact) -> Decision:
    """What becomes of a message that came late: a STOP and the language hold, a cry for help is answered, and the rest is only kept.
    A START is not even followed: since it was sent, the person may have stopped us."""
    reply = decision.reply if decision.reply is not None and decision.reply.despite_stop else None
    contact = replace(decision.contact, opted_out=decision.contact.opted_out or before.opted_out)
    return replace(decision, contact=contact, reply=reply, question=False)


def known_as(tx: Tx, urn: str) -> str:
    """The URN that a person is known by. A number is always its own: nobody is looked up for it."""
    return urn if has_number(urn) else tx.person(urn)


def session_key(message: Message) -> str:
    """ "channel:session id" on USSD, "channel:urn" elsewhere."""
    return f"{message.channel}:{message.session_id or message.urn}"


def typed(message: Message, session: Session) -> str:
    """What the person typed in this hop. Where the provider joins all inputs with '*', what is new since the last hop: so that
    a '*' that was typed stays part of the input (Africa's Talking does not escape it)."""
    if session.path and message.path.startswith(f"{session.path}*"):
        return message.path[len(session.path) + 1 :]
    first_input = session.last_id and not session.path and message.path
    return message.path if first_input else message.text
