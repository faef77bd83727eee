"""What a pack of models.training.encoder_pack holds, on the device that trains, and how batches are drawn from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from models import blocks
from models.training.bert import Sizes

KINDS = ("q", "k", "v", "ao", "fi", "fo")  # of matrices, in each layer
TOGETHER = 8  # facts that lie near each other are asked together: a few of each other's AMONG nearest
AMONG = 24
_WIDE = 8  # lengths are rounded up to this
Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Texts:
    """Ragged rows of tokens; the tokens are on the device, the places here, so that nothing waits for the device."""

    flat: Tensor
    starts: Array
    lengths: Array

    def __len__(self) -> int:
        return len(self.lengths)

    def rows(self, which: Array) -> tuple[Tensor, Tensor]:
        """The rows `which`, padded: tokens (n, longest) and where text stands, bool."""
        width = -(-int(self.lengths[which].max()) // _WIDE) * _WIDE
        device = self.flat.device
        both = torch.from_numpy(np.stack((self.starts[which], self.lengths[which]))).to(device, non_blocking=True)
        places = torch.arange(width, device=device)
        mask = places < both[1][:, None]
        at = (both[0][:, None] + places).clamp_(max=len(self.flat) - 1)
        return self.flat[at].masked_fill(~mask, 0), mask


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack. `stacks` and `scales`: the matrices of each kind over all layers, and each weight's scale (layers, out, in).

    `texts` holds the lines in all their spellings, then the passages. Facts are counted from 0, -1 for none.
    """

    base: str
    sizes: Sizes
    weights: Mapping[str, Tensor]
    stacks: Mapping[str, Tensor]
    scales: Mapping[str, Tensor]
    texts: Texts
    cases: Texts
    line_facts: Array
    passage_facts: Array
    case_facts: Array
    languages: Array
    spellings: int

    @property
    def facts(self) -> int:
        """How many there are."""
        return int(self.line_facts.max()) + 1

    @property
    def device(self) -> torch.device:
        """Where all is."""
        return self.texts.flat.device

    def lines(self, which: Array, spelling: Array | int = 0) -> Array:
        """The rows of those lines in a spelling; 0 is the line itself."""
        return np.asarray(which * (self.spellings + 1) + spelling)

    def passages(self, which: Array) -> Array:
        """The rows of those passages."""
        return np.asarray(len(self.line_facts) * (self.spellings + 1) + which)


def read(path: Path, device: str) -> Pack:
    """The pack in the file `path`."""
    with np.load(path) as held:
        arrays = {name: held[name] for name in held.files}
    layers, heads, inner, epsilon, spellings = arrays["head"].tolist()
    width = len(arrays["F32:emb.ln.w"])
    weights, scales = {}, {}
    for key, array in arrays.items():
        kind, _, name = key.partition(":")
        if kind == "F32":
            shape = (-1, width) if name in ("emb.pos", "emb.type") else (-1,)
            weights[name] = torch.from_numpy(array.reshape(shape).copy()).to(device)
        elif kind == "Q4":
            columns = int(inner) if name.endswith(".fo.w") else width
            whole = blocks.weights(array, (array.size // blocks.BYTES * blocks.BLOCK // columns, columns))
            weights[name] = torch.from_numpy(whole).to(device)
            scales[name] = torch.from_numpy(blocks.scales(array).repeat(blocks.BLOCK).reshape(whole.shape)).to(device)
    names = {kind: [f"l{n}.{kind}.w" for n in range(int(layers))] for kind in KINDS}
    return Pack(
        str(arrays["base"]),
        Sizes(int(layers), int(heads), epsilon),
        weights,
        {kind: torch.stack([weights[name] for name in names[kind]]) for kind in KINDS},
        {kind: torch.stack([scales[name] for name in names[kind]]) for kind in KINDS},
        _texts(arrays, ("lines", "passages"), device),
        _texts(arrays, ("cases",), device),
        arrays["lines.facts"],
        arrays["passages.facts"],
        arrays["cases.facts"],
        arrays["cases.languages"],
        int(spellings),
    )


def _texts(arrays: Mapping[str, Array], kinds: Sequence[str], device: str) -> Texts:
    lengths = np.concatenate([arrays[f"{kind}.lengths"] for kind in kinds]).astype(np.int64)
    tokens = np.concatenate([arrays[f"{kind}.tokens"] for kind in kinds]).astype(np.int32)
    return Texts(torch.from_numpy(tokens).to(device), np.cumsum(lengths) - lengths, lengths)


@dataclass(frozen=True, slots=True)
class Draw:
    """One batch: lines to ask and the spellings they are asked in; lines and passages that are looked at anew as answers."""

    asked: Array
    spelt: Array
    lines: Array
    passages: Array


class Drawer:
    """Draws batches: facts that lie near each other together, some lines of each in both languages, some strays."""

    def __init__(self, pack: Pack, *, facts: int, each: int, strays: int, dice: np.random.Generator) -> None:
        self._pack, self._dice = pack, dice
        self._facts, self._each, self._count = facts, each, strays
        self._strays = np.flatnonzero(pack.line_facts < 0)
        self._lines, self._passages = _by_fact(pack.line_facts), _by_fact(pack.passage_facts)
        self._near: Array | None = None

    def near(self, vectors: Tensor) -> None:
        """Tells which facts lie near each other now, from the vectors of all lines."""
        owners = torch.from_numpy(self._pack.line_facts).to(vectors.device)
        ours = owners >= 0
        middles = torch.zeros(self._pack.facts, vectors.shape[1], device=vectors.device)
        middles.index_add_(0, owners[ours].long(), vectors[ours])
        middles = torch.nn.functional.normalize(middles, dim=-1)
        among = min(AMONG + 1, self._pack.facts)
        self._near = (middles @ middles.T).topk(among).indices.cpu().numpy()

    def draw(self) -> Draw:
        """The next batch."""
        facts = self._together()
        lines = np.concatenate([self._some(self._lines[fact], self._each) for fact in facts])
        passages = np.concatenate([self._some(self._passages[fact], self._each // 2) for fact in facts])
        asked = np.concatenate((lines, self._some(self._strays, self._count)))
        spelt = self._dice.integers(0, self._pack.spellings + 1, len(asked))
        return Draw(asked, spelt, asked, passages)

    def _together(self) -> Array:
        seeds = self._dice.choice(self._pack.facts, min(self._pack.facts, max(1, self._facts // TOGETHER)), replace=False)
        if self._near is None:
            return np.asarray(seeds)
        return np.unique([seed for one in seeds for seed in (one, *self._some(self._near[one][1:], TOGETHER - 1))])

    def _some(self, among: Array, most: int) -> Array:
        return self._dice.choice(among, min(most, len(among)), replace=False)


def _by_fact(facts: Array) -> Sequence[Array]:
    return [np.flatnonzero(facts == n) for n in range(int(facts.max()) + 1)]
