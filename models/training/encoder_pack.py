"""Writes what `models.training.encoder` needs into one file that can be carried to another machine: the embedding model's layers as they
are, the rows of its vocabulary that our texts use, and the texts as tokens, each question line with many spoilt spellings of it."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.types import Lang, Library
from models import blocks, e5
from models.training import gather
from models.training.noise import spoil
from models.training.pieces import Pieces

FILE = "encoder.npz"
SPELLINGS = 12  # of each line, beside the line itself
Array = NDArray[Any]
Rows = Sequence[Sequence[int]]


@dataclass(frozen=True, slots=True)
class Asked:
    """The skills' cases, watched and never trained on: texts, the fact of each, counted as in gather.texts (-1: none), and languages."""

    texts: list[str] = field(default_factory=list)
    facts: list[int] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)


def strays(library: Library) -> list[str]:
    """The messages without an answer to train on: half of them, always the same. The others are kept to fit the search's trust."""
    every = [text for texts in library.strays.values() for text in texts]
    return [text for text in every if sha256(text.encode()).digest()[0] % 2 == 0]


def cases(library: Library) -> Asked:
    """What to watch."""
    numbers: dict[tuple[str, str], int] = {}
    for fact in gather.facts(library):
        numbers.setdefault((fact.skill, fact.id), len(numbers))
    asked = Asked()
    for skill in library.skills:
        for case in skill.cases:
            asked.texts.append(case.text)
            asked.facts.append(numbers.get((skill.name, case.fact), -1))
            asked.languages.append(Lang(case.lang).value)
    return asked


def write(folder: Path, base: Path, library: Library, *, spellings: int, dice: random.Random) -> int:
    """Writes `folder`/encoder.npz. Returns how many question lines it holds. Raises BadSetting for a base that is no embedding model."""
    model = e5.read(base)
    pieces, heard, watched = Pieces(model), gather.texts(library), cases(library)
    aside = strays(library)
    lines = [*heard.lines, *aside]
    kinds: dict[str, Rows] = {
        "lines": [pieces("query", text) for line in lines for text in _spelt(line, spellings, dice)],
        "passages": [pieces("passage", text) for text in heard.passages],
        "cases": [pieces("query", text) for text in watched.texts],
    }
    used = np.unique(np.fromiter((t for rows in kinds.values() for row in rows for t in row), np.int64))
    arrays = dict(_weights(model, used))
    for kind, rows in kinds.items():
        arrays[f"{kind}.tokens"] = np.searchsorted(used, np.concatenate([np.asarray(row) for row in rows])).astype(np.uint16)
        arrays[f"{kind}.lengths"] = np.array([len(row) for row in rows], np.uint16)
    arrays["lines.facts"] = np.array([*heard.line_facts, *[-1] * len(aside)], np.int32)
    arrays["passages.facts"] = np.array(heard.passage_facts, np.int32)
    arrays["cases.facts"], arrays["cases.languages"] = np.array(watched.facts, np.int32), np.array(watched.languages)
    arrays["head"] = np.array([model.layers, model.heads, model.inner, model.epsilon, spellings])
    arrays["base"] = np.array(sha256(model.raw).hexdigest())
    folder.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(folder / FILE, allow_pickle=False, **arrays)
    return len(lines)


def _spelt(line: str, spellings: int, dice: random.Random) -> Iterator[str]:
    yield line
    for _ in range(spellings):
        yield spoil(line, dice)


def _weights(model: e5.Model, used: Array) -> Iterator[tuple[str, Array]]:
    """Tensors as raw bytes ("Q4:name") or as numbers ("F32:name"); of the vocabulary, the rows that occur."""
    for name, tensor in model.tensors.items():
        data = model.bytes_of(name)
        if name == "emb.word":
            data = data.reshape(-1, model.width // blocks.BLOCK * blocks.BYTES)[used].reshape(-1)
        yield (f"Q4:{name}", data) if tensor.quantized else (f"F32:{name}", data.view("<f4"))
