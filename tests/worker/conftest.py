from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.redis import KINDS, Server, server


@pytest.fixture(params=KINDS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Server]:
    """A running broker of every kind that this machine has."""
    with server(request.param, tmp_path) as running:
        yield running
