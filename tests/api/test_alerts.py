"""Received alerts by the API: taken in, held, released by another person, passed on."""

from io import BytesIO

import pytest

from bot.cap.write import write
from tests.api.house import APPROVER, AUTHOR, NOW, Office
from tests.core.alert.received import alert, info

CAP = {"Content-Type": "application/cap+xml"}
FLOOD = alert("flood", sent=NOW - 60, infos=(info(effective=NOW - 60, expires=NOW + 8 * 3600),))


async def test_taken_in_once_held_and_released_by_another_person(house: Office) -> None:
    house.hire("dora", AUTHOR, APPROVER)
    first = await house.ask("POST", "/alerts", "dora", data=write(FLOOD), headers=CAP)
    assert (first.status, first.json["alerts"][0]["state"], first.json["alerts"][0]["new"]) == (201, "held", True)
    again = await house.ask("POST", "/alerts", "amina", data=write(FLOOD), headers=CAP)
    assert (again.status, again.json["alerts"][0]["new"]) == (200, False)
    at = f"/alerts/{first.json['alerts'][0]['id']}"
    assert (await house.get(at, "cleo")).json["origin"] == "upload:dora"
    own = await house.post(f"{at}/release", "dora")
    assert (own.status, "yourself" in own.json["error"]["message"]) == (409, True)
    released = await house.post(f"{at}/release", "ben", {"why": "I called them"})
    assert released.status == 200, released.json
    assert released.json["decided_by"] == "ben"
    assert (await house.get("/alerts?state=open", "amina")).json["alerts"][0]["id"] == released.json["id"]
    assert (await house.get("/notices", "cleo")).json["notices"][0]["key"] == f"alert:{released.json['id']}"
    draft = await house.post(f"{at}/draft", "amina")
    assert (draft.status, draft.json["broadcast"]["alert"], draft.json["broadcast"]["stage"]) == (201, released.json["id"], "draft")
    assert (await house.post(f"{at}/dismiss", "amina", {"why": "no"})).status == 409
    assert (await house.post(f"{at}/dismiss", "ben", {"why": "over"})).json["decision"] == "dismissed"


@pytest.mark.parametrize(
    ("data", "kind", "status", "code"),
    [
        pytest.param(b"", "application/cap+xml", 400, "not_done", id="empty"),
        pytest.param(b"<html>12345678</html>", "application/xml", 400, "not_done", id="page"),
        pytest.param(write(FLOOD), "application/json", 415, "not_cap", id="kind"),
        pytest.param(b" " * (2 * 1024 * 1024 + 1), "text/xml", 413, "too_large", id="large"),
        pytest.param(b"<!DOCTYPE alert>" + write(FLOOD).partition(b"?>")[2], "text/xml", 400, "not_done", id="dtd"),
    ],
)
async def test_what_is_no_alert_is_refused_and_not_kept(house: Office, data: bytes, kind: str, status: int, code: str) -> None:
    answer = await house.ask("POST", "/alerts", "amina", data=BytesIO(data), headers={"Content-Type": kind})
    assert (answer.status, answer.json["error"]["code"]) == (status, code)
    assert b"12345678" not in answer.body
    assert (await house.get("/alerts", "amina")).json == {"alerts": [], "next": 0}
