"""Writes a pack: all that `models.training.fit` needs, in a folder that can be carried to another machine.

It holds the base model's blocks as they are quantized, the rows of its vocabulary that the examples use, and the examples as numbers
of those rows. Tokens are made here, by llama.cpp itself, so that training sees what the engine will see.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.errors import BadSetting
from models.gguf import read_head
from models.training.pairs import Example
from models.vocabulary import Vocabulary

HEAD = ("block_count", "embedding_length", "attention.head_count", "attention.head_count_kv", "attention.key_length",
        "attention.layer_norm_rms_epsilon", "rope.freq_base")  # fmt: skip
ARCHITECTURE = "gemma3"
# Tokens that most layers of Gemma 3 look back on. models.training.network looks back on all, so longer examples are left out.
WINDOW = 512
WEIGHTS, EXAMPLES = "weights.npz", "examples.npz"
Ints = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Tokens:
    """One example: the prompt's tokens, the target's, and the first tokens of what it may choose from."""

    prompt: Sequence[int]
    target: Sequence[int]
    among: Sequence[int]


class Tokenizer:
    """Makes tokens of examples with the base model's own vocabulary."""

    def __init__(self, base: Path) -> None:
        self._words = Vocabulary.open(base)
        self.bos, self.end = self._words.bos(), self._words.end()

    def __call__(self, example: Example) -> Tokens:
        """The tokens of `example`. A free text ends with the model's own end; a choice is one token."""
        whole = self._words.tokens(example.prompt, special=False)
        target = self._words.tokens(example.target, special=False)
        among = [self._words.tokens(text, special=False)[0] for text in example.among]
        return Tokens([*self.bos, *whole], target[:1] if among else [*target, self.end], among)


def write(folder: Path, base: Path, examples: Sequence[Tokens], checks: Sequence[Tokens]) -> int:
    """Writes `folder`/weights.npz and `folder`/examples.npz: what to train on, and `checks` to watch.

    Returns how many were too long to take. Raises BadSetting for a base of another architecture and for no examples."""
    given = len(examples) + len(checks)
    examples, checks = ([row for row in rows if len(row.prompt) + len(row.target) <= WINDOW] for rows in (examples, checks))
    _refuse(base, examples)
    used = np.unique(np.fromiter(_all(examples, checks), np.int64))
    place = np.zeros(int(used.max()) + 1, np.int64)
    place[used] = np.arange(len(used))
    folder.mkdir(parents=True, exist_ok=True)
    _write_weights(folder / WEIGHTS, base, used)
    columns = {k: v for name, rows in (("train", examples), ("check", checks)) for k, v in _columns(name, rows, place)}
    np.savez(folder / EXAMPLES, allow_pickle=False, **columns)
    return given - len(examples) - len(checks)


def _refuse(base: Path, examples: Sequence[Tokens]) -> None:
    if (found := read_head(base).architecture) != ARCHITECTURE:
        raise BadSetting(f"{base.name} is a model of the kind {found}, and only {ARCHITECTURE} can be trained here.")
    if not examples:
        raise BadSetting("There is nothing to train on. `ujumbe skills check` says whether the skill folders hold facts with questions.")


def _write_weights(path: Path, base: Path, used: Ints) -> None:
    import gguf

    reader = gguf.GGUFReader(base)
    arrays: dict[str, NDArray[Any]] = {"vocabulary": used, "head": np.array([_field(reader, name) for name in HEAD])}
    for tensor in reader.tensors:
        data = tensor.data[used] if tensor.name == "token_embd.weight" else tensor.data
        arrays[f"{tensor.tensor_type.name}:{tensor.name.removesuffix('.weight')}"] = data
    np.savez(path, allow_pickle=False, **arrays)


def _columns(name: str, rows: Sequence[Tokens], place: Ints) -> Iterator[tuple[str, Ints]]:
    """Ragged rows as one flat column and their lengths."""
    for part in ("prompt", "target", "among"):
        flat = [t for row in rows for t in getattr(row, part)]
        yield f"{name}.{part}", place[np.array(flat, np.int64)].astype(np.uint16)
        yield f"{name}.{part}.lengths", np.array([len(getattr(row, part)) for row in rows], np.uint16)


def _all(*parts: Sequence[Tokens]) -> Iterator[int]:
    for rows in parts:
        for row in rows:
            yield from row.prompt
            yield from row.target
            yield from row.among


def _field(reader: Any, name: str) -> float:
    fields = reader.fields
    architecture = fields["general.architecture"].contents()
    return float(fields[f"{architecture}.{name}"].contents())
