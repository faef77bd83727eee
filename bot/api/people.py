"""/api/v1/contacts and /groups. Numbers are masked: whole ones are for admins who ask for them, and the audit log says so."""

from collections.abc import Sequence
from dataclasses import replace

from bot.api import forms, shapes
from bot.api.route import ADMINS, AUTHORS, KEEPERS, Call, Route
from bot.api.shown import time
from bot.api.trouble import Trouble, missing, not_done
from bot.console.names import Names
from bot.core.alert.people import Listed, PeopleQuery, Person, group_name, group_names
from bot.core.alert.staff import Role
from bot.core.errors import NotDone
from bot.core.urn import mask, tel, whatsapp

_AT = "/contacts/{ref}"


def _names(call: Call) -> Names:
    """Letters that only this installation can read: the same as in the console's addresses."""
    return Names(call.app.own_key("console"))


def _shape(person: Person, names: Names, *, full: bool = False) -> shapes.PersonShape:
    contact = person.contact
    return shapes.PersonShape(
        ref=names.ref(contact.urn),
        number=contact.urn if full else mask(contact.urn),
        lang=contact.lang,
        place=contact.place,
        groups=list(person.groups),
        stopped=contact.opted_out,
        created=time(contact.created),
        seen=time(contact.seen),
    )


def _list(call: Call) -> shapes.PersonList:
    asked: forms.People = call.asked
    full, names, people = asked.numbers == "full", _names(call), call.app.people
    if full and not call.member.may(Role.ADMIN):
        raise Trouble(403, "not_your_role", "Full numbers are for the role admin.", "Leave numbers=full out.")
    query = PeopleQuery(places=_within(call, asked.place), group=asked.group, lang=asked.lang, stopped=asked.stopped)
    after = names.urn(asked.after)
    if asked.after and not after:
        raise Trouble(400, "malformed", "`after` is none of ours.", "Give `next` of the page before.")
    found = people.people(query, after=after, limit=asked.limit + 1)
    shown = found[: asked.limit]
    if full and shown:
        with people.begin() as tx:
            tx.audit(call.member.name, "contact.read", detail={"people": len(shown), "by": "key"}, now=call.now)
    more = names.ref(shown[-1].contact.urn) if len(found) > asked.limit else ""
    return shapes.PersonList(contacts=[_shape(one, names, full=full) for one in shown], count=people.count_people(query), next=more)


def _within(call: Call, typed: str) -> Sequence[str] | None:
    """The places of people that lie in what was asked for."""
    if not typed:
        return None
    place, taken = call.composing.place(typed), call.app.people.people_by_place().keys()
    return [one.id for one in call.app.places.within([place]) if one.id in taken]


def _person(call: Call) -> Person:
    urn = _names(call).urn(call.parts["ref"])
    found = call.app.people.find_person(urn) if urn else None
    if found is None:
        raise missing("such person")
    return found


def _one(call: Call) -> shapes.PersonShape:
    return _shape(_person(call), _names(call))


def _find(call: Call) -> shapes.PersonShape:
    urn = _urn(call)
    for one in (urn, *call.app.people.same_number(urn)):
        if (found := call.app.people.find_person(one)) is not None:
            return _shape(found, _names(call))
    raise missing("person of that number")


def _urn(call: Call) -> str:
    typed: str = call.form.number
    try:
        return whatsapp(typed) if typed.startswith("whatsapp:") else tel(typed, call.app.settings.country)
    except ValueError:
        remedy = "Write it with its country code, as in +254700000001, or whatsapp:+254700000001."
        raise Trouble(400, "no_number", "That is no phone number.", remedy) from None


def _groups(call: Call) -> Sequence[str]:
    try:
        return group_names(",".join(call.form.groups or ()))
    except NotDone as error:
        raise not_done(error, 400) from None


def _add(call: Call) -> shapes.PersonShape:
    form: forms.PersonForm = call.form
    urn, names, people = _urn(call), _names(call), call.app.people
    listed = Listed(urn=urn, lang=form.lang, place=call.composing.place(form.place) if form.place else "", groups=_groups(call))
    with people.begin() as tx:
        made = tx.take_in([listed], lang=call.app.settings.lang, replaces=False, now=call.now)
        if made.new or made.changed:
            what = "contact.add" if made.new else "contact.change"
            tx.audit(call.member.name, what, names.log_name(urn), {"groups": list(listed.groups)}, now=call.now)
    call.status = 201 if made.new else 200
    found = people.find_person(urn)
    assert found is not None, "it was stored a moment ago"
    return _shape(found, names)


def _change(call: Call) -> shapes.PersonShape:
    form: forms.PersonChange = call.form
    person, names = _person(call), _names(call)
    urn = person.contact.urn
    place = None if form.place is None else call.composing.place(form.place) if form.place else ""
    groups = None if form.groups is None else _groups(call)
    with call.app.people.begin() as tx:
        kept = tx.contact(urn, now=call.now, lang=person.contact.lang)
        changed = replace(kept, place=kept.place if place is None else place, lang=form.lang or kept.lang)
        if changed != kept:
            tx.save_contact(changed)
        if groups is not None:
            tx.set_groups(urn, groups)
        detail = {"place": changed.place, "lang": changed.lang.value, **({"groups": list(groups)} if groups is not None else {})}
        tx.audit(call.member.name, "contact.change", names.log_name(urn), detail, now=call.now)
    return _shape(_person(call), names)


def _erase(call: Call) -> shapes.ErasedShape:
    """With everything under the same number on other channels: it is one person's phone."""
    urn, people = _person(call).contact.urn, call.app.people
    with people.begin() as tx:
        erased = [tx.erase(one) for one in (urn, *people.same_number(urn))]
        made = shapes.ErasedShape(
            messages=sum(one.messages for one in erased),
            deliveries=sum(one.deliveries for one in erased),
            kept_stop=any(one.kept_stop for one in erased),
        )
        tx.audit(call.member.name, "contact.erase", _names(call).log_name(urn), made.model_dump(), now=call.now)
    return made


def _list_groups(call: Call) -> shapes.Groups:
    sizes = call.app.people.group_sizes()
    return shapes.Groups(groups=[shapes.GroupShape(name=one.name, people=one.people, stopped=one.stopped) for one in sizes])


def _end_group(call: Call) -> shapes.Ended:
    try:
        name = group_name(call.parts["name"])
    except NotDone:
        raise missing("such group") from None
    with call.app.people.begin() as tx:
        count = tx.drop_group(name)
        if not count:
            raise missing("such group")
        tx.audit(call.member.name, "group.end", detail={"group": name, "people": count}, now=call.now)
    return shapes.Ended(people=count)


def _route(method: str, path: str, name: str, says: str, **values: object) -> Route:
    usual: dict[str, object] = {"gives": shapes.PersonShape, "about": "people", "fails": frozenset({404} if "{" in path else ())}
    return Route(method=method, path=path, name=name, says=says, **(usual | values))  # type: ignore[arg-type]


ROUTES: Sequence[Route] = (
    _route(
        "GET",
        "/contacts",
        "listContacts",
        "People whom alerts are for. Numbers are masked.",
        roles=KEEPERS,
        does=_list,
        asks=forms.People,
        gives=shapes.PersonList,
    ),
    _route(
        "POST",
        "/contacts",
        "addContact",
        "Adds a person. One who sent STOP stays stopped.",
        roles=AUTHORS,
        does=_add,
        takes=forms.PersonForm,
        made=True,
    ),
    _route(
        "POST",
        "/contacts/find",
        "findContact",
        "The person of a number, which must not stand in an address.",
        roles=KEEPERS,
        does=_find,
        takes=forms.NumberForm,
        fails=frozenset({404}),
    ),
    _route("GET", _AT, "getContact", "One person.", roles=KEEPERS, does=_one),
    _route("PATCH", _AT, "changeContact", "Changes language, place or groups.", roles=AUTHORS, does=_change, takes=forms.PersonChange),
    _route(
        "DELETE",
        _AT,
        "eraseContact",
        "Erases a person for good, with the same number on other channels. Their STOP is kept.",
        roles=ADMINS,
        does=_erase,
        gives=shapes.ErasedShape,
    ),
    _route("GET", "/groups", "listGroups", "Groups, and how many are in each.", roles=KEEPERS, does=_list_groups, gives=shapes.Groups),
    _route(
        "DELETE",
        "/groups/{name}",
        "endGroup",
        "Takes everybody out of a group. The people stay.",
        roles=ADMINS,
        does=_end_group,
        gives=shapes.Ended,
    ),
)
