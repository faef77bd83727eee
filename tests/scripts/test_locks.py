"""The lock files: every package pinned with hashes, nothing about where it comes from, and no drift from pyproject.toml."""

import re
import tomllib
from pathlib import Path

import pytest

from scripts.setup import LOCKS

ROOT = Path(__file__).resolve().parents[2]
FILES = [*LOCKS, *(str(path.relative_to(ROOT)) for room in ("bot", "models") for path in sorted((ROOT / room).rglob("*.lock")))]


def _pins(name: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / name).read_text(), re.MULTILINE))


@pytest.mark.parametrize("name", FILES)
def test_every_pin_has_a_hash_and_no_index_is_named(name: str) -> None:
    text = (ROOT / name).read_text()
    assert _pins(name)
    for block in re.split(r"^(?=[a-z0-9-]+==)", text, flags=re.MULTILINE)[1:]:
        assert "--hash=sha256:" in block, block.splitlines()[0]
    assert "://" not in text
    assert "--index" not in text


def test_the_engine_is_the_one_of_pyproject() -> None:
    dependencies = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    (engine,) = [line for line in dependencies if line.startswith("llama-cpp-python")]
    assert engine == "llama-cpp-python=={}".format(_pins("requirements-engine.lock")["llama-cpp-python"])
    assert "llama-cpp-python" not in _pins("requirements.lock")


def test_the_tests_run_on_the_service_s_own_versions() -> None:
    service, tests = _pins("requirements.lock"), _pins("requirements-dev.lock")
    assert {name: tests.get(name) for name in service} == service
