"""The real model, as set-up brings it."""

from pathlib import Path

import pytest

from bot.config import load
from models.catalogue import find


@pytest.fixture(scope="session")
def model_path() -> Path:
    """The default model's file. Missing is a failure, never a skip: without it the suite proves nothing about the engine."""
    path, _ = find("gemma-3-270m", load().cache_dir / "models")
    if not path.exists():
        pytest.fail(f"{path} is missing. Bring it: `.venv/bin/ujumbe model pull gemma-3-270m` (make test does)")
    return path
