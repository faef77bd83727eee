"""People, groups and the log by the API: numbers are whole for admins who ask, and for nobody else, anywhere."""

import json

from bot.core.types import Contact
from tests.api.house import Office

ONE, TWO = "tel:+254700000001", "tel:+254700000002"


async def test_numbers_are_masked_but_for_an_admin_who_asks_and_then_it_is_in_the_log(house: Office) -> None:
    house.people(ONE, groups=("volunteers",))
    house.people(TWO, place="KE-40")
    for name in ("amina", "cleo"):
        answer = await house.get("/contacts", name)
        assert answer.json["count"] == 2
        assert b"70000000" not in answer.body
    refused = await house.get("/contacts?numbers=full", "amina")
    assert (refused.status, refused.json["error"]["code"]) == (403, "not_your_role")
    whole = await house.get("/contacts?numbers=full", "cleo")
    assert [one["number"] for one in whole.json["contacts"]] == [ONE, TWO]
    log = await house.get("/audit?what=contact", "cleo")
    assert [(one["who"], one["what"], one["detail"]) for one in log.json["entries"]] == [
        ("cleo", "contact.read", {"by": "key", "people": 2})
    ]
    assert b"70000000" not in log.body


async def test_pages_meet_and_filters_fit(house: Office) -> None:
    urns = [f"tel:+2547000000{n:02}" for n in range(5)]
    house.people(*urns[:3])
    house.people(*urns[3:], place="KE:test:hola", groups=("volunteers",))
    refs, after = [], ""
    while True:
        page = await house.get(f"/contacts?limit=2&after={after}", "amina")
        refs += [one["ref"] for one in page.json["contacts"]]
        if not (after := page.json["next"]):
            break
    assert len(refs) == len(set(refs)) == 5
    for query in ("place=Tana River", "place=KE:test:hola", "group=volunteers"):
        assert (await house.get(f"/contacts?{query}", "amina")).json["count"] == 2, query
    assert (await house.get("/contacts?place=Bura", "amina")).json["error"]["code"] == "which_place"
    assert (await house.get("/groups", "amina")).json == {"groups": [{"name": "volunteers", "people": 2, "stopped": 0}]}
    assert (await house.ask("DELETE", "/groups/volunteers", "cleo")).json == {"people": 2}
    assert (await house.ask("DELETE", "/groups/volunteers", "cleo")).status == 404


async def test_a_person_is_added_once_changed_found_and_erased(house: Office) -> None:
    form = {"number": "0700 000 001", "place": "Garissa County", "groups": ["Volunteers"], "lang": "sw"}
    added = await house.post("/contacts", "amina", form)
    assert (added.status, added.json["lang"], added.json["place"], added.json["groups"]) == (201, "sw", "KE-07", ["volunteers"])
    again = await house.post("/contacts", "amina", {**form, "lang": "en", "groups": ["drivers"]})
    assert (again.status, again.json["lang"], again.json["groups"]) == (200, "sw", ["drivers", "volunteers"])
    ref = (await house.post("/contacts/find", "amina", {"number": "+254700000001"})).json["ref"]
    assert ref == added.json["ref"]
    assert (await house.post("/contacts/find", "amina", {"number": "+254700000009"})).status == 404
    bad = await house.post("/contacts", "amina", {"number": "12345x"})
    assert (bad.status, bad.json["error"]["code"]) == (400, "no_number")
    assert b"12345" not in bad.body
    changed = await house.ask("PATCH", f"/contacts/{ref}", "amina", json={"place": "", "groups": []})
    assert (changed.json["place"], changed.json["groups"], changed.json["lang"]) == ("", [], "sw")
    assert (await house.ask("PATCH", f"/contacts/{ref}", "amina", json={})).status == 400
    assert (await house.ask("DELETE", f"/contacts/{ref}", "cleo")).json["kept_stop"] is False
    assert (await house.get(f"/contacts/{ref}", "amina")).status == 404
    said = json.dumps((await house.get("/audit?limit=200", "cleo")).json)
    assert "0000001" not in said
    assert "contact.erase" in said


async def test_who_sent_stop_stays_stopped(house: Office) -> None:
    house.people(ONE)
    with house.app.people.begin() as tx:
        tx.save_contact(Contact(ONE, tx.contact(ONE, now=1.0, lang="en").lang, opted_out=True))
    answer = await house.post("/contacts", "amina", {"number": ONE.removeprefix("tel:"), "groups": ["volunteers"]})
    assert (answer.status, answer.json["stopped"]) == (200, True)
    assert (await house.get("/contacts?stopped=true", "amina")).json["count"] == 1
