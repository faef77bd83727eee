"""Adapters (LoRA): small trained changes to a base model, kept as GGUF files that llama.cpp reads, and merged into the base here.

An adapter applied at run time halves llama.cpp's speed (docs/adr/0013), so the engine gets a merged file. The changed matrices are
written in 8 bit, so that a small change does not drown in a second rounding to 4 bit; everything else is copied as it is.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.errors import BadSetting
from models.gguf import MARK, read_head
from models.writing import aside, copy_fields, finish

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Adapter:
    """Changes of a model's matrices: name -> (A (rank, in), B (out, rank)). A matrix becomes W + scale * B A."""

    changes: Mapping[str, tuple[Array, Array]]
    scale: float
    name: str


def write(path: Path, arrays: Mapping[str, NDArray[Any]], *, alpha: float, name: str, architecture: str = "gemma3") -> None:
    """Writes an adapter as llama.cpp reads it. `arrays`: "blk.0.attn_q.weight.lora_a" (rank, in) and "..._b" (out, rank)."""
    import gguf

    mine = aside(path)
    writer = gguf.GGUFWriter(mine, architecture)
    writer.add_type("adapter")
    writer.add_name(name)
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", alpha)
    for key in sorted(arrays):
        writer.add_tensor(key, np.ascontiguousarray(arrays[key].astype(np.float16)))
    finish(writer, mine, path)


def read(path: Path) -> Adapter:
    """The adapter in the file `path`. Raises BadSetting where it is none."""
    import gguf

    read_head(path)
    reader = gguf.GGUFReader(path)
    alpha = reader.fields.get("adapter.lora.alpha")
    halves = {t.name: np.asarray(t.data, np.float32) for t in reader.tensors}
    names = sorted(n.removesuffix(".lora_a") for n in halves if n.endswith(".lora_a"))
    if alpha is None or not names or any(f"{n}.lora_b" not in halves for n in names):
        raise BadSetting(f"{path} is no LoRA adapter. Make one with `ujumbe train`, or take the one that ships.")
    changes = {n: (halves[f"{n}.lora_a"], halves[f"{n}.lora_b"]) for n in names}
    rank = next(iter(changes.values()))[0].shape[0]
    return Adapter(changes, float(alpha.contents()) / rank, str(reader.fields["general.name"].contents()))


def merge(base: Path, adapter: Path, target: Path, *, mark: str) -> None:
    """Writes `base` with `adapter` in it to `target`. `mark` says which adapter that is. Never leaves half a file under the name.

    Raises BadSetting where the adapter was made for another model."""
    import gguf

    found = read(adapter)
    reader = gguf.GGUFReader(base)
    shapes = {t.name: tuple(reversed(t.shape.tolist())) for t in reader.tensors}
    for name, (a, b) in found.changes.items():
        if shapes.get(name) != (b.shape[0], a.shape[1]):
            raise BadSetting(f"{adapter.name} changes {name}, which {base.name} has not in that size. They do not belong together.")
    mine = aside(target)
    writer = gguf.GGUFWriter(mine, str(reader.fields["general.architecture"].contents()))
    copy_fields(reader, writer, without=(MARK,))
    writer.add_string(MARK, mark)
    for tensor in reader.tensors:
        change = found.changes.get(tensor.name)
        if change is None:
            writer.add_tensor(tensor.name, tensor.data, raw_dtype=tensor.tensor_type)
        else:
            whole = gguf.quants.dequantize(tensor.data, tensor.tensor_type) + found.scale * (change[1] @ change[0])
            kind = gguf.GGMLQuantizationType.Q8_0
            writer.add_tensor(tensor.name, gguf.quants.quantize(whole, kind), raw_dtype=kind)
    finish(writer, mine, target)
