"""What to do with one message: a pure decision, before anything is stored.

Order matters and is the promise: STOP before anything else, then emergencies, then silence for those who stopped us,
then the other words, then the menus, and only then a question.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from bot.core.keywords import Keyword, Keywords, Word
from bot.core.language import detect, marked
from bot.core.menu import MORE, READING, TOP, Menu, Step
from bot.core.ticket import TicketKind
from bot.core.triage import Triage, vetted_words
from bot.core.types import Contact, Lang, Library, Reply, Session

SESSION_S = 30 * 60.0  # a menu or a topic on SMS stays open this long
TURNS = 3  # questions remembered for follow-ups


@dataclass(frozen=True, slots=True)
class Wish:
    """That a person is needed. `words` are what was said to them, `topic` is the emergency's id."""

    kind: TicketKind
    words: str
    topic: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What to store and say. `question` true: leave it for the ANSWERS lane. `expire`: drop what waits to be sent. `wish`: a person
    is needed (bot.core.handoff sees to it)."""

    contact: Contact
    session: Session
    reply: Reply | None = None
    question: bool = False
    expire: bool = False
    wish: Wish | None = None


class Decider:
    """Decides by the library's words, emergencies and menus. `values` fill placeholders such as $emergency_number."""

    def __init__(self, library: Library, *, values: Mapping[str, str]) -> None:
        self._library = library
        self._keywords = Keywords(library.keywords)
        self._triage = Triage(library.emergencies, vetted_words(library))
        self._menu = Menu(library)
        self._values = values

    def decide(
        self, text: str, contact: Contact, session: Session, *, screen: bool, last: str, now: float, offers: Sequence[str] = ()
    ) -> Decision:
        """One message of `contact`. `screen`: on USSD, where every input gets a screen; `last`: the person's last answer, and the
        facts that it `offers`."""
        lang, said = marked(text)
        keyword = self._keywords.recognise(text) or self._keywords.recognise(said)
        if lang is not None and not contact.lang_chosen:
            contact = replace(contact, lang=lang)  # where the words themselves do not speak for another one
        text = said
        if keyword is not None and keyword.word is Word.STOP:
            return self._stop(text, contact, session)
        urgent = self._emergency(text, contact, session)
        if urgent is not None:
            return urgent
        if contact.opted_out and not screen and (keyword is None or keyword.word is not Word.START):
            return Decision(contact, session)
        if not screen and now - session.touched > SESSION_S:
            session = replace(session, state="", skill="", more="", turns=())
        session = replace(session, touched=now)
        if keyword is not None:
            if keyword.word is Word.THANKS:
                return Decision(contact, session, self._fixed("goodbye", _speaks(text, contact)) if screen else None)
            return self._keyword(keyword, text, contact, session, last)
        picked = self._picked(text, contact, session, offers, screen=screen)
        return picked or self._inside(text, contact, session, screen=screen, last=last)

    def open(self, contact: Contact, session: Session, *, last: str, now: float, note: str = "") -> Decision:
        """The first screen of a dial."""
        step = self._menu.top(replace(session, touched=now), contact.lang, last=last, note=self._note(note, contact.lang))
        return Decision(contact, step.session, step.reply)

    def late(self, contact: Contact, *, pushes: bool) -> Reply:
        """The last screen of a dial whose answer takes longer than the screen can wait. `pushes`: an SMS can follow."""
        name = "wait_sms" if pushes and not contact.opted_out else "wait_screen"
        return self._fixed(name, contact.lang)

    def _note(self, name: str, lang: Lang) -> str:
        return self._library.text(name, lang) if name else ""

    def _fixed(self, name: str, lang: Lang, **values: str) -> Reply:
        return Reply(self._library.text(name, lang, **self._values, **values), lang, "fixed")

    def _stop(self, text: str, contact: Contact, session: Session) -> Decision:
        """Confirmed once; said again by one who has stopped us, it gets silence."""
        reply = None if contact.opted_out else replace(self._fixed("stopped", _speaks(text, contact)), despite_stop=True)
        return Decision(replace(contact, opted_out=True), replace(session, state="", skill="", more="", turns=()), reply, expire=True)

    def _emergency(self, text: str, contact: Contact, session: Session) -> Decision | None:
        found = self._triage.recognise(text)
        if found is None:
            return None
        emergency, lang = found
        spoken = contact.lang if contact.lang_chosen else lang
        words = self._fill(emergency.reply[spoken])
        # Somebody who cries for help is answered, whatever they told us before.
        reply = Reply(words, spoken, "emergency", facts=(emergency.id,), despite_stop=True)
        return Decision(contact, session, reply, wish=Wish(TicketKind.EMERGENCY, text, emergency.id))

    def _fill(self, text: str) -> str:
        for name, value in self._values.items():
            text = text.replace(f"${name}", value)
        return text

    def _keyword(self, keyword: Keyword, text: str, contact: Contact, session: Session, last: str) -> Decision:
        lang = _speaks(text, contact)
        contact = replace(contact, lang=lang)
        match keyword.word:
            case Word.START:
                return Decision(replace(contact, opted_out=False), session, self._fixed("started", lang))
            case Word.HELP:
                return Decision(contact, session, self._fixed("help", lang))
            case Word.PERSON:
                return Decision(contact, session, wish=Wish(TicketKind.PERSON, keyword.rest))
            case Word.MORE:
                return self._more(contact, session)
            case Word.LANGUAGE:
                return self._language(keyword.lang, contact, session)
            case _:
                return _shown(contact, self._menu.top(session, lang, last=last))

    def _language(self, wanted: Lang | None, contact: Contact, session: Session) -> Decision:
        if wanted is None:
            return _shown(contact, self._menu.languages(session, contact.lang))
        return Decision(replace(contact, lang=wanted, lang_chosen=True), session, self._fixed("language_set", wanted))

    def _more(self, contact: Contact, session: Session) -> Decision:
        """The rest of a long reply. The inbox cuts it to size and keeps what is left again."""
        if not session.more:
            return Decision(contact, session, replace(self._fixed("nothing_more", contact.lang), ends=False))
        return Decision(contact, replace(session, more=""), Reply(session.more, contact.lang, "more", session.skill, ends=False))

    def _picked(self, text: str, contact: Contact, session: Session, offers: Sequence[str], *, screen: bool) -> Decision | None:
        """What a number picks from the last answer's offers, unless a menu was opened since. None: nothing."""
        if session.state not in ("", READING) or not re.fullmatch(r"\s*[1-9]\s*", text) or int(text) > len(offers):
            return None
        step = self._menu.show(session, offers[int(text) - 1], contact.lang)
        if step is None or step.reply is None:
            return None
        choices = step.reply.choices if screen else ()  # the way back is a matter of screens
        return Decision(contact, step.session, replace(step.reply, kind="picked", choices=choices))

    def _inside(self, text: str, contact: Contact, session: Session, *, screen: bool, last: str) -> Decision:
        plain = text.strip()
        if not plain:
            if screen:
                return _shown(contact, self._menu.top(session, contact.lang, last=last))
            return Decision(contact, session, self._fixed("empty", contact.lang))
        if plain == MORE and session.more:
            return self._more(contact, session)
        if self._menu.is_choice(plain):
            start = session if session.state else replace(session, state=TOP)
            shown = _shown(contact, self._menu.step(start, plain, contact.lang, last=last))
            # A number out of the blue is not a choice: nobody has seen a menu.
            return shown if session.state or screen else _shown(contact, self._menu.top(session, contact.lang, last=last))
        return self._question(plain, contact, session)

    def _question(self, text: str, contact: Contact, session: Session) -> Decision:
        contact = replace(contact, lang=_speaks(text, contact))
        turns = (*session.turns, text)[-TURNS:]
        return Decision(contact, replace(session, state=READING, more="", turns=turns), question=True)


def _speaks(text: str, contact: Contact) -> Lang:
    """The language that the person chose, else the one they write in."""
    return contact.lang if contact.lang_chosen else detect(text, default=contact.lang)


def _shown(contact: Contact, step: Step) -> Decision:
    if step.lang_chosen:
        contact = replace(contact, lang=step.lang, lang_chosen=True)
    return Decision(contact, step.session, step.reply)
