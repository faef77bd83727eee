"""The people whom alerts are for: found, looked at, changed, added, erased. Numbers are whole on a person's own page only."""

from collections.abc import Sequence
from dataclasses import replace

from aiohttp import web

from bot.console.frame import Frame
from bot.console.names import Names
from bot.console.visit import Ask
from bot.console.where import Unsure, Where, where
from bot.core.alert.people import PeopleQuery, Person, group_names
from bot.core.alert.staff import Role
from bot.core.errors import NotDone
from bot.core.types import Lang
from bot.core.urn import address, mask, tel, whatsapp

HOME = "/console/contacts"
SHOWN, LINES = 50, 40
TAIL = 6  # digits of a number that may stand in an address
TYPED = 4  # digits that are typed to confirm


def add(frame: Frame) -> None:
    """Adds the pages."""
    Contacts(frame).add(frame)


class Contacts:
    """The pages. Addresses name a person by letters that only this installation can read."""

    def __init__(self, frame: Frame) -> None:
        self._names = Names(frame.app.own_key("console"))

    def add(self, frame: Frame) -> None:
        """Adds them."""
        frame.link(HOME, "nav_contacts", role=Role.AUTHOR, order=40)
        frame.get(HOME, self._list, role=Role.AUTHOR)
        frame.post(f"{HOME}/find", self._find, role=Role.AUTHOR)
        frame.post(f"{HOME}/new", self._new, role=Role.AUTHOR)
        frame.get(f"{HOME}/one/{{ref}}", self._one, role=Role.AUTHOR)
        frame.post(f"{HOME}/one/{{ref}}", self._change, role=Role.AUTHOR)
        frame.post(f"{HOME}/one/{{ref}}/erase", self._erase, role=Role.ADMIN)

    def _list(self, ask: Ask) -> web.Response:
        places, people = where(ask), ask.app.people
        try:
            place = places.picked(ask.asked("place"), ask.asked("place_id"))
            choices: Sequence[tuple[str, str]] = ()
        except Unsure as unsure:
            place, choices = "", unsure.choices
        query = self._query(ask, place)
        after = self._names.urn(ask.asked("after"))
        found = people.people(query, after=after, limit=SHOWN + 1)
        more = self._names.ref(found[SHOWN - 1].contact.urn) if len(found) > SHOWN else ""
        return ask.page(
            "contacts.html",
            rows=[self._row(person, places) for person in found[:SHOWN]],
            count=people.count_people(query),
            everybody=people.count_people(PeopleQuery()),
            groups=people.group_sizes(),
            given={name: ask.asked(name) for name in ("group", "lang", "state", "tail")},
            place=places.label(place) if place else ask.asked("place"),
            place_id=place,
            choices=choices,
            unknown=bool(ask.asked("place")) and not place and not choices,
            more=more,
        )

    def _query(self, ask: Ask, place: str) -> PeopleQuery:
        state, lang, group = ask.asked("state"), ask.asked("lang"), ask.asked("group")
        within = None
        if place:
            taken = ask.app.people.people_by_place().keys()
            within = [one.id for one in ask.app.places.within([place]) if one.id in taken]
        return PeopleQuery(
            tail="".join(c for c in ask.asked("tail") if c.isdigit())[-TAIL:],
            places=within,
            unplaced=state == "unplaced",
            group=group,
            lang=Lang(lang) if lang in set(Lang) else None,
            stopped={"stopped": True, "active": False}.get(state),
        )

    def _row(self, person: Person, places: Where) -> dict[str, object]:
        contact = person.contact
        label = places.label(contact.place) if contact.place else ""
        return {
            "ref": self._names.ref(contact.urn),
            "number": mask(contact.urn),
            "place": label,
            "contact": contact,
            "groups": person.groups,
        }

    def _find(self, ask: Ask) -> web.Response:
        """By the whole number, or by its end: a whole number must not stand in an address."""
        typed = ask.text("number")
        for urn in _urns(typed, ask.app.settings.country):
            if ask.app.people.find_person(urn) is not None:
                return ask.go(f"{HOME}/one/{self._names.ref(urn)}")
        tail = "".join(c for c in typed if c.isdigit())[-TAIL:]
        return ask.go(f"{HOME}?tail={tail}") if tail else ask.done(HOME, "contact_not_found", bad=True)

    def _new(self, ask: Ask) -> web.Response:
        urns = _urns(ask.text("number"), ask.app.settings.country)
        if not urns:
            return ask.done(HOME, "contact_bad_number", bad=True)
        urn, app = urns[0], ask.app
        if app.people.find_person(urn) is None:
            with app.people.begin() as tx:
                tx.contact(urn, now=app.clock(), lang=app.settings.lang)
                tx.audit(ask.member.name, "contact.add", self._names.log_name(urn), now=app.clock())
        return ask.done(f"{HOME}/one/{self._names.ref(urn)}", "contact_here")

    def _person(self, ask: Ask) -> Person:
        urn = self._names.urn(ask.part("ref"))
        person = ask.app.people.find_person(urn) if urn else None
        if person is None:
            raise web.HTTPNotFound
        return person

    def _one(self, ask: Ask) -> web.Response:
        return self._show(ask, self._person(ask))

    def _show(self, ask: Ask, person: Person, *, unsure: Unsure | None = None, why: str = "", status: int = 200) -> web.Response:
        urn, places = person.contact.urn, where(ask)
        twins = [(self._names.ref(other), other) for other in ask.app.people.same_number(urn)]
        typed = {"place": ask.text("place"), "groups": ask.text("groups"), "lang": ask.text("lang")} if unsure or why else None
        now = places.label(person.contact.place) if person.contact.place else ""
        return ask.page(
            "contact.html",
            status=status,
            ref=self._names.ref(urn),
            person=person,
            number=address(urn),
            where=now,
            lines=ask.app.store.conversation(urn, limit=LINES),
            twins=twins,
            form=typed or {"place": now, "groups": ", ".join(person.groups), "lang": person.contact.lang},
            choices=unsure.choices if unsure else (),
            unknown=unsure is not None and not unsure.choices,
            why=why,
            digits=TYPED,
            log_name=self._names.log_name(urn),
            may_erase=ask.member.may(Role.ADMIN),
        )

    def _change(self, ask: Ask) -> web.Response:
        person = self._person(ask)
        try:
            place = where(ask).kept(ask.text("place"), ask.text("place_id"), person.contact.place)
            groups = group_names(ask.text("groups"))
        except Unsure as unsure:
            return self._show(ask, person, unsure=unsure, status=409)
        except NotDone as error:
            return self._show(ask, person, why=ask.why(error), status=409)
        self._save(ask, person, place=place, groups=groups)
        return ask.done(f"{HOME}/one/{ask.part('ref')}", "contact_saved")

    def _save(self, ask: Ask, person: Person, *, place: str, groups: Sequence[str]) -> None:
        """What the form changed, and nothing else: the person may have changed their language or said STOP meanwhile."""
        app, urn, lang = ask.app, person.contact.urn, ask.text("lang")
        with app.people.begin() as tx:
            kept = tx.contact(urn, now=app.clock(), lang=person.contact.lang)
            now = replace(kept, place=place) if place != person.contact.place else kept
            if lang in set(Lang) and lang != person.contact.lang:
                now = replace(now, lang=Lang(lang))
            if now != kept:
                tx.save_contact(now)
            if tuple(groups) != tuple(person.groups):
                tx.set_groups(urn, groups)
            detail = {"place": place, "lang": now.lang, "groups": sorted(groups)}
            tx.audit(ask.member.name, "contact.change", self._names.log_name(urn), detail, now=app.clock())

    def _erase(self, ask: Ask) -> web.Response:
        """With everything under the same number on other channels: it is one person's phone."""
        person, app = self._person(ask), ask.app
        urn = person.contact.urn
        if ask.text("digits") != urn[-TYPED:]:
            return self._show(ask, person, why=ask.say("contact_wrong_digits", digits=TYPED), status=409)
        with app.people.begin() as tx:
            erased = [tx.erase(one) for one in (urn, *app.people.same_number(urn))]
            counts = {"messages": sum(one.messages for one in erased), "deliveries": sum(one.deliveries for one in erased)}
            kept = any(one.kept_stop for one in erased)
            tx.audit(ask.member.name, "contact.erase", self._names.log_name(urn), counts | {"kept_stop": kept}, now=app.clock())
        return ask.done(HOME, "contact_erased_stop" if kept else "contact_erased")


def _urns(typed: str, country: str) -> list[str]:
    """The URNs that a typed number may mean: of the phone, then of its WhatsApp."""
    try:
        urn = tel(typed.removeprefix("whatsapp:"), country)
        found = [urn, whatsapp(address(urn))]
    except ValueError:
        return []
    return found[::-1] if typed.startswith("whatsapp:") else found
