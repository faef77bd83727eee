"""Weights in 4 bit (ggml's Q4_0): blocks of 32 with one scale, and for each weight a code. A weight is its code times the scale."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

BLOCK = 32  # weights with one scale
BYTES = 18  # of a block: the scale in 16 bit, then 16 bytes with two codes each
ZERO = 8  # stands in the file for the code 0
LOW, HIGH = -ZERO, 15 - ZERO  # the least and the greatest code
Array = NDArray[Any]


def scales(blocks: Array) -> Array:
    """The scale of each block, (blocks,) float32, out of raw bytes."""
    return blocks.reshape(-1, BYTES)[:, :2].copy().view("<f2").astype(np.float32)[:, 0]


def codes(blocks: Array) -> Array:
    """The codes, (blocks, 32) int8 from -8 to 7, out of raw bytes."""
    pairs = blocks.reshape(-1, BYTES)[:, 2:]
    return np.concatenate((pairs & 15, pairs >> 4), axis=1).astype(np.int8) - np.int8(ZERO)


def weights(blocks: Array, shape: tuple[int, int]) -> Array:
    """The weights of a matrix, float32, out of raw bytes."""
    return (codes(blocks) * scales(blocks)[:, None]).reshape(shape)


def stepped(blocks: Array, steps: Array) -> Array:
    """The raw bytes with each weight's code moved by its step. Raises ValueError where a code would leave its 4 bit."""
    moved = codes(blocks) + steps.reshape(-1, BLOCK)
    if moved.min() < LOW or moved.max() > HIGH:
        raise ValueError("would leave its 4 bit")
    whole = (moved + np.int8(ZERO)).astype(np.uint8)
    made = blocks.reshape(-1, BYTES).copy()
    made[:, 2:] = whole[:, : BLOCK // 2] | whole[:, BLOCK // 2 :] << 4
    return made.reshape(-1)
