"""Rows of one matrix of a GGUF file, read from where they lie: the file is mapped, and only what is asked for is ever in memory."""

from collections.abc import Sequence
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray

from models.gguf import Tensor


class Rows:
    """The rows of a matrix as numbers, each times `scale`."""

    def __init__(self, path: Path, tensor: Tensor, *, scale: float = 1.0) -> None:
        """`tensor`: two dimensions, as models.gguf.read_head finds them. Raises OSError, and ValueError for a type
        that numpy cannot read."""
        self.width, self.count = tensor.dims
        self._scale = np.float32(scale)
        self._kind = gguf.GGMLQuantizationType(tensor.kind)
        self._raw = np.memmap(path, np.uint8, "r", tensor.at, (self.count, tensor.size // self.count))
        self.of([0])

    def of(self, numbers: Sequence[int]) -> NDArray[np.float32]:
        """The rows with those numbers: (numbers, width)."""
        found = gguf.quants.dequantize(self._raw[list(numbers)], self._kind)
        return np.asarray(found, np.float32) * self._scale
