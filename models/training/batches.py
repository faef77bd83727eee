"""Examples of a pack as tensors: rows of like length together, padded at their end."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.training.network import Shape

Array = NDArray[Any]
PAD = 32  # lengths are rounded up to this, so that few shapes occur


@dataclass(frozen=True, slots=True)
class Rows:
    """Examples as ragged columns: tokens, counted in the rows of the pack's vocabulary."""

    prompt: Sequence[Array]
    target: Sequence[Array]
    among: Sequence[Array]

    def __len__(self) -> int:
        return len(self.prompt)

    def length(self, n: int) -> int:
        return len(self.prompt[n]) + len(self.target[n])


@dataclass(frozen=True, slots=True)
class Batch:
    """Shapes: tokens and labels (batch, length), labels -1 where nothing is learnt; among (batch, options), -1 for padding."""

    tokens: Tensor
    labels: Tensor
    among: Tensor


def read(folder: Path) -> tuple[Shape, Mapping[str, Array], Rows, Rows]:
    """The model's shape, its weights as float32, the examples to train on and those to watch."""
    import gguf

    tensors = {}
    with np.load(folder / "weights.npz") as held:
        sizes = held["head"].tolist()
        shape = Shape(int(sizes[0]), int(sizes[1]), int(sizes[2]), int(sizes[3]), int(sizes[4]), sizes[5], sizes[6])
        for key in held.files:
            kind, colon, name = key.partition(":")
            if colon:
                data = held[key]
                tensors[name] = data if kind == "F32" else gguf.quants.dequantize(data, gguf.GGMLQuantizationType[kind])
    with np.load(folder / "examples.npz") as held:
        train, check = (Rows(*(_ragged(held, f"{name}.{part}") for part in ("prompt", "target", "among"))) for name in ("train", "check"))
    return shape, tensors, train, check


def batches(rows: Rows, most: int, epochs: int, dice: np.random.Generator, device: str) -> Iterator[Batch]:
    """Shuffled batches of about `most` tokens; examples of like length stand together."""
    for _ in range(epochs):
        order = dice.permutation(len(rows))
        pools = [order[at : at + 4096] for at in range(0, len(order), 4096)]
        groups = [g for pool in pools for g in grouped(rows, sorted(pool, key=rows.length), most)]
        for n in dice.permutation(len(groups)):
            yield as_batch(rows, groups[n], device)


def grouped(rows: Rows, order: Sequence[int], most: int) -> Iterator[list[int]]:
    """`order` cut into groups of at most `most` tokens each, padding counted; one example at least."""
    group: list[int] = []
    for n in order:
        width = -(-rows.length(n) // PAD) * PAD
        if group and width * (len(group) + 1) > most:
            yield group
            group = []
        group.append(int(n))
    if group:
        yield group


def as_batch(rows: Rows, group: Sequence[int], device: str) -> Batch:
    """The examples `group` of `rows` as one batch."""
    width = -(-max(rows.length(n) for n in group) // PAD) * PAD
    tokens = np.zeros((len(group), width), np.int64)
    labels = np.full((len(group), width), -1, np.int64)
    among = np.full((len(group), max(1, *(len(rows.among[n]) for n in group))), -1, np.int64)
    for at, n in enumerate(group):
        prompt, target = rows.prompt[n], rows.target[n]
        tokens[at, : len(prompt) + len(target)] = np.concatenate((prompt, target))
        labels[at, len(prompt) - 1 : len(prompt) - 1 + len(target)] = target
        among[at, : len(rows.among[n])] = rows.among[n]
    return Batch(*(torch.from_numpy(a).to(device, non_blocking=True) for a in (tokens, labels, among)))


def _ragged(pack: Mapping[str, Array], name: str) -> list[Array]:
    return np.split(pack[name].astype(np.int64), np.cumsum(pack[f"{name}.lengths"].astype(np.int64))[:-1])
