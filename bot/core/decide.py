"""What to do with one message: a pure decision, before anything is stored.

Order matters and is the promise: STOP before anything else, then emergencies and what is said to a roll call, then silence for those who
stopped us, then the other words, then the menus, places and warnings, and only then a question.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, tzinfo

from bot.core import spot
from bot.core.alert.called import RollCalls
from bot.core.alert.tell import READ, SAFE, Teller
from bot.core.alert.words import AlertWords
from bot.core.around import NOTHING, Around
from bot.core.decision import SESSION_S, Decision, Wish
from bot.core.keywords import Keywords, Word
from bot.core.language import marked, speaks
from bot.core.menu import MORE, READING, TOP, Menu
from bot.core.obey import Obeyed, shown
from bot.core.place.mine import MyPlace
from bot.core.place.types import Gazetteer
from bot.core.ticket import TicketKind
from bot.core.triage import Triage, vetted_words
from bot.core.types import Contact, Library, Reply, Session

TURNS = 3  # questions remembered for follow-ups
NO_WORDS = AlertWords((), (), {})


class Decider:
    """Decides by the library's words, emergencies and menus. `values` fill placeholders such as $emergency_number; `words` are those of
    warnings (None: nobody is told of any), `places` where people are."""

    def __init__(
        self,
        library: Library,
        *,
        values: Mapping[str, str],
        words: AlertWords | None = None,
        places: Gazetteer | None = None,
        zone: tzinfo = UTC,
    ) -> None:
        self._library = library
        self._keywords = Keywords(library.keywords)
        self._triage = Triage(library.emergencies, vetted_words(library))
        self._mine = MyPlace(library, places)
        self._menu = Menu(library, placed=lambda: self._mine.ready)
        self._teller = Teller(library, words or NO_WORDS, places, values=values, zone=zone)
        self._tells = words is not None
        self._rolls = RollCalls(library, values, self._teller, self._mine)
        self._obeyed = Obeyed(library, values, self._menu, self._mine, self._teller)
        self._values = values

    def decide(
        self,
        text: str,
        contact: Contact,
        session: Session,
        *,
        screen: bool,
        last: str,
        now: float,
        offers: Sequence[str] = (),
        around: Around = NOTHING,
    ) -> Decision:
        """One message of `contact`. `screen`: on USSD, where every input gets a screen; `last`: the person's last answer, and the
        facts that it `offers`; `around`: what else is known."""
        lang, said = marked(text)
        keyword = self._keywords.recognise(text) or self._keywords.recognise(said)
        if lang is not None and not contact.lang_chosen:
            contact = replace(contact, lang=lang)  # where the words themselves do not speak for another one
        text = said
        if keyword is not None and keyword.word is Word.STOP:
            return self._obeyed.stop(text, contact, session)
        session = session if screen else self._rolls.shut(session, around)
        urgent = self._emergency(text, contact, session) or self._rolls.answer(
            text, keyword, contact, session, around, screen=screen, offers=len(offers), now=now
        )
        if urgent is not None:
            return urgent
        if contact.opted_out and not screen and (keyword is None or keyword.word is not Word.START):
            return Decision(contact, session, told="" if keyword else _words(text, around))
        if not screen and now - session.touched > SESSION_S:
            session = replace(session, state="", skill="", more="", turns=())
        session = replace(session, touched=now)
        if around.point is not None:
            return replace(self._mine.located(around.point, contact, session, screen=screen), told=_words(text, around))
        if keyword is not None:
            return self._obeyed.obey(keyword, text, contact, session, around, screen=screen, last=last)
        return (
            self._picked(text, contact, session, offers, screen=screen)
            or self._placed(text, contact, session, screen=screen)
            or self._warned(text, contact, session, around, screen=screen, now=now)
            or self._inside(text, contact, session, around, screen=screen, last=last)
        )

    def open(
        self,
        contact: Contact,
        session: Session,
        *,
        last: str,
        now: float,
        note: str = "",
        around: Around = NOTHING,
        fits: Callable[[Reply], bool] = bool,
    ) -> Decision:
        """The first screen of a dial: a warning in force comes before the menu. `fits`: whether a reply fits one screen."""
        session = replace(session, touched=now)
        warned = self._teller.first(contact, session, around, fits=fits)
        if warned is not None:
            return warned
        said = self._library.text(note, contact.lang) if note else ""
        return shown(contact, self._menu.top(session, contact.lang, last=last, note=said))

    def late(self, contact: Contact, *, pushes: bool) -> Reply:
        """The last screen of a dial whose answer takes longer than the screen can wait. `pushes`: an SMS can follow."""
        name = "wait_sms" if pushes and not contact.opted_out else "wait_screen"
        return self._obeyed.fixed(name, contact.lang)

    def _emergency(self, text: str, contact: Contact, session: Session) -> Decision | None:
        found = self._triage.recognise(text)
        if found is None:
            return None
        emergency, lang = found
        spoken = contact.lang if contact.lang_chosen else lang
        words = emergency.reply[spoken]
        for name, value in self._values.items():
            words = words.replace(f"${name}", value)
        # Somebody who cries for help is answered, whatever they told us before.
        reply = Reply(words, spoken, "emergency", facts=(emergency.id,), despite_stop=True)
        return Decision(contact, session, reply, wish=Wish(TicketKind.EMERGENCY, text, emergency.id))

    def _picked(self, text: str, contact: Contact, session: Session, offers: Sequence[str], *, screen: bool) -> Decision | None:
        """What a number picks from the last answer's offers, unless a menu was opened since. None: nothing."""
        if session.state not in ("", READING) or not re.fullmatch(r"\s*[1-9]\s*", text) or int(text) > len(offers):
            return None
        step = self._menu.show(session, offers[int(text) - 1], contact.lang)
        if step is None or step.reply is None:
            return None
        choices = step.reply.choices if screen else ()  # the way back is a matter of screens
        return Decision(contact, step.session, replace(step.reply, kind="picked", choices=choices))

    def _placed(self, text: str, contact: Contact, session: Session, *, screen: bool) -> Decision | None:
        """A place that was asked for, or told of one's own accord."""
        asked = self._mine.step(text, contact, session, screen=screen) if self._mine.is_open(session) else None
        return asked or self._mine.told(text, replace(contact, lang=speaks(text, contact)), session, screen=screen)

    def _warned(self, text: str, contact: Contact, session: Session, around: Around, *, screen: bool, now: float) -> Decision | None:
        """A warning that was asked for, or the next one of those being told."""
        plain = text.strip()
        if screen and self._teller.is_unread(session) and plain in (READ, SAFE):
            return self._teller.more(contact, session, around, screen=screen)
        if self._teller.is_open(session) and plain == MORE:
            return self._obeyed.more(contact, session, around, screen=screen)
        asked = self._teller.asks(plain) if self._tells else None
        if asked is None:
            return None
        contact = replace(contact, lang=speaks(text, contact))
        return self._teller.answer(asked, contact, session, around, screen=screen, now=now)

    def _inside(self, text: str, contact: Contact, session: Session, around: Around, *, screen: bool, last: str) -> Decision:
        plain = text.strip()
        if not plain:
            if screen:
                return shown(contact, self._menu.top(session, contact.lang, last=last))
            return Decision(contact, session, self._obeyed.fixed("empty", contact.lang))
        if plain == MORE and session.more:
            return self._obeyed.more(contact, session, around, screen=screen)
        if not self._menu.is_choice(plain):
            return self._question(plain, contact, session)
        if not session.state and not screen:  # a number out of the blue is not a choice: nobody has seen a menu
            return shown(contact, self._menu.top(session, contact.lang, last=last))
        step = self._menu.step(session if session.state else replace(session, state=TOP), plain, contact.lang, last=last)
        return self._mine.alone(contact, step.session, screen=screen) if step.placing else shown(contact, step)

    def _question(self, text: str, contact: Contact, session: Session) -> Decision:
        contact = replace(contact, lang=speaks(text, contact))
        turns = (*session.turns, text)[-TURNS:]
        return Decision(contact, replace(session, state=READING, more="", turns=turns), question=True, told=text)


def _words(text: str, around: Around) -> str:
    """What the person told: their words, or where they are."""
    where = "" if around.point is None else spot.line(around.point)
    return " ".join(filter(None, (where, text.strip())))
