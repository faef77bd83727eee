"""Received alerts and the roll-call board on the console."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pytest
from aiohttp import FormData

from bot.core.alert.broadcast import Mode
from bot.core.alert.notice import RollAnswer
from bot.core.alert.stored import State
from bot.core.storage import NewDelivery
from bot.core.ticket import Ticket, TicketKind
from bot.core.types import Contact, Lane, Lang
from tests.console.staffed import ADMIN, APPROVER, AUTHOR, Browser, Office, Page, office
from tests.console.test_broadcasts import FORM
from tests.places.small import small

ALERTS = "/console/alerts"
CAP = """<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>{id}</identifier><sender>met@example.org</sender><sent>{sent}</sent>
<status>{status}</status><msgType>Alert</msgType><scope>Public</scope><info><language>en</language><category>Met</category><event>Flood</event>
<responseType>Evacuate</responseType><urgency>Expected</urgency><severity>Severe</severity><certainty>Likely</certainty><expires>{ends}</expires>
<headline>Floods at &lt;b&gt;Hola&lt;/b&gt;</headline>
<instruction>Move to high ground now.</instruction><area><areaDesc>Tana River</areaDesc>
<polygon>-1.2,39.8 -1.2,40.2 -1.9,40.3 -1.2,39.8</polygon></area></info></alert>"""


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path, alerts={"source": "RED CROSS"}) as made:
        made.app.places = small()
        yield made


@pytest.fixture
async def amina(place: Office) -> Browser:
    return await place.signed_in("amina", AUTHOR)


@pytest.fixture
async def baraka(place: Office) -> Browser:
    return await place.signed_in("baraka", APPROVER)


def _at(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%S}-00:00"


async def _upload(place: Office, browser: Browser, text: str = CAP, *, status: str = "Actual", id: str = "A1") -> Page:
    await browser.get(f"{ALERTS}/upload")
    now = place.clock()
    form = FormData({"csrf": browser.csrf})
    said = text.format(id=id, status=status, sent=_at(now - 60), ends=_at(now + 36_000))
    form.add_field("cap", BytesIO(said.encode()), filename="a.xml", content_type="text/xml")
    return await browser.ask("POST", f"{ALERTS}/upload", data=form)


async def test_an_uploaded_alert_is_held_shown_and_released_by_another(place: Office, amina: Browser, baraka: Browser) -> None:
    page = await amina.follow(await _upload(place, amina))
    for words in ("is taken in", "held: somebody must look", "Floods at Hola", "Tana River", "Move to high ground now."):
        assert words in page.shown
    assert '<svg class="map"' in page.text
    assert "<b>" not in page.text
    assert "Release" not in page.shown
    assert "1 received alerts wait" in (await baraka.get("/console")).shown
    assert "Release" in (await baraka.get(f"{ALERTS}/1")).shown
    page = await baraka.follow(await baraka.post(f"{ALERTS}/1/release", why="Seen at the river"))
    assert "people who ask are told" in page.shown
    stored = place.app.receiving.store.received_alert(1)
    assert stored is not None
    assert stored.state is State.OPEN
    page = await baraka.follow(await baraka.post(f"{ALERTS}/1/dismiss", why="Over"))
    assert "nobody is told" in page.shown


async def test_who_brought_it_in_does_not_release_it(place: Office) -> None:
    both = await place.signed_in("juma", AUTHOR, APPROVER)
    await both.follow(await _upload(place, both))
    page = await both.post(f"{ALERTS}/1/release", why="mine")
    assert (page.status, "another person" in page.shown) == (409, True)


@pytest.mark.parametrize(
    ("text", "says"),
    [("<html>no</html>", "page"), ("<!DOCTYPE x><alert/>", "document type"), ("", "empty"), ("<alert", "not whole XML")],
)
async def test_what_is_no_alert_is_refused_with_the_reason(place: Office, amina: Browser, text: str, says: str) -> None:
    page = await _upload(place, amina, text)
    assert (page.status, says in page.shown) == (409, True)


async def test_the_document_comes_as_a_file_and_never_as_a_page(place: Office, amina: Browser) -> None:
    await _upload(place, amina)
    page = await amina.get(f"{ALERTS}/1/raw")
    assert page.headers["Content-Type"] == "application/octet-stream"
    assert page.headers["Content-Disposition"].startswith("attachment")
    assert b"<identifier>A1" in page.body


async def test_a_document_that_is_kept_no_more_is_not_offered(place: Office, amina: Browser) -> None:
    await _upload(place, amina)
    assert f"{ALERTS}/1/raw" in (await amina.get(f"{ALERTS}/1")).text
    place.app.receiving.store.forget_raw(before=float("inf"), limit=9)
    assert f"{ALERTS}/1/raw" not in (await amina.get(f"{ALERTS}/1")).text
    assert (await amina.get(f"{ALERTS}/1/raw")).status == 404


async def test_a_broadcast_is_drafted_from_it(place: Office, amina: Browser) -> None:
    await _upload(place, amina)
    page = await amina.get(f"{ALERTS}/1/draft")
    assert "Look at this first" in page.shown
    assert 'class="staff live"' in page.text
    fields = {**FORM, "do": "save", "places": "KE-40"}
    assert (await amina.post(f"{ALERTS}/1/draft", **fields)).status == 303
    made = place.app.alert_desk.show(1)
    assert (made.alert_id, made.mode, made.hazard) == (1, Mode.LIVE, "flood")


async def test_an_exercise_of_theirs_becomes_an_exercise_of_ours(place: Office, amina: Browser) -> None:
    await _upload(place, amina, status="Exercise")
    page = await amina.get(f"{ALERTS}/1/draft")
    assert 'class="staff exercise"' in page.text
    await amina.post(f"{ALERTS}/1/draft", **{**FORM, "mode": "live", "do": "save", "places": "KE-40"})
    assert place.app.alert_desk.show(1).mode is Mode.EXERCISE


async def test_the_list_is_narrowed_down(place: Office, amina: Browser) -> None:
    await _upload(place, amina)
    await _upload(place, amina, status="Exercise", id="A2")
    for show, held in (("", True), ("held", True), ("force", False), ("quarantined", False), ("x", True)):
        page = await amina.get(f"{ALERTS}?show={show}&page=0")
        assert (page.status, f"{ALERTS}/1" in page.text) == (200, held)
    assert (await amina.get(f"{ALERTS}?page=-1")).status == 200


@pytest.mark.parametrize("path", ["99", "x", "99/raw", "99/draft"])
async def test_what_is_not_there_is_no_page(amina: Browser, path: str) -> None:
    assert (await amina.get(f"{ALERTS}/{path}")).status == 404


async def test_who_looks_after_the_box_decides_nothing(place: Office, amina: Browser) -> None:
    await _upload(place, amina)
    admin = await place.signed_in("juma", ADMIN)
    assert "Dismiss" not in (await admin.get(f"{ALERTS}/1")).shown
    assert (await admin.post(f"{ALERTS}/1/release", why="x")).status == 403
    assert (await admin.post(f"{ALERTS}/1/dismiss", why="x")).status == 409


async def test_the_roll_call_board_has_places_a_map_and_the_calls_for_help(place: Office, amina: Browser, baraka: Browser) -> None:
    with place.app.store.begin() as tx:
        for n in range(4):
            tx.save_contact(Contact(f"tel:+25470000000{n}", Lang.SW, place="KE:test:hola" if n else "KE:test:garsen"))
    await amina.get("/console/broadcasts/new")
    more = {"roll_call": "1", "escalate_after": "30", "escalate_below": "80", "escalate_to": "volunteers"}
    page = await amina.post("/console/broadcasts/new", **{**FORM, **more, "do": "submit", "places": "KE-40"})
    await baraka.get(page.to)
    assert (await baraka.post(f"{page.to}/approve", people="4")).status == 303
    place.app.sweep()
    with place.app.store.begin() as tx:
        urn = "tel:+254700000000"
        tx.answer_roll(1, urn, RollAnswer.NEED_HELP, words="2", now=place.clock())
        tx.answer_roll(1, "tel:+254700000001", RollAnswer.SAFE, words="1", now=place.clock())
        question = "Maji <b>ndani</b>\nLocation: -2.27000, 40.11000"
        call = {"kind": TicketKind.NEED_HELP, "urgent": True, "question": question, "opened": place.clock()}
        tx.add_ticket(Ticket(urn=urn, channel="sim", lang=Lang.SW, **call))  # type: ignore[arg-type]
        tx.insert_delivery(NewDelivery("x", "sim", urn, ("x",), lane=Lane.SENDS), now=place.clock())
    for path in ("roll", "roll/now"):
        board = await amina.get(f"{page.to}/{path}")
        for words in ("1 need help", "1 safe", "2 not reached", "Garsen, Tana River", "Maji <b>ndani</b>", "the group volunteers gets it"):
            assert words in board.shown, words
        assert '<svg class="map"' in board.text
        assert "<title>#1: 1</title>" in board.text  # exactly where they are, beside the dots of whole places
        assert "700000000" not in board.text
        assert "<b>" not in board.text
    assert "/again" not in (await amina.get(f"{page.to}/roll")).text  # nobody got it yet


async def test_who_says_nothing_is_asked_again_in_two_clicks(place: Office, amina: Browser, baraka: Browser) -> None:
    people = [f"tel:+25470000000{n}" for n in range(4)]
    with place.app.store.begin() as tx:
        for urn in people:
            tx.save_contact(Contact(urn, Lang.SW, place="KE:test:hola"))
    await amina.get("/console/broadcasts/new")
    page = await amina.post("/console/broadcasts/new", **{**FORM, "roll_call": "1", "do": "submit", "places": "KE-40"})
    await baraka.get(page.to)
    await baraka.post(f"{page.to}/approve", people="4")
    place.app.sweep()
    with place.app.store._db.write() as connection:  # type: ignore[attr-defined]
        for table in ("part", "delivery"):
            connection.exec_driver_sql(f"UPDATE {table} SET status = 'delivered' WHERE status = 'queued'")
    with place.app.store.begin() as tx:
        tx.answer_roll(1, people[0], RollAnswer.SAFE, words="1", now=place.clock())
    board = await amina.get(f"{page.to}/roll")
    assert f'href="{page.to}/again"' in board.text
    assert "/again" not in (await baraka.get(f"{page.to}/roll")).text  # who approves does not write
    ready = await amina.get(f"{page.to}/again")
    assert "has not answered it" in ready.shown
    assert "UPDATE, " in ready.shown
    submitted = await amina.follow(await amina.post(f"{page.to}/again", do="submit"))
    assert "Sent for approval: 3 people" in submitted.shown
    assert "Whoever got broadcast 1 and has not answered its roll call." in submitted.shown
    made = place.app.alert_desk.show(2)
    assert (made.people, made.audience.got, made.audience.silent) == (3, 1, True)
    assert (await baraka.post("/console/broadcasts/2/approve", people="3")).status == 303
