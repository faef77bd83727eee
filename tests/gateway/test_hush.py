"""What is no HTTP leaves one quiet line in the log, and no word of what was sent."""

import asyncio
import logging

import pytest
from aiohttp import web

from bot.gateway.hush import hush
from tests.gateway.conftest import Client, serving, until
from tests.gateway.doubles import KEY, NUMBER


async def test_an_address_that_is_too_long_is_not_quoted(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    reader, writer = await asyncio.open_connection(client.host, client.port)
    writer.write(f"GET /c/line/receive/{KEY}?from={NUMBER}&text={'a' * 20_000} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert b" 400 " in await reader.readline()
    writer.close()
    await until(lambda: "refused what is no HTTP: LineTooLong" in caplog.text)
    assert KEY not in caplog.text
    assert NUMBER not in caplog.text
    assert [record for record in caplog.records if record.levelno > logging.INFO] == []


async def test_an_error_of_our_own_is_told_by_its_place(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(_: web.Request) -> web.Response:
        raise ValueError(f"cannot read {NUMBER}")

    hush()
    site = web.Application()
    site.router.add_get("/", broken)
    async with serving(site) as client:
        assert (await client.get("/")).status == 500
    assert "a request failed: ValueError at test_hush.py" in caplog.text
    assert NUMBER not in caplog.text
    assert [record.levelname for record in caplog.records] == ["ERROR"]
