"""An office for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.api.house import Office, office


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[Office]:
    async with office(tmp_path) as made:
        yield made
