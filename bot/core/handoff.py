"""Handing over to a person: a ticket for who asks for one, and an urgent one for who is in danger or needs help. It tells the skill that a
question seems to be of, so that who knows about it can take it."""

from collections.abc import Mapping
from dataclasses import replace

from bot.core.alert.roll import is_question
from bot.core.decision import Decision, Wish
from bot.core.language import detect
from bot.core.route import OwnWords
from bot.core.storage import Tx
from bot.core.ticket import ROLL_CALL, URGENT, Ticket, TicketState
from bot.core.types import Lang, Library, Message, Reply

QUESTION_S = 24 * 3600.0  # an older question is not what they mean
AGAIN_S = 3600.0  # an emergency that is told again within this time is the same one
LONGEST = 2000  # characters of a ticket's question: an operator reads it, and anybody can write without end


class Handoff:
    """Opens tickets, in the transaction that takes the message in. `values` fill the texts' placeholders."""

    def __init__(self, library: Library, values: Mapping[str, str]) -> None:
        self._library, self._values, self._own_words = library, values, OwnWords(library.skills)

    def hand(self, tx: Tx, decision: Decision, message: Message, *, pushes: bool, now: float) -> Decision:
        """`decision` with its wish for a person seen to. `pushes`: an answer can reach the person later on.

        The person's contact is held by the caller."""
        wish = decision.wish
        if wish is None:
            return self._more_told(tx, decision, message, now=now) if decision.told else decision
        if wish.kind in URGENT:
            _urgent(tx, decision, wish, message, now)
            return decision  # its vetted text is the reply
        name = _unreachable(decision, pushes=pushes) or self._person(tx, decision, wish, message, now)
        text = self._library.text(name, decision.contact.lang, **self._values)
        return replace(decision, reply=Reply(text, decision.contact.lang, "fixed"))

    def _more_told(self, tx: Tx, decision: Decision, message: Message, *, now: float) -> Decision:
        """What somebody writes soon after they said that they need help goes to their ticket: where they are, what they need. A question
        is answered all the same, unless it is the first thing that they write; who stopped us hears that once."""
        ticket = tx.emergency_ticket(decision.contact.urn, ROLL_CALL, since=now - AGAIN_S)
        if ticket is None:
            return decision
        first = "\n" not in ticket.question
        tx.save_ticket(replace(ticket, state=TicketState.OPEN, question=_joined(ticket.question, decision.told)))
        silent = decision.contact.opted_out and decision.reply is None and not decision.question and not first
        if silent or (decision.question and not first and is_question(decision.told)):
            return decision
        lang = decision.contact.lang
        text = self._library.text("help_added", lang, **self._values)
        reply = Reply(text, lang, "emergency", ends=not message.session_id, despite_stop=first)  # a screen stays open for more
        return replace(decision, question=False, reply=reply)

    def _person(self, tx: Tx, decision: Decision, wish: Wish, message: Message, now: float) -> str:
        """Opens a ticket or adds to the open one, and returns the name of the text that says so."""
        urn, since = decision.contact.urn, now - QUESTION_S
        words = wish.words or tx.last_question(urn, since=since)
        topic = self._own_words.likely(wish.words) if wish.words else tx.last_topic(urn, since=since)
        ticket = tx.open_ticket(urn)
        if ticket is None:
            tx.add_ticket(replace(_new(decision, wish, message, words, now), topic=topic))
            return "person_opened" if words else "person_which"
        more = _joined(ticket.question, words)
        if more == ticket.question:
            return "person_opened" if more else "person_which"
        tx.save_ticket(replace(ticket, question=more, topic=ticket.topic or topic))
        return "person_added" if ticket.question else "person_opened"


def _unreachable(decision: Decision, *, pushes: bool) -> str:
    """The text for who could not be sent an answer, and so is promised none; "" for everybody else."""
    if not pushes:
        return "person_none"
    return "person_stopped" if decision.contact.opted_out else ""  # only a screen shows anything to who stopped us


def _urgent(tx: Tx, decision: Decision, wish: Wish, message: Message, now: float) -> None:
    """One ticket an hour. Who writes again is not forgotten where the first one is over already: it opens again."""
    ticket = tx.emergency_ticket(decision.contact.urn, wish.topic, since=now - AGAIN_S)
    if ticket is None:
        tx.add_ticket(_new(decision, wish, message, wish.words, now))
    else:
        tx.save_ticket(replace(ticket, state=TicketState.OPEN, question=_joined(ticket.question, _placed(wish, wish.words))))


def _new(decision: Decision, wish: Wish, message: Message, words: str, now: float) -> Ticket:
    return Ticket(
        urn=decision.contact.urn,
        channel=message.channel,
        lang=_spoken(decision, words),
        kind=wish.kind,
        topic=wish.topic,
        urgent=wish.kind in URGENT,
        question=_joined("", _placed(wish, words)),
        opened=now,
    )


def _placed(wish: Wish, words: str) -> str:
    """The words with the place behind them, on one line."""
    return f"{words} [{wish.place}]" if wish.place else words


def _spoken(decision: Decision, words: str) -> Lang:
    """The language of an answer: chosen, or that of the question; somebody may have asked in another one than the word PERSON is in."""
    contact = decision.contact
    return contact.lang if contact.lang_chosen else detect(words, default=contact.lang)


def _joined(question: str, words: str) -> str:
    """`question` with `words` on a line of their own, unless they stand there already. Past the limit nothing is added."""
    line = " ".join(words.split())
    if not line or line in question.split("\n"):
        return question
    return "\n".join(filter(None, (question, line)))[:LONGEST]
