"""What every test gets: no settings from outside, and property tests that are not timed (timing belongs in bench/)."""

import os

import pytest
from hypothesis import settings

settings.register_profile("ujumbe", deadline=None)
settings.load_profile("ujumbe")


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's UJUMBE_* variables must not reach a test."""
    for name in [name for name in os.environ if name.startswith("UJUMBE_")]:
        monkeypatch.delenv(name)
