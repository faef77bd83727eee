"""From what training left to a model in use: the adapter, the comparison, the installation."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.core.errors import BadSetting
from models import adapter, catalogue
from models.gguf import read_head
from models.pull import sha256
from models.training import finish, gather
from models.training.finish import Figures, Share
from tests.models.test_adapter import CHANGED, base, halves
from tests.models.training.house import LIBRARY, Letters

INDEX = gather.index(LIBRARY, None)
CASES = [case for skill in LIBRARY.skills for case in skill.cases]


def trained(path: Path) -> Path:
    np.savez(path, allow_pickle=False, alpha=np.float32(8), **{k: v.astype(np.float16) for k, v in halves(*CHANGED).items()})
    return path


def test_what_was_trained_becomes_an_adapter(tmp_path: Path) -> None:
    finish.adapter_of(trained(tmp_path / "adapter.npz"), tmp_path / "a.gguf", name="ours")
    found = adapter.read(tmp_path / "a.gguf")
    assert (found.name, found.scale, len(found.changes)) == ("ours", 2.0, 2)


@pytest.mark.parametrize(
    ("arrays", "says"),
    [
        pytest.param(None, r"adapter\.npz is not there\. Train first", id="missing"),
        pytest.param({"a": np.zeros(3)}, r"is not what training writes: 'alpha'", id="something else"),
        pytest.param({"alpha": np.float32(8), "a": np.full(3, np.nan)}, r"holds numbers that are none", id="went wrong"),
    ],
)
def test_what_training_does_not_write_is_refused(tmp_path: Path, arrays: dict[str, NDArray[Any]] | None, says: str) -> None:
    path = tmp_path / "adapter.npz"
    if arrays is not None:
        np.savez(path, allow_pickle=False, **arrays)
    with pytest.raises(BadSetting, match=says):
        finish.adapter_of(path, tmp_path / "a.gguf", name="ours")
    assert not (tmp_path / "a.gguf").exists()


def test_a_cut_file_is_refused(tmp_path: Path) -> None:
    path = trained(tmp_path / "adapter.npz")
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BadSetting, match="is not what training writes"):
        finish.adapter_of(path, tmp_path / "a.gguf", name="ours")


def test_the_merged_model_carries_the_mark_that_the_catalogue_looks_for(tmp_path: Path) -> None:
    finish.adapter_of(trained(tmp_path / "adapter.npz"), tmp_path / "a.gguf", name="ours")
    model = finish.merged(base(tmp_path / "base.gguf"), tmp_path / "a.gguf", tmp_path / "new.gguf")
    assert read_head(model).mark == sha256(tmp_path / "a.gguf")


def judged(letter: str) -> Figures:
    return finish.judge(CASES, INDEX, lambda _: Letters(letter))(Path("any.gguf"))


def test_saying_no_to_everything_refuses_all_and_answers_nothing() -> None:
    figures = judged("X")
    assert figures.refused == {"en": Share(1, 1), "sw": Share(1, 1)}
    assert figures.answered == {"en": Share(0, 2), "sw": Share(0, 1)}
    assert figures.score == 2 / 5


def test_taking_the_first_offer_answers_and_refuses_only_where_nothing_is_offered() -> None:
    figures = judged("A")
    assert figures.answered["en"] == Share(2, 2)
    assert figures.score >= 3 / 5
    assert figures.lines()[0].startswith("  en: right fact 2/2 (100.0%), refused")


def test_each_model_is_asked_the_same(tmp_path: Path) -> None:
    asked: list[Letters] = []

    def opened(_: Path) -> Letters:
        asked.append(Letters("A"))
        return asked[-1]

    judge = finish.judge(CASES, INDEX, opened)
    judge(tmp_path / "old.gguf")
    judge(tmp_path / "new.gguf")
    assert asked[0].prompts == asked[1].prompts != []


def test_a_machine_that_is_too_slow_is_told() -> None:
    class Never:
        def choose(self, prompt: str, among: Sequence[str], *, deadline: float) -> Sequence[float] | None:
            return None

    with pytest.raises(BadSetting, match="too slow, or too busy"):
        finish.judge(CASES, INDEX, lambda _: Never())(Path("any.gguf"))


def test_no_cases_are_no_figures() -> None:
    assert (Figures({}, {}).score, Figures({}, {}).lines()) == (0.0, ["  all: 0.0%"])


def test_installing_puts_both_files_in_their_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "ADAPTERS", tmp_path / "adapters")
    entry = replace(catalogue.load()["ujumbe-270m"], adapter="mine.gguf")
    for name in ("a.gguf", "new.gguf", "in-use.gguf"):
        (tmp_path / name).write_text(name)
    finish.install(entry, tmp_path / "a.gguf", tmp_path / "new.gguf", tmp_path / "in-use.gguf")
    assert (tmp_path / "adapters/mine.gguf").read_text() == "a.gguf"
    assert (tmp_path / "in-use.gguf").read_text() == "new.gguf"
    assert sorted(p.name for p in tmp_path.rglob("*.gguf")) == ["a.gguf", "in-use.gguf", "mine.gguf"]


def test_an_installation_that_cannot_be_says_what_is_in_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "ADAPTERS", tmp_path / "adapters")
    entry = replace(catalogue.load()["ujumbe-270m"], adapter="mine.gguf")
    (tmp_path / "new.gguf").touch()
    with pytest.raises(BadSetting, match=r"a\.gguf cannot be written: No such file"):
        finish.install(entry, tmp_path / "a.gguf", tmp_path / "new.gguf", tmp_path / "in-use.gguf")
    assert not (tmp_path / "in-use.gguf").exists()
