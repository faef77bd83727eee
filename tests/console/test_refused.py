"""What is refused is said in the language of the page: here Swahili, with nothing of the English sentence left."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.alert.broadcast import Stage
from bot.core.refusal import SENTENCES
from bot.core.types import Contact, Lang
from tests.console.staffed import ADMIN, APPROVER, AUTHOR, Browser, Office, Page, office
from tests.console.test_broadcasts import BROADCASTS, FORM
from tests.console.test_lists import _upload as upload_list
from tests.console.test_received_pages import ALERTS, CAP
from tests.console.test_received_pages import _upload as upload_alert
from tests.console.test_tickets import TICKETS
from tests.console.test_tickets import _open as open_ticket
from tests.places.small import small

PEOPLE = 4


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path, alerts={"source": "RED CROSS"}) as made:
        made.app.places = small()
        with made.app.people.begin() as tx:
            for n in range(PEOPLE):
                tx.save_contact(Contact(f"tel:+2547000000{n:02}", Lang.SW, place="KE:test:hola"))
        yield made


@pytest.fixture
async def zawadi(place: Office) -> Browser:
    return await place.signed_in("zawadi", AUTHOR, APPROVER, ADMIN, lang=Lang.SW)


@pytest.fixture
async def juma(place: Office) -> Browser:
    return await place.signed_in("juma", AUTHOR, APPROVER, lang=Lang.SW)


def refused(page: Page, says: str, *codes: str) -> None:
    """`page` refuses with `says`, and holds no English words of `codes` (those between their gaps)."""
    assert (page.status, says in page.shown) == (409, True), page.shown
    for code in codes:
        longest = max(SENTENCES[Lang.EN][code].replace("{", "}").split("}")[::2], key=len).strip()
        assert longest not in page.shown


async def _draft(browser: Browser, do: str = "submit", **fields: Any) -> Page:
    await browser.get(f"{BROADCASTS}/new")
    return await browser.post(f"{BROADCASTS}/new", **(FORM | {"do": do, "places": "KE-40"} | fields))


async def _waiting(browser: Browser) -> str:
    page = await _draft(browser)
    assert page.status == 303, page.shown
    return page.to


async def test_an_author_cannot_approve_their_own(zawadi: Browser) -> None:
    path = await _waiting(zawadi)
    page = await zawadi.post(f"{path}/approve", people=str(PEOPLE))
    refused(page, "ni lako mwenyewe: lazima mtu mwingine aliidhinishe", "own_broadcast")


@pytest.mark.parametrize(
    ("typed", "says", "code"),
    [("5", "5 si idadi ya watu wa tangazo 1", "wrong_people"), ("wote", "Hiyo si idadi ya watu wa tangazo 1", "people_not_typed")],
)
async def test_a_number_typed_wrongly(place: Office, zawadi: Browser, juma: Browser, typed: str, says: str, code: str) -> None:
    path = await _waiting(zawadi)
    await juma.get(path)
    refused(await juma.post(f"{path}/approve", people=typed), says, code)
    assert place.app.alert_desk.show(1).stage is Stage.WAITING


@pytest.mark.parametrize(
    ("fields", "says", "code"),
    [
        pytest.param({"places": "KE-23"}, "Jinsi lilivyo, hakuna ambaye angelipata.", "nobody", id="nobody"),
        pytest.param({"text.en": "Run! " * 60}, "English: Ni ndefu mno kwa herufi", "reason_too_long", id="too long"),
        pytest.param({"source": ""}, "andika maneno. Sema nani anaonya: jina", "reason_no_source", id="no source"),
        pytest.param({"expires": "2020-01-01T00:00"}, "mwisho wake umepita", "no_time_left", id="over"),
        pytest.param({"onset": "2099-12-02T18:00"}, "Linaisha kabla ya kuanza", "ends_first", id="ends first"),
        pytest.param({"escalate_after": "5"}, "lazima kikundi hicho kitajwe", "escalates_nowhere", id="no second group"),
    ],
)
async def test_what_cannot_go_out(zawadi: Browser, fields: dict[str, str], says: str, code: str) -> None:
    page = await _draft(zawadi, **fields)
    refused(page, says, code, "not_submitted")
    assert "Tangazo 1 haliwezi kuombewa idhini." in page.shown


async def test_a_step_that_comes_too_late_or_without_a_reason(zawadi: Browser, juma: Browser) -> None:
    path = await _waiting(zawadi)
    await juma.get(path)
    refused(await juma.post(f"{path}/reject", why=" "), "Sema kwa nini", "say_why")
    refused(await juma.post(f"{path}/resume"), "Tangazo 1 halijasitishwa", "not_resumed")
    refused(await juma.get(f"{path}/edit"), "si rasimu yako", "not_yours_to_edit")
    await juma.get(path)
    assert (await juma.post(f"{path}/approve", people=str(PEOPLE))).status == 303
    refused(await juma.post(f"{path}/reject", why="x"), "hakuna cha kukataa", "not_rejected")


async def test_what_took_its_place_is_named_in_their_language(zawadi: Browser, juma: Browser) -> None:
    path = await _waiting(zawadi)
    await juma.get(path)
    await juma.post(f"{path}/approve", people=str(PEOPLE))
    await zawadi.get(f"{path}/cancel")
    after = await zawadi.post(f"{path}/cancel", do="submit")
    refused(after, "Tangazo 2 haliwezi kuombewa idhini. Jinsi lilivyo, hakuna ambaye angelipata.", "nobody")  # nobody got it so far
    await zawadi.get(f"{path}/correct")
    update = await zawadi.post(f"{path}/correct", **(FORM | {"do": "submit", "places": "KE-40"}))
    await juma.get(update.to)
    assert (await juma.post(f"{update.to}/approve", people=str(PEOPLE))).status == 303
    page = await juma.get(path)
    assert "Tangazo 3 limechukua nafasi yake." in page.shown
    assert "replaced by" not in page.shown


async def test_tickets(place: Office, zawadi: Browser) -> None:
    id_ = open_ticket(place)
    await zawadi.get(f"{TICKETS}/{id_}")
    refused(await zawadi.post(f"{TICKETS}/{id_}/answer", text=" "), "Jibu ni tupu", "answer_empty")
    refused(await zawadi.post(f"{TICKETS}/{id_}/answer", text="x" * 900), "Jibu ni refu mno", "answer_too_long")
    approved = {"text": "Ndiyo.", "approve": "1", "question": "mbuzi wangu"}
    refused(await zawadi.post(f"{TICKETS}/{id_}/answer", **approved, until="kesho"), "Hiyo si tarehe", "bad_date")


async def test_lists_and_groups(zawadi: Browser) -> None:
    refused(await upload_list(zawadi, "jina\nAmina\n"), "Orodha haina safu ya namba", "list_without_numbers")
    refused(await upload_list(zawadi, "namba\n0700000001\n", group="!!"), "!! si jina la kikundi", "bad_group")


async def test_a_document_that_is_no_alert(place: Office, zawadi: Browser) -> None:
    refused(await upload_alert(place, zawadi, "<html>no</html>"), "Huu ni ukurasa wa tovuti", "cap_html")


async def test_decisions_about_alerts(place: Office, zawadi: Browser, juma: Browser) -> None:
    await zawadi.follow(await upload_alert(place, zawadi, CAP))
    refused(await zawadi.post(f"{ALERTS}/1/release", why="x"), "Wewe mwenyewe ulileta tahadhari 1", "own_upload")
    await juma.follow(await upload_alert(place, juma, CAP, status="Test", id="A2"))
    await zawadi.get(f"{ALERTS}/2")
    refused(await zawadi.post(f"{ALERTS}/2/release", why="x"), "haikukusudiwa kwa umma", "not_for_public")
    assert (await zawadi.post(f"{ALERTS}/2/dismiss", why="x")).status == 303
    refused(await zawadi.post(f"{ALERTS}/2/dismiss", why="x"), "hakuna cha kukataa", "not_dismissed")


async def test_why_an_alert_is_held(place: Office, zawadi: Browser) -> None:
    page = await zawadi.follow(await upload_alert(place, zawadi, CAP))
    assert "chanzo chake si kati ya vile ambavyo tahadhari zao huendelea bila mtu" in page.shown
    page = await zawadi.follow(await upload_alert(place, zawadi, CAP, status="Test", id="A2"))
    assert "ni jaribio" in page.shown
    page = await zawadi.get(f"{ALERTS}/2/draft")
    assert "Isingeenda kwa umma yenyewe: ni jaribio." in page.shown
