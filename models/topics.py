"""Learns which topic a message is of, from vectors: a softmax regression, and the nearest text of each topic. Numpy alone, a few seconds.

The vectors lie near their own facts, since the embedding model was trained to find those; what no fact answers lies anywhere between. The
regression has learnt from such messages, too, and so sees a topic where no fact is near.
"""

import hashlib
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.core.topic import NOBODY, Kin

_SCALE = 8.0  # of vectors of length 1, so that the weights can stay small
_RIDGE = 1e-3
_STEPS = 120
_NOBODYS = 1.5  # what is no skill's business is more various than any topic, and counts for more

Vectors = NDArray[np.float32]
Places = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Regression:
    """What tells topics apart by a vector alone."""

    middle: Vectors  # (width,)
    weights: Vectors  # (width + 1, topics)

    def shares(self, vectors: Vectors) -> Vectors:
        """How likely each of `vectors` (n, width) is of each topic: (n, topics)."""
        return _softmax(_features(vectors, self.middle) @ self.weights)


@dataclass(frozen=True, slots=True)
class Sorter:
    """What was learnt. `places` are those of each topic's texts among the lines."""

    names: Sequence[str]
    regression: Regression
    places: Sequence[Places]

    def kin(self, vector: Vectors, near: Vectors) -> Mapping[str, Kin]:
        """What a message looks like. `near`: its cosine with every line."""
        shares = self.regression.shares(vector[None])[0].tolist()
        return {name: Kin(float(near[at].max()), share) for name, at, share in zip(self.names, self.places, shares, strict=True)}


def learn(vectors: Vectors, topics: Sequence[str | None], *, strays: int, keep: Path, which: str) -> Sorter:
    """Learns what belongs to which of `topics` (None: nobody says) from `vectors`, the last `strays` of which nothing answers.

    What comes of it is kept in the file `keep`, under the digest of what it was learnt from: `which` is that of the vectors."""
    names = sorted({topic for topic in topics if topic is not None})
    right = np.array([-1 if topic is None else names.index(topic) for topic in topics])
    stray = np.arange(len(topics)) >= len(topics) - strays
    key = hashlib.sha256(repr((which, strays, names, right.tobytes(), _SCALE, _RIDGE, _STEPS, _NOBODYS)).encode()).hexdigest()
    found = _read(keep, key)
    if found is None:
        found = fit(vectors, right, stray, names)
        _write(keep, key, found)
    return Sorter(names, found, [np.flatnonzero(right == n) for n in range(len(names))])


def fit(vectors: Vectors, right: Places, stray: NDArray[np.bool_], names: Sequence[str]) -> Regression:
    """Learns from those of `vectors` whose topic is known (`right` is its place in `names`, -1 where it is not)."""
    known = right >= 0
    middle = vectors[known].mean(axis=0)
    counts = balanced(right[known], stray[known], names)
    return Regression(middle, _descend(_features(vectors[known], middle), right[known], counts, len(names)))


def balanced(right: Places, stray: NDArray[np.bool_], names: Sequence[str]) -> NDArray[np.float64]:
    """How much each text counts: every topic as much, whatever its size, and in it what a fact answers as much as what none does."""
    counts = np.zeros(len(right))
    for n, name in enumerate(names):
        kinds = [kind for kind in ((right == n) & stray, (right == n) & ~stray) if kind.any()]
        for kind in kinds:
            counts[kind] = (_NOBODYS if name == NOBODY else 1.0) / len(kinds) / kind.sum()
    return counts


def _descend(features: Vectors, right: Places, counts: NDArray[np.float64], topics: int) -> Vectors:
    """The weights (features, topics) of a softmax regression with a ridge, by Nesterov's gradient steps: the same every time."""
    wanted = np.eye(topics, dtype=np.float32)[right]
    counted = (counts / counts.sum()).astype(np.float32)[:, None]
    step = np.float32(1 / (0.5 * float(np.linalg.eigvalsh((features * counted).T @ features)[-1]) + _RIDGE))
    weights = ahead = np.zeros((features.shape[1], topics), np.float32)
    pace = 1.0
    for _ in range(_STEPS):
        slope = features.T @ ((_softmax(features @ ahead) - wanted) * counted) + np.float32(_RIDGE) * ahead
        faster = (1 + (1 + 4 * pace * pace) ** 0.5) / 2
        moved = ahead - step * slope
        ahead, weights, pace = moved + np.float32((pace - 1) / faster) * (moved - weights), moved, faster
    return weights


def _features(vectors: Vectors, middle: Vectors) -> Vectors:
    ones = np.ones((len(vectors), 1), np.float32)
    return np.concatenate(((vectors - middle) * np.float32(_SCALE), ones), axis=1)


def _softmax(scores: Vectors) -> Vectors:
    powers: Vectors = np.exp(scores - scores.max(axis=1, keepdims=True))
    shares: Vectors = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _read(keep: Path, key: str) -> Regression | None:
    try:
        with keep.open("rb") as file, np.load(file) as held:
            return Regression(held["middle"], held["weights"]) if str(held["key"]) == key else None
    except Exception:  # not there yet, or damaged, and a damaged archive raises nearly anything: made anew
        return None


def _write(keep: Path, key: str, found: Regression) -> None:
    mine = keep.with_name(f"{keep.stem}.{os.getpid()}.npz")
    with suppress(OSError):  # a cache that is only read, or full: learnt anew at the next start, in a second or two
        keep.parent.mkdir(parents=True, exist_ok=True)
        np.savez(mine, key=np.array(key), middle=found.middle, weights=found.weights)
        os.replace(mine, keep)
