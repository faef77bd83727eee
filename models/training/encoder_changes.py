"""What is trained of the embedding model: low-rank changes of its linear matrices (LoRA), and its biases and norms, which are no 4 bit."""

import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models.training import rounding
from models.training.bert import embed
from models.training.encoder_data import KINDS, Pack

_TOGETHER = 500  # texts that are listened to at once


@dataclass(frozen=True, slots=True)
class Setting:
    """One training. Each field can be set in --try."""

    name: str = ""
    rank: int = 32
    rate: float = 2e-3
    floats: float = 5e-4  # the rate of biases and norms; 0: they stay as they are
    decay: float = 0.05
    heat: float = 0.03
    dropout: float = 0.1  # of what goes through the layers
    drop: float = 0.05  # share of a question's tokens left out
    facts: int = 128  # in a batch
    each: int = 8  # lines of each
    strays: int = 48  # in a batch
    together: int = 1  # 1: all strays are one class, a stray is asked as if it were not there; 0: each is its own class
    straight: float = 1.0  # from this share of the time on, the nearest codes are put on the forward pass; 1: never
    after: float = 0.2  # the last share of the time: the matrices are in 4 bit and stay, biases and norms make up for it (they hardly did)
    listened: int = 6000  # spelt lines that the rounding listens to, and a third as many passages; 0: the nearest codes
    seed: int = 0
    steps: int = 0  # at most; 0: until the minutes are over

    @staticmethod
    def of(text: str, base: "Setting") -> "Setting":
        """`base` with what "rank=16,heat=0.03" says. Raises ValueError."""
        changes: dict[str, Any] = {}
        kinds = {f.name: type(getattr(base, f.name)) for f in fields(base)}
        for part in filter(None, text.split(",")):
            name, _, value = part.partition("=")
            if name not in kinds:
                raise ValueError(f"{name!r} is no setting of {', '.join(kinds)}")
            changes[name] = kinds[name](value)
        return replace(base, **{"name": text.replace(",", "_").replace("=", "-") or "plain", **changes})


class Changes:
    """The changes. A matrix becomes W + 2 B A, until `fix` rounds them all; biases and norms become others."""

    def __init__(self, pack: Pack, setting: Setting) -> None:
        self._pack = pack
        generator = torch.Generator().manual_seed(setting.seed)
        self.a, self.b = {}, {}
        for kind, stack in pack.stacks.items():
            layers, out, width = stack.shape
            first = torch.randn(layers, setting.rank, width, generator=generator) / math.sqrt(width)
            self.a[kind] = first.to(stack.device).requires_grad_(True)
            self.b[kind] = torch.zeros(layers, out, setting.rank, device=stack.device, requires_grad=True)
        vectors = {name: weight for name, weight in pack.weights.items() if weight.ndim == 1}
        self.floats = {name: weight.clone().requires_grad_(setting.floats > 0) for name, weight in vectors.items()}
        self.codes: dict[str, Tensor] = {}  # what the matrices are rounded to, (layers, out, in) by kind; none before `fix`

    def halves(self) -> list[Tensor]:
        """The A and B of all matrices."""
        return [*self.a.values(), *self.b.values()]

    def weights(self, *, straight: bool = False) -> Mapping[str, Tensor]:
        """All weights of the model with the changes in them. `straight`: with the nearest codes put on them."""
        scales = self._pack.scales
        if self.codes:
            stacks = {kind: codes * scales[kind] for kind, codes in self.codes.items()}
        else:
            stacks = self._whole()
            stacks = {kind: rounding.straight(stack, scales[kind]) for kind, stack in stacks.items()} if straight else stacks
        split = {f"l{n}.{kind}.w": matrix for kind in KINDS for n, matrix in enumerate(stacks[kind].unbind())}
        return {**self._pack.weights, **self.floats, **split}

    def fix(self, listened: int) -> None:
        """Rounds the matrices to codes. `listened`: see Setting."""
        with torch.no_grad():
            heard = self._heard(listened) if listened else {}
            self.codes = {kind: torch.stack([*self._rounded(kind, stack, heard)]) for kind, stack in self._whole().items()}

    def write(self, path: Path, told: Mapping[str, Any]) -> float:
        """Writes how far each code went from the base's, and the new biases and norms, as models.e5 reads them. Returns the share of codes
        that moved."""
        steps: dict[str, NDArray[Any]] = {}
        moved = count = 0
        for kind, codes in self.codes.items():
            far = (codes - rounding.nearest(self._pack.stacks[kind], self._pack.scales[kind])).to(torch.int8).cpu().numpy()
            steps |= {f"l{n}.{kind}.w": step for n, step in enumerate(far)}
            moved, count = moved + int((far != 0).sum()), count + far.size
        floats = {name: vector.detach().cpu().numpy() for name, vector in self.floats.items() if vector.requires_grad}
        about = {"base": np.array(self._pack.base), "told": np.array(json.dumps(dict(told)))}
        np.savez_compressed(path, allow_pickle=False, **about, **steps, **floats)
        return moved / count

    def _rounded(self, kind: str, stack: Tensor, heard: Mapping[str, Tensor]) -> Iterator[Tensor]:
        reads = "q" if kind in ("k", "v") else kind
        for n, (weights, scales) in enumerate(zip(stack, self._pack.scales[kind], strict=True)):
            yield rounding.codes(weights, scales, heard[f"l{n}.{reads}"]) if heard else rounding.nearest(weights, scales)

    def _whole(self) -> dict[str, Tensor]:
        return {kind: torch.baddbmm(stack, self.b[kind], self.a[kind], alpha=2.0) for kind, stack in self._pack.stacks.items()}

    def _heard(self, listened: int) -> dict[str, Tensor]:
        """What each matrix reads, from some lines and passages drawn by chance."""
        pack, dice = self._pack, np.random.default_rng(0)
        weights = self.weights()
        heard: dict[str, Tensor] = {}
        lines = dice.choice(len(pack.line_facts), min(listened, len(pack.line_facts)), replace=False)
        passages = dice.choice(len(pack.passage_facts), min(listened // 3, len(pack.passage_facts)), replace=False)
        spelt = dice.integers(0, pack.spellings + 1, len(lines))
        for chosen in (pack.lines(lines, spelt), pack.passages(passages)):
            order = chosen[np.argsort(pack.texts.lengths[chosen])]
            for part in np.array_split(order, -(-len(chosen) // _TOGETHER)):
                embed(weights, pack.sizes, *pack.texts.rows(part), heard=heard)
        return heard
