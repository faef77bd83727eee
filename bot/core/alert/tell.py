"""Telling the warnings in force, word for word: to who asks, and first of all to who dials.

What is left to tell stands in the session's state, by what was told already: so a warning that ends or comes meanwhile is never missed
and never told twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo

from bot.core.alert.ask import Ask, Asked
from bot.core.alert.near import ANYWHERE, Near
from bot.core.alert.notice import TOLD, Notice, RollCall, told_broadcasts
from bot.core.alert.words import AlertWords
from bot.core.around import Around
from bot.core.decision import Decision
from bot.core.place.label import labels
from bot.core.place.types import Gazetteer, Match
from bot.core.types import Choice, Contact, Lang, Library, Reply, Session

KIND = TOLD  # of every reply that is a warning
STATE, UNREAD = "alerts", "unread"  # and behind it places, hazards and what was told
SAFE, HELP, READ = "1", "2", "3"  # where a roll call waits, 1 and 2 are its answers


@dataclass(frozen=True, slots=True)
class _Round:
    """One telling: for which places (none: only what is for everywhere) and hazards (none: all), and which notices were told so far.
    `asks`: the broadcast whose roll call the screen stands for, 0 for none."""

    places: Sequence[str]
    hazards: Sequence[str] = ()
    told: Sequence[str] = ()
    asks: int = 0

    def state(self, name: str) -> str:
        return "|".join((name, ",".join(self.places), ",".join(self.hazards), ",".join(self.told), str(self.asks)))


class Teller:
    """Tells notices. `values` fill placeholders such as $emergency_number; `zone` is where "as of 14:05" is said."""

    def __init__(
        self, library: Library, words: AlertWords, places: Gazetteer | None, *, values: Mapping[str, str], zone: tzinfo = UTC
    ) -> None:
        self._text, self._values = library.text, values
        self._words, self._places, self._near, self._zone = words, places, Near(places), zone
        phrases = {phrase for hazard in words.hazards for lang in Lang for phrase in (*hazard.asks[lang], hazard.names[lang])}
        self._ask = Ask({phrase: words.asked(phrase) for phrase in phrases}, self._match)

    def asks(self, text: str) -> Asked | None:
        """What `text` asks for, None where it is no question for warnings."""
        return self._ask.recognise(text)

    def is_open(self, session: Session) -> bool:
        """Whether warnings are being told."""
        return session.state.partition("|")[0] in (STATE, UNREAD)

    def is_unread(self, session: Session) -> bool:
        """Whether a screen said that there is a warning, and its text was not shown yet."""
        return session.state.partition("|")[0] == UNREAD

    def answer(self, asked: Asked, contact: Contact, session: Session, around: Around, *, screen: bool, now: float) -> Decision:
        """The first warning that was asked for, or that there is none. Without any place all count: nobody knows which are theirs."""
        if asked.lost and self._places is not None and self._places.children(""):
            return self._said(self._text("place_unknown", contact.lang), contact, session, screen=screen)
        ids = [place.id for place in asked.places] or [contact.place or ANYWHERE]
        about, all_ = _Round(ids, sorted(asked.hazards)), _Round(ids)
        notices = around.notices()
        if wanted := self._wanted(notices, about):
            return self._told(wanted, about, contact, session, screen=screen)
        if others := self._wanted(notices, all_):
            lead = self._text("alerts_other", contact.lang) + "\n"
            return self._told(others, all_, contact, session, screen=screen, lead=lead)
        return self._none(ids, contact, session, screen=screen, now=now, silent=around.silent())

    def more(self, contact: Contact, session: Session, around: Around, *, screen: bool) -> Decision | None:
        """The next warning of those being told. None: there is no other one."""
        round_ = _round(session.state)
        left = self._wanted(around.notices(), round_)
        if not left:
            return None
        call = self._asking(left[0], around) if screen else None
        return self._told(left, round_, contact, session, screen=screen, call=call)

    def first(self, contact: Contact, session: Session, around: Around, *, fits: Callable[[Reply], bool]) -> Decision | None:
        """The first screen of a dial where a warning is in force for the person, or a roll call waits for their answer. None: neither.

        `fits` says whether a reply fits one screen: a warning that does not is named, and read page by page."""
        round_ = _Round([contact.place] if contact.place else [])
        here = self._wanted(around.notices(), round_)
        call = self._asking(here[0] if here else None, around)
        round_ = _asked(round_, call)
        if not here:
            return self._asked_on_screen(round_, contact, session) if _waits(call) else None
        whole = self._told(here, round_, contact, session, screen=True, call=call)
        if whole.reply is not None and fits(whole.reply):
            return whole
        lang = contact.lang
        read = Choice(READ if call is not None else SAFE, self._text("read_item", lang))
        choices = [*(self._answers(lang) if _waits(call) else ()), read]
        return self._screen(self._title(here[0], lang), choices, round_.state(UNREAD), contact, session)

    def call(self, session: Session, around: Around) -> RollCall | None:
        """The roll call that an answer on this screen is meant for: the one that the screen stands for, else the newest one."""
        asks = _round(session.state).asks if self.is_open(session) else 0
        return (around.roll_call_of(asks) if asks else None) or around.roll_call()

    def answered(self, reply: Reply, contact: Contact, session: Session) -> Decision:
        """`reply` to a roll call's answer on a screen, with what is left to read there."""
        lang = contact.lang
        unread = [Choice(READ, self._text("read_item", lang))] if self.is_unread(session) else []
        choices = (*unread, self._menu(lang))
        return Decision(contact, session, replace(reply, ends=False, choices=choices))

    def ask_back(self, contact: Contact, session: Session) -> Decision:
        """Asks a roll call's question once more, by message."""
        text = self._text("roll_ask", contact.lang)
        return Decision(contact, replace(session, state=""), Reply(text, contact.lang, "fixed"))

    def _asked_on_screen(self, round_: _Round, contact: Contact, session: Session) -> Decision:
        text = self._text("roll_title", contact.lang)
        return self._screen(text, self._answers(contact.lang), round_.state(STATE), contact, session)

    def _screen(self, text: str, choices: Sequence[Choice], state: str, contact: Contact, session: Session) -> Decision:
        shown = Reply(text, contact.lang, KIND, ends=False, choices=(*choices, self._menu(contact.lang)))
        return Decision(contact, replace(session, state=state, more=""), shown)

    def _told(
        self,
        left: Sequence[Notice],
        round_: _Round,
        contact: Contact,
        session: Session,
        *,
        screen: bool,
        call: RollCall | None = None,
        lead: str = "",
    ) -> Decision:
        """The first of `left`, and how to get the others."""
        notice, *others = left
        lang = contact.lang
        text = lead + (notice.texts.get(lang) or next(iter(notice.texts.values())))
        state = _asked(replace(round_, told=(*round_.told, notice.key)), call).state(STATE)
        if screen:
            more = [Choice(*self._text("more_key", lang).split(" ", 1))] if others else []
            return self._screen(text, [*(self._answers(lang) if _waits(call) else ()), *more], state, contact, session)
        footer = self._text("alerts_more", lang, count=str(len(others))) if others else ""
        # Whom it was told to may answer its roll call, too: the reply remembers whose words it is.
        told = Reply(text, lang, KIND, facts=(notice.key,), footer=footer)
        return Decision(contact, replace(session, state=state, more=""), told)

    def _none(self, ids: Sequence[str], contact: Contact, session: Session, *, screen: bool, now: float, silent: bool) -> Decision:
        """That there is none, as far as we know; it says so where a source of warnings is silent."""
        lang = contact.lang
        found = [place for one in ids if self._places and (place := self._places.place(one))]
        name = ", ".join(labels(found, self._places.place, lang)) if found and self._places else ""
        at = datetime.fromtimestamp(now, self._zone).strftime("%H:%M")
        which = ("alerts_silent" if silent else "alerts_none") + ("" if name else "_anywhere")
        text = self._text(which, lang, **self._values, place=name, time=at)
        return self._said(text, contact, session, screen=screen)

    def _said(self, text: str, contact: Contact, session: Session, *, screen: bool) -> Decision:
        """That there is nothing to tell."""
        if screen:
            return self._screen(text, (), "", contact, session)
        return Decision(contact, replace(session, state="", more=""), Reply(text, contact.lang, KIND))

    def _asking(self, shown: Notice | None, around: Around) -> RollCall | None:
        """The roll call of a screen: that of the warning it shows, also for who was not sent it; but one that waits comes before one
        that was answered."""
        own = [one for id_ in told_broadcasts([shown.key] if shown else []) if (one := around.roll_call_of(id_)) is not None]
        calls = own if any(map(_waits, own)) else [*own, *filter(None, [around.roll_call()])]
        return next(filter(_waits, calls), next(iter(calls), None))

    def _wanted(self, notices: Sequence[Notice], round_: _Round) -> Sequence[Notice]:
        """Those of the round that were not told yet. Where it is not known what a warning is about, it may be what they mean."""
        here = self._near.of(notices, round_.places)
        wanted = [notice for notice in here if not round_.hazards or not notice.hazard or notice.hazard in round_.hazards]
        return [notice for notice in wanted if notice.key not in round_.told]

    def _match(self, typed: str) -> Match:
        return self._places.match(typed) if self._places is not None else Match((), sure=False)

    def _title(self, notice: Notice, lang: Lang) -> str:
        hazard = self._words.hazard(notice.hazard)
        name = hazard.names[lang].upper() if hazard else ""
        return self._text("alert_title", lang, hazard=name) if name else self._text("alert_some", lang)

    def _answers(self, lang: Lang) -> Sequence[Choice]:
        return (Choice(SAFE, self._text("roll_safe_item", lang)), Choice(HELP, self._text("roll_help_item", lang)))

    def _menu(self, lang: Lang) -> Choice:
        return Choice(*self._text("menu_key", lang).split(" ", 1))


def _waits(roll: RollCall | None) -> bool:
    """Whether the person has not answered it."""
    return roll is not None and roll.answer is None


def _round(state: str) -> _Round:
    _, places, hazards, told, *asks = state.split("|")  # sessions of an older version lack the last one
    return _Round(_listed(places), _listed(hazards), _listed(told), int(asks[0]) if asks else 0)


def _asked(round_: _Round, call: RollCall | None) -> _Round:
    return replace(round_, asks=call.broadcast_id if call is not None else 0)


def _listed(joined: str) -> Sequence[str]:
    return [one for one in joined.split(",") if one]
