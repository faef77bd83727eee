"""The frame that every signed-in page stands in: roles, the menu, what waits, errors in plain words."""

import asyncio
import gzip
import logging
import re
import threading
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from aiohttp import web

from bot.console import site as console_site
from bot.console.frame import Frame, Waiting
from bot.console.tokens import fits, masked, new_token
from bot.console.visit import Ask
from bot.core.alert.access import Access, Refused
from bot.core.errors import NotDone, StoreDown
from bot.core.types import Lang
from tests.console.staffed import ADMIN, APPROVER, AUTHOR, PASSWORD, Office, office

SECRET = "tel:+254700000001 said hello"


class Area:
    """A small area with every kind of end."""

    @staticmethod
    def add(frame: Frame) -> None:
        frame.link("/console/area", "nav_staff", role=AUTHOR, order=10)
        frame.get("/console/area", Area.page, role=AUTHOR)
        frame.get("/console/area/{n}/json", Area.json, role=AUTHOR)
        frame.get("/console/area/{n}/file", Area.file, role=AUTHOR)
        frame.get("/console/area/wrong/{kind}", Area.wrong)
        frame.post("/console/area", Area.save, role=AUTHOR, most=4096)
        frame.waits(Area.waits, role=AUTHOR)

    @staticmethod
    def page(ask: Ask) -> web.Response:
        return ask.page("console_start.html", waiting=())

    @staticmethod
    def json(ask: Ask) -> web.Response:
        return ask.json({"n": ask.number("n")})

    @staticmethod
    def file(ask: Ask) -> web.Response:
        return ask.download("numbers.csv", "text/csv", (f"{n}\n".encode() for n in range(ask.number("n"))))

    @staticmethod
    def wrong(ask: Ask) -> web.Response:
        raise {"bug": ZeroDivisionError(SECRET), "not-done": NotDone("The ticket is closed. Open another."), "down": StoreDown("no disk")}[
            ask.part("kind")
        ]

    @staticmethod
    def save(ask: Ask) -> web.Response:
        file = ask.file("file")
        return ask.done(
            "/console/area", "roles_changed", name=f"<b>{ask.text('said')}</b> {', '.join(ask.texts('box'))} {len(file or b'')}"
        )

    @staticmethod
    def waits(ask: Ask) -> Sequence[Waiting]:
        if ask.app.settings.country == "UG":
            raise ZeroDivisionError
        return [Waiting("a draft", "/console/area"), Waiting("a <ticket>", "/console/area", urgent=True)]


@pytest.fixture(autouse=True)
def _area(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console_site, "AREAS", (*console_site.AREAS, Area))


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as made:
        yield made


def _menu(text: str) -> list[str]:
    found = re.search(r'<nav class="menu".*?</nav>', text, re.S)
    return re.findall(r'href="([^"]+)"', found[0]) if found else []


async def test_the_menu_has_what_ones_roles_allow(place: Office) -> None:
    author, admin = await place.signed_in("amina", AUTHOR), await place.signed_in("juma", ADMIN)
    theirs, admins = _menu((await author.get("/console")).text), _menu((await admin.get("/console")).text)
    assert "/console/area" in theirs
    assert "/console/staff" not in theirs
    assert "/console/area" not in admins
    assert "/console/staff" in admins
    assert theirs[0] == admins[0] == "/console"


async def test_the_menu_says_where_one_is_to_eyes_and_ears(place: Office) -> None:
    author = await place.signed_in("amina", AUTHOR)
    text = (await author.get("/console/area")).text
    assert re.findall(r'<a href="([^"]+)" aria-current="page"', text) == ["/console/area"]
    assert 'aria-current="page"' not in re.sub(r'<form class="out".*?</form>', "", (await author.get("/console/account")).text, flags=re.S)


async def test_without_the_role_a_page_is_refused_and_says_why(place: Office) -> None:
    admin = await place.signed_in("juma", ADMIN, APPROVER)
    for page in (await admin.get("/console/area"), await admin.post("/console/area", said="x")):
        assert page.status == 403
        assert "Your roles do not allow this" in page.shown


async def test_what_waits_is_shown_urgent_first_and_an_area_that_fails_hides_nothing(tmp_path: Path) -> None:
    async with office(tmp_path) as place:
        page = await (await place.signed_in("amina", AUTHOR)).get("/console")
        assert "Urgent: a <ticket> a draft" in page.shown
        assert "<ticket>" not in page.text
    (tmp_path / "ug").mkdir()
    async with office(tmp_path / "ug", country="UG") as place:
        page = await (await place.signed_in("amina", AUTHOR, ADMIN)).get("/console")
        assert "cannot be looked up" in page.shown
        assert "No two people can send" in page.shown


async def test_after_a_form_its_sentence_is_shown_once_and_as_text(place: Office) -> None:
    author = await place.signed_in("amina", AUTHOR)
    page = await author.post("/console/area", said="hello")
    assert page.status == 303
    shown = await author.follow(page)
    assert "&lt;b&gt;hello&lt;/b&gt;" in shown.text
    assert 'role="status"' in shown.text
    assert "hello" not in (await author.get("/console/area")).text


async def test_a_form_that_is_too_big_is_refused(place: Office) -> None:
    author = await place.signed_in("amina", AUTHOR)
    page = await author.post("/console/area", said="x" * 5000)
    assert page.status == 413
    assert "too big" in page.shown


@pytest.mark.parametrize(
    ("path", "status", "says"),
    [
        pytest.param("/console/nothing", 404, "There is no such page", id="none"),
        pytest.param("/console/", 404, "There is no such page", id="slash"),
        pytest.param("/console/area/x/json", 404, "There is no such page", id="no number"),
        pytest.param("/console/area/wrong/not-done", 409, "The ticket is closed. Open another.", id="cannot be done"),
        pytest.param("/console/area/wrong/down", 503, "The database does not answer now", id="store down"),
        pytest.param("/console/area/wrong/bug", 500, "Something went wrong on our side", id="our bug"),
    ],
)
async def test_what_goes_wrong_is_said_in_plain_words(
    place: Office, caplog: pytest.LogCaptureFixture, path: str, status: int, says: str
) -> None:
    author = await place.signed_in("amina", AUTHOR)
    page = await author.get(path)
    assert page.status == status
    assert says in page.shown
    assert "Traceback" not in page.text
    assert "ZeroDivision" not in page.text
    assert "Hello" not in page.text
    assert [record for record in caplog.records if record.levelno >= logging.ERROR and status != 500] == []


async def test_a_page_that_goes_wrong_speaks_the_members_language(place: Office) -> None:
    author = await place.signed_in("amina", AUTHOR, lang=Lang.SW)
    page = await author.get("/console/nothing")
    assert '<html lang="sw">' in page.text
    assert "Hakuna ukurasa huo" in page.shown


async def test_who_is_signed_out_hears_that_the_form_is_lost(place: Office) -> None:
    author = await place.signed_in("amina", AUTHOR)
    place.clock.now += 4000
    page = await author.post("/console/area", said="hello")
    shown = await author.follow(page)
    assert "what you sent was not taken" in shown.shown
    page = await author.get("/console/area/5/json", headers={"Accept": "application/json"})
    assert (page.status, page.text) == (401, '{"error": "sign in"}')


async def test_a_file_is_sent_while_it_is_made(place: Office) -> None:
    author = await place.signed_in("amina", AUTHOR)
    page = await author.get("/console/area/20000/file")
    assert page.text.split() == [str(n) for n in range(20_000)]
    assert page.headers["Content-Disposition"] == 'attachment; filename="numbers.csv"'
    assert page.headers["Cache-Control"] == "no-store"


async def test_pages_are_light(place: Office) -> None:
    """What a phone on a slow line loads to sign in: the page and its two style sheets, as they travel."""
    browser = place.browser()
    page = await browser.get("/console/sign-in")
    files = [(await browser.get(path)).body for path in re.findall(r'href="(/static/[^"]+\.css)"', page.text)]
    assert len(files) == 2
    assert sum(len(gzip.compress(body)) for body in [page.body, *files]) < 8_000
    assert "<script" not in page.text


async def test_who_guesses_passwords_holds_up_neither_members_nor_health(place: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    amina = await place.signed_in("amina", AUTHOR)
    free, waiting = threading.Event(), threading.Semaphore(0)

    def stuck(*_: object, **__: object) -> str:
        waiting.release()
        assert free.wait(30)
        raise Refused

    monkeypatch.setattr(Access, "password", stuck)
    guessers = [place.browser() for _ in range(12)]
    for guesser in guessers:
        await guesser.get("/console/sign-in")
    guesses = [asyncio.create_task(one.post("/console/sign-in", name="amina", password="x")) for one in guessers]
    try:
        await asyncio.to_thread(waiting.acquire)
        assert "Hello amina" in (await amina.get("/console")).shown
        assert (await amina.get("/readyz")).status in (200, 503)
    finally:
        free.set()
    assert {(await guess).status for guess in guesses} == {403}


async def test_a_cookie_that_is_no_token_is_replaced(place: Office) -> None:
    place.hire("amina", AUTHOR)
    browser = place.browser()
    browser.cookies["ujumbe-form"] = "not-a-token"
    await browser.get("/console/sign-in")
    assert (await browser.post("/console/sign-in", name="amina", password=PASSWORD)).status == 200


async def test_many_at_once_each_get_their_own_page(place: Office) -> None:
    amina, juma = await place.signed_in("amina", AUTHOR), await place.signed_in("juma", AUTHOR)
    pages = await asyncio.gather(*[one.get("/console") for one in (amina, juma) * 8])
    assert [("Hello amina" in page.shown, "Hello juma" in page.shown) for page in pages] == [(True, False), (False, True)] * 8


def test_every_area_is_named_once() -> None:
    assert len(set(console_site.AREAS)) == len(console_site.AREAS)


def test_a_token_fits_only_itself() -> None:
    one, other = new_token(), new_token()
    assert fits(masked(one), one)
    for sent in (masked(other), one, "", "00", masked(one)[:-2], masked(one) + "00", "zz" * 32):
        assert not fits(sent, one)
    assert not fits("", "")
