"""The simulator in a real browser: typed, clicked, read."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import App
from tests.console.browser import Page, browsing
from tests.gateway.conftest import Client

LINES = "document.querySelectorAll('#sms-talk .line').length"
MAY_REPLY = "!document.querySelector('#reply').disabled"


@pytest.fixture
async def page(tmp_path: Path) -> AsyncIterator[Page]:
    async with browsing(tmp_path / "profile") as page:
        yield page
        assert page.complaints == []


async def _open(page: Page, client: Client, path: str = "/phone?lang=en", *, width: int = 1100) -> None:
    await page.open(f"http://127.0.0.1:{client.port}{path}", width=width)


async def test_question_by_sms_is_answered_on_the_phone(page: Page, client: Client) -> None:
    await _open(page, client)
    await page.type("#sms-message", "How far apart do I plant maize?")
    await page.press("Enter", 13)
    await page.until(f"{LINES} === 2")
    await page.until("document.querySelector('#sms-talk').innerText.includes('sent')")
    shown = await page.text("#sms-talk")
    assert "Plant maize 75 cm between rows." in shown
    assert "/160 GSM-7" in shown
    assert await page.run("document.querySelector('#sms-message').value") == ""


async def test_text_is_never_markup(page: Page, client: Client) -> None:
    await _open(page, client)
    await page.type("#sms-message", "<img src=x onerror=alert(1)> <b>maize</b>")
    await page.click("#sms button")
    await page.until(f"{LINES} >= 1")
    assert "<img src=x onerror=alert(1)> <b>maize</b>" in await page.text("#sms-talk")
    assert await page.run("document.querySelectorAll('#sms-talk img, #talk b').length") == 0


async def test_ussd_dial_menu_question_and_end(page: Page, client: Client) -> None:
    await _open(page, client)
    await page.click("#dial")
    await page.until(MAY_REPLY)
    assert "1 Crops" in await page.text("#shown")
    await page.click("#keys button")
    await page.press("Enter", 13)
    await page.until("document.querySelector('#shown').innerText.includes('Maize spacing')")
    await page.until(MAY_REPLY)
    await page.type("#reply", "how dry should maize be")
    await page.click("#answer")
    await page.until("!document.querySelector('#dial').disabled")
    shown = await page.text("#shown")
    assert "Dry maize to 13 percent" in shown
    assert "The session is closed" in shown
    assert await page.run(LINES) == 0  # shown on the screen, so not sent by SMS


async def test_whatsapp_choices_are_tapped_and_a_location_is_shared(page: Page, client: Client, app: App) -> None:
    await _open(page, client)
    await page.type("#whatsapp-message", "MENU")
    await page.press("Enter", 13)
    await page.until("document.querySelector('#whatsapp-talk .pick') !== null")
    await page.click("#whatsapp-talk .pick")
    await page.until("document.querySelector('#whatsapp-talk').innerText.includes('Maize spacing')")
    await page.click("#share summary")
    await page.click("#location button")
    await page.until("document.querySelector('#whatsapp-talk').innerText.includes('(location)')")
    sent = [line for line in app.store.conversation("whatsapp:+254700000001", limit=9) if line.inbound]
    assert [line.text for line in sent] == ["MENU", "1", ""]
    assert await page.run(LINES) == 0  # another phone


async def test_hang_up_closes_the_dial(page: Page, client: Client) -> None:
    await _open(page, client)
    await page.click("#dial")
    await page.until(MAY_REPLY)
    await page.click("#hang")
    assert await page.run("[document.querySelector('#reply').disabled, document.querySelector('#dial').disabled]") == [True, False]
    assert "closed" in await page.text("#shown")


async def test_bad_number_is_explained_and_nothing_is_sent(page: Page, client: Client) -> None:
    await _open(page, client)
    await page.run("document.querySelector('#number').value = '0700'")
    await page.type("#sms-message", "hello")
    await page.click("#sms button")
    await page.until("!document.querySelector('#notice').hidden")
    assert "+254700000001" in await page.text("#notice")
    assert await page.run("document.querySelector('#sms-message').value") == "hello"


@pytest.mark.parametrize("path", [pytest.param("/", id="home"), pytest.param("/phone", id="phone")])
@pytest.mark.parametrize("lang", [pytest.param("en", id="english"), pytest.param("sw", id="swahili")])
async def test_narrow_screen_needs_no_sideways_scroll(page: Page, client: Client, path: str, lang: str) -> None:
    await _open(page, client, f"{path}?lang={lang}", width=360)
    assert await page.run("document.documentElement.scrollWidth") == 360
    assert await page.run("document.documentElement.lang") == lang


async def test_every_control_has_a_name_and_room_for_a_thumb(page: Page, client: Client) -> None:
    await _open(page, client, width=360)
    await page.run("document.querySelector('#share').open = true")
    nameless = "[...document.querySelectorAll('button, input, textarea')].filter((e) => !(e.innerText || e.labels?.length)).length"
    small = "[...document.querySelectorAll('button, input, textarea')].filter((e) => e.getBoundingClientRect().height < 44).length"
    assert (await page.run(nameless), await page.run(small)) == (0, 0)
