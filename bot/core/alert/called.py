"""Answers to a roll call: whether a message is one, and what follows from it."""

from collections.abc import Mapping
from dataclasses import replace

from bot.core.alert import roll
from bot.core.alert.notice import RollAnswer, RollCall
from bot.core.alert.roll import CALLED_S
from bot.core.alert.tell import Teller
from bot.core.around import Around
from bot.core.decision import SESSION_S, Decision, RollSaid, Wish
from bot.core.keywords import Keyword, Word
from bot.core.language import speaks
from bot.core.menu import READING
from bot.core.place.mine import MyPlace
from bot.core.ticket import ROLL_CALL, TicketKind
from bot.core.types import Contact, Library, Reply, Session

EXERCISE = "EXERCISE:"  # before the words of who needs help in an exercise: who reads them must know


class RollCalls:
    """Decides on answers. `values` fill placeholders such as $emergency_number."""

    def __init__(self, library: Library, values: Mapping[str, str], teller: Teller, mine: MyPlace) -> None:
        self._library, self._values, self._teller, self._mine = library, values, teller, mine

    def shut(self, session: Session, around: Around) -> Session:
        """`session`, by message, with its menu closed where a roll call came after it: a number then answers the roll call."""
        asked = around.roll_call() if self._is_menu(session) else None
        return replace(session, state="") if asked is not None and asked.asked > session.touched else session

    def answer(
        self,
        text: str,
        keyword: Keyword | None,
        contact: Contact,
        session: Session,
        around: Around,
        *,
        screen: bool,
        offers: int,
        now: float,
    ) -> Decision | None:
        """What follows where `text` answers a roll call, None where it does not. `offers`: how many facts a number could pick."""
        touched = replace(session, touched=now)
        said = roll.said(text)
        if said is None:
            return self._reminded(keyword, replace(contact, lang=speaks(text, contact)), touched, around, screen=screen)
        call = self._teller.call(session, around) if screen else around.roll_call()
        if call is None:
            return None
        contact = replace(contact, lang=speaks(text, contact))
        if (number := roll.digit(text)) and self._is_choice(number, call, session, around, screen=screen, offers=offers):
            # A menu that was opened since and has closed: which of the two is meant, only they can say.
            lapsed = not screen and self._is_menu(session) and now - session.touched > SESSION_S and not contact.opted_out
            return self._teller.ask_back(contact, touched) if lapsed and call.answer is None else None
        if keyword is not None and keyword.word is Word.HELP and call.answer is not None and now - call.asked > CALLED_S:
            return None  # long after their answer, HELP is the word that tells how this service works
        return self._answered(said, call, text, contact, touched, screen=screen)

    def _is_menu(self, session: Session) -> bool:
        return session.state not in ("", READING) and not self._teller.is_open(session)

    def _is_choice(self, number: int, call: RollCall, session: Session, around: Around, *, screen: bool, offers: int) -> bool:
        """Whether the number picks from a menu that is open, or from what was offered since the roll call."""
        if screen:
            return not self._teller.is_open(session)
        return self._is_menu(session) or (number <= offers and around.offered(call.asked))

    def _answered(self, said: RollAnswer, call: RollCall, text: str, contact: Contact, session: Session, *, screen: bool) -> Decision:
        kept = RollSaid(call.broadcast_id, said, " ".join(text.split()))
        if said is RollAnswer.SAFE:
            return self._safe(kept, contact, session, screen=screen)
        reply = Reply(self._text("help_wanted", contact), contact.lang, "emergency", ends=not screen, despite_stop=True)
        words = f"{EXERCISE} {kept.words}" if call.exercise else kept.words
        wish = Wish(TicketKind.NEED_HELP, words, ROLL_CALL, self._mine.name(contact.place, contact.lang))
        opened = session if screen else replace(session, state="", more="")
        decision = Decision(contact, opened, reply)
        if screen:
            decision = self._teller.answered(reply, contact, session)
        return replace(decision, wish=wish, roll=kept)

    def _safe(self, kept: RollSaid, contact: Contact, session: Session, *, screen: bool) -> Decision:
        """Thanks; only what a screen shows reaches who stopped us."""
        reply = Reply(self._text("roll_thanks", contact), contact.lang, "fixed")
        if screen:
            return replace(self._teller.answered(reply, contact, session), roll=kept)
        opened = replace(session, state="", more="")
        return Decision(contact, opened, None if contact.opted_out else reply, roll=kept)

    def _reminded(self, keyword: Keyword | None, contact: Contact, session: Session, around: Around, *, screen: bool) -> Decision | None:
        """ "OK" and "asante" answer nothing: who has not answered yet is asked once more."""
        if screen or contact.opted_out or keyword is None or keyword.word is not Word.THANKS:
            return None
        call = around.roll_call()
        return self._teller.ask_back(contact, session) if call is not None and call.answer is None else None

    def _text(self, name: str, contact: Contact) -> str:
        return self._library.text(name, contact.lang, **self._values)
