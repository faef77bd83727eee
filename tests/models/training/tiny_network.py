"""A random model of two layers, for tests that need PyTorch."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.training.network import Network, Shape

SHAPE = Shape(block_count=2, embedding_length=16, head_count=2, head_count_kv=1, key_length=8, rms_epsilon=1e-6, rope_base=1_000_000.0)
ROWS = 24
Row = tuple[Sequence[int], Sequence[int], Sequence[int]]


def tensors() -> Mapping[str, NDArray[Any]]:
    """Weights of that shape, always the same."""
    dice = np.random.default_rng(3)
    width, heads, inner = SHAPE.embedding_length, SHAPE.head_count * SHAPE.key_length, 32
    made = {"token_embd": dice.normal(size=(ROWS, width)) / 4, "output_norm": np.ones(width)}
    for layer in range(SHAPE.block_count):
        matrices = {
            "attn_q": (heads, width),
            "attn_k": (SHAPE.key_length, width),
            "attn_v": (SHAPE.key_length, width),
            "attn_output": (width, heads),
            "ffn_gate": (inner, width),
            "ffn_up": (inner, width),
            "ffn_down": (width, inner),
        }
        norms = {"attn_norm": width, "post_attention_norm": width, "ffn_norm": width, "post_ffw_norm": width}
        norms |= {"attn_q_norm": SHAPE.key_length, "attn_k_norm": SHAPE.key_length}
        made |= {f"blk.{layer}.{name}": dice.normal(size=size) / np.sqrt(size[1]) for name, size in matrices.items()}
        made |= {f"blk.{layer}.{name}": np.ones(size) for name, size in norms.items()}
    return {name: tensor.astype(np.float32) for name, tensor in made.items()}


def network(rank: int = 4) -> Network:
    """That model, in float32 and without dropout."""
    made = Network(SHAPE, tensors(), rank=rank, alpha=2 * rank)
    made.float().eval()
    return made


def write_pack(folder: Path, train: Sequence[Row], check: Sequence[Row]) -> None:
    """A pack of that model, as models.training.pack writes it. A row: prompt, target, among."""
    folder.mkdir(parents=True, exist_ok=True)
    s = SHAPE
    head = [s.block_count, s.embedding_length, s.head_count, s.head_count_kv, s.key_length, s.rms_epsilon, s.rope_base]
    weights = {f"F32:{name}": tensor for name, tensor in tensors().items()}
    np.savez(folder / "weights.npz", allow_pickle=False, vocabulary=np.arange(ROWS), head=np.array(head), **weights)
    columns: dict[str, NDArray[Any]] = {}
    for name, rows in (("train", train), ("check", check)):
        for n, part in enumerate(("prompt", "target", "among")):
            columns[f"{name}.{part}"] = np.array([t for row in rows for t in row[n]], np.uint16)
            columns[f"{name}.{part}.lengths"] = np.array([len(row[n]) for row in rows], np.uint16)
    np.savez(folder / "examples.npz", allow_pickle=False, **columns)
