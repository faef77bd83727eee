"""A broadcast by the API, from the draft to its end: two people, exact words, and nothing made twice."""

import asyncio

from bot.core.alert.broadcast import Stage
from bot.core.types import Lang
from tests.api.house import APPROVER, AUTHOR, FLOOD, Office

ONE, TWO, THREE = "tel:+254700000001", "tel:+254700000002", "tel:+254700000003"


async def test_from_the_draft_to_the_all_clear(house: Office) -> None:
    house.people(ONE, TWO)
    house.people(THREE, lang=Lang.SW)
    draft = await house.post("/broadcasts", "amina", FLOOD)
    assert draft.status == 201
    assert draft.json["stage"] == "draft"
    assert draft.json["title"] == "Flood, Garissa"
    assert draft.json["audience"]["places"] == [{"id": "KE-07", "label": "Garissa (county)"}]
    assert draft.json["expires"] == "2027-01-31T15:00:00Z"
    at = f"/broadcasts/{draft.json['id']}"
    preview = (await house.get(f"{at}/preview", "ben")).json
    assert (preview["people"], preview["cannot"], preview["stoppers"]) == (3, [], [])
    assert {(line["lang"], line["people"]) for line in preview["lines"]} == {("en", 2), ("sw", 1)}
    assert all(line["text"] == draft.json["texts"][line["lang"]] and line["segments"] == 1 for line in preview["lines"])
    assert (await house.post(f"{at}/submit", "amina")).json["people"] == 3
    wrong = await house.post(f"{at}/approve", "ben", {"people": 30})
    assert wrong.status == 409
    assert "30 is not the number of people" in wrong.json["error"]["message"]
    approved = await house.post(f"{at}/approve", "ben", {"people": 3})
    assert (approved.status, approved.json["stage"], approved.json["approver"]) == (200, "sending", "ben")
    assert (await house.get(f"{at}/progress", "cleo")).json["left"] == 3
    assert (await house.get("/notices", "amina")).json["notices"][0]["key"] == f"broadcast:{draft.json['id']}"
    assert (await house.post(f"{at}/pause", "amina")).json["stage"] == "paused"
    assert (await house.post(f"{at}/resume", "amina")).status == 403
    assert (await house.post(f"{at}/resume", "ben")).json["stage"] == "sending"
    over = await house.post(f"{at}/over", "amina")
    assert (over.status, over.json["type"], over.json["response"], over.json["audience"]["got"]) == (
        201,
        "Update",
        "AllClear",
        draft.json["id"],
    )
    cancel = await house.post(f"{at}/cancel", "amina", {"reason": "withdrawn"})
    assert (cancel.json["type"], cancel.json["slots"]["correction"]) == ("Cancel", "withdrawn")
    update = await house.post(f"{at}/correct", "amina", {"response": "Monitor"})
    assert (update.json["type"], update.json["response"], update.json["audience"]["rest"]) == ("Update", "Monitor", True)
    assert (await house.post(f"{at}/stop", "ben", {"why": "wrong river"})).json["why"] == "wrong river"
    assert (await house.get("/notices", "amina")).json["notices"] == []


async def test_what_cannot_go_out_is_said_in_the_preview_and_again_when_it_is_submitted(house: Office) -> None:
    house.people(ONE)
    made = await house.drafted(words={"en": {"text": "Run! " * 60}})
    [says] = (await house.get(f"/broadcasts/{made}/preview", "amina")).json["cannot"]
    assert says.startswith("English: Too long by ")
    answer = await house.post(f"/broadcasts/{made}/submit", "amina")
    told = {"code": "not_done", "message": f"Broadcast {made} cannot be submitted. {says}", "remedy": ""}
    assert (answer.status, answer.json["error"]) == (409, told)


async def test_an_author_alone_cannot_send_whatever_their_roles(house: Office) -> None:
    house.people(ONE)
    house.hire("dora", AUTHOR, APPROVER)
    made = await house.drafted("dora")
    await house.post(f"/broadcasts/{made}/submit", "dora")
    alone = await house.post(f"/broadcasts/{made}/approve", "dora", {"people": 1})
    assert (alone.status, alone.json["error"]["code"]) == (403, "own_broadcast")
    assert house.app.alert_desk.show(made).stage is Stage.WAITING
    assert (await house.post(f"/broadcasts/{made}/submit", "amina")).json["error"]["code"] == "not_yours"
    assert (await house.ask("PATCH", f"/broadcasts/{made}", "amina", json={"title": "mine"})).status == 403


async def test_a_rejected_draft_is_changed_part_by_part_and_submitted_again(house: Office) -> None:
    house.people(ONE)
    house.people(TWO, place="KE:test:hola")
    made = await house.drafted()
    at = f"/broadcasts/{made}"
    await house.post(f"{at}/submit", "amina")
    assert (await house.post(f"{at}/reject", "ben", {"why": "Hola, too"})).json["stage"] == "rejected"
    changed = await house.ask(
        "PATCH", at, "amina", json={"places": ["Garissa County", "Hola"], "words": {"en": {"impact": "Roads are cut"}}}
    )
    assert changed.status == 200, changed.json
    assert (changed.json["stage"], changed.json["hazard"]) == ("draft", "flood")
    assert [place["id"] for place in changed.json["audience"]["places"]] == ["KE-07", "KE:test:hola"]
    assert "Roads are cut" in changed.json["texts"]["en"]
    assert "Hola" in changed.json["texts"]["en"]
    assert (await house.post(f"{at}/submit", "amina")).json["people"] == 2
    again = await house.post(f"{at}/withdraw", "amina")
    assert again.json["stage"] == "draft"
    cleared = await house.ask("PATCH", at, "amina", json={"words": {"en": {"impact": ""}}, "expires": None})
    assert "Roads" not in str(cleared.json["texts"])
    assert cleared.json["expires"] is None
    assert (await house.post(f"{at}/submit", "amina")).status == 409


async def test_a_place_that_may_be_several_is_asked_back(house: Office) -> None:
    answer = await house.post("/broadcasts", "amina", {**FLOOD, "places": ["Bura"]})
    assert (answer.status, answer.json["error"]["code"]) == (400, "which_place")
    assert "KE:test:bura-tana for Bura (Tana River)" in answer.json["error"]["remedy"]
    unknown = await house.post("/broadcasts", "amina", {**FLOOD, "hazard": "dragons"})
    assert unknown.json["error"]["code"] == "no_hazard"
    assert "flood" in unknown.json["error"]["remedy"]
    assert (await house.get("/broadcasts", "amina")).json == {"broadcasts": [], "next": 0}
    found = await house.get("/places?q=Bura", "amina")
    assert (found.json["sure"], len(found.json["places"])) == (False, 2)


async def test_what_is_asked_for_twice_is_drafted_once_also_at_the_same_moment(house: Office) -> None:
    key = {"Idempotency-Key": "flood-2027-01-31"}
    answers = await asyncio.gather(*(house.post("/broadcasts", "amina", FLOOD, headers=key) for _ in range(4)))
    assert {answer.status for answer in answers} <= {200, 201}
    assert len({answer.json["id"] for answer in answers}) == 1
    again = await house.post("/broadcasts", "amina", FLOOD, headers=key)
    assert again.status == 200
    other = await house.post("/broadcasts", "amina", {**FLOOD, "mode": "exercise"}, headers=key)
    assert other.status == 409
    assert "Idempotency-Key" in other.json["error"]["message"]
    house.hire("dora", AUTHOR)
    assert (await house.post("/broadcasts", "dora", FLOOD, headers=key)).status == 201
    assert (await house.post("/broadcasts", "amina", FLOOD)).status == 201
    assert len((await house.get("/broadcasts", "amina")).json["broadcasts"]) == 3


async def test_pages_and_stages_of_the_list(house: Office) -> None:
    made = [await house.drafted() for _ in range(3)]
    first = await house.get("/broadcasts?limit=2", "ben")
    assert [one["id"] for one in first.json["broadcasts"]] == made[:0:-1]
    rest = await house.get(f"/broadcasts?limit=2&before={first.json['next']}&stage=draft", "ben")
    assert ([one["id"] for one in rest.json["broadcasts"]], rest.json["next"]) == (made[:1], 0)


async def test_a_roll_call_by_place(house: Office) -> None:
    house.people(ONE)
    made = await house.sent(roll_call=True, escalation={"after_minutes": 30, "below_percent": 50, "to": "volunteers"})
    house.app.sweep()
    board = await house.get(f"/broadcasts/{made}/roll-call", "cleo")
    assert (board.status, board.json["exercise"]) == (200, False)
    assert [(row["place"], row["label"], row["missed"]) for row in board.json["places"]] == [("KE-07", "Garissa (county)", 1)]
    plain = await house.sent()
    assert (await house.get(f"/broadcasts/{plain}/roll-call", "cleo")).json["error"]["code"] == "no_roll_call"


async def test_a_roll_call_is_asked_again_of_who_says_nothing(house: Office) -> None:
    house.people(ONE)
    made = await house.sent(roll_call=True)
    early = await house.post(f"/broadcasts/{made}/ask-again", "amina")
    assert (early.status, "not all sent" in early.json["error"]["message"]) == (409, True)
    house.app.sweep()
    again = await house.post(f"/broadcasts/{made}/ask-again", "amina")
    assert (again.status, again.json["type"], again.json["follows"]) == (201, "Update", made)
    assert (again.json["audience"]["got"], again.json["audience"]["silent"], again.json["audience"]["rest"]) == (made, True, False)
    assert (again.json["roll_call"], again.json["stage"]) == (True, "draft")
    assert (await house.post(f"/broadcasts/{made}/ask-again", "ben")).status == 403
    plain = await house.sent()
    house.app.sweep()
    assert (await house.post(f"/broadcasts/{plain}/ask-again", "amina")).status == 409


async def test_two_approvers_at_the_same_moment_send_it_once(house: Office) -> None:
    house.people(ONE)
    house.hire("dora", APPROVER)
    made = await house.drafted()
    await house.post(f"/broadcasts/{made}/submit", "amina")
    answers = await asyncio.gather(*(house.post(f"/broadcasts/{made}/approve", by, {"people": 1}) for by in ("ben", "dora")))
    assert sorted(answer.status for answer in answers) == [200, 409]
