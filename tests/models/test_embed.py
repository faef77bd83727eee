"""The embedding model itself, on a handful of texts, and the file that keeps what it said."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from models.embed import WIDTH, Embedder, Vectors

LINES = ["how do i store maize", "nihifadhi vipi mahindi", "is a loan app good"]
PASSAGES = ["Dry maize well before you store it.", "A loan app costs 180 percent a year."]


def learnt(keep: Path, turn: Path | None = None) -> Embedder:
    embedder = Embedder(keep, turn)
    embedder.learn(LINES, PASSAGES)
    return embedder


def test_results_stand_in_the_order_of_what_was_learnt(tmp_path: Path) -> None:
    embedder = learnt(tmp_path / "keep.npz")
    lines, passages = embedder.compare("storing my maize harvest")
    assert (len(lines), len(passages)) == (3, 2)
    assert np.argmax(lines) == 0
    assert np.argmax(passages) == 0
    assert np.argmax(embedder.compare("mobile loan, is it bad?")[1]) == 1


def test_a_line_lies_on_itself_and_the_same_text_has_the_same_vector(tmp_path: Path) -> None:
    embedder = learnt(tmp_path / "keep.npz")
    for n, line in enumerate(LINES):
        assert embedder.compare(line)[0][n] == pytest.approx(1.0, abs=2e-3)
    asked = "weevils in my maize"
    assert embedder.compare(asked) == embedder.compare(asked) == learnt(tmp_path / "other.npz").compare(asked)


def test_a_question_that_was_never_learnt_counts_as_much_as_one_that_was(tmp_path: Path) -> None:
    learnt_line, unlearnt = Embedder(tmp_path / "a.npz", None), Embedder(tmp_path / "b.npz", None)
    learnt_line.learn(LINES, PASSAGES)
    unlearnt.learn(LINES[1:], PASSAGES)
    np.testing.assert_allclose(learnt_line.compare(LINES[0])[1], unlearnt.compare(LINES[0])[1], atol=2e-3)


def test_kept_vectors_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = learnt(tmp_path / "keep.npz").vectors
    monkeypatch.setattr(Embedder, "_embed", lambda *_: pytest.fail("it was known already"))
    after = learnt(tmp_path / "keep.npz").vectors
    for one, other in zip(before, after, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)  # kept in 16 bit


def test_only_what_is_new_is_read_and_little_that_is_gone_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    learnt(tmp_path / "keep.npz")
    asked: list[str] = []
    real = Embedder._embed

    def noted(self: Embedder, kind: str, text: str) -> Vectors:
        asked.append(text)
        return real(self, kind, text)

    monkeypatch.setattr(Embedder, "_embed", noted)
    embedder = Embedder(tmp_path / "keep.npz", None)
    embedder.learn(["how deep do i plant"], PASSAGES)
    learnt(tmp_path / "keep.npz")
    assert asked == ["how deep do i plant"]  # two indexes share the file
    monkeypatch.setattr("models.embed._KEPT", 3)
    Embedder(tmp_path / "keep.npz", None).learn(["one"], [])
    with np.load(tmp_path / "keep.npz") as held:
        assert len(held["keys"]) == 1  # but where there are too many, what this one does not ask for is dropped


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda data: b"", id="empty"),
        pytest.param(lambda data: b"no archive", id="no archive"),
        pytest.param(lambda data: data[: len(data) // 2], id="cut"),
        pytest.param(lambda data: data[:200] + b"\xff" * 40 + data[240:], id="overwritten"),
        pytest.param(lambda data: b"\x00" * len(data), id="zeros"),
    ],
)
def test_a_damaged_file_is_made_anew(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    keep = tmp_path / "keep.npz"
    whole = learnt(keep).vectors
    keep.write_bytes(damage(keep.read_bytes()))
    for one, other in zip(whole, learnt(keep).vectors, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)
    with np.load(keep) as held:
        assert len(held["keys"]) == len(LINES) + len(PASSAGES)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["keep.lock", "keep.npz"]


@pytest.mark.parametrize("vectors", [np.zeros((1, WIDTH + 1)), np.full((1, WIDTH), np.nan), np.zeros((2, WIDTH))])
def test_a_file_of_other_vectors_is_made_anew(tmp_path: Path, vectors: NDArray[Any]) -> None:
    np.savez(tmp_path / "keep.npz", keys=np.array(["a"]), vectors=vectors)
    learnt(tmp_path / "keep.npz")
    with np.load(tmp_path / "keep.npz") as held:
        assert held["vectors"].shape == (len(LINES) + len(PASSAGES), WIDTH)


def test_under_the_map_vectors_are_turned_and_keep_their_length(tmp_path: Path) -> None:
    turn = np.random.default_rng(3).normal(size=(WIDTH, WIDTH)).astype(np.float16)
    np.save(tmp_path / "turn.npy", turn)
    plain, turned = learnt(tmp_path / "keep.npz"), learnt(tmp_path / "keep.npz", tmp_path / "turn.npy")
    wanted = plain.vectors[0] @ turn.astype(np.float32).T
    np.testing.assert_allclose(turned.vectors[0], wanted / np.linalg.norm(wanted, axis=1, keepdims=True), atol=2e-3)
    for vectors in turned.vectors:
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    asked = "weevils in my maize"
    assert turned.compare(asked) != plain.compare(asked)
    assert max(turned.compare(LINES[2])[0]) == pytest.approx(1.0, abs=1e-5)


def test_without_a_map_vectors_are_as_the_model_gives_them(tmp_path: Path) -> None:
    missing = learnt(tmp_path / "keep.npz", tmp_path / "none.npy")
    np.testing.assert_array_equal(missing.vectors[0], learnt(tmp_path / "keep.npz").vectors[0])


def test_an_index_of_nothing_compares_with_nothing(tmp_path: Path) -> None:
    embedder = Embedder(tmp_path / "keep.npz", None)
    embedder.learn([], [])
    assert embedder.compare("anything") == ([], [])


def test_several_threads_hear_the_same(tmp_path: Path) -> None:
    embedder = learnt(tmp_path / "keep.npz")
    asked = [f"question {n} about maize" for n in range(6)]
    alone = [embedder.compare(text) for text in asked]
    heard: dict[int, list[object]] = {}

    def ask(number: int) -> None:
        heard[number] = [embedder.compare(text) for text in asked]

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(heard[n] == alone for n in range(4))
