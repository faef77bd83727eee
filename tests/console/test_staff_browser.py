"""Staff in a real browser with the keyboard alone, and how the pages look. SHOTS=folder keeps pictures for a person to look at."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Page, async_playwright

from bot.core.types import Lang
from tests.console.browser import CHROMIUM
from tests.console.staffed import ADMIN, APPROVER, AUTHOR, PASSWORD, Office, office

SHOTS = os.environ.get("SHOTS", "")
_FOCUSED = "document.activeElement.getAttribute('name') || document.activeElement.innerText.trim()"
_SMALL = """[...document.querySelectorAll('button, input:not([type=hidden]):not([type=checkbox]), select')]
    .filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.outerHTML)"""
_NAMELESS = """[...document.querySelectorAll('button, input:not([type=hidden]), select')]
    .filter((e) => !(e.innerText || e.labels?.length || e.ariaLabel)).map((e) => e.outerHTML)"""


@asynccontextmanager
async def browsing(place: Office, *, width: int = 1100, dark: bool = False) -> AsyncIterator[Page]:
    """A page of a fresh Chromium; nothing on its console may be an error."""
    complaints: list[str] = []
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        scheme = "dark" if dark else "light"
        page = await browser.new_page(viewport={"width": width, "height": 800}, base_url=str(place.session._base_url), color_scheme=scheme)
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.set_default_timeout(10_000)
        yield page
        await browser.close()
    assert complaints == []


async def _shoot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


async def _press(page: Page, *keys: str) -> None:
    for key in keys:
        await page.keyboard.press(key)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as made:
        yield made


async def test_an_admin_signs_in_adds_a_member_and_signs_out_with_the_keyboard_alone(place: Office) -> None:
    secret = place.hire("amina", ADMIN)
    async with browsing(place) as page:
        await page.goto("/console/staff")
        assert await page.evaluate(_FOCUSED) == "name"
        await page.keyboard.type("amina")
        await _press(page, "Tab")
        await page.keyboard.type(PASSWORD)
        await _press(page, "Enter")
        await page.wait_for_selector("#code")
        assert await page.evaluate(_FOCUSED) == "code"
        place.clock.now += 30
        await page.keyboard.type(pyotp.TOTP(secret).at(int(place.clock.now)))
        await _press(page, "Enter")
        await page.wait_for_url("**/console/staff")  # where they wanted to go
        await _press(page, "Tab")
        assert await page.evaluate(_FOCUSED) == "Skip to the page"
        await _press(page, "Enter")
        while await page.evaluate(_FOCUSED) != "name":
            await _press(page, "Tab")
        await page.keyboard.type("juma")
        await _press(page, "Tab", "Space")  # author
        await page.keyboard.press("Enter")
        await page.wait_for_selector("code.key")
        assert "Set-up code for juma" in await page.inner_text("h1")
        while await page.evaluate(_FOCUSED) != "Sign out":
            await _press(page, "Shift+Tab")
        await _press(page, "Enter")
        await page.wait_for_selector("#password")
        assert "You are signed out" in await page.inner_text("[role=status]")


@pytest.mark.parametrize("width", [320, 1100])
async def test_every_page_fits_and_its_controls_have_names_and_room(place: Office, width: int) -> None:
    """On the narrowest phone and on a desk, in the longer language."""
    secret = place.hire("amina", ADMIN, AUTHOR, APPROVER, lang=Lang.SW)
    code = place.app.roster.add("a-very-long-name-of-a-coordinator"[:32], [AUTHOR, APPROVER], by="box:test")
    async with browsing(place, width=width, dark=width == 320) as page:
        await page.goto("/console/setup?lang=sw")
        await page.fill("#name", "a-very-long-name-of-a-coordinator"[:32])
        await page.fill("#code", code)
        await page.click("main button")
        await page.wait_for_selector(".qr svg")
        await _shoot(page, f"choose-{width}")
        await _check(page, width)
        await page.goto("/console/sign-in?lang=sw")
        await _shoot(page, f"sign-in-{width}")
        await _check(page, width)
        await page.fill("#name", "amina")
        await page.fill("#password", PASSWORD)
        await page.click("main button")
        place.clock.now += 30
        await page.fill("#code", pyotp.TOTP(secret).at(int(place.clock.now)))
        await _shoot(page, f"code-{width}")
        await page.click("main button")
        for name in ("", "/account", "/staff", "/staff/amina", "/audit", "/audit/check", "/settings"):
            await page.goto(f"/console{name}")
            await _shoot(page, f"page{name.replace('/', '-')}-{width}")
            await _check(page, width)


async def _check(page: Page, width: int) -> None:
    assert await page.evaluate("document.documentElement.scrollWidth") <= width, page.url
    assert await page.evaluate(_NAMELESS) == [], page.url
    assert await page.evaluate(_SMALL) == [], page.url
