"""`ujumbe eval` over the shipped skills, from the command line to the files."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

import pytest

from bot.__main__ import main
from bot.core.text import fit
from bot.core.types import Limits
from bot.evaluate.judge import MEASURES

STRAY = json.dumps({"text": "who won the match", "lang": "en", "skill": "offtopic"})


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("UJUMBE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("UJUMBE_EMBEDDER", "none")  # it would read all facts first


def test_the_shipped_skills(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "new" / "out"
    assert main(["eval", "--model", "none", "--limit", "40", "--out", str(out), "--show", "wrong"]) == 0
    said = capsys.readouterr().out
    assert said.count("> ") == said.count("WRONG: ")
    text = (out / "table.md").read_text()
    assert text in said
    assert text.startswith("40 of ")
    assert "model none" in text.splitlines()[0]
    rows = [json.loads(line) for line in (out / "replies.jsonl").read_text().splitlines()]
    assert len(rows) == 40
    assert sum(bool(row["wrong"]) for row in rows) == said.count("WRONG: ")
    assert {row["got"]["kind"] for row in rows} <= {"fact", "offer", "refusal", "emergency", "fixed", "menu", "none"}
    assert all("numbers faithful" not in row["wrong"] for row in rows)
    assert not any(fit(row["got"]["text"], Limits()).rest for row in rows)
    assert sum(len(fit(row["got"]["text"], Limits()).parts) for row in rows) <= 1.4 * len(rows)
    names = {found.text for found in ElementTree.fromstring((out / "plot.svg").read_text()).iter()}
    assert {m.name for m in MEASURES if m.key} <= names


def test_one_skill_one_language_and_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = tmp_path / "asked.jsonl"
    rows = [{"text": "viwavi wanakula mahindi yangu", "lang": "sw", "skill": "crop"}, {"text": "x", "lang": "am"}]
    asked.write_text("\n".join([STRAY, *map(json.dumps, rows)]))
    command = ["eval", "--model", "none", "--file", str(asked)]
    assert main([*command, "--show", "all"]) == 0
    said = capsys.readouterr().out
    assert "2 of 2 questions of asked.jsonl (left out: 1 in other languages)" in said
    assert "[sw, wanted skill crop-advice, got fact " in said
    assert main([*command, "--skill", "crop-advice", "--lang", "sw", "--show", "1"]) == 0
    assert "who won" not in (said := capsys.readouterr().out)
    assert "1 of 2 questions" in said


class First:
    """A chooser that takes the first text, whatever it is."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float) -> Sequence[float]:
        self.asked.append(prompt)
        return [0.99, *(0.01 / len(among) for _ in among[1:])]


def test_another_adapter_chooses(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[tuple[str, Path]] = []
    first = First()

    @contextmanager
    def trial(model: str, adapter: Path, **_: object) -> Iterator[First]:
        tried.append((model, adapter))
        yield first

    monkeypatch.setattr("models.trial.trial", trial)
    asked = tmp_path / "asked.jsonl"
    asked.write_text(json.dumps({"text": "can a dog watch my maize at night", "lang": "en"}))
    assert main(["eval", "--model", "ujumbe-270m", "--adapter", "mine.gguf", "--file", str(asked), "--show", "all"]) == 0
    said = capsys.readouterr().out
    assert tried == [("ujumbe-270m", Path("mine.gguf"))]
    assert "model ujumbe-270m with adapter mine.gguf, embedder none" in said
    assert "can a dog watch my maize at night" in "".join(first.asked)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["--model", "none", "--skill", "sport"], "--skill sport: there is no such skill. Choose from crop-advice", id="skill"),
        pytest.param(["--model", "none", "--adapter", "a.gguf"], "--adapter: model none is not made with an adapter", id="no adapter"),
        pytest.param(["--model", "gemma-3-270m", "--adapter", "a.gguf"], "is not made with an adapter", id="no such adapter"),
        pytest.param(["--model", "ujumbe-270m", "--adapter", "gone.gguf"], "gone.gguf", id="adapter that is gone"),
        pytest.param(["--model", "none", "--file", "gone.jsonl"], "gone.jsonl: cannot be read", id="file"),
        pytest.param(["--model", "/gone.gguf", "--limit", "1"], "model /gone.gguf cannot be used", id="model"),
        pytest.param(["--model", "none", "--limit", "1", "--out", "taken"], "--out taken: cannot be written to", id="out"),
    ],
)
def test_a_mistake_is_one_sentence(arguments: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("a file")
    assert main(["eval", *arguments]) == 1
    said = capsys.readouterr().err
    assert says in said
    assert "Traceback" not in said


@pytest.mark.parametrize("arguments", [["--limit", "0"], ["--limit", "x"], ["--show", "some"], ["--lang", "fr"]])
def test_bad_arguments(arguments: list[str]) -> None:
    with pytest.raises(SystemExit):
        main(["eval", *arguments])
