"""Learning topics from vectors, small ones made by hand."""

from collections.abc import Sequence
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest

from bot.core.topic import NOBODY
from models import topics

NAMES = (NOBODY, "money", "plants")
_AXES = np.eye(4, dtype=np.float32)


def around(axis: int, count: int, seed: int) -> topics.Vectors:
    """`count` vectors of length 1 near one of four axes."""
    noise = np.random.default_rng(seed).normal(0, 0.3, (count, 4)).astype(np.float32)
    vectors = _AXES[axis] + noise
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


# Two strays of money lie where no line of its does; the last stray is nobody knows what.
VECTORS = np.concatenate((around(0, 30, 1), around(1, 20, 2), around(2, 9, 3), around(3, 5, 4), around(0, 1, 5)))
TOPICS: Sequence[str | None] = [*["plants"] * 30, *["money"] * 20, *[NOBODY] * 9, *["money"] * 5, None]
STRAYS = 15


def learnt(keep: Path, which: str = "a", said: Sequence[str | None] = TOPICS) -> topics.Sorter:
    return topics.learn(VECTORS, said, strays=STRAYS, keep=keep / "topics.npz", which=which)


def likely(sorter: topics.Sorter, axis: int) -> str:
    vector = _AXES[axis]
    kin = sorter.kin(vector, VECTORS @ vector)
    return max(kin, key=lambda name: kin[name].share)


@pytest.mark.parametrize(("axis", "topic"), [(0, "plants"), (1, "money"), (2, NOBODY), (3, "money")])
def test_a_message_is_of_the_topic_that_lies_around_it_also_where_only_strays_do(axis: int, topic: str, tmp_path: Path) -> None:
    assert likely(learnt(tmp_path), axis) == topic


def test_what_it_looks_like(tmp_path: Path) -> None:
    near = np.zeros(len(VECTORS), np.float32)
    near[[3, 40, 55, 64]] = 0.5, 0.7, 0.6, 0.99  # plants, money, nobody; the last of no known topic
    kin = learnt(tmp_path).kin(_AXES[1], near)
    assert {name: round(k.near, 3) for name, k in kin.items()} == {"plants": 0.5, "money": 0.7, NOBODY: 0.6}
    assert sum(k.share for k in kin.values()) == pytest.approx(1.0, abs=1e-5)


def test_the_same_texts_make_the_same_numbers(tmp_path: Path) -> None:
    one, other = (learnt(tmp_path / name).regression for name in ("a", "b"))
    np.testing.assert_array_equal(one.weights, other.weights)


def test_a_large_topic_counts_no_more_than_a_small_one_and_strays_as_much_as_lines() -> None:
    right, stray = np.array([2] * 30 + [1] * 20 + [0] * 9 + [1] * 5), np.arange(64) >= 50
    counts = topics.balanced(right, stray, NAMES)
    assert counts[right == 1].sum() == pytest.approx(counts[right == 2].sum())
    assert counts[(right == 1) & stray].sum() == pytest.approx(counts[(right == 1) & ~stray].sum())
    assert counts[right == 0].sum() > counts[right == 1].sum()


def test_what_was_learnt_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = learnt(tmp_path).regression
    monkeypatch.setattr(topics, "fit", lambda *_: pytest.fail("it was known already"))
    np.testing.assert_array_equal(learnt(tmp_path).regression.weights, before.weights)


@pytest.mark.parametrize(
    ("which", "said"),
    [
        pytest.param("b", TOPICS, id="other vectors"),
        pytest.param("a", [*TOPICS[:-1], NOBODY], id="another topic"),
        pytest.param("a", ["farming" if topic == "plants" else topic for topic in TOPICS], id="another name"),
    ],
)
def test_it_is_learnt_anew_from_something_else(
    which: str, said: Sequence[str | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt(tmp_path)
    fit = Mock(wraps=topics.fit)
    monkeypatch.setattr(topics, "fit", fit)
    learnt(tmp_path, which, said)
    assert fit.call_count == 1


@pytest.mark.parametrize("held", [b"", b"PK\x03\x04 half an archive"])
def test_a_damaged_file_is_made_anew(held: bytes, tmp_path: Path) -> None:
    (tmp_path / "topics.npz").write_bytes(held)
    assert likely(learnt(tmp_path), 0) == "plants"
    assert likely(learnt(tmp_path), 2) == NOBODY


def test_where_nothing_can_be_kept_it_is_learnt_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("no folder")
    assert likely(learnt(tmp_path / "cache"), 0) == "plants"
