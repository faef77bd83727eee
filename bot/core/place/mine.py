"""A person's own place: told by SMS ("PLACE Garissa"), typed or picked on a screen, or shared as a location. What is not sure is asked."""

from collections.abc import Sequence
from dataclasses import replace

from bot.core.alert.cap import Point
from bot.core.decision import Decision
from bot.core.keywords import behind, joined
from bot.core.lexicon import ALL_FUNCTION, bag
from bot.core.place.fold import key
from bot.core.place.geo import distance_km
from bot.core.place.label import kind_word, labels
from bot.core.place.named import is_named, name_in
from bot.core.place.types import Gazetteer, Place, PlaceKind
from bot.core.types import Choice, Contact, Lang, Library, Reply, Session

STATE = "place"  # and behind it what is open: see _Open
_ITEMS = 5  # places on one page of a list: their names, the title and the ways on fill a small screen
_LABEL = 20  # characters of a place in a list
_WORDS = 4  # a place has no longer name; more words are a question
_PREFIX = 3  # letters that narrow a list
_FAR_KM = 100.0  # a town that far away is not where somebody is
# What people are, and where, without naming a place: some Kenyan towns are called so ("niko salama": I am safe).
_ORDINARY = ALL_FUNCTION | bag(
    """
    salama sawa poa fiti hapa hapo huko nyumbani shambani kazini tayari hai mzima mgonjwa shule shuleni hospitali sokoni soko kanisani
    kanisa msikiti barabarani mjini mji kijijini kijiji kambi kambini juu chini ndani nje maji mtoni mto moto milimani home here safe school
    market town camp road river hill church mosque water fine ok okay sick hungry lost alone busy
    """
)


class MyPlace:
    """Every step of it. `screen` is whether the person sees a screen, where choices have a way back."""

    def __init__(self, library: Library, places: Gazetteer | None) -> None:
        self._text = library.text
        self._places = places
        self._leads, self._here = (frozenset(map(joined, library.keywords.get(name, ()))) for name in ("place", "here"))

    @property
    def ready(self) -> bool:
        """Whether any place is known."""
        return self._places is not None and bool(self._places.children(""))

    def is_open(self, session: Session) -> bool:
        """Whether the person is choosing or typing a place."""
        return session.state.startswith(STATE)

    def name(self, id: str, lang: Lang) -> str:
        """The place as people know it: "Bura (Tana River)", "Garissa (county)"; "" where there is none."""
        place = self._places.place(id) if self._places and id else None
        if self._places is None or place is None:
            return ""
        around = self._places.place(place.parent)
        towns = place.kind is PlaceKind.TOWN and around is not None and around.name != place.name
        return f"{place.name} ({around.name if around and towns else kind_word(place, lang)})"

    def alone(self, contact: Contact, session: Session, *, screen: bool) -> Decision:
        """PLACE and nothing else, or the menu's item: which place it is, and how to tell another one."""
        if not self.ready:
            return self._said("place_off", contact, session, screen=screen)
        now = self.name(contact.place, contact.lang)
        if not screen:
            opened = replace(session, state=STATE, more="")
            return self._said("place_yours" if now else "place_none", contact, opened, screen=screen, place=now)
        text = self._text("place_now", contact.lang, place=now) + "\n" if now else ""
        choices = [Choice("1", self._text("place_list", contact.lang)), self._back(contact.lang)]
        return self._ask(text + self._text("place_type", contact.lang), choices, contact, replace(session, state=STATE))

    def told(self, text: str, contact: Contact, session: Session, *, screen: bool) -> Decision | None:
        """ "PLACE Garissa", "mahali pangu ni Garissa", "niko Garissa". None: it is about something else."""
        if not self.ready:
            return None
        for _, apart, rest in behind(text, self._leads):
            if found := self._meant(rest) if apart else self._named(rest):
                return self._found(found, contact, session, screen=screen)
            if apart:
                return self._said("place_unknown", contact, replace(session, state=STATE), screen=screen)
        for _, _, rest in behind(text, self._here):
            if found := self._named(rest):
                return self._found(found, contact, session, screen=screen)
        return None

    def step(self, text: str, contact: Contact, session: Session, *, screen: bool) -> Decision | None:
        """One input while a place is asked for. None: it is about something else."""
        plain = text.strip()
        if plain.isdigit():
            return self._picked(int(plain), contact, session, screen=screen)
        if found := self._meant(plain) if screen else self._named(plain):
            return self._found(found, contact, session, screen=screen)
        if len(plain.split()) > _WORDS or not screen or not plain:
            return None
        if len(plain) <= _PREFIX and (begin := [p for p in self._top() if key(p.name).startswith(key(plain))]):
            return self._which(begin[:_ITEMS], contact, session, screen=screen)
        return self._said("place_unknown", contact, replace(session, state=STATE), screen=screen)

    def located(self, point: Point, contact: Contact, session: Session, *, screen: bool) -> Decision:
        """A location that the person shared."""
        if not self.ready or self._places is None:
            return self._said("place_off", contact, session, screen=screen)
        here = self._places.at(point)
        if not here or _is_far(here[0], point):
            return self._said("place_unknown", contact, replace(session, state=STATE), screen=screen)
        return self._set(here[0], contact, session, screen=screen)

    def _meant(self, typed: str) -> Sequence[Place]:
        """The places that `typed` may be, where it is as short as a name."""
        name = name_in(typed)
        return self._places.match(name).places if self._places and 1 <= len(name.split()) <= _WORDS else ()

    def _named(self, typed: str) -> Sequence[Place]:
        """As `_meant`, where nobody asked for a place: only where all of `typed` is a name, and no everyday word."""
        found = self._meant(typed)
        return found if name_in(typed).lower() not in _ORDINARY and all(is_named(typed, place) for place in found) else ()

    def _found(self, found: Sequence[Place], contact: Contact, session: Session, *, screen: bool) -> Decision:
        if len(found) == 1:
            return self._set(found[0], contact, session, screen=screen)
        return self._which(found, contact, session, screen=screen)

    def _which(self, found: Sequence[Place], contact: Contact, session: Session, *, screen: bool) -> Decision:
        """Asks which of them it is."""
        assert self._places is not None
        choices = [Choice(str(n), label) for n, label in enumerate(labels(found, self._places.place, contact.lang), 1)]
        opened = replace(session, state=f"{STATE}?{','.join(place.id for place in found)}")
        back = [self._back(contact.lang)] if screen else []
        return self._ask(self._text("place_which", contact.lang), [*choices, *back], contact, opened)

    def _picked(self, number: int, contact: Contact, session: Session, *, screen: bool) -> Decision | None:
        """What a number picks: one of those asked about, a page, a smaller area. 0 is the menu's."""
        kind, rest = session.state[len(STATE) : len(STATE) + 1], session.state[len(STATE) + 1 :]
        if number == 0 or self._places is None:
            return None
        if kind == "?":
            ids = rest.split(",")
            place = self._places.place(ids[number - 1]) if number <= len(ids) else None
            return self._set(place, contact, session, screen=screen) if place else self._again(ids, contact, session, screen=screen)
        if not screen:
            return None
        if kind == ">":
            inside, _, page = rest.rpartition("@")
            return self._page_picked(number, inside, int(page), contact, session)
        if number == 1:
            return self._page(rest, 0, contact, session)
        return self.alone(contact, session, screen=screen)

    def _again(self, ids: Sequence[str], contact: Contact, session: Session, *, screen: bool) -> Decision:
        assert self._places is not None
        known = [place for place in map(self._places.place, ids) if place is not None]
        return self._which(known, contact, session, screen=screen) if known else self.alone(contact, session, screen=screen)

    def _page_picked(self, number: int, id: str, page: int, contact: Contact, session: Session) -> Decision:
        inside = self._inside(id)
        if number == 9:
            return self._page(id, page + 1 if (page + 1) * _ITEMS < len(inside) else 0, contact, session)
        at = page * _ITEMS + number - 1
        if not 1 <= number <= _ITEMS or at >= len(inside):
            return self._page(id, page, contact, session)
        return self._set(inside[at], contact, session, screen=True)

    def _page(self, id: str, page: int, contact: Contact, session: Session) -> Decision:
        """A few of the places in `id`."""
        lang, inside = contact.lang, self._inside(id)
        shown = inside[page * _ITEMS : (page + 1) * _ITEMS]
        choices = [Choice(str(n), place.name[:_LABEL]) for n, place in enumerate(shown, 1)]
        if len(inside) > _ITEMS:
            choices.append(Choice(*self._text("more_key", lang).split(" ", 1)))
        opened = replace(session, state=f"{STATE}>{id}@{page}")
        return self._ask(self._text("place_choose", lang), [*choices, self._back(lang)], contact, opened)

    def _inside(self, id: str) -> Sequence[Place]:
        assert self._places is not None
        return self._places.children(id) if id else self._top()

    def _top(self) -> Sequence[Place]:
        """The largest places that people choose from: where one country is set up, those inside it."""
        assert self._places is not None
        countries = self._places.children("")
        return self._places.children(countries[0].id) if len(countries) == 1 else countries

    def _set(self, place: Place, contact: Contact, session: Session, *, screen: bool) -> Decision:
        assert self._places is not None
        changed = replace(contact, place=place.id)
        name = "place_kept" if contact.opted_out else "place_set"
        decision = self._said(name, changed, replace(session, state="", more=""), screen=screen, place=self.name(place.id, contact.lang))
        if not screen or decision.reply is None or not self._places.children(place.id):
            return decision
        choices = [Choice("1", self._text("place_smaller", contact.lang)), *decision.reply.choices]
        return replace(
            decision, session=replace(session, state=f"{STATE}!{place.id}", more=""), reply=replace(decision.reply, choices=choices)
        )

    def _said(self, name: str, contact: Contact, session: Session, *, screen: bool, **values: str) -> Decision:
        choices = (self._back(contact.lang),) if screen else ()
        text = self._text(name, contact.lang, **values)
        return Decision(contact, session, Reply(text, contact.lang, "fixed", ends=not screen, choices=choices))

    def _ask(self, text: str, choices: Sequence[Choice], contact: Contact, session: Session) -> Decision:
        return Decision(contact, session, Reply(text, contact.lang, "menu", ends=False, choices=tuple(choices)))

    def _back(self, lang: Lang) -> Choice:
        return Choice(*self._text("back_key", lang).split(" ", 1))


def _is_far(place: Place, point: Point) -> bool:
    """Whether it is only the nearest town, and nobody who is at `point` is there."""
    return place.kind is PlaceKind.TOWN and place.centre is not None and distance_km(place.centre, point) > _FAR_KM
