"""The whole service behind its console; the browser's tests are collected where there is a browser."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.app import App
from tests.console.browser import CHROMIUM
from tests.console.house import real_site
from tests.gateway.conftest import Client, serving

IN_A_BROWSER = ["test_broadcast_way.py", "test_phone_page.py", "test_staff_browser.py", "test_work_pages.py"]
collect_ignore = [] if CHROMIUM else IN_A_BROWSER


@pytest.fixture
async def served(tmp_path: Path) -> AsyncIterator[tuple[Client, App]]:
    site, app = real_site(tmp_path)
    async with serving(site) as client:
        yield client, app


@pytest.fixture
def client(served: tuple[Client, App]) -> Client:
    return served[0]


@pytest.fixture
def app(served: tuple[Client, App]) -> App:
    return served[1]
