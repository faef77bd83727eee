"""What every test gets: no settings from outside, and property tests that are not timed (timing belongs in bench/).

`make test` runs files side by side, one process a core. A long one that came last would keep a core waiting."""

import os

import pytest
from hypothesis import settings

settings.register_profile("ujumbe", deadline=None)
settings.load_profile("ujumbe")

LONG = (
    "tests/bench/",
    "tests/core/test_shipped_cases.py",
    "tests/service/",
    "tests/compose/",
    "tests/skills/test_mutations.py",
    "tests/models/",
    "tests/worker/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long files first; the rest as it was."""
    items.sort(key=lambda item: next((n for n, place in enumerate(LONG) if item.nodeid.startswith(place)), len(LONG)))


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's UJUMBE_* variables must not reach a test."""
    for name in [name for name in os.environ if name.startswith("UJUMBE_")]:
        monkeypatch.delenv(name)
