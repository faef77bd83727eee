"""Broadcasts on the console: drafted with a preview, approved by another person who types the number, followed, corrected, cancelled."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from bot.core.alert.audit import AuditQuery
from bot.core.alert.broadcast import Mode, Stage
from bot.core.types import Contact, Lang
from bot.store.sql import SqlStore
from tests.console.staffed import ADMIN, APPROVER, AUTHOR, Browser, Office, office
from tests.places.small import small

BROADCASTS = "/console/broadcasts"
FLOOD = {"hazard": "flood", "response": "Evacuate", "urgency": "Immediate", "severity": "Severe", "certainty": "Likely"}
FORM = FLOOD | {"source": "RED CROSS", "expires": "2099-12-01T18:00", "mode": "live"}
PEOPLE = 12


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path, alerts={"source": "RED CROSS", "prices": {"sim": "KES 0.80"}}) as made:
        made.app.places = small()
        with made.app.people.begin() as tx:
            for n in range(PEOPLE):
                tx.save_contact(Contact(f"tel:+2547000000{n:02}", Lang.SW if n % 2 else Lang.EN, place="KE:test:hola"))
            tx.save_contact(Contact("tel:+254700000099", Lang.EN, place="KE:test:hola", opted_out=True))
            tx.set_groups("tel:+254700000001", ["exercise", "volunteers"])
        yield made


@pytest.fixture
async def amina(place: Office) -> Browser:
    return await place.signed_in("amina", AUTHOR, APPROVER)


@pytest.fixture
async def baraka(place: Office) -> Browser:
    return await place.signed_in("baraka", APPROVER)


async def _submitted(amina: Browser, **fields: Any) -> int:
    await amina.get(f"{BROADCASTS}/new")
    page = await amina.post(f"{BROADCASTS}/new", **(FORM | {"do": "submit", "places": "KE-40"} | fields))
    assert page.status == 303, page.shown
    return int(page.to.rsplit("/", 1)[1])


async def _sent(amina: Browser, baraka: Browser, place: Office, **fields: Any) -> int:
    id_ = await _submitted(amina, **fields)
    await baraka.get(f"{BROADCASTS}/{id_}")
    page = await baraka.post(f"{BROADCASTS}/{id_}/approve", people=str(place.app.alert_desk.show(id_).people))
    assert page.status == 303, page.shown
    return id_


def _delivered(place: Office, status: str = "delivered") -> None:
    """As if the lanes had done their work."""
    place.app.sweep()
    store = place.app.store
    assert isinstance(store, SqlStore)
    with store._db.write() as connection:
        connection.exec_driver_sql(f"UPDATE part SET status = '{status}' WHERE status = 'queued'")
        connection.exec_driver_sql(f"UPDATE delivery SET status = '{status}' WHERE status = 'queued'")


async def test_a_preview_shows_the_exact_words_people_cost_and_stores_nothing(place: Office, amina: Browser) -> None:
    await amina.get(f"{BROADCASTS}/new")
    page = await amina.post(f"{BROADCASTS}/new", **(FORM | {"do": "preview", "add_places": "tana river"}))
    for words in ("RED CROSS: FLOOD warning, Tana River.", "MAFURIKO", f"{PEOPLE} people get it", "KES 9.60", "1 left out: sent STOP"):
        assert words in page.shown
    assert place.app.alert_desk.store.broadcasts(limit=9) == []


async def test_the_script_gets_the_same_preview_and_the_texts(amina: Browser) -> None:
    await amina.get(f"{BROADCASTS}/new")
    page = await amina.post(f"{BROADCASTS}/new", **(FORM | {"do": "live", "places": "KE-40"}))
    told = json.loads(page.text)
    assert f"<strong>{PEOPLE}</strong>" in told["html"]
    assert told["texts"]["en"].startswith("RED CROSS: FLOOD")
    assert "<script" not in told["html"]


async def test_a_place_that_may_be_two_is_asked_back_before_anything_is_stored(place: Office, amina: Browser) -> None:
    await amina.get(f"{BROADCASTS}/new")
    page = await amina.post(f"{BROADCASTS}/new", **(FORM | {"do": "submit", "add_places": "Bura"}))
    assert (page.status, "Bura (Tana River) Bura (Garissa)" in page.shown) == (409, True)
    assert place.app.alert_desk.store.broadcasts(limit=9) == []
    page = await amina.post(f"{BROADCASTS}/new", **(FORM | {"do": "save", "add_places": "Bura", "add_places_id": "KE:test:bura-tana"}))
    assert page.status == 303
    assert place.app.alert_desk.show(1).audience.places == ("KE:test:bura-tana",)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        pytest.param({"places": "KE-23"}, "nobody would get it", id="nobody"),
        pytest.param({"hazard": ""}, "hazard", id="no hazard"),
        pytest.param({"source": ""}, "who warns", id="no source"),
        pytest.param({"expires": "2020-01-01T00:00"}, "over", id="over"),
        pytest.param({"text.en": "Run! " * 60}, "oo long", id="too long"),
        pytest.param({"text.en": "Go to http://example.org/now until 6pm"}, "link", id="a link"),
        pytest.param({"text.en": "EXERCISE ONLY: flood in Tana River"}, "exercise", id="calls itself an exercise"),
    ],
)
async def test_what_cannot_go_out_cannot_be_submitted(place: Office, amina: Browser, fields: dict[str, str], says: str) -> None:
    await amina.get(f"{BROADCASTS}/new")
    page = await amina.post(f"{BROADCASTS}/new", **(FORM | {"do": "submit", "places": "KE-40"} | fields))
    assert (page.status, says in page.shown) == (409, True)
    assert [one.stage for one in place.app.alert_desk.store.broadcasts(limit=9)] in ([], [Stage.DRAFT])


@pytest.mark.parametrize(
    "fields", [{"expires": "soon"}, {"escalate_after": "-1"}, {"escalate_below": "101"}, {"onset": "9999999-01-01T00:00"}]
)
async def test_what_cannot_be_read_is_asked_back(place: Office, amina: Browser, fields: dict[str, str]) -> None:
    await amina.get(f"{BROADCASTS}/new")
    assert (await amina.post(f"{BROADCASTS}/new", **(FORM | {"do": "save", "places": "KE-40"} | fields))).status == 409
    assert place.app.alert_desk.store.broadcasts(limit=9) == []


async def test_a_text_is_by_hand_once_it_is_changed_and_the_templates_once_it_is_emptied(place: Office, amina: Browser) -> None:
    own = "RED CROSS: FLOOD at Hola bridge, Tana River. Leave now by the west road. Until 6pm."
    made = "RED CROSS: FLOOD warning, Tana River."
    await amina.get(f"{BROADCASTS}/new")
    fields = FORM | {"do": "save", "places": "KE-40", "text.en": own, "made.en": made, "text.sw": "Sawa", "made.sw": "Sawa"}
    await amina.post(f"{BROADCASTS}/new", **fields)
    kept = place.app.alert_desk.show(1)
    assert (kept.texts[Lang.EN], "text.sw" in kept.slots) == (own, False)
    page = await amina.get(f"{BROADCASTS}/1/edit")
    assert "by hand" in page.shown
    await amina.post(f"{BROADCASTS}/1/edit", **(fields | {"text.en": ""}))
    assert place.app.alert_desk.show(1).texts[Lang.EN].startswith("RED CROSS: FLOOD warning")


async def test_places_are_offered_while_typing(amina: Browser) -> None:
    told = json.loads((await amina.get("/console/places.json?q=bura")).text)
    assert [one["label"] for one in told["places"]] == ["Bura, Tana River", "Bura, Garissa"]
    assert json.loads((await amina.get("/console/places.json?q=b")).text) == {"places": []}


async def test_the_author_cannot_approve_however_they_ask(place: Office, amina: Browser) -> None:
    id_ = await _submitted(amina)
    page = await amina.get(f"{BROADCASTS}/{id_}")
    assert "You cannot approve what you wrote" in page.shown
    assert "SEND NOW" not in page.shown
    page = await amina.post(f"{BROADCASTS}/{id_}/approve", people=str(PEOPLE))
    assert (page.status, "your own" in page.shown) == (409, True)
    assert place.app.alert_desk.show(id_).stage is Stage.WAITING


@pytest.mark.parametrize("role", [AUTHOR, ADMIN])
async def test_without_the_role_nobody_approves(place: Office, amina: Browser, role: Any) -> None:
    id_ = await _submitted(amina)
    other = await place.signed_in("juma", role)
    await other.get(f"{BROADCASTS}/{id_}")
    for step in ("approve", "reject", "resume", "stop"):
        assert (await other.post(f"{BROADCASTS}/{id_}/{step}", people=str(PEOPLE), why="x")).status == 403
    assert place.app.alert_desk.show(id_).stage is Stage.WAITING


@pytest.mark.parametrize(
    ("typed", "says"), [("", "Type the number"), ("11", "is not the number"), ("all", "is not the number"), ("-12", "not the")]
)
async def test_a_wrong_number_sends_nothing(place: Office, amina: Browser, baraka: Browser, typed: str, says: str) -> None:
    id_ = await _submitted(amina)
    page = await baraka.get(f"{BROADCASTS}/{id_}")
    assert f'value="{PEOPLE}"' not in page.text  # it is never filled in
    page = await baraka.post(f"{BROADCASTS}/{id_}/approve", people=typed)
    assert (page.status, says in page.shown) == (409, True)
    assert place.app.alert_desk.show(id_).stage is Stage.WAITING


async def test_another_person_who_types_the_number_sends_it(place: Office, amina: Browser, baraka: Browser) -> None:
    id_ = await _submitted(amina)
    assert "LIVE alert waits for your approval" in (await baraka.get("/console")).shown
    assert "waits for your approval" not in (await amina.get("/console")).shown
    await baraka.get(f"{BROADCASTS}/{id_}")
    page = await baraka.follow(await baraka.post(f"{BROADCASTS}/{id_}/approve", people=f" {PEOPLE} "))
    assert "It is on its way" in page.shown
    _delivered(place)
    page = await baraka.get(f"{BROADCASTS}/{id_}/progress")
    assert f"Sent: {PEOPLE} of {PEOPLE}" in page.shown
    assert f"On the phone: {PEOPLE} of {PEOPLE}" in page.shown
    assert [one.what for one in place.app.audit_log.audit_page(AuditQuery(what="broadcast"), limit=9)][:2] == [
        "broadcast.approve",
        "broadcast.submit",
    ]


async def test_a_rejection_comes_back_with_its_reason(place: Office, amina: Browser, baraka: Browser) -> None:
    id_ = await _submitted(amina)
    await baraka.get(f"{BROADCASTS}/{id_}")
    assert (await baraka.post(f"{BROADCASTS}/{id_}/reject", why=" ")).status == 409
    await baraka.post(f"{BROADCASTS}/{id_}/reject", why="Wrong river")
    assert "Rejected, for you to change" in (await amina.get("/console")).shown
    assert "Wrong river" in (await amina.get(f"{BROADCASTS}/{id_}/edit")).shown


async def test_pause_resume_and_stop(place: Office, amina: Browser, baraka: Browser) -> None:
    id_ = await _sent(amina, baraka, place)
    for step, stage in (("pause", Stage.PAUSED), ("resume", Stage.SENDING)):
        await baraka.post(f"{BROADCASTS}/{id_}/{step}")
        assert place.app.alert_desk.show(id_).stage is stage
    assert (await baraka.post(f"{BROADCASTS}/{id_}/stop", why="")).status == 409
    page = await baraka.follow(await baraka.post(f"{BROADCASTS}/{id_}/stop", why="Enough"))
    assert (place.app.alert_desk.show(id_).stage, "Enough" in page.shown) == (Stage.STOPPED, True)


@pytest.mark.parametrize(
    ("kind", "says"), [("cancel", "FALSE ALARM"), ("over", "IS OVER"), ("correct", "UPDATE, RED CROSS")], ids=["cancel", "over", "correct"]
)
async def test_what_follows_is_two_clicks_away_with_its_text_ready(
    place: Office, amina: Browser, baraka: Browser, kind: str, says: str
) -> None:
    id_ = await _sent(amina, baraka, place)
    _delivered(place)
    live = await amina.get(f"{BROADCASTS}/{id_}")
    assert f'href="{BROADCASTS}/{id_}/{kind}"' in live.text
    ready = await amina.get(f"{BROADCASTS}/{id_}/{kind}")  # the first click
    assert says in ready.shown
    assert "Send for approval" in ready.shown
    fields = FORM | {"places": "KE-40"} if kind == "correct" else {}
    page = await amina.post(f"{BROADCASTS}/{id_}/{kind}", **(fields | {"do": "submit"}))  # the second
    assert page.status == 303, page.shown
    follower = place.app.alert_desk.show(int(page.to.rsplit("/", 1)[1]))
    assert (follower.follows, follower.stage, follower.people) == (id_, Stage.WAITING, PEOPLE)
    assert "of this exists" in (await amina.get(f"{BROADCASTS}/{id_}")).shown
    await baraka.get(page.to)
    assert (await baraka.post(f"{page.to}/approve", people=str(PEOPLE))).status == 303
    assert place.app.alert_desk.show(id_).stage is Stage.STOPPED


async def test_a_cancel_may_be_worded_anew(place: Office, amina: Browser, baraka: Browser) -> None:
    id_ = await _sent(amina, baraka, place)
    _delivered(place)
    page = await amina.get(f"{BROADCASTS}/{id_}/cancel?edit=1")
    assert 'name="text.en"' in page.text
    assert 'name="places"' not in page.text  # it goes to those who got the old one, and that is no choice


async def test_an_exercise_looks_different_everywhere_and_reaches_its_group_alone(place: Office, amina: Browser, baraka: Browser) -> None:
    page = await amina.get(f"{BROADCASTS}/new?mode=exercise")
    assert 'class="staff exercise"' in page.text
    id_ = await _sent(amina, baraka, place, mode="exercise")
    made = place.app.alert_desk.show(id_)
    assert (made.mode, made.people, made.texts[Lang.EN][:14]) == (Mode.EXERCISE, 1, "EXERCISE ONLY:")
    for path in ("", "/correct", "/cancel", "/roll"):
        page = await amina.get(f"{BROADCASTS}/{id_}{path}")
        assert (page.status, 'class="staff exercise"' in page.text, "EXERCISE. Nothing" in page.shown) == (200, True, True)
    live = await amina.get(f"{BROADCASTS}/{await _sent(amina, baraka, place)}")
    assert ('class="staff live"' in live.text, "LIVE. What goes out" in live.shown) == (True, True)


async def test_a_form_cannot_turn_an_exercise_into_a_live_alert(place: Office, amina: Browser) -> None:
    await amina.get(f"{BROADCASTS}/new?mode=exercise")
    await amina.post(f"{BROADCASTS}/new", **(FORM | {"mode": "exercise", "do": "save", "places": "KE-40"}))
    await amina.post(f"{BROADCASTS}/1/edit", **(FORM | {"mode": "live", "do": "save", "places": "KE-40"}))
    assert place.app.alert_desk.show(1).mode is Mode.EXERCISE


async def test_what_is_anothers_is_not_edited(place: Office, amina: Browser) -> None:
    await amina.get(f"{BROADCASTS}/new")
    await amina.post(f"{BROADCASTS}/new", **(FORM | {"do": "save", "places": "KE-40"}))
    other = await place.signed_in("juma", AUTHOR)
    assert "not a draft of yours" in (await other.get(f"{BROADCASTS}/1/edit")).shown


@pytest.mark.parametrize("path", ["99", "x", "99/roll", "0"])
async def test_what_is_not_there_is_no_page(amina: Browser, path: str) -> None:
    assert (await amina.get(f"{BROADCASTS}/{path}")).status == 404


async def test_the_pages_speak_swahili(place: Office, amina: Browser, baraka: Browser) -> None:
    id_ = await _sent(amina, baraka, place, roll_call="1")
    waiting = await _submitted(amina)
    zawadi = await place.signed_in("zawadi", AUTHOR, APPROVER, lang=Lang.SW)
    for path in ("", "/new", f"/{id_}", f"/{id_}/roll", f"/{id_}/cancel", f"/{id_}/correct", f"/{waiting}"):
        assert (await zawadi.get(f"{BROADCASTS}{path}")).status == 200, path
    assert "TUMA SASA" in (await zawadi.get(f"{BROADCASTS}/{waiting}")).shown
