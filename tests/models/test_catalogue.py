"""The catalogue that ships is whole, and a wrong one is refused with the line."""

import re
from pathlib import Path

import pytest

from bot.core.errors import BadSetting, BadText
from models.catalogue import FILE, find, load

GOOD = """# models
[good]
title = "Good"
hub = "someone/Good-GGUF"
file = "good.gguf"
sha256 = "{}"
bytes = 10
memory_mb = 5
licence = "mit"
template = "gguf"
languages = ["en", "sw"]
""".format("a" * 64)

PROMISED = [
    "ujumbe-270m",
    "gemma-3-270m",
    "gemma-3-1b-it",
    "gemma-3-4b-it",
    "llama-3.2-1b",
    "llama-3.2-3b",
    "qwen2.5-0.5b",
    "qwen2.5-1.5b",
    "smollm2-135m",
]
PROMISED += ["smollm2-360m", "smollm2-1.7b", "phi-3-mini", "granite-3.3-2b", "tinyllama-1.1b", "openelm-270m", "inkubalm-0.4b", "pawa-min"]


def test_every_promised_model_is_there_with_its_facts_or_its_gap() -> None:
    entries = load()
    assert list(entries) == PROMISED
    for entry in entries.values():
        assert entry.licence
        assert entry.languages
        assert entry.gap or entry.base or (entry.sha256 and entry.bytes and entry.memory_mb and entry.template)


def test_every_package_has_a_lock_that_pins_each_wheel_by_hash() -> None:
    packages = [entry for entry in load().values() if entry.package]
    assert packages
    for entry in packages:
        lock = FILE.with_name(entry.package).read_text()
        pins = re.findall(r"^\S+==\S+ \\\n    --hash=sha256:[0-9a-f]{64}$", lock, re.MULTILINE)
        assert len(pins) == len(entry.parts)


def test_files_do_not_collide() -> None:
    files = [entry.file for entry in load().values() if entry.file]
    assert len(set(files)) == len(files)


@pytest.mark.parametrize(
    ("change", "line", "what"),
    [
        pytest.param(('licence = "mit"', 'license = "mit"'), 9, "unknown key 'license'", id="a misspelt key"),
        pytest.param(("bytes = 10", 'bytes = "10"'), 7, "a whole number", id="a text for a number"),
        pytest.param(("bytes = 10", "bytes = true"), 7, "a whole number", id="yes for a number"),
        pytest.param(('languages = ["en", "sw"]', 'languages = "en"'), 11, "a list of texts", id="a text for a list"),
        pytest.param(('template = "gguf"', 'template = "chatml"'), 10, "template is 'chatml'", id="a template we do not know"),
        pytest.param(("a" * 64, "a" * 63), 6, "64 hexadecimal digits", id="a short hash"),
        pytest.param((f'sha256 = "{"a" * 64}"', ""), 2, "has no sha256", id="no hash and no gap said"),
        pytest.param(('licence = "mit"', ""), 2, "has no licence", id="no licence"),
        pytest.param(("memory_mb = 5", ""), 2, "has no memory_mb", id="no memory"),
        pytest.param(('hub = "someone/Good-GGUF"', ""), 2, "neither a package nor a hub", id="a file from nowhere"),
        pytest.param(
            ('title = "Good"', 'title = "Good"\npackage = "x.lock"'), 5, "names more than one of package, hub and base", id="two sources"
        ),
        pytest.param(("[good]", "loose = 1\n[good]"), 2, "outside any model", id="a loose key"),
        pytest.param(("bytes = 10", "bytes = = 10"), 7, "Invalid value", id="no TOML"),
    ],
)
def test_a_wrong_catalogue_is_refused_with_the_line(tmp_path: Path, change: tuple[str, str], line: int, what: str) -> None:
    path = tmp_path / "catalogue.toml"
    assert change[0] in GOOD
    path.write_text(GOOD.replace(*change))
    with pytest.raises(BadText, match=re.escape(what)) as caught:
        load(path)
    assert str(caught.value).startswith(f"catalogue.toml:{line}: ")


def test_a_missing_hash_may_stand_where_the_gap_is_said(tmp_path: Path) -> None:
    path = tmp_path / "catalogue.toml"
    path.write_text(GOOD.replace(f'sha256 = "{"a" * 64}"', 'gap = "Nobody published its hash."'))
    assert load(path)["good"].sha256 == ""


def test_find_takes_a_name_or_a_path(tmp_path: Path) -> None:
    path, entry = find("gemma-3-270m", tmp_path)
    assert entry is not None
    assert path == tmp_path / entry.file
    assert find("/models/mine.gguf", tmp_path) == (Path("/models/mine.gguf"), None)
    assert find("mine.gguf", tmp_path) == (Path("mine.gguf"), None)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        pytest.param("gemma", "There is no model 'gemma'. Take one of ujumbe-270m", id="no such name"),
        pytest.param("inkubalm-0.4b", "cannot be used yet. No GGUF file is known", id="a gap"),
    ],
)
def test_find_refuses_with_the_remedy(tmp_path: Path, model: str, says: str) -> None:
    with pytest.raises(BadSetting, match=re.escape(says)):
        find(model, tmp_path)
