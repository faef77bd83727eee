"""Alerts that an authority's software pushes, over a real socket into a real database."""

import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from bot.alert_settings import AlertSettings
from bot.cap.write import write
from bot.core.alert.stored import AlertQuery
from bot.gateway.site import make_app
from bot.store.migrate import upgrade
from bot.store.sql import SqlStore
from tests.core.alert.received import T, alert, cancel
from tests.gateway.conftest import Client, serving
from tests.gateway.doubles import House, house

TOKEN = "token-of-the-met-office-2027"
ALERTS = AlertSettings.model_validate({"push": {"met": {"token": TOKEN, "trust": True}, "other": {"token": "o" * 24}}})
FLOOD = alert("flood")


@pytest.fixture
def place(tmp_path: Path) -> House:
    made = house(tmp_path)
    upgrade(f"sqlite:///{tmp_path / 'push.db'}")
    made.app.settings = made.app.settings.model_copy(update={"alerts": ALERTS})
    made.app.store = SqlStore(f"sqlite:///{tmp_path / 'push.db'}")  # type: ignore[assignment]
    return made


@pytest.fixture
async def client(place: House) -> AsyncIterator[Client]:
    async with serving(make_app(place.app)) as client:
        yield client


def kept(place: House) -> list[tuple[str, str]]:
    store = place.app.store
    assert isinstance(store, SqlStore)
    return [(one.identifier, one.origin) for one in store.alerts(AlertQuery(), now=T, limit=99)]


async def test_what_is_pushed_is_stored_before_the_answer_and_repeats_are_welcome(client: Client, place: House) -> None:
    for new in (True, False):
        answer = await client.post(f"/cap/push/{TOKEN}", data=write(FLOOD))
        assert answer.status == 200
        [one] = (await answer.json())["alerts"]
        assert one["new"] is new
        assert kept(place) == [("flood", "push:met")]
    await client.post(f"/cap/push/{TOKEN}", data=write(cancel("end", FLOOD)))
    assert len(kept(place)) == 2


@pytest.mark.parametrize("token", ["wrong", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), "%00", "é"])
async def test_nothing_is_taken_under_another_token(client: Client, place: House, token: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    answer = await client.post(f"/cap/push/{token}", data=write(FLOOD))
    assert answer.status == 403
    assert "Ask the operator" in await answer.text()
    assert kept(place) == []


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        pytest.param(b"", 400, "is empty", id="empty"),
        pytest.param(b"<html><body>hello</body></html>", 400, "web page", id="page"),
        pytest.param(b'{"identifier": "a"}', 400, "not whole XML", id="json"),
        pytest.param(write(FLOOD)[:-20], 400, "not whole XML", id="cut"),
        pytest.param(b"<!DOCTYPE alert>" + write(FLOOD).partition(b"?>")[2], 400, "document type", id="dtd"),
        pytest.param(b" " * (2 * 1024 * 1024 + 1), 413, "larger than", id="too-large"),
    ],
)
async def test_a_bad_document_is_refused_with_a_reason_and_not_kept(
    client: Client, place: House, body: bytes, status: int, says: str
) -> None:
    answer = await client.post(f"/cap/push/{TOKEN}", data=BytesIO(body))
    assert answer.status == status
    assert says in await answer.text()
    assert kept(place) == []


async def test_a_database_that_is_down_means_send_it_again(client: Client, place: House, caplog: pytest.LogCaptureFixture) -> None:
    place.app.receiving.door.intake = replace(place.app.receiving.intake, store=None)  # type: ignore[arg-type]
    answer = await client.post(f"/cap/push/{TOKEN}", data=write(FLOOD))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert TOKEN not in caplog.text


async def test_the_token_is_in_no_line_of_the_log(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    await client.post(f"/cap/push/{TOKEN}", data=write(FLOOD))
    await client.post(f"/cap/push/{TOKEN}", data=b"x")
    assert "push:met" in caplog.text
    assert TOKEN not in caplog.text


async def test_a_browser_gets_nothing_there(client: Client) -> None:
    assert (await client.get(f"/cap/push/{TOKEN}")).status == 405
