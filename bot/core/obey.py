"""What the few words lead to that are commands: STOP and its kin."""

from collections.abc import Mapping
from dataclasses import replace

from bot.core.alert.tell import Teller
from bot.core.around import Around
from bot.core.decision import Decision, Wish
from bot.core.keywords import Keyword, Word
from bot.core.language import speaks
from bot.core.menu import Menu, Step
from bot.core.place.mine import MyPlace
from bot.core.ticket import TicketKind
from bot.core.types import Contact, Lang, Library, Reply, Session


class Obeyed:
    """Obeys keywords. `values` fill placeholders such as $emergency_number."""

    def __init__(self, library: Library, values: Mapping[str, str], menu: Menu, mine: MyPlace, teller: Teller) -> None:
        self._library, self._values = library, values
        self._menu, self._mine, self._teller = menu, mine, teller

    def fixed(self, name: str, lang: Lang) -> Reply:
        """The shared text of that name, as a reply."""
        return Reply(self._library.text(name, lang, **self._values), lang, "fixed")

    def stop(self, text: str, contact: Contact, session: Session) -> Decision:
        """Confirmed once; said again by one who has stopped us, it gets silence."""
        reply = None if contact.opted_out else replace(self.fixed("stopped", speaks(text, contact)), despite_stop=True)
        return Decision(replace(contact, opted_out=True), replace(session, state="", skill="", more="", turns=()), reply, expire=True)

    def obey(self, keyword: Keyword, text: str, contact: Contact, session: Session, around: Around, *, screen: bool, last: str) -> Decision:
        """Any other word."""
        lang = speaks(text, contact)
        if keyword.word is Word.THANKS:  # no answer by SMS: it would only cost money
            return Decision(contact, session, self.fixed("goodbye", lang) if screen else None)
        contact = replace(contact, lang=lang)
        match keyword.word:
            case Word.START | Word.HELP as word:
                came_back = replace(contact, opted_out=contact.opted_out and word is Word.HELP)
                return Decision(came_back, session, self.fixed("started" if word is Word.START else "help", lang))
            case Word.PERSON:
                return Decision(contact, session, wish=Wish(TicketKind.PERSON, keyword.rest))
            case Word.PLACE:
                return self._mine.alone(contact, session, screen=screen)
            case Word.MORE:
                return self.more(contact, session, around, screen=screen)
            case _:
                return self._menus(keyword, contact, session, last)

    def more(self, contact: Contact, session: Session, around: Around, *, screen: bool) -> Decision:
        """The rest of a long reply, which the inbox cuts to size and keeps again; then the next warning of those being told."""
        if session.more:
            return Decision(contact, replace(session, more=""), Reply(session.more, contact.lang, "more", session.skill, ends=False))
        told = self._teller.more(contact, session, around, screen=screen) if self._teller.is_open(session) else None
        return told or Decision(contact, session, replace(self.fixed("nothing_more", contact.lang), ends=False))

    def _menus(self, keyword: Keyword, contact: Contact, session: Session, last: str) -> Decision:
        if keyword.word is not Word.LANGUAGE:
            return shown(contact, self._menu.top(session, contact.lang, last=last))
        if keyword.lang is None:
            return shown(contact, self._menu.languages(session, contact.lang))
        return Decision(replace(contact, lang=keyword.lang, lang_chosen=True), session, self.fixed("language_set", keyword.lang))


def shown(contact: Contact, step: Step) -> Decision:
    """A menu's step as a decision."""
    if step.lang_chosen:
        contact = replace(contact, lang=step.lang, lang_chosen=True)
    return Decision(contact, step.session, step.reply)
