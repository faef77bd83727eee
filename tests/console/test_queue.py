"""The queue, holds and costs; the guides and their figures."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from bot.console.guides import blocks, is_old, is_over, newest
from bot.core.alert.audit import AuditQuery
from bot.core.price import Price
from bot.core.storage import NewDelivery
from bot.core.types import Lane, Lang
from tests.console.staffed import ADMIN, AUTHOR, Browser, Office, office
from tests.small import fact

QUEUE = "/console/queue"


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as made:
        yield made


@pytest.fixture
async def admin(place: Office) -> Browser:
    return await place.signed_in("juma", ADMIN)


def _put(place: Office, *, lane: Lane = Lane.SENDS, n: int = 1) -> int:
    with place.app.store.begin() as tx:
        stored = tx.insert_delivery(NewDelivery(f"d{n}", "sim", "tel:+254700000001", ("Habari.",), lane=lane), now=place.clock())
    assert stored is not None
    return stored


async def test_what_waits_is_counted_by_what_it_is(place: Office, admin: Browser) -> None:
    _put(place)
    _put(place, n=2)
    place.clock.now += 7 * 3600
    admin = await place.signed_in("juma")
    page = await admin.get(QUEUE)
    assert "Waiting now: 2" in page.shown
    assert "sends sim - queued 2 2 7 h 0 min" in page.shown
    assert "700000001" not in page.text


async def test_a_hold_is_made_shown_everywhere_and_released(place: Office, admin: Browser) -> None:
    _put(place)
    await admin.get(QUEUE)
    page = await admin.follow(await admin.post(f"{QUEUE}/hold", channel="sim"))
    assert "Hold 1 is in force" in page.shown
    assert "held back" in page.shown
    assert "Alerts and texts for emergencies still go out" in page.shown
    assert "1 holds keep messages back" in (await admin.get("/console")).shown
    assert "released" in (await admin.follow(await admin.post(f"{QUEUE}/release", hold="1"))).shown
    assert "No such hold" in (await admin.follow(await admin.post(f"{QUEUE}/release", hold="1"))).shown
    assert [one.what for one in place.app.audit_log.audit_page(AuditQuery(what="queue"), limit=9)] == ["queue.release", "queue.hold"]


@pytest.mark.parametrize(
    "fields",
    [{}, {"channel": "pigeon"}, {"lane": "fast"}, {"lane": "alerts"}, {"channel": "sim", "lane": "fast"}],
    ids=str,
)
async def test_a_hold_that_says_too_little_or_too_much_is_not_made(place: Office, admin: Browser, fields: dict[str, str]) -> None:
    await admin.get(QUEUE)
    assert "Nothing was changed" in (await admin.follow(await admin.post(f"{QUEUE}/hold", **fields))).shown
    assert place.app.store.holds() == []


async def test_alerts_are_held_where_that_was_ticked(place: Office, admin: Browser) -> None:
    await admin.get(QUEUE)
    page = await admin.follow(await admin.post(f"{QUEUE}/hold", lane="alerts", urgent="1"))
    assert "ALERTS AND EMERGENCIES ARE KEPT BACK" in page.shown


async def test_others_look_and_change_nothing(place: Office) -> None:
    amina = await place.signed_in("amina", AUTHOR)
    assert "Keep back" not in (await amina.get(QUEUE)).shown
    assert (await amina.post(f"{QUEUE}/hold", channel="sim")).status == 403


async def test_costs_are_shown_by_days(place: Office, admin: Browser) -> None:
    claimed = place.app.store.claim_delivery(_put(place), now=place.clock(), lease_s=9)
    assert claimed is not None
    place.app.store.part_sending(claimed.claim, 0, now=place.clock(), lease_s=9)
    place.app.store.part_wired(claimed.claim, 0, "x", now=place.clock(), price=Price(Decimal("0.8"), "KES"))
    assert "sim – 1 KES 0.80" in (await admin.get(QUEUE)).shown
    place.clock.now += 3 * 86_400
    admin = await place.signed_in("juma")
    assert "No provider took a message" in (await admin.get(QUEUE)).shown
    assert "KES 0.80" in (await admin.get(f"{QUEUE}?days=7")).shown
    assert (await admin.get(f"{QUEUE}?days=x")).status == 200


async def test_guides_are_counted_and_what_is_over_is_named(place: Office, admin: Browser) -> None:
    skill = place.app.library.skills[0]
    dead = replace(fact("old", "crops", Lang.EN, "Prices of 2020", "Maize costs 10.", "q"), expires="2020-12-31", reviewed="2020-01-01")
    place.app.library = replace(place.app.library, skills=(replace(skill, facts=(*skill.facts, dead)), *place.app.library.skills[1:]))
    page = await admin.get("/console/guides")
    assert "Crops crops 3 2 0 2020-01-01 1" in page.shown
    assert "Prices of 2020" in page.shown
    assert "No figures are kept here" in page.shown
    assert "1 passages of the guides are past" in (await admin.get("/console")).shown


async def test_the_newest_figures_are_shown_as_a_table(place: Office, admin: Browser) -> None:
    folder = place.app.settings.data_dir / "eval"
    for n, name in enumerate(("old", "new")):
        (folder / name).mkdir(parents=True)
        table = folder / name / "table.md"
        table.write_text(f"{name} caption\n\n| | all |\n|---|---|\n| useful | <b>9{n} %</b> |\n\n- useful: it helps\n")
        os.utime(table, (1e9 + n, 1e9 + n))
    page = await admin.get("/console/guides")
    assert "new caption" in page.shown
    assert "old caption" not in page.shown
    assert "<th>all</th>" in page.text
    assert "&lt;b&gt;91 %&lt;/b&gt;" in page.text


def test_a_table_of_figures_is_read_in_any_shape(tmp_path: Path) -> None:
    assert blocks("") == []
    assert blocks("a\n| x | y |\n|---|---|\n| 1 | 2 |\nb") == ["a", [["x", "y"], ["1", "2"]], "b"]
    assert newest(tmp_path / "none") is None


def test_the_last_day_still_counts() -> None:
    one = replace(fact("a", "crops", Lang.EN, "t", "s", "q"), expires="2026-11-27", reviewed="2025-11-27")
    assert (is_over(one, date(2026, 11, 27)), is_over(one, date(2026, 11, 28))) == (False, True)
    assert (is_old(one, date(2026, 11, 27)), is_old(one, date(2026, 11, 28))) == (False, True)
