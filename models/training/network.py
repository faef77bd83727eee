"""Gemma 3 in PyTorch, as far as training an adapter needs it: frozen weights out of a pack, low-rank changes beside each matrix.

Written after the architecture's public description (Gemma Team, 2025, "Gemma 3 Technical Report") and llama.cpp's reading of the
GGUF file: norm weights there have 1 added already. `tests/models/training` holds it against llama.cpp's own logits. Only the rows of
the vocabulary that the examples use are here: the head's 262,144 rows would cost most of the time and memory.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

MATRICES = ("attn_q", "attn_k", "attn_v", "attn_output", "ffn_gate", "ffn_up", "ffn_down")
LOCAL_BASE = 10_000.0  # rotary base of the layers that look at a window; the file names the global one only
GLOBAL_EVERY = 6  # every sixth layer looks at everything


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes of a model, named as in its GGUF head."""

    block_count: int
    embedding_length: int
    head_count: int
    head_count_kv: int
    key_length: int
    rms_epsilon: float
    rope_base: float


class LowRank(nn.Module):
    """A frozen matrix and its trained change: x W' + scale (x A') B'. Shapes: W (out, in), A (rank, in), B (out, rank)."""

    weight: Tensor

    def __init__(self, weight: Tensor, rank: int, scale: float, dropout: float) -> None:
        super().__init__()
        out, width = weight.shape
        self.register_buffer("weight", weight)
        self.a = nn.Parameter(torch.randn(rank, width) / math.sqrt(width))
        self.b = nn.Parameter(torch.zeros(out, rank))
        self.scale, self.dropout = scale, dropout

    def forward(self, x: Tensor) -> Tensor:
        """(..., in) -> (..., out)"""
        low = F.linear(F.dropout(x, self.dropout, self.training), self.a.to(x.dtype))
        return F.linear(x, self.weight) + F.linear(low, self.b.to(x.dtype)) * self.scale


class Block(nn.Module):
    """One layer: attention and a gated feed-forward, each normed before and after."""

    def __init__(self, shape: Shape, weights: Mapping[str, Tensor], rank: int, scale: float, dropout: float) -> None:
        super().__init__()
        self.shape = shape
        self.m = nn.ModuleDict({name: LowRank(weights[name], rank, scale, dropout) for name in MATRICES})
        for name, weight in weights.items():
            if name not in MATRICES:
                self.register_buffer(name, weight)

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
        """x (batch, length, width) -> the same shape. Each place sees those before it: what pads a row stands behind it."""
        x = x + self._norm(self._attend(self._norm(x, "attn_norm"), turn), "post_attention_norm")
        inner = self._norm(x, "ffn_norm")
        gated = F.gelu(self.m["ffn_gate"](inner), approximate="tanh") * self.m["ffn_up"](inner)
        return x + self._norm(self.m["ffn_down"](gated), "post_ffw_norm")

    def _attend(self, x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
        batch, length, _ = x.shape
        s = self.shape
        q = self.m["attn_q"](x).view(batch, length, s.head_count, s.key_length)
        k = self.m["attn_k"](x).view(batch, length, s.head_count_kv, s.key_length)
        v = self.m["attn_v"](x).view(batch, length, s.head_count_kv, s.key_length).transpose(1, 2)
        q = _turned(self._norm(q, "attn_q_norm").transpose(1, 2), turn)
        k = _turned(self._norm(k, "attn_k_norm").transpose(1, 2), turn)
        groups = s.head_count // s.head_count_kv
        k, v = (t.repeat_interleave(groups, dim=1) for t in (k, v))
        seen = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=s.key_length**-0.5)
        return self.m["attn_output"](seen.transpose(1, 2).reshape(batch, length, -1))

    def _norm(self, x: Tensor, name: str) -> Tensor:
        weight: Tensor = getattr(self, name)
        return _normed(x, weight, self.shape.rms_epsilon)


class Network(nn.Module):
    """The model over the rows of the vocabulary that the pack brings; tokens are counted in those rows."""

    rows: Tensor
    output_norm: Tensor

    def __init__(self, shape: Shape, tensors: Mapping[str, NDArray[Any]], *, rank: int, alpha: float, dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape

        def tensor(name: str) -> Tensor:
            return torch.tensor(tensors[name], dtype=torch.bfloat16)

        self.register_buffer("rows", tensor("token_embd"))
        self.register_buffer("output_norm", tensor("output_norm"))
        layers = [{n.split(".", 2)[2]: tensor(n) for n in tensors if n.startswith(f"blk.{layer}.")} for layer in range(shape.block_count)]
        self.blocks = nn.ModuleList(Block(shape, weights, rank, alpha / rank, dropout) for weights in layers)

    def forward(self, tokens: Tensor) -> Tensor:
        """tokens (batch, length) -> the last states (batch, length, width)."""
        x = F.embedding(tokens, self.rows) * math.sqrt(self.shape.embedding_length)
        turns = {base: _turn(tokens.shape[1], self.shape.key_length, base, x) for base in (LOCAL_BASE, self.shape.rope_base)}
        for n, block in enumerate(self.blocks):
            x = block(x, turns[self.shape.rope_base if (n + 1) % GLOBAL_EVERY == 0 else LOCAL_BASE])
        return _normed(x, self.output_norm, self.shape.rms_epsilon)

    def logits(self, states: Tensor) -> Tensor:
        """(..., width) -> (..., rows), float32."""
        return F.linear(states, self.rows).float()

    def changes(self) -> dict[str, NDArray[Any]]:
        """What was trained, under the names that llama.cpp reads: "blk.0.attn_q.weight.lora_a" (rank, in) and "..._b" (out, rank)."""
        return {
            f"blk.{n}.{name}.weight.lora_{half}": getattr(block.m[name], half).detach().float().cpu().numpy()
            for n, block in enumerate(self.blocks)
            for name in MATRICES
            for half in ("a", "b")
        }


def _normed(x: Tensor, weight: Tensor, epsilon: float) -> Tensor:
    """On a processor in float32: ten times faster there than in bfloat16. A GPU's own kernel counts in float32 by itself."""
    if x.is_cuda:
        return F.rms_norm(x, (x.shape[-1],), weight, epsilon)
    return F.rms_norm(x.float(), (x.shape[-1],), weight.float(), epsilon).to(x.dtype)


def _turn(length: int, width: int, base: float, like: Tensor) -> tuple[Tensor, Tensor]:
    """Cosines and sines of the rotary embedding, (length, width) each."""
    steps = torch.arange(0, width, 2, device=like.device, dtype=torch.float32) / width
    angles = torch.arange(length, device=like.device, dtype=torch.float32)[:, None] * base**-steps
    both = torch.cat((angles, angles), dim=-1)
    return both.cos().to(like.dtype), both.sin().to(like.dtype)


def _turned(x: Tensor, turn: tuple[Tensor, Tensor]) -> Tensor:
    left, right = x.chunk(2, dim=-1)
    return x * turn[0] + torch.cat((-right, left), dim=-1) * turn[1]
