"""The map: questions of one fact come nearer to each other, and it stays near the identity. Skipped without PyTorch."""

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch")

from models.training.mapping import fit

WIDTH, FACTS, EACH = 16, 12, 6


def test_facts_come_apart_under_the_map() -> None:
    dice = np.random.default_rng(2)
    facts = np.concatenate((dice.normal(size=(FACTS, 4)), np.zeros((FACTS, WIDTH - 4))), axis=1)  # what it is about: four places
    noise = np.concatenate((np.zeros((FACTS * EACH, 4)), dice.normal(size=(FACTS * EACH, WIDTH - 4))), axis=1)  # how it is said: the rest
    owners = np.repeat(np.arange(FACTS), EACH)
    lines = facts[owners] + noise
    lines /= np.linalg.norm(lines, axis=1, keepdims=True)
    found = fit(lines, owners.tolist(), facts / np.linalg.norm(facts, axis=1, keepdims=True), list(range(FACTS)), steps=300)
    assert found.shape == (WIDTH, WIDTH)
    assert found.dtype == np.float32
    assert first(lines @ found.T, owners) > first(lines, owners) + 0.1
    assert np.abs(found - np.eye(WIDTH)).max() < 1


def first(vectors: NDArray[Any], owners: NDArray[Any]) -> float:
    """How often the nearest other line is of the same fact."""
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    near = unit @ unit.T - 2 * np.eye(len(unit))
    return float((owners[near.argmax(1)] == owners).mean())
