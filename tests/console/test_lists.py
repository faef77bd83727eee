"""Lists of people: looked at first, taken in once, given out again."""

import asyncio
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from aiohttp import FormData

from bot.console import pending
from bot.console.pending import Pending
from bot.core.alert.audit import AuditQuery
from bot.core.alert.people import PeopleQuery
from bot.core.errors import StoreDown
from bot.core.types import Contact, Lang
from tests.console.staffed import ADMIN, AUTHOR, Browser, Office, Page, office
from tests.places.small import small

IMPORT = "/console/contacts/import"
URN = "tel:+254700000001"
LIST = "number,language,place,groups\n0700000001,sw,Hola,farmers\n0700000002,,Bura,\n07,,,\n0700000001,,,\n0700000003,en,,=x\n"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as made:
        made.app.places = small()
        yield made


@pytest.fixture
async def admin(place: Office) -> Browser:
    return await place.signed_in("juma", ADMIN, AUTHOR)


async def _upload(admin: Browser, text: str | bytes, **fields: str) -> Page:
    await admin.get(IMPORT)
    form = FormData({"csrf": admin.csrf, **fields})
    form.add_field("list", BytesIO(text if isinstance(text, bytes) else text.encode()), filename="people.csv", content_type="text/csv")
    return await admin.ask("POST", IMPORT, data=form)


def _everybody(place: Office) -> list[str]:
    return [person.contact.urn for person in place.app.people.people(PeopleQuery(), limit=999)]


async def _confirm(admin: Browser, path: str) -> Page:
    await admin.follow(await admin.post(f"{path}/confirm"))
    async with asyncio.timeout(10):
        while "is taken in" not in (page := await admin.get(path)).shown:  # noqa: ASYNC110  a thread of the house takes it in
            await asyncio.sleep(0.02)
    return page


async def test_a_list_is_looked_at_row_by_row_and_nothing_is_stored(place: Office, admin: Browser) -> None:
    page = await admin.follow(await _upload(admin, LIST))
    for words in ("5 rows", "3 new people", "2 rows left out", "2 taken in incomplete", "Take in 3 people"):
        assert words in page.shown
    assert "4 not a phone number left out" in page.shown
    assert "5 the same number as in row 2 left out" in page.shown
    assert "3 more than one place: Bura: Bura (Tana River) / Bura (Garissa)? taken in without it" in page.shown
    assert "6 not a name for a group: =x taken in without it" in page.shown
    assert "700000001" not in page.text
    assert _everybody(place) == []


async def test_confirmed_it_is_taken_in_once_and_the_file_is_gone(place: Office, admin: Browser) -> None:
    to = (await _upload(admin, LIST, group="Round 1")).to
    assert "join the group round 1" in (await admin.get(to)).shown
    page = await _confirm(admin, to)
    assert "3 of 3 people" in page.shown
    assert _everybody(place) == [f"tel:+25470000000{n}" for n in (1, 2, 3)]
    person = place.app.people.find_person(URN)
    assert person is not None
    assert (person.contact.place, person.contact.lang, person.groups) == ("KE:test:hola", Lang.SW, ("farmers", "round 1"))
    assert list((place.app.settings.data_dir / "lists").iterdir()) == []
    await _confirm(admin, to)
    [entry] = place.app.audit_log.audit_page(AuditQuery(what="contact"), limit=9)
    assert (entry.what, '"new":3' in entry.detail) == ("contact.import", True)


async def test_who_stopped_is_told_and_stays_stopped(place: Office, admin: Browser) -> None:
    with place.app.store.begin() as tx:
        tx.save_contact(Contact(URN, Lang.EN, opted_out=True))
    to = (await _upload(admin, LIST, replaces="1")).to
    assert "1 of them sent STOP" in (await admin.get(to)).shown
    await _confirm(admin, to)
    person = place.app.people.find_person(URN)
    assert person is not None
    assert person.contact.opted_out


async def test_thrown_away_it_is_gone(place: Office, admin: Browser) -> None:
    to = (await _upload(admin, LIST)).to
    await admin.get(to)
    assert "thrown away" in (await admin.follow(await admin.post(f"{to}/drop"))).shown
    assert (await admin.get(to)).status == 404
    assert "gone" in (await admin.follow(await admin.post(f"{to}/confirm"))).shown
    assert _everybody(place) == []


@pytest.mark.parametrize(
    ("text", "status", "says"),
    [
        pytest.param("name,place\nAmina,Hola\n", 409, "number, language, place, groups", id="no column for the number"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(range(256)), 409, "number, language, place, groups", id="a picture"),
        pytest.param("", 409, "number, language, place, groups", id="nothing"),
    ],
)
async def test_what_is_no_list_is_refused_with_the_remedy(place: Office, admin: Browser, text: Any, status: int, says: str) -> None:
    page = await _upload(admin, text)
    assert (page.status, says in page.shown) == (status, True)
    assert list((place.app.settings.data_dir / "lists").iterdir()) == []


async def test_no_file_and_too_large_a_file_are_told(admin: Browser) -> None:
    await admin.get(IMPORT)
    assert "Choose a file first" in (await admin.post(IMPORT)).shown
    assert "too big" in (await _upload(admin, b"x" * (33 * 1024 * 1024))).shown


async def test_an_old_spreadsheets_letters_are_read(place: Office, admin: Browser) -> None:
    to = (await _upload(admin, "number;groups\n0700000001;élèves\n".encode("cp1252"))).to
    await _confirm(admin, to)
    person = place.app.people.find_person(URN)
    assert person is not None
    assert person.groups == ("élèves",)


async def test_every_problem_is_in_the_file_and_none_is_computed(admin: Browser) -> None:
    to = (await _upload(admin, LIST)).to
    page = await admin.get(f"{to}/problems.csv")
    assert page.headers["Content-Disposition"] == 'attachment; filename="problems.csv"'
    assert page.text.splitlines()[0] == "Row,What is wrong"
    assert [line.split(",")[0] for line in page.text.splitlines()[1:]] == ["3", "4", "5", "6"]


async def test_a_failure_in_the_middle_is_told_and_confirmed_again(place: Office, admin: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending, "BATCH", 1)
    to = (await _upload(admin, LIST)).to
    await admin.get(to)
    begin, calls = place.app.store.begin, iter([True, True, False])

    def failing() -> Any:
        if not next(calls, True):
            raise StoreDown("no database")
        return begin()

    monkeypatch.setattr(place.app.store, "begin", failing)
    await admin.post(f"{to}/confirm")
    monkeypatch.undo()
    page = await admin.get(to)
    assert "only in part" in page.shown
    assert 0 < len(_everybody(place)) < 3
    await _confirm(admin, to)
    assert len(_everybody(place)) == 3


async def test_after_a_restart_a_list_can_still_be_confirmed(place: Office, admin: Browser) -> None:
    to = (await _upload(admin, LIST)).to
    folder = place.app.settings.data_dir / "lists"
    kept = Pending(folder, place.app.people, lambda: pytest.fail("not read"), Lang.EN, place.clock)  # type: ignore[arg-type, return-value]
    assert kept.upload(to.rsplit("/", 1)[1]) is not None


@pytest.mark.parametrize("token", ["x", "..", "%2e%2e", "a" * 32, "../../etc"])
async def test_a_name_that_was_never_given_is_no_page(admin: Browser, token: str) -> None:
    assert (await admin.get(f"{IMPORT}/{token}")).status == 404
    assert (await admin.get(f"{IMPORT}/{token}/problems.csv")).status == 404


async def test_what_nobody_confirmed_in_a_day_is_thrown_away(place: Office, admin: Browser) -> None:
    to = (await _upload(admin, LIST)).to
    place.clock.now += 2 * 86_400
    admin = await place.signed_in("juma")
    await _upload(admin, LIST)
    assert (await admin.get(to)).status == 404


async def test_an_export_is_a_list_again_and_is_noted(place: Office, admin: Browser) -> None:
    await _confirm(admin, (await _upload(admin, LIST)).to)
    await admin.get("/console/contacts/export")
    page = await admin.post("/console/contacts/export", group="farmers")
    assert page.text.splitlines() == ["number,language,place,place_id,groups,stopped", f'{URN},sw,"Hola, Tana River",KE:test:hola,farmers,']
    assert "1 known, nothing changes" in (await admin.follow(await _upload(admin, page.text))).shown
    assert place.app.audit_log.audit_page(AuditQuery(what="contact"), limit=1)[0].what == "contact.export"
