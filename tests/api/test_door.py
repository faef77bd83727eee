"""Who may do what by the API: every address, every role, no key; how fast; what is no request. And that nothing of it is ever a 500."""

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from yarl import URL

from bot.api.route import Route
from bot.api.site import ROUTES
from bot.core.alert.staff import Member, Role
from tests.api.house import ADMIN, APPROVER, AUTHOR, FLOOD, Office, office

JSON = {"Content-Type": "application/json"}
NAMES = {AUTHOR: "amina", APPROVER: "ben", ADMIN: "cleo"}
# The whole matrix, written out: who may, by the address's name. What is not named here fails the test.
A, P, D = AUTHOR, APPROVER, ADMIN
MAY: dict[str, set[Role]] = {
    "listBroadcasts": {A, P, D},
    "draftBroadcast": {A},
    "getBroadcast": {A, P, D},
    "changeDraft": {A},
    "previewBroadcast": {A, P, D},
    "submitDraft": {A},
    "withdrawDraft": {A},
    "approveBroadcast": {P},
    "rejectBroadcast": {P},
    "pauseBroadcast": {A, P},
    "resumeBroadcast": {P},
    "stopBroadcast": {P},
    "draftUpdate": {A},
    "draftCancel": {A},
    "draftAllClear": {A},
    "draftAskingAgain": {A},
    "getProgress": {A, P, D},
    "getRollCall": {A, P, D},
    "listAlerts": {A, P, D},
    "uploadAlert": {A},
    "getAlert": {A, P, D},
    "releaseAlert": {P},
    "dismissAlert": {A, P},
    "draftFromAlert": {A},
    "listNotices": {A, P, D},
    "listContacts": {A, D},
    "addContact": {A},
    "findContact": {A, D},
    "getContact": {A, D},
    "changeContact": {A},
    "eraseContact": {D},
    "listGroups": {A, D},
    "endGroup": {D},
    "getMe": {A, P, D},
    "listHazards": {A, P, D},
    "findPlaces": {A, P, D},
    "listAudit": {D},
}


def address(route: Route, **parts: str) -> str:
    known = {"id": "999", "ref": "abcd", "name": "nobody"} | parts
    return re.sub(r"{(\w+)}", lambda found: known[found[1]], route.path)


async def test_every_address_for_every_role_and_for_no_key(house: Office) -> None:
    assert {route.name for route in ROUTES} == set(MAY)
    for route in ROUTES:
        nobody = await house.ask(route.method, address(route))
        assert (nobody.status, nobody.json["error"]["code"]) == (401, "no_key"), route.name
        assert nobody.headers["WWW-Authenticate"].startswith("Bearer")
        for role, name in NAMES.items():
            answer = await house.ask(route.method, address(route), name)
            assert answer.status < 500, (route.name, role, answer.json)
            refused = answer.status == 403 and answer.json["error"]["code"] == "not_your_role"
            assert refused is (role not in MAY[route.name]), (route.name, role, answer.status)


async def test_a_key_is_its_owner_and_no_more_from_that_moment_on(house: Office) -> None:
    house.hire("dora", AUTHOR, APPROVER)
    house.keys["less"] = house.app.access.new_key(Member("dora", frozenset({AUTHOR, APPROVER})), "less", [APPROVER])
    assert (await house.get("/me", "less")).json == {"name": "dora", "roles": ["approver"], "lang": "en"}
    house.app.roster.set_roles("dora", [AUTHOR], by="box:test")
    assert (await house.get("/me", "less")).status == 403
    assert (await house.get("/me", "dora")).json["roles"] == ["author"]
    house.app.roster.leave("dora", by="box:test")
    assert (await house.get("/me", "dora")).status == 401


@pytest.mark.parametrize("line", ["", "Bearer", "Bearer ", "Basic abc", "Bearer ujk_wrong", "Bearer wrong", "Bearer \udc80", "ujk_abc"])
async def test_what_is_no_key_is_refused(house: Office, line: str) -> None:
    answer = await house.get("/me", headers={"Authorization": line})
    assert answer.status in (400, 401)


async def test_keys_do_not_travel_in_the_open_nor_through_a_strange_proxy(house: Office) -> None:
    for headers in ({"X-Forwarded-For": "203.0.113.9"}, {"Host": "bot.example.org"}):
        answer = await house.get("/me", "amina", headers=headers)
        assert (answer.status, answer.json["error"]["code"]) == (403, "not_here")


async def test_a_key_has_a_pace_and_who_guesses_has_one(house: Office) -> None:
    statuses = [(await house.get("/me", "amina")).status for _ in range(130)]
    assert statuses[:100] == [200] * 100
    assert statuses[-1] == 429
    slow = await house.get("/me", "amina")
    assert int(slow.headers["Retry-After"]) >= 1
    assert (await house.get("/me", "ben")).status == 200, "one key's haste is no other's"
    guesses = [(await house.get("/me", headers={"Authorization": f"Bearer ujk_{n}"})).status for n in range(40)]
    assert (guesses[0], guesses[-1]) == (401, 429)


@pytest.mark.parametrize(
    ("options", "status", "code"),
    [
        pytest.param({"data": b"{", "headers": {"Content-Type": "application/json"}}, 400, "malformed", id="broken"),
        pytest.param({"data": b"mode=live", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}, 415, "not_json", id="form"),
        pytest.param({"data": b" " * (256 * 1024 + 1), "headers": {"Content-Type": "application/json"}}, 413, "too_large", id="large"),
        pytest.param({"data": b"[" * 100_000, "headers": {"Content-Type": "application/json"}}, 400, "malformed", id="deep"),
        pytest.param({"json": []}, 400, "malformed", id="list"),
        pytest.param({"json": {}}, 400, "malformed", id="no-mode"),
        pytest.param({"json": {**FLOOD, "expires": "2027-01-31T18:00:00"}}, 400, "malformed", id="no-offset"),
        pytest.param({"json": {**FLOOD, "expires": "9999-12-31T18:00:00Z"}}, 400, "malformed", id="far"),
        pytest.param({"json": {**FLOOD, "expire": "2027-01-31T18:00:00Z"}}, 400, "malformed", id="unknown-name"),
        pytest.param({"json": {**FLOOD, "everyone": "yes"}}, 400, "malformed", id="no-bool"),
        pytest.param({"json": {**FLOOD, "title": "a\x00b"}}, 400, "malformed", id="null"),
        pytest.param(
            {"data": b'{"mode": "live", "title": "\\ud800"}', "headers": {"Content-Type": "application/json"}}, 400, "malformed", id="half"
        ),
        pytest.param({"json": {**FLOOD, "groups": ["../x"]}}, 400, "no_group", id="group"),
        pytest.param({"json": FLOOD, "headers": {"Idempotency-Key": "k" * 201}}, 400, "malformed", id="key"),
    ],
)
async def test_what_is_no_draft_is_refused_with_a_reason(house: Office, options: dict[str, Any], status: int, code: str) -> None:
    answer = await house.ask("POST", "/broadcasts", "amina", **options)
    assert (answer.status, answer.json["error"]["code"]) == (status, code)
    assert set(answer.json["error"]) == {"code", "message", "remedy"}
    assert (await house.get("/broadcasts", "ben")).json["broadcasts"] == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v2/broadcasts", 404),
        ("GET", "/api/", 404),
        ("PUT", "/broadcasts", 405),
        ("GET", "/broadcasts/0", 404),
        ("GET", "/broadcasts/-1", 404),
        ("GET", "/broadcasts/99999999999999999999", 404),
        ("GET", "/broadcasts/%D9%A1", 404),
        ("GET", "/broadcasts/1%00", 404),
        ("GET", "/broadcasts?limit=0", 400),
        ("GET", "/broadcasts?limit=a&before=b", 400),
        ("GET", "/broadcasts?limit=1&limit=2", 400),
        ("GET", "/broadcasts?what=1", 400),
        ("GET", "/me?x=1", 400),
        ("GET", "/contacts?after=abc", 400),
        ("GET", "/contacts?after=xyz", 400),
        ("GET", "/contacts?group=%00", 400),
        ("GET", "/contacts?group=%ff", 200),
        ("GET", "/places?q=", 400),
        ("DELETE", "/groups/%2e%2e", 404),
        ("DELETE", "/groups/%FF", 404),
        ("GET", "/contacts/zz", 404),
    ],
)
async def test_addresses_that_are_none(house: Office, method: str, path: str, status: int) -> None:
    full = path if path.startswith("/api") else f"/api/v1{path}"
    by = "cleo" if "groups" in path or "contacts" in path else "amina"
    answer = await house.ask(method, URL(full, encoded=True), by)
    assert answer.status == status, answer.json
    assert status == 200 or answer.json["error"]["message"]


WORDS = st.text(max_size=30) | st.sampled_from(["live", "Garissa", "flood", "2027-01-31T18:00:00Z", "exercise"])
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS,
    lambda kids: st.lists(kids, max_size=3) | st.dictionaries(WORDS, kids, max_size=3),
    max_leaves=8,
)
FIELDS = sorted({name for route in ROUTES if route.takes for name in route.takes.model_fields} - {"mode"})
FORMS = (
    st.dictionaries(st.sampled_from(FIELDS), ANY, max_size=5)
    | st.fixed_dictionaries({"mode": st.sampled_from(["live", "exercise"])}, optional=dict.fromkeys(FIELDS, ANY))
    | ANY
)


def bodies() -> list[Any]:
    """What hypothesis thinks of, the same each time."""
    found: list[Any] = []

    @given(FORMS)
    @settings(max_examples=25, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def collect(form: Any) -> None:
        found.append(form)

    collect()
    return found


async def test_no_body_makes_it_fail(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Every address that takes a body, as somebody who may send it."""
    caplog.set_level(logging.ERROR)
    async with office(tmp_path, alerts={"api_per_minute": 60_000}) as house:
        house.people("tel:+254700000001")
        house.hire("eve", AUTHOR, APPROVER, ADMIN)
        made = str(await house.sent())
        tried = bodies()
        for route in (one for one in ROUTES if one.takes or one.cap):
            for body in tried:
                answer = await house.ask(route.method, address(route, id=made), "eve", data=json.dumps(body), headers=JSON)
                assert answer.status < 500, (route.name, body, answer.json)
                assert answer.status != 429
    assert [record for record in caplog.records if "api failed" in record.getMessage()] == []
