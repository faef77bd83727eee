"""Trying an adapter: the tiny base is merged with it for real, and only llama.cpp is left out."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.core.errors import BadSetting
from models import adapter
from models.catalogue import Entry
from models.gguf import read_head
from models.pull import sha256
from models.trial import trial
from tests.models.test_adapter import CHANGED, base, halves

CATALOGUE = """
[own]
title = "Tiny with an adapter"
base = "tiny"
adapter = "own.gguf"
file = "own.gguf"
memory_mb = 1
licence = "x"
template = "none"
languages = ["en"]

[tiny]
title = "Tiny"
hub = "nobody/tiny"
file = "tiny.gguf"
sha256 = "{sha256}"
memory_mb = 1
licence = "x"
template = "none"
languages = ["en"]
"""


@dataclass
class Opened:
    """Stands in for llama.cpp: knows what it was to load, and what was in it at the time."""

    path: Path
    entry: Entry
    threads: int

    def __post_init__(self) -> None:
        self.name, self.mark = self.path.stem, read_head(self.path).mark

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float) -> Sequence[float]:
        return [1.0 for _ in among]


@pytest.fixture
def entries(tmp_path: Path) -> Path:
    """A catalogue whose base is on this machine already."""
    (tmp_path / "models").mkdir()
    file = base(tmp_path / "models" / "tiny.gguf")
    (tmp_path / "catalogue.toml").write_text(CATALOGUE.format(sha256=sha256(file)), encoding="utf-8")
    return tmp_path / "catalogue.toml"


def _trial(entries: Path, model: str, file: Path) -> Opened:
    with trial(model, file, cache_dir=entries.parent, threads=3, say=print, entries=entries, opens=Opened) as chooser:
        assert isinstance(chooser, Opened)
        assert chooser.path.exists()
        return chooser


def test_the_adapter_given_is_in_the_model_and_nothing_stays(tmp_path: Path, entries: Path) -> None:
    adapter.write(tmp_path / "new.gguf", halves(*CHANGED), alpha=8.0, name="new")
    opened = _trial(entries, "own", tmp_path / "new.gguf")
    assert (opened.name, opened.entry.name, opened.threads) == ("own-new", "own", 3)
    assert opened.mark == sha256(tmp_path / "new.gguf")
    assert sorted(p.name for p in (tmp_path / "models").iterdir()) == [".lock", "tiny.gguf"]


@pytest.mark.parametrize(
    ("model", "file", "says"),
    [
        ("tiny", "new.gguf", r"--adapter: model tiny is not made with an adapter\. .*: own\."),
        ("/some/file.gguf", "new.gguf", r"model /some/file\.gguf is not made with an adapter"),
        ("own", "gone.gguf", r"gone\.gguf"),
        ("own", "models/tiny.gguf", r"tiny\.gguf is no LoRA adapter"),
    ],
)
def test_what_cannot_be_tried(tmp_path: Path, entries: Path, model: str, file: str, says: str) -> None:
    with pytest.raises(BadSetting, match=says):
        _trial(entries, model, tmp_path / file)
