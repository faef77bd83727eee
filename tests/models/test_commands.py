"""`ujumbe model ...`: arguments in, lines out."""

import argparse
import hashlib
from pathlib import Path

import pytest

from bot.core.errors import BadSetting
from models.catalogue import load
from models.commands import Place, add_commands, run
from models.measure import Pace
from models.shape import Shape
from models.tuned import Machine, shape_for
from tests.models.tiny import gguf


def _run(tmp_path: Path, *argv: str, model: str = "gemma-3-270m") -> list[str]:
    parser = argparse.ArgumentParser()
    add_commands(parser)
    said: list[str] = []
    assert run(parser.parse_args(argv), Place(tmp_path, model, 1), said.append) == 0
    return said


def test_list_shows_every_model_its_licence_and_its_gap(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models/gemma-3-270m-q4_k_m.gguf").write_bytes(b"")
    said = _run(tmp_path, "list")
    for entry in load().values():
        line = next(line for line in said if line[2:].startswith(entry.name + " "))
        assert entry.licence in line
        assert line.startswith("* ") == (entry.name == "gemma-3-270m")
        if entry.gap:
            assert f"    {entry.gap}" in said


def test_verify_says_the_hash_of_a_sound_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(gguf())
    assert _run(tmp_path, "verify", str(path)) == [
        f"{path} is sound. sha256 {hashlib.sha256(gguf()).hexdigest()} (the catalogue has none to compare)."
    ]
    assert _run(tmp_path, "pull", str(path))[0].startswith(f"{path} is your own file and is sound.")


def test_verify_refuses_a_file_under_a_name_of_the_catalogue(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "models/gemma-3-270m-q4_k_m.gguf").write_bytes(gguf())
    with pytest.raises(BadSetting, match="not the Gemma 3 270M base, Q4_K_M of the catalogue: its sha256 is"):
        _run(tmp_path, "verify")


@pytest.mark.parametrize("command", ["pull", "verify", "try", "tune"])
def test_no_model_is_a_setting_too(tmp_path: Path, command: str) -> None:
    assert "nothing to bring" in _run(tmp_path, command, model="none")[0]


@pytest.mark.parametrize("quick", [False, True])
def test_tune_measures_the_model_with_the_set_threads_and_keeps_the_best(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quick: bool
) -> None:
    path = tmp_path / "mine.gguf"
    path.write_bytes(gguf())
    seen: list[Shape] = []

    def measure(path: Path, shape: Shape, *, phase_s: float, lean: Path | None = None) -> Pace:
        seen.append(shape)
        return Pace(quiet=10.0 * shape.sequences, busy=10.0)

    here = Machine("AMD EPYC", 2, 8000, "0.3.36")
    monkeypatch.setattr("models.tune.measured", measure)
    monkeypatch.setattr("models.tune.this_machine", lambda: here)
    said = _run(tmp_path, "tune", str(path), *(["--quick"] if quick else []))
    assert {shape.threads for shape in seen} == {1}
    assert {shape.batch for shape in seen} == ({64, 256} if quick else {32, 64, 128, 256})
    assert said[-1].startswith(f"Best of {len(seen)}: 1 thread, 16 texts at once")
    assert shape_for(path, 0, cache_dir=tmp_path, machine=here)[0].sequences == 16


def test_tune_refuses_a_model_that_is_not_here(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="ujumbe model pull"):
        _run(tmp_path, "tune")


@pytest.mark.model
def test_try_shows_what_the_model_writes(model_path: Path, tmp_path: Path) -> None:
    said = _run(tmp_path, "try", str(model_path), "--text", "One, two, three, four,")
    assert said[0].startswith("One, two, three, four, five, six")
    assert "tokens in" in said[0]
