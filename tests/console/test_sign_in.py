"""Signing in over real HTTP: what lets somebody in, what does not, and what a browser is told."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest

from tests.console.staffed import ADMIN, AUTHOR, HTTPS, PASSWORD, Browser, Office, office


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as made:
        yield made


async def _password(browser: Browser, name: str = "amina", password: str = PASSWORD) -> int:
    await browser.get("/console/sign-in")
    return (await browser.post("/console/sign-in", name=name, password=password)).status


def _code(place: Office, *, name: str = "amina") -> str:
    return pyotp.TOTP(place.secrets[name]).at(int(place.clock.now))


async def test_password_and_code_let_a_member_in_and_lead_to_the_page_they_wanted(place: Office) -> None:
    place.hire("amina", AUTHOR)
    browser = place.browser()
    page = await browser.get("/console/audit?who=juma")
    assert (page.status, page.to) == (303, "/console/sign-in?then=/console/audit%3Fwho%3Djuma")
    form = await browser.follow(page)
    assert 'name="then" value="/console/audit?who=juma"' in form.text
    page = await browser.post("/console/sign-in", name="Amina ", password=PASSWORD, then="/console/audit?who=juma")
    assert "Code of 6 digits" in page.shown
    place.clock.now += 30
    page = await browser.post("/console/sign-in/code", code=_code(place), then="/console/audit?who=juma")
    assert (page.status, page.to) == (303, "/console/audit?who=juma")
    assert "Hello amina" in (await browser.get("/console")).shown


@pytest.mark.parametrize(
    "then", ["https://evil.example/", "//evil.example/console", "/\\evil.example", "/console\\@evil.example", "javascript:alert(1)"]
)
async def test_nobody_is_led_away_from_us(place: Office, then: str) -> None:
    place.hire("amina", AUTHOR)
    browser = place.browser()
    await _password(browser)
    place.clock.now += 30
    assert (await browser.post("/console/sign-in/code", code=_code(place), then=then)).to == "/console"


async def test_the_password_alone_opens_nothing(place: Office) -> None:
    place.hire("amina", ADMIN)
    browser = place.browser()
    assert await _password(browser) == 200
    assert (await browser.get("/console")).to == "/console/sign-in"
    assert (await browser.post("/console/sign-out")).to == "/console/sign-in?lost=1"


async def test_a_name_that_is_not_there_hears_what_a_wrong_password_hears(place: Office) -> None:
    place.hire("amina", AUTHOR)
    wrong, nobody = place.browser(), place.browser()
    for browser in (wrong, nobody):
        await browser.get("/console/sign-in")
    pages = [
        await wrong.post("/console/sign-in", name="amina", password="x"),
        await nobody.post("/console/sign-in", name="nobody", password="x"),
    ]
    assert [page.status for page in pages] == [403, 403]
    assert pages[0].shown == pages[1].shown
    assert "That does not fit" in pages[0].shown


async def test_no_code_works_twice(place: Office) -> None:
    place.hire("amina", AUTHOR)
    first, second = place.browser(), place.browser()
    place.clock.now += 30
    await _password(first)
    await _password(second)
    assert (await first.post("/console/sign-in/code", code=_code(place))).status == 303
    assert (await second.post("/console/sign-in/code", code=_code(place))).status == 403
    place.clock.now += 30
    assert (await second.post("/console/sign-in/code", code=_code(place))).status == 303


async def test_the_code_of_the_set_up_does_not_sign_in(place: Office) -> None:
    place.hire("amina", AUTHOR)
    browser = place.browser()
    await _password(browser)
    assert (await browser.post("/console/sign-in/code", code=_code(place))).status == 403


async def test_after_five_wrong_codes_the_password_is_asked_again(place: Office) -> None:
    place.hire("amina", AUTHOR)
    browser = place.browser()
    await _password(browser)
    for _ in range(5):
        assert (await browser.post("/console/sign-in/code", code="000000")).status == 403
    place.clock.now += 30
    page = await browser.post("/console/sign-in/code", code=_code(place))
    assert page.status == 403
    assert "Begin again" in page.shown


async def test_the_browser_holds_something_new_after_each_step(place: Office) -> None:
    place.hire("amina", AUTHOR)
    browser = place.browser()
    browser.cookies["ujumbe"] = "planted-by-a-stranger"
    await _password(browser)
    between = browser.cookies["ujumbe"]
    place.clock.now += 30
    await browser.post("/console/sign-in/code", code=_code(place))
    after = browser.cookies["ujumbe"]
    assert len({"planted-by-a-stranger", between, after}) == 3
    stranger = place.browser()
    for old in ("planted-by-a-stranger", between):
        stranger.cookies["ujumbe"] = old
        assert (await stranger.get("/console")).status == 303


async def test_guessing_is_slowed_down_but_nobody_is_locked_out_for_long(tmp_path: Path) -> None:
    async with office(tmp_path, console_open=True) as place:
        place.hire("amina", AUTHOR)
        guesser = place.browser(**HTTPS)
        told = [await _password(guesser, password="x") for _ in range(25)]
        assert (told.count(403), told.count(429)) == (20, 5)
        page = await guesser.post("/console/sign-in", name="amina", password=PASSWORD)
        assert page.status == 429
        assert "Try again in 10 seconds" in page.shown
        elsewhere = place.browser(**HTTPS | {"X-Forwarded-For": "203.0.113.10"})
        assert await _password(elsewhere) == 429, "the name's own limit"
        assert await _password(place.browser()) == 200, "at the machine itself a stranger's guesses keep nobody out"
        place.clock.now += 11
        assert await _password(elsewhere) == 200


async def test_a_flood_from_one_address_does_not_slow_the_others(tmp_path: Path) -> None:
    async with office(tmp_path, console_open=True) as place:
        place.hire("amina", AUTHOR)
        flood = place.browser(**HTTPS)
        for n in range(21):
            told = await _password(flood, name=f"nobody{n}", password="x")
        assert told == 429
        assert await _password(place.browser(**HTTPS | {"X-Forwarded-For": "203.0.113.10"})) == 200


async def test_a_line_of_ipv6_is_one_address(tmp_path: Path) -> None:
    async with office(tmp_path, console_open=True) as place:
        for n in range(21):
            told = await _password(place.browser(**HTTPS | {"X-Forwarded-For": f"2001:db8::{n:x}"}), name=f"n{n}", password="x")
        assert told == 429
        assert await _password(place.browser(**HTTPS | {"X-Forwarded-For": "2001:db8:1::1"}), name="m", password="x") == 403


async def test_a_sign_in_ends_when_it_is_not_used_and_when_it_is_old(place: Office) -> None:
    browser = await place.signed_in("amina", AUTHOR)
    place.clock.now += 3500
    assert (await browser.get("/console")).status == 200
    place.clock.now += 3500
    assert (await browser.get("/console")).status == 200
    place.clock.now += 3601
    assert (await browser.get("/console")).status == 303
    again = await place.signed_in("amina")
    for _ in range(13):
        place.clock.now += 3500
        last = await again.get("/console")
    assert last.status == 303


async def test_sign_out_ends_it_on_our_side_too(place: Office) -> None:
    browser = await place.signed_in("amina", AUTHOR)
    held = browser.cookies["ujumbe"]
    page = await browser.post("/console/sign-out")
    assert "You are signed out" in (await browser.follow(page)).shown
    assert "ujumbe" not in browser.cookies
    browser.cookies["ujumbe"] = held
    assert (await browser.get("/console")).status == 303


async def test_cookies_are_for_us_alone(tmp_path: Path) -> None:
    async with office(tmp_path, console_open=True, public_url="https://alerts.example.org") as place:
        place.hire("amina", AUTHOR)
        near, far = place.browser(), place.browser(**HTTPS | {"Host": "alerts.example.org"})
        for browser, name, secure in ((near, "ujumbe", False), (far, "__Host-ujumbe", True)):
            await browser.get("/console/sign-in")
            page = await browser.post("/console/sign-in", name="amina", password=PASSWORD)
            line = page.cookies[name]
            assert ("; Secure" in line) is secure
            assert "; HttpOnly" in line
            assert "; SameSite=Lax" in line
            assert "; Path=/" in line
            assert "Domain" not in line
            assert "Max-Age" not in line


async def test_pages_are_never_kept_and_their_forms_stay_here(place: Office) -> None:
    browser = await place.signed_in("amina", AUTHOR)
    for path in ("/console", "/console/sign-in", "/console/nothing", "/console/setup"):
        page = await browser.get(path)
        assert page.headers["Cache-Control"] == "no-store"
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "form-action 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert page.headers["X-Content-Type-Options"] == "nosniff"
        assert page.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("fields", "headers"),
    [
        pytest.param({"csrf": ""}, {}, id="no token"),
        pytest.param({"csrf": "00" * 32}, {}, id="another token"),
        pytest.param({"csrf": "xyz"}, {}, id="no token at all"),
        pytest.param({}, {"Origin": "https://evil.example"}, id="another site"),
        pytest.param({}, {"Sec-Fetch-Site": "cross-site"}, id="another site, told by the browser"),
    ],
)
@pytest.mark.parametrize("path", ["/console/sign-out", "/console/sign-in"])
async def test_a_form_that_is_not_ours_does_nothing(place: Office, path: str, fields: dict[str, str], headers: dict[str, str]) -> None:
    browser = await place.signed_in("amina", AUTHOR)
    if path == "/console/sign-in":
        await browser.get(path)
    page = await browser.ask("POST", path, data={"csrf": browser.csrf, "name": "amina", "password": PASSWORD} | fields, headers=headers)
    assert page.status == 403
    assert "Nothing was done" in page.shown
    assert (await browser.get("/console")).status == 200


async def test_the_token_of_one_member_is_of_no_use_to_another(place: Office) -> None:
    amina, juma = await place.signed_in("amina", AUTHOR), await place.signed_in("juma", AUTHOR)
    juma.csrf = amina.csrf
    assert (await juma.post("/console/sign-out")).status == 403


async def test_a_token_looks_different_on_every_page(place: Office) -> None:
    browser = await place.signed_in("amina", AUTHOR)
    tokens = {(await browser.get("/console")).csrf for _ in range(3)}
    assert len(tokens) == 3
    browser.csrf = tokens.pop()
    assert (await browser.post("/console/sign-out")).status == 303


@pytest.mark.parametrize(
    ("settings", "headers", "says"),
    [
        pytest.param({}, HTTPS, "only on this machine", id="from outside"),
        pytest.param({}, {"Host": "evil.example"}, "only on this machine", id="a foreign name that points here"),
        pytest.param({"console_open": True}, {"X-Forwarded-For": "203.0.113.9"}, "over HTTPS only", id="a proxy without HTTPS"),
        pytest.param({"console_open": True}, HTTPS | {"X-Forwarded-Proto": "http"}, "over HTTPS only", id="plain HTTP before the proxy"),
        pytest.param({"console_open": True}, {"X-Forwarded-Proto": "https, http"}, "over HTTPS only", id="the proxy's own word counts"),
        pytest.param({"console_open": True, "console_proxies": "10.0.0.1"}, HTTPS, "over HTTPS only", id="a proxy that is not ours"),
        pytest.param(
            {"console_open": True, "public_url": "https://a.example"}, HTTPS | {"Host": "b.example"}, "not called by this name", id="name"
        ),
    ],
)
async def test_from_elsewhere_nobody_even_sees_the_form(
    tmp_path: Path, settings: dict[str, object], headers: dict[str, str], says: str
) -> None:
    async with office(tmp_path, **settings) as place:
        browser = place.browser(**headers)
        for path in ("/console", "/console/sign-in", "/console/setup"):
            page = await browser.get(path)
            assert page.status == 403
            assert says in page.shown
        assert (await browser.post("/console/sign-in", name="a", password="b")).status == 403


async def test_the_start_page_leads_staff_to_the_door_where_it_is_open_to_them(place: Office) -> None:
    assert 'href="/console"' in (await place.browser().get("/")).text
    assert 'href="/console"' not in (await place.browser(**HTTPS).get("/")).text


async def test_whose_tries_they_are_is_what_our_own_proxy_saw(tmp_path: Path) -> None:
    async with office(tmp_path, console_open=True) as place:
        for n in range(21):  # what stands before the proxy's own word, anybody may write
            browser = place.browser(**HTTPS | {"X-Forwarded-For": f"198.51.100.{n}, 203.0.113.9"})
            told = await _password(browser, name=f"nobody{n}", password="x")
        assert told == 429


async def test_no_line_of_the_log_holds_a_secret(place: Office, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    browser = await place.signed_in("amina", AUTHOR)
    await _password(place.browser(), password="secret mistyped here")
    await _password(place.browser(), name="secret typed as a name", password="x")
    said = caplog.text + "".join(f"{one.who} {one.about} {one.detail}" for one in place.app.audit_log.audit_log(limit=99))
    for secret in (PASSWORD, "secret mistyped", "secret typed", place.secrets["amina"], *browser.cookies.values(), browser.csrf):
        assert secret not in said
    assert "sign_in.refused" in [one.what for one in place.app.audit_log.audit_log(limit=99)]


async def test_a_stronger_hash_takes_the_place_of_a_weaker_one(place: Office) -> None:
    await place.signed_in("amina", AUTHOR)
    before = place.app.access.store.account("amina")
    place.app.access = type(place.app.access)(
        place.app.access.store,
        type(place.app.access.proofs)(),
        place.clock,
        longest_s=3600,  # type: ignore[call-arg]
    )
    await place.signed_in("amina")
    after = place.app.access.store.account("amina")
    assert before is not None
    assert after is not None
    assert "m=64,t=1" in before.password
    assert "m=65536,t=3" in after.password
    await place.signed_in("amina")
