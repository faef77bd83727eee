"""The whole way in a real browser: drafted, previewed, approved by another person, sent, answered, cancelled. Only phones are simulated.

With UJUMBE_PICTURES=FOLDER in the environment each page is kept as a picture, to be looked at.
"""

import os
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pyotp
import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from bot.core.alert.broadcast import Stage
from bot.core.types import Contact, Lang
from tests.console import staffed
from tests.console.browser import CHROMIUM
from tests.console.house import Lanes
from tests.console.staffed import APPROVER, AUTHOR, PASSWORD, Office, office
from tests.gateway.conftest import until
from tests.places.small import small

PEOPLE = int(os.environ.get("UJUMBE_WAY_PEOPLE", "120"))
PICTURES = os.environ.get("UJUMBE_PICTURES", "")
PHONE, DESK = {"width": 360, "height": 740}, {"width": 1100, "height": 900}


@dataclass
class Ticking(staffed.Clock):
    """Goes as clocks do: who sends waits for their turn by it."""

    began: float = field(default_factory=time.monotonic)

    def __call__(self) -> float:
        return self.now + time.monotonic() - self.began


@pytest.fixture
async def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Office]:
    """The service with its lanes at work, and people in two places of Tana River."""
    monkeypatch.setattr(staffed, "Clock", Ticking)
    async with office(tmp_path, alerts={"source": "RED CROSS", "prices": {"sim": "KES 0.80"}}) as made:
        app, lanes, over = made.app, Lanes(), threading.Event()
        app.places, app.queue = small(), lanes
        with app.store.begin() as tx:
            for n in range(PEOPLE):
                home = "KE:test:garsen" if n % 3 else "KE:test:hola"
                tx.save_contact(Contact(f"tel:+2547{n:08}", Lang.SW if n % 2 else Lang.EN, place=home))

        def sweep() -> None:
            while not over.wait(0.1):
                app.sweep()

        threads = [threading.Thread(target=lanes.work, args=(app,)) for _ in range(4)] + [threading.Thread(target=sweep)]
        for thread in threads:
            thread.start()
        yield made
        over.set()
        for _ in range(4):
            lanes.waiting.put(None)
        for thread in threads:
            thread.join()


@pytest.fixture
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


async def _enter(chromium: Browser, place: Office, name: str, view: dict[str, int], *, script: bool = True) -> Page:
    """Somebody's browser, signed in by typing what they type."""
    context = await chromium.new_context(
        base_url=str(place.session._base_url), viewport={"width": view["width"], "height": view["height"]}, java_script_enabled=script
    )
    page = await context.new_page()
    await page.goto("/console")
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button").last.click()
    place.clock.now += 30  # a code works once
    await page.get_by_label("Code").fill(pyotp.TOTP(place.secrets[name]).at(int(place.clock())))
    await page.get_by_role("button").last.click()
    await expect(page.get_by_role("heading", name=f"Hello {name}")).to_be_visible()
    return page


async def _keep(page: Page, name: str) -> None:
    if PICTURES:
        await page.screenshot(path=Path(PICTURES) / f"{name}.png", full_page=True)
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} has to be scrolled sideways"


async def test_two_people_warn_a_river_hear_back_and_take_it_back(place: Office, chromium: Browser) -> None:
    place.hire("amina", AUTHOR)
    place.hire("baraka", APPROVER)
    amina = await _enter(chromium, place, "amina", DESK)
    baraka = await _enter(chromium, place, "baraka", PHONE, script=False)  # an old phone: every page works without

    await amina.get_by_role("link", name="Broadcasts").click()
    await amina.get_by_role("link", name="New alert").click()
    await amina.get_by_label("Danger", exact=True).select_option(label="flood")
    await amina.get_by_label("What people should do").select_option(label="Leave (evacuate)")
    await amina.get_by_label("How soon", exact=True).select_option(label="Now")
    await amina.get_by_label("Add a place").first.fill("tana rivr")
    await amina.get_by_role("button", name="Add", exact=True).first.click()
    await expect(amina.get_by_label("Tana River (county)")).to_be_checked()
    await amina.get_by_label("Roll call").check()
    preview = amina.get_by_role("region", name="Preview").or_(amina.locator("#preview"))
    await expect(preview.first).to_contain_text("Reply 1 safe, 2 need help")  # the script keeps it fresh
    await expect(preview.first).to_contain_text(f"{PEOPLE:,}")
    await _keep(amina, "draft")
    await amina.get_by_role("button", name="Send for approval").click()
    await expect(amina.get_by_text("You cannot approve what you wrote")).to_be_visible()

    await baraka.goto("/console")
    await baraka.get_by_role("link", name="LIVE alert waits for your approval").click()
    await _keep(baraka, "approve")
    await baraka.get_by_label("Type the number of people").fill("7")
    await baraka.get_by_role("button", name="SEND NOW").click()
    await expect(baraka.get_by_role("alert")).to_contain_text("not the number of people")
    assert place.app.alert_desk.show(1).stage is Stage.WAITING
    await baraka.get_by_label("Type the number of people").fill(f"{PEOPLE:,}")
    await baraka.get_by_role("button", name="SEND NOW").click()
    await expect(baraka.get_by_text("It is on its way")).to_be_visible()

    await amina.goto("/console/broadcasts/1")
    await expect(amina.get_by_text(f"Sent: {PEOPLE:,} of {PEOPLE:,}")).to_be_visible(timeout=600_000)  # by itself
    await _keep(amina, "live")
    key = place.app.channels["sim"].path_key  # type: ignore[attr-defined]
    for n, said in enumerate(("1", "2 Maji yamefika dirishani", "2", "salama")):
        sent = {"from": f"+2547{n:08}", "text": said, "id": f"roll-{n}"}
        async with place.session.post(f"/c/sim/receive/{key}", json=sent) as answer:
            assert answer.status == 200
    await amina.get_by_role("link", name="Roll-call board").click()
    await expect(amina.locator(".figures li").first).to_contain_text("2")
    await expect(amina.get_by_text("Maji yamefika dirishani")).to_be_visible()
    await _keep(amina, "roll-call")

    await amina.goto("/console/broadcasts/1")
    await amina.get_by_role("link", name="Cancel (false alarm)").click()  # one
    await expect(amina.get_by_text("FALSE ALARM").first).to_be_visible()
    await _keep(amina, "cancel")
    await amina.get_by_role("button", name="Send for approval").click()  # two
    await baraka.goto("/console/broadcasts/2")
    await baraka.get_by_label("Type the number of people").fill(str(PEOPLE))
    await baraka.get_by_role("button", name="SEND NOW").click()
    await until(lambda: place.app.alert_desk.progress(2).left == 0, within_s=600)
    first, second = place.app.alert_desk.progress(1), place.app.alert_desk.progress(2)
    assert (first.broadcast.stage, first.fed, second.fed) == (Stage.STOPPED, PEOPLE, PEOPLE)
    lines = [line.text for line in place.app.store.conversation("tel:+254700000000", limit=9) if not line.inbound]
    assert any("FLOOD warning, Tana River" in text for text in lines)
    assert any("FALSE ALARM" in text for text in lines)
