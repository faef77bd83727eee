"""Rows of a matrix, read from where they lie in the file."""

import struct
from pathlib import Path

import numpy as np
import pytest

from models.gguf import read_head
from models.rows import Rows
from tests.models.tiny import F32, gguf

NUMBERS = [0.0, 1.0, 2.0, 3.0, 10.0, 11.0, 12.0, 13.0, -1.0, -2.0, -3.0, -4.0]


def _file(tmp_path: Path) -> Path:
    path = tmp_path / "a.gguf"
    whole = gguf(tensors={"other": ((4, 3), F32)}, data=48)
    path.write_bytes(whole[:-48] + struct.pack("<12f", *NUMBERS))
    return path


def test_the_rows_that_are_asked_for_come_in_that_order_and_scaled(tmp_path: Path) -> None:
    path = _file(tmp_path)
    rows = Rows(path, read_head(path).tensors["other"], scale=0.5)
    assert (rows.width, rows.count) == (4, 3)
    np.testing.assert_array_equal(rows.of([2, 0, 2]), [[-0.5, -1, -1.5, -2], [0, 0.5, 1, 1.5], [-0.5, -1, -1.5, -2]])


def test_a_row_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    path = _file(tmp_path)
    with pytest.raises(IndexError):
        Rows(path, read_head(path).tensors["other"]).of([3])
