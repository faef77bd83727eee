"""A model's lean copy: the same layers, and of its matrix of tokens only the rows that our texts are written with.

A model of many languages has more than half of its weights in that matrix (Gemma 3 270M: 262,144 tokens), and the whole of it is
multiplied for every word that is written. Ours are written in two languages, with some 18,000 tokens. What is *read* stays whole: a
word of any language is looked up in the file of the whole model (models.rows), which costs nothing, and goes in as numbers. So a prompt
means the same to both, and the likeliest token is the same wherever the copy can write it. models.trim makes the copy.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.core.errors import BadSetting, ModelFailed
from models.gguf import KEPT, read_head
from models.rows import Rows

MATRIX = "token_embd.weight"
# By architecture: what a row is multiplied with before the first layer reads it, by the matrix's width. llama.cpp does it for tokens and
# not for numbers that come from outside. Another architecture is used whole until it was tried.
SCALES: Mapping[str, Callable[[int], float]] = {"gemma3": math.sqrt}


@dataclass(frozen=True, slots=True)
class Lean:
    """The copy in `path`, the rows of the whole model to read with, and the tokens that it can write, in ascending order."""

    path: Path
    rows: Rows
    kept: NDArray[np.int32]

    def token(self, place: int) -> int:
        """The whole model's token for the copy's `place`."""
        return int(self.kept[place])

    def places(self, tokens: Sequence[int]) -> NDArray[np.intp]:
        """The copy's places of `tokens`. Raises ModelFailed for one that it cannot write."""
        places = np.searchsorted(self.kept, tokens)
        found = np.minimum(places, len(self.kept) - 1)
        if (self.kept[found] != tokens).any():
            raise ModelFailed(f"{self.path.name} cannot write all that is to be chosen from. Remove it: it is made anew.")
        return found


def open_lean(path: Path, whole: Path) -> Lean:
    """The copy `path` of the model `whole`. Raises ModelFailed where they do not fit together."""
    try:
        head, base = read_head(path), read_head(whole)
        matrix = base.tensors[MATRIX]
        if head.kept is None:
            raise KeyError(KEPT)
        kept = np.fromfile(path, "<i4", head.kept.count, offset=head.kept.at)
        rows = Rows(whole, matrix, scale=SCALES[base.architecture](matrix.dims[0]))
        fits = 0 < len(kept) == head.tensors[MATRIX].dims[1] and int(kept.max()) < rows.count and bool((np.diff(kept) > 0).all())
    except (BadSetting, OSError, ValueError, KeyError) as error:
        raise ModelFailed(f"{path} is no lean copy of {whole.name}: {error}. Remove it: it is made anew.") from None
    if not fits:
        raise ModelFailed(f"{path} is no lean copy of {whole.name}: its tokens are not the other's. Remove it: it is made anew.")
    return Lean(path, rows, kept)
