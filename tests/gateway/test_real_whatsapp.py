"""WhatsApp end to end over the real gateway, inbox and sender, with Meta's stand-in: one person with two names, the window, receipts."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bot.app import App
from bot.core.storage import NewDelivery
from bot.core.types import Lane, Status
from tests.console.house import real_site
from tests.gateway.conftest import Client, serving, until
from tests.providers import meta
from tests.small import EN, TEXTS

PHONE, USER = "254700000001", "KE.13491208655302741918"
URN = f"whatsapp:+{PHONE}"
QUESTION = "how far apart do i plant maize"


class Business:
    """A running gateway with one WhatsApp number, and Meta beside it."""

    def __init__(self, client: Client, app: App, provider: meta.MetaCloud) -> None:
        self.client, self.app, self.provider, self.told = client, app, provider, 0

    async def hear(self, person: str, words: str, **more: Any) -> None:
        """Meta tells of one message that was sent a moment ago."""
        self.told += 1
        one = meta.text(person, words, id=f"wamid.IN{self.told}", at=str(int(time.time())), **more)
        body = meta.encode(meta.batch(messages=[one]))
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": meta.sign(body, meta.APP_SECRET)}
        assert (await self.client.post("/c/meta_whatsapp/receive", data=body, headers=headers)).status == 200

    async def send(self, text: str) -> Status:
        """What nobody asked for: an alert. Returns what became of it."""
        with self.app.store.begin() as tx:
            order = NewDelivery(dedup=f"alert:{text}", channel="meta_whatsapp", urn=URN, parts=(text,), lane=Lane.ALERTS)
            stored = tx.insert_delivery(order, now=time.time())
        assert stored is not None
        await asyncio.to_thread(self.app.send, stored)
        return self.app.store.parts(stored)[0].status

    @property
    def sent(self) -> list[dict[str, Any]]:
        return [dict(message) for message, _ in self.provider.messages]


@asynccontextmanager
async def business(tmp_path: Path, **options: Any) -> AsyncIterator[Business]:
    with meta.MetaCloud() as provider:
        own = {"phone_number_id": meta.NUMBER_ID, "access_token": provider.access_token, "app_secret": meta.APP_SECRET}
        table = {**own, "verify_token": "verify-me", "base_url": provider.url, **options}
        site, app = real_site(tmp_path, channels={"meta_whatsapp": table})
        async with serving(site) as client:
            yield Business(client, app, provider)


async def test_a_stop_follows_a_person_who_hides_the_number(tmp_path: Path) -> None:
    async with business(tmp_path) as one:
        await one.hear(PHONE, "MENU", from_user_id=USER)
        await until(lambda: one.sent)
        await one.hear(PHONE, "STOP", from_user_id=USER)
        await until(lambda: len(one.sent) == 2)
        await one.hear(USER, QUESTION)  # from now on only the id is shown
        await one.hear(USER, "START")
        await until(lambda: len(one.sent) == 3)
        await one.hear(USER, QUESTION)
        await until(lambda: len(one.sent) == 4)
    texts = [message.get("text", message.get("interactive", {}).get("body")) for message in one.sent]
    assert [texts[1], texts[2]] == [{"body": TEXTS[EN][name], "preview_url": False} for name in ("stopped", "started")]
    assert "75 cm" in texts[3]["body"]
    assert {message["to"] for message in one.sent} == {PHONE}


async def test_a_person_sees_that_we_read_it_and_that_we_write(tmp_path: Path) -> None:
    async with business(tmp_path) as one:
        await one.hear(PHONE, QUESTION)
        await until(lambda: one.provider.seen)
    assert one.provider.seen == ["wamid.IN1"]
    assert [sent.form["typing_indicator"] for sent in one.provider.sent if "status" in sent.form] == [{"type": "text"}]


async def test_an_alert_outside_the_window_is_not_even_tried(tmp_path: Path) -> None:
    async with business(tmp_path, read_receipts=False) as one:
        assert await one.send("Flood. Move now.") is Status.FAILED
        assert one.provider.sent == []
        await one.hear(PHONE, "MENU")
        await until(lambda: one.sent)
        assert await one.send("Flood. Move up.") is Status.WIRED
    assert one.sent[-1]["text"]["body"] == "Flood. Move up."


async def test_an_alert_outside_the_window_goes_in_a_template(tmp_path: Path) -> None:
    async with business(tmp_path, templates={"en": "ujumbe_news"}) as one:
        assert await one.send("Flood.\nMove now.") is Status.WIRED
    [message] = one.sent
    assert message["template"]["name"] == "ujumbe_news"
    assert message["template"]["components"][0]["parameters"] == [{"type": "text", "text": "Flood. Move now."}]
