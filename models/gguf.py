"""Reads the head of a GGUF file: a wrong or cut file is refused with a reason before llama.cpp maps it, and a matrix is found in it.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. Only sizes and a few texts are read; no weight is touched.
"""

import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from pathlib import Path

from bot.core.errors import BadSetting

MARK, LEAN, KEPT = "ujumbe.adapter", "ujumbe.lean", "ujumbe.kept"  # metadata of ours
_MAGIC = b"GGUF"
_VERSIONS = (2, 3)
_STRING, _ARRAY = 8, 9
_SCALARS: Mapping[int, str] = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}

# ggml type -> (weights per block, bytes per block). A type that is not here has no size that we can check.
# fmt: off
_BLOCKS: Mapping[int, tuple[int, int]] = {
    0: (1, 4), 1: (1, 2), 24: (1, 1), 25: (1, 2), 26: (1, 4), 27: (1, 8), 28: (1, 8), 30: (1, 2),  # plain numbers
    2: (32, 18), 3: (32, 20), 6: (32, 22), 7: (32, 24), 8: (32, 34), 9: (32, 36), 20: (32, 18), 39: (32, 17),  # Q4_0 .. Q8_1, IQ4_NL
    10: (256, 84), 11: (256, 110), 12: (256, 144), 13: (256, 176), 14: (256, 210), 15: (256, 292),  # Q2_K .. Q8_K
    16: (256, 66), 17: (256, 74), 18: (256, 98), 19: (256, 50), 21: (256, 110), 22: (256, 82), 23: (256, 136), 29: (256, 56),  # IQ
    34: (256, 54), 35: (256, 66),  # ternary
}
# fmt: on


@dataclass(frozen=True, slots=True)
class Span:
    """Where an array of `count` numbers of metadata lies: `at` bytes into the file. `kind`: GGUF's number for their type."""

    kind: int
    count: int
    at: int


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor lies: `at` bytes into the file, `size` of them (0: a type whose size we do not know). `kind`: ggml's number for
    the type. `dims`: how many weights, the fastest first."""

    dims: tuple[int, ...]
    kind: int
    at: int
    size: int


@dataclass(frozen=True, slots=True)
class Head:
    """What the head of a GGUF file says. `needs` is the length in bytes that its tensors ask for."""

    architecture: str
    name: str
    context: int  # tokens it was trained on, 0 where the file does not say
    has_template: bool
    tensors: Mapping[str, Tensor]
    needs: int
    mark: str = ""  # which adapter is merged into it, see models.adapter
    lean: str = ""  # what it was made lean from, see models.lean
    kept: Span | None = None  # and the tokens that it can write


class _Damaged(Exception):
    """The bytes cannot be what they say they are."""


class _Cursor:
    """A position in the bytes. Every read checks that the bytes are there."""

    def __init__(self, data: mmap.mmap) -> None:
        self._data, self.at = data, 0

    def take(self, length: int) -> bytes:
        """The next `length` bytes."""
        self.skip(length)
        return self._data[self.at - length : self.at]

    def skip(self, length: int) -> None:
        """Steps over `length` bytes."""
        if length > len(self._data) - self.at:
            raise _Damaged("it ends inside its own head")
        self.at += length

    def number(self, code: str) -> int:
        """One little-endian number of that struct code, floats cut to whole numbers."""
        value = struct.unpack("<" + code, self.take(struct.calcsize("<" + code)))[0]
        return int(value) if abs(value) < 2**64 else 0

    def string(self) -> str:
        """A length and that many bytes of text."""
        return self.take(self.number("Q")).decode("utf-8", "replace")

    def value(self, kind: int) -> str | int | Span | None:
        """One metadata value. An array is stepped over: where its numbers are comes back, None for any other."""
        if kind == _STRING:
            return self.string()
        if kind == _ARRAY:
            return self._skip_array()
        if kind not in _SCALARS:
            raise _Damaged(f"metadata type {kind} does not exist")
        return self.number(_SCALARS[kind])

    def _skip_array(self) -> Span | None:
        kind, count = self.number("I"), self.number("Q")
        if kind in _SCALARS:
            at = self.at
            self.skip(count * struct.calcsize("<" + _SCALARS[kind]))
            return Span(kind, count, at)
        if kind != _STRING:
            raise _Damaged(f"an array of type {kind} cannot be")
        for _ in range(count):
            self.skip(self.number("Q"))
        return None


def read_head(path: Path) -> Head:
    """Reads and checks the head of `path`.

    Raises BadSetting with the reason and the remedy: not there, not GGUF, an unknown version, damaged, or cut short.
    """
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            head = _read(_Cursor(data))
            length = len(data)
    except OSError as error:
        raise BadSetting(f"{path} cannot be read: {error.strerror}. Bring the model with `ujumbe model pull`, or mend the path.") from None
    except (ValueError, _Damaged) as error:  # mmap raises ValueError for an empty file
        reason = error if isinstance(error, _Damaged) else "it is empty"
        raise BadSetting(f"{path} is not a sound GGUF file: {reason}. Fetch it again: `ujumbe model pull`.") from None
    if length < head.needs:
        raise BadSetting(f"{path} is cut short: {length:,} bytes of {head.needs:,}. Fetch it again: `ujumbe model pull`.")
    return head


def _read(cursor: _Cursor) -> Head:
    magic = cursor.take(4)
    if magic != _MAGIC:
        raise _Damaged(f"it begins with {magic!r} where GGUF is due")
    version = cursor.number("I")
    if version not in _VERSIONS:
        raise _Damaged(f"its version is {version}, and only 2 and 3 are known")
    count, pairs = cursor.number("Q"), cursor.number("Q")
    meta: dict[str, str | int | Span | None] = {}
    for _ in range(pairs):
        key = cursor.string()
        meta[key] = cursor.value(cursor.number("I"))
    architecture = _text(meta, "general.architecture")
    if not architecture:
        raise _Damaged("it names no architecture")
    tensors = _tensors(cursor, count, _number(meta, "general.alignment") or 32)
    kept = meta.get(KEPT)
    return Head(
        architecture=architecture,
        name=_text(meta, "general.name"),
        context=_number(meta, f"{architecture}.context_length"),
        has_template="tokenizer.chat_template" in meta,
        tensors=tensors,
        needs=max((tensor.at + tensor.size for tensor in tensors.values()), default=cursor.at),
        mark=_text(meta, MARK),
        lean=_text(meta, LEAN),
        kept=kept if isinstance(kept, Span) else None,
    )


def _text(meta: Mapping[str, str | int | Span | None], key: str) -> str:
    value = meta.get(key)
    return value if isinstance(value, str) else ""


def _number(meta: Mapping[str, str | int | Span | None], key: str) -> int:
    value = meta.get(key)
    return value if isinstance(value, int) else 0


def _tensors(cursor: _Cursor, count: int, alignment: int) -> Mapping[str, Tensor]:
    """The tensors by name. Their places count from behind the head, which is filled up to a whole `alignment`."""
    found: dict[str, tuple[tuple[int, ...], int, int]] = {}
    for _ in range(count):
        name = cursor.string()
        dims = tuple(cursor.number("Q") for _ in range(_at_most(cursor.number("I"), 4)))
        found[name] = dims, cursor.number("I"), cursor.number("Q")
    start = -(-cursor.at // alignment) * alignment
    return {name: Tensor(dims, kind, start + offset, _size(dims, kind)) for name, (dims, kind, offset) in found.items()}


def _size(dims: tuple[int, ...], kind: int) -> int:
    per_block, size = _BLOCKS.get(kind, (1, 0))
    return prod(dims) // per_block * size


def _at_most(value: int, limit: int) -> int:
    if value > limit:
        raise _Damaged(f"a tensor has {value} dimensions")
    return value
