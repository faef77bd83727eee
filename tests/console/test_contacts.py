"""Contacts: found, looked at, changed, erased; whole numbers on one page only, and never in an address."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.console.names import Names
from bot.core.alert.audit import AuditQuery
from bot.core.storage import NewDelivery
from bot.core.types import Contact, Lang, Message
from tests.console.staffed import ADMIN, APPROVER, AUTHOR, Browser, Office, office
from tests.places.small import small

NUMBER = "+254700000001"
URN, OTHER, WHATSAPP = f"tel:{NUMBER}", "tel:+254700000002", f"whatsapp:{NUMBER}"
CONTACTS = "/console/contacts"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as made:
        made.app.places = small()
        with made.app.store.begin() as tx:
            tx.save_contact(Contact(URN, Lang.SW, place="KE:test:bura-tana", created=made.clock(), seen=made.clock()))
            tx.save_contact(Contact(OTHER, Lang.EN, opted_out=True))
        yield made


def _page(place: Office, urn: str = URN) -> str:
    return f"{CONTACTS}/one/{Names(place.app.own_key('console')).ref(urn)}"


def _contact(place: Office, urn: str = URN) -> Contact:
    person = place.app.people.find_person(urn)
    assert person is not None
    return person.contact


def _told(place: Office) -> list[tuple[str, str]]:
    return [(one.what, one.detail) for one in place.app.audit_log.audit_page(AuditQuery(what="contact"), limit=9)]


async def test_the_list_masks_numbers_and_names_places(place: Office) -> None:
    page = await (await place.signed_in("amina", AUTHOR)).get(CONTACTS)
    assert "2 of 2 people" in page.shown
    assert "tel:+2547***001" in page.shown
    assert "Bura, Tana River" in page.shown
    assert NUMBER not in page.text


@pytest.mark.parametrize(
    ("query", "shown", "hidden"),
    [
        ("place=tana river", "***001", "***002"),
        ("place=Garissa (county)", "Nobody fits", "***001"),
        ("state=stopped", "***002", "***001"),
        ("state=active", "***001", "***002"),
        ("state=unplaced", "***002", "***001"),
        ("lang=sw", "***001", "***002"),
        ("lang=xx&state=what", "***002", "no such"),
        ("place=Atlantis", "No such place is known", "no such"),
        ("place=Bura", "Which one is meant?", "no such"),
        ("tail=002", "***002", "***001"),
        ("after=nonsense", "***001", "no such"),
    ],
)
async def test_the_list_is_narrowed_down(place: Office, query: str, shown: str, hidden: str) -> None:
    page = await (await place.signed_in("amina", AUTHOR)).get(f"{CONTACTS}?{query}")
    assert shown in page.shown
    assert hidden not in page.shown


async def test_pages_of_the_list_follow_each_other(place: Office) -> None:
    with place.app.store.begin() as tx:
        for n in range(60):
            tx.save_contact(Contact(f"tel:+2547100000{n:02}", Lang.EN))
    browser = await place.signed_in("amina", AUTHOR)
    first = await browser.get(CONTACTS)
    after = first.text.split("&amp;after=")[1].split('"')[0]
    second = await browser.get(f"{CONTACTS}?after={after}")
    assert (first.text.count("tel:+2547"), second.text.count("tel:+2547")) == (50, 12)


@pytest.mark.parametrize("typed", ["0700 000 001", NUMBER, "254700000001", f"tel:{NUMBER}"])
async def test_a_whole_number_leads_to_its_person_and_stands_in_no_address(place: Office, typed: str) -> None:
    browser = await place.signed_in("amina", AUTHOR)
    page = await browser.post(f"{CONTACTS}/find", number=typed)
    assert page.to == _page(place)
    assert "700000001" not in page.to
    assert NUMBER in (await browser.follow(page)).shown


async def test_the_end_of_a_number_leads_to_the_list(place: Office) -> None:
    browser = await place.signed_in("amina", AUTHOR)
    assert (await browser.post(f"{CONTACTS}/find", number="0799 123 456")).to == f"{CONTACTS}?tail=123456"
    page = await browser.post(f"{CONTACTS}/find", number="abc")
    assert "Nobody is known" in (await browser.follow(page)).shown


async def test_a_person_has_their_conversation_on_their_page(place: Office) -> None:
    with place.app.store.begin() as tx:
        tx.insert_message(Message(channel="sim", external_id="1", urn=URN, text="<b>mahindi</b>"), now=place.clock())
        tx.insert_delivery(NewDelivery("d", "sim", URN, ("Panda sasa.",)), now=place.clock())
    page = await (await place.signed_in("amina", AUTHOR)).get(_page(place))
    assert "<b>mahindi</b>" in page.shown
    assert "<b>mahindi" not in page.text
    assert "Panda sasa." in page.shown


async def test_place_language_and_groups_are_changed_and_noted_without_the_number(place: Office) -> None:
    browser = await place.signed_in("amina", AUTHOR)
    await browser.get(_page(place))
    page = await browser.post(_page(place), place="hola", lang="en", groups="Farmers, volunteers")
    assert "Saved." in (await browser.follow(page)).shown
    person = place.app.people.find_person(URN)
    assert person is not None
    assert (person.contact.place, person.contact.lang, person.groups) == ("KE:test:hola", Lang.EN, ("farmers", "volunteers"))
    [(what, detail)] = _told(place)
    assert what == "contact.change"
    assert "700000001" not in str(place.app.audit_log.audit_page(AuditQuery(), limit=9))
    assert "KE:test:hola" in detail


async def test_what_is_left_as_it_was_stays_and_a_stop_is_never_undone(place: Office) -> None:
    browser = await place.signed_in("amina", AUTHOR)
    await browser.get(_page(place))
    with place.app.store.begin() as tx:  # the person changes their language and says STOP while the page is open
        tx.save_contact(Contact(URN, Lang.EN, lang_chosen=True, opted_out=True, place="KE:test:bura-tana"))
    await browser.post(_page(place), place="Bura, Tana River", lang="en", groups="")
    kept = _contact(place)
    assert (kept.place, kept.opted_out, kept.lang_chosen) == ("KE:test:bura-tana", True, True)


async def test_a_place_that_may_be_two_is_asked_back_and_then_picked(place: Office) -> None:
    browser = await place.signed_in("amina", AUTHOR)
    await browser.get(_page(place))
    page = await browser.post(_page(place), place="Bura", lang="sw", groups="farmers")
    assert page.status == 409
    assert "Which one is meant? Bura (Tana River) Bura (Garissa)" in page.shown
    assert 'value="farmers"' in page.text
    await browser.post(_page(place), place="Bura", place_id="KE:test:bura-garissa", lang="sw", groups="farmers")
    assert _contact(place).place == "KE:test:bura-garissa"


@pytest.mark.parametrize(("fields", "says"), [({"place": "Atlantis"}, "No such place"), ({"groups": "=cmd|x"}, "no name for a group")])
async def test_what_cannot_be_is_told_and_nothing_changes(place: Office, fields: dict[str, str], says: str) -> None:
    browser = await place.signed_in("amina", AUTHOR)
    await browser.get(_page(place))
    page = await browser.post(_page(place), **({"place": "", "lang": "sw", "groups": ""} | fields))
    assert (page.status, says in page.shown) == (409, True)
    assert _contact(place).place == "KE:test:bura-tana"
    assert _told(place) == []


async def test_a_person_is_added_once(place: Office) -> None:
    browser = await place.signed_in("amina", AUTHOR)
    for _ in range(2):
        await browser.get(CONTACTS)
        page = await browser.post(f"{CONTACTS}/new", number="0700 000 009")
        assert page.to == _page(place, "tel:+254700000009")
    assert len(_told(place)) == 1
    page = await browser.post(f"{CONTACTS}/new", number="Safaricom")
    assert "not a phone number" in (await browser.follow(page)).shown


async def test_erasing_takes_an_admin_and_the_last_digits_and_takes_the_other_channel_along(place: Office) -> None:
    with place.app.store.begin() as tx:
        tx.save_contact(Contact(WHATSAPP, Lang.SW))
    author = await place.signed_in("amina", AUTHOR)
    assert "Erase" not in (await author.get(_page(place))).shown
    assert (await author.post(f"{_page(place)}/erase", digits="0001")).status == 403
    admin = await place.signed_in("juma", AUTHOR, ADMIN)
    await admin.get(_page(place))
    assert "Nothing was erased" in (await admin.post(f"{_page(place)}/erase", digits="0002")).shown
    page = await admin.post(f"{_page(place)}/erase", digits="0001")
    assert "The person is erased." in (await admin.follow(page)).shown
    assert place.app.people.find_person(URN) is None
    assert place.app.people.find_person(WHATSAPP) is None
    assert (await admin.get(_page(place))).status == 404
    assert _told(place)[0][0] == "contact.erase"


async def test_who_stopped_and_is_erased_keeps_the_stop(place: Office) -> None:
    admin = await place.signed_in("juma", AUTHOR, ADMIN)
    await admin.get(_page(place, OTHER))
    page = await admin.post(f"{_page(place, OTHER)}/erase", digits="0002")
    assert "kept with their STOP" in (await admin.follow(page)).shown
    assert _contact(place, OTHER).opted_out


@pytest.mark.parametrize("path", [CONTACTS, f"{CONTACTS}/groups", f"{CONTACTS}/import", f"{CONTACTS}/export"])
async def test_who_only_approves_sees_no_contacts(place: Office, path: str) -> None:
    browser = await place.signed_in("baraka", APPROVER)
    assert (await browser.get(path)).status == 403


@pytest.mark.parametrize("ref", ["x", "aaaa", "%00", "a" * 400])
async def test_an_address_that_is_nobodys_is_no_page(place: Office, ref: str) -> None:
    assert (await (await place.signed_in("amina", AUTHOR)).get(f"{CONTACTS}/one/{ref}")).status == 404


async def test_groups_are_explained_and_ended_by_typing_their_name(place: Office) -> None:
    with place.app.people.begin() as tx:
        tx.set_groups(URN, ["farmers", "volunteers"])
    browser = await place.signed_in("juma", AUTHOR, ADMIN)
    page = await browser.get(f"{CONTACTS}/groups")
    assert "before everybody else" in page.shown
    assert "out of its reach" in page.shown
    assert "was changed" in (await browser.follow(await browser.post(f"{CONTACTS}/groups/end", name="farmers", again="farmer"))).shown
    assert (
        "farmers is ended: 1"
        in (await browser.follow(await browser.post(f"{CONTACTS}/groups/end", name="farmers", again="Farmers "))).shown
    )
    assert [size.name for size in place.app.people.group_sizes()] == ["volunteers"]


async def test_every_page_speaks_swahili(place: Office) -> None:
    browser: Browser = await place.signed_in("zawadi", AUTHOR, ADMIN, lang=Lang.SW)
    for path in (CONTACTS, _page(place), f"{CONTACTS}/groups", f"{CONTACTS}/import", f"{CONTACTS}/export"):
        page = await browser.get(path)
        assert (page.status, 'lang="sw"' in page.text) == (200, True)
