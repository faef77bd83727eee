"""A small file of the embedding model's kind, made here: two layers, 64 wide, letters and a few words for its vocabulary."""

import struct
from pathlib import Path

import numpy as np

from models.blocks import BLOCK, BYTES

WIDTH, INNER, LAYERS, HEADS, PLACES = 64, 96, 2, 2, 128
PIECES = [
    "<s>",
    "<pad>",
    "</s>",
    "<unk>",
    "▁",
    *"abcdefghijklmnopqrstuvwxyz0123456789?.,:'!",
    "▁maize",
    "▁the",
    "▁mahindi",
    "▁query:",
    "ing",
]
SPELLINGS = {ord("Ａ"): "a", ord("½"): "1/2", ord("\t"): " ", 0: ""}  # as the real table has them, and more


def _blocks(dice: np.random.Generator, count: int) -> bytes:
    made = np.zeros((count // BLOCK, BYTES), np.uint8)
    made[:, :2] = (dice.normal(size=(count // BLOCK, 1)) * 0.03).astype("<f2").view(np.uint8).reshape(-1, 2)
    made[:, 2:] = dice.integers(0, 256, (count // BLOCK, 16))
    return made.tobytes()


def _tensors(dice: np.random.Generator) -> dict[str, tuple[int, bytes]]:
    def floats(count: int, middle: float = 0.0) -> tuple[int, bytes]:
        return 0, (middle + dice.normal(size=count) * 0.1).astype("<f4").tobytes()

    made = {"emb.word": (1, _blocks(dice, len(PIECES) * WIDTH)), "emb.pos": floats(PLACES * WIDTH), "emb.type": floats(2 * WIDTH)}
    made |= {"emb.ln.w": floats(WIDTH, 1.0), "emb.ln.b": floats(WIDTH)}
    for n in range(LAYERS):
        for name, out, width in (*((m, WIDTH, WIDTH) for m in ("q", "k", "v", "ao")), ("fi", INNER, WIDTH), ("fo", WIDTH, INNER)):
            made[f"l{n}.{name}.w"], made[f"l{n}.{name}.b"] = (1, _blocks(dice, out * width)), floats(out)
        made |= {f"l{n}.{name}.w": floats(WIDTH, 1.0) for name in ("aln", "oln")}
        made |= {f"l{n}.{name}.b": floats(WIDTH) for name in ("aln", "oln")}
    return made


def write(path: Path, seed: int = 1) -> Path:
    """Writes such a file and returns its path."""
    tensors = _tensors(np.random.default_rng(seed))
    head = struct.pack("<4sI7ifi", b"E5S1", 1, WIDTH, LAYERS, HEADS, INNER, len(PIECES), PLACES, 2, 1e-12, BLOCK)
    text = [piece.encode() for piece in PIECES]
    head += struct.pack("<5iQ", len(text), 0, 2, 1, 3, sum(map(len, text)))
    head += np.cumsum([0, *map(len, text)]).astype("<u4").tobytes()
    head += np.array([0, 0, 0, 0, *(-3.0 - len(text[n]) % 7 * 0.1 - n * 0.01 for n in range(4, len(text)))], "<f4").tobytes() + b"".join(
        text
    )
    odd = b"".join(struct.pack(f"<IB{len(to)}I", ord_, len(to), *map(ord, to)) for ord_, to in sorted(SPELLINGS.items()))
    head += struct.pack("<iI", len(SPELLINGS), len(odd)) + odd + struct.pack("<i", len(tensors))
    at = len(head) + sum(2 + len(name) + 21 for name in tensors)
    data = b""
    for name, (kind, raw) in tensors.items():
        count = len(raw) // BYTES * BLOCK if kind else len(raw) // 4
        head += struct.pack("<H", len(name)) + name.encode() + struct.pack("<BIQQ", kind, count, at + len(data), len(raw))
        data += raw
    path.write_bytes(head + data)
    return path
