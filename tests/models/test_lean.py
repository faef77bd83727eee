"""A model's lean copy: it reads everything, says what the whole model says, and is never used where it does not belong."""

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import numpy as np
import pytest

from bot.core.errors import ModelFailed
from models import trim
from models.keeper import keep
from models.lean import open_lean
from models.llama import LlamaWriter
from models.shape import Shape
from models.trim import copy_at, copy_of, lean_copy
from models.vocabulary import Vocabulary
from tests.models.tiny import F32, gguf

FACT = "Dry maize to 13 percent moisture before storing. Weka mahindi kwenye mifuko miwili, na uifunge vizuri."
SHOWN = f"Passage: {FACT}\nQuestion: how dry must maize be?\nAnswer: Dry maize to 13 percent moisture.\n\n"
PROMPT = SHOWN + f"Passage: {FACT}\nQuestion: {{}}\nAnswer:"
ASKED = ("how do I store maize?", "mahindi yakauke kiasi gani?", "በቆሎ እንዴት ይቀመጣል?", "玉米怎么储存?")
TEXTS = [FACT, *ASKED[:2]]  # the base model likes to say the question again
SHAPE = Shape(sequences=2, context=512, batch=256, flash=True)

pytestmark = pytest.mark.model


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("lean")


@pytest.fixture(scope="module")
def copy(model_path: Path, folder: Path) -> Path:
    made = lean_copy(model_path, folder, TEXTS)
    assert made is not None
    return made


@pytest.fixture(scope="module")
def both(model_path: Path, copy: Path) -> Iterator[tuple[LlamaWriter, LlamaWriter]]:
    lean = LlamaWriter(model_path, SHAPE, chat=False, lean=open_lean(copy, model_path))
    whole = LlamaWriter(model_path, SHAPE, chat=False)
    yield lean, whole
    lean.close()
    whole.close()


@pytest.mark.parametrize("asked", ASKED[:2])
def test_it_says_what_the_whole_model_says(both: tuple[LlamaWriter, LlamaWriter], asked: str) -> None:
    said = [engine.write(PROMPT.format(asked), max_tokens=12, stop=("\n",), deadline=monotonic() + 60) for engine in both]
    assert said[0].text == said[1].text != ""


@pytest.mark.parametrize("asked", ASKED)
def test_it_understands_what_it_could_not_write(both: tuple[LlamaWriter, LlamaWriter], asked: str) -> None:
    shares = [engine.choose(PROMPT.format(asked), [" A", " B", " X"], deadline=monotonic() + 60) for engine in both]
    assert shares[0] is not None
    assert shares[1] is not None
    np.testing.assert_allclose(shares[0], shares[1], atol=0.02)


def test_the_engine_s_process_writes_from_it(model_path: Path, copy: Path, both: tuple[LlamaWriter, LlamaWriter]) -> None:
    keeper = keep(model_path, lean=copy, shape=SHAPE, chat=False)
    try:
        said = keeper.write(PROMPT.format(ASKED[0]), max_tokens=12, stop=("\n",), deadline=monotonic() + 60)
        assert said.text == both[1].write(PROMPT.format(ASKED[0]), max_tokens=12, stop=("\n",), deadline=monotonic() + 60).text
        assert keeper.rss < 1.2 * model_path.stat().st_size  # the whole model, its context and Python's own take more
    finally:
        keeper.close()


def test_it_is_less_than_half_as_large(model_path: Path, copy: Path) -> None:
    assert copy.stat().st_size < model_path.stat().st_size / 2


def test_every_byte_can_be_written_and_what_the_texts_say_word_by_word(model_path: Path, copy: Path) -> None:
    words, kept = Vocabulary.open(model_path), set(open_lean(copy, model_path).kept.tolist())
    assert {words.piece(token) for token in kept} >= {bytes([byte]) for byte in range(1, 256)}
    assert set(words.tokens(FACT, special=False)) <= kept
    assert words.end() in kept
    words.close()


def test_what_it_cannot_write_cannot_be_chosen_from(model_path: Path, copy: Path) -> None:
    lean = open_lean(copy, model_path)
    strange = next(token for token in range(200_000, 262_144) if token not in set(lean.kept.tolist()))
    with pytest.raises(ModelFailed, match="cannot write all that is to be chosen from"):
        lean.places([int(lean.kept[0]), strange])


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The texts that a copy would be made for; none is."""
    texts: list[list[str]] = []

    def seen(command: list[str], **given: str) -> None:
        texts.append(json.loads(given["input"]))
        raise OSError("not made here")

    monkeypatch.setattr(trim.subprocess, "run", seen)
    return texts


def test_it_is_made_once_for_the_same_texts_and_anew_for_others(model_path: Path, copy: Path, folder: Path, made: list[list[str]]) -> None:
    assert lean_copy(model_path, folder, TEXTS) == copy == copy_at(model_path, folder)
    assert made == []
    assert lean_copy(model_path, folder, [*TEXTS, "Panda mvua zinapoanza."]) is None
    assert made == [[*TEXTS, "Panda mvua zinapoanza."]]


def test_one_that_was_cut_short_is_not_used_but_made_anew(model_path: Path, copy: Path, tmp_path: Path, made: list[list[str]]) -> None:
    broken = copy_of(model_path, tmp_path)
    broken.write_bytes(copy.read_bytes()[:-1000])
    assert copy_at(model_path, tmp_path) is None
    assert lean_copy(model_path, tmp_path, TEXTS) is None
    assert made == [TEXTS]


def test_a_copy_of_another_model_is_refused(copy: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.gguf"
    other.write_bytes(gguf(architecture="gemma3", tensors={"token_embd.weight": ((8, 2), F32)}, data=64))
    with pytest.raises(ModelFailed, match=r"is no lean copy of other\.gguf: its tokens are not the other's\. Remove it"):
        open_lean(copy, other)
    with pytest.raises(ModelFailed, match=r"other\.gguf is no lean copy of"):
        open_lean(other, other)


def test_where_it_cannot_be_made_the_whole_model_does(model_path: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assert lean_copy(model_path, tmp_path / "none", TEXTS) is None
    assert "is used whole: " in caplog.text
    assert "No such file" in caplog.text


def test_a_model_of_an_unknown_make_is_used_whole(tmp_path: Path) -> None:
    path = tmp_path / "a.gguf"
    path.write_bytes(gguf(architecture="mamba"))
    assert lean_copy(path, tmp_path, TEXTS) is None
    assert not copy_of(path, tmp_path).exists()


def test_one_that_would_keep_most_of_it_is_not_made(model_path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trim, "kept_tokens", lambda *_: list(range(200_000)))
    assert not trim.make(model_path, tmp_path / "b.gguf", [], mark="m")
    assert not (tmp_path / "b.gguf").exists()
