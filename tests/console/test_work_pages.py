"""The pages that coordinators work in, in a real browser: they fit the narrowest phone, controls have names and room for a thumb."""

from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest

from bot.console.names import Names
from bot.core.ticket import Ticket, TicketKind
from bot.core.types import Contact, Lang
from tests.console.staffed import ADMIN, APPROVER, AUTHOR, PASSWORD, Office, office
from tests.console.test_broadcasts import FORM
from tests.console.test_staff_browser import _check, browsing
from tests.places.small import small

URN = "tel:+254700000001"
PAGES = (
    "alerts",
    "alerts/upload",
    "broadcasts",
    "broadcasts/new",
    "broadcasts/new?mode=exercise",
    "broadcasts/1",
    "broadcasts/1/edit",
    "broadcasts/2",
    "tickets",
    "tickets/1",
    "tickets/approved",
    "contacts",
    "contacts/groups",
    "contacts/import",
    "contacts/export",
    "queue",
    "guides",
)


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path, alerts={"source": "RED CROSS"}) as made:
        made.app.places = small()
        with made.app.people.begin() as tx:
            tx.save_contact(Contact(URN, Lang.SW, place="KE:test:hola"))
            tx.set_groups(URN, ["volunteers", "exercise"])
            asks = {"question": "Maji yamefika dirishani" * 5, "opened": made.clock(), "urgent": True}
            tx.add_ticket(Ticket(urn=URN, channel="sim", lang=Lang.SW, kind=TicketKind.NEED_HELP, **asks))  # type: ignore[arg-type]
        yield made


@pytest.mark.parametrize("width", [320, 1100])
async def test_every_page_fits_and_its_controls_have_names_and_room(place: Office, width: int) -> None:
    secret = place.hire("amina", ADMIN, AUTHOR, APPROVER, lang=Lang.SW)
    form = FORM | {"places": "KE-40", "roll_call": "1"}
    amina = await place.signed_in("amina")
    await amina.get("/console/broadcasts/new")
    assert (await amina.post("/console/broadcasts/new", **form, do="save")).status == 303
    juma = await place.signed_in("juma", AUTHOR)
    await juma.get("/console/broadcasts/new")
    assert (await juma.post("/console/broadcasts/new", **form, do="submit")).status == 303
    async with browsing(place, width=width, dark=width == 320) as page:
        await page.goto("/console/sign-in?lang=sw")
        await page.fill("#name", "amina")
        await page.fill("#password", PASSWORD)
        await page.click("main button")
        place.clock.now += 30
        await page.fill("#code", pyotp.TOTP(secret).at(int(place.clock.now)))
        await page.click("main button")
        for name in (*PAGES, f"contacts/one/{Names(place.app.own_key('console')).ref(URN)}"):
            await page.goto(f"/console/{name}")
            assert await page.locator("h1").count() == 1, name
            await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
            await _check(page, width)
