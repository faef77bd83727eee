"""The engine with its logits open, for methods that the service does not use: likelihoods, and writing only what a text says."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.core.quote import sentences
from models.llama import LlamaWriter
from models.native import Native, Row
from models.shape import Shape

_CLAUSE = re.compile(r"[,;:] ")
_SHAPE = Shape(sequences=1, context=1024, batch=64)  # every row of a step may speak, at a megabyte each


class Scorer(LlamaWriter):
    """Not for two threads at once: it scores on a context of its own, one text after the other. The beginning that a prompt shares with
    the last one is not computed again."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _SHAPE, chat=False)
        self._open = Native(path, _SHAPE, outputs=_SHAPE.batch)
        self._line: Sequence[int] = ()  # what its context holds

    def likelihood(self, text: str, *, after: str) -> tuple[float, int]:
        """How likely `text` is behind `after`, as a natural logarithm, and the number of its tokens."""
        prompt, tail = [*self._frame.before, *self._tokens(after)], self._tokens(text)
        kept = self._keep(prompt)
        line, first, total = [*prompt[kept:], *tail[:-1]], len(prompt) - kept - 1, 0.0
        for at in range(0, len(line), _SHAPE.batch):
            chunk, seen = line[at : at + _SHAPE.batch], max(0, first - at)
            self._read(chunk, kept + at, seen)
            total += sum(_log_share(self._logits(n), tail[at + n - first]) for n in range(seen, len(chunk)))
        self._line = [*prompt, *tail[:-1]]
        return total, len(tail)

    def copy(self, passage: str, *, after: str) -> str:
        """One span of `passage`, from the start of a sentence or clause to the end of its sentence, chosen token by token."""
        spans = [self._tokens(f" {s[start:]}") for s in sentences(passage) for start in (0, *(m.end() for m in _CLAUSE.finditer(s)))]
        prompt = [*self._frame.before, *self._tokens(after)]
        last = 0
        for at in range(self._keep(prompt), len(prompt), _SHAPE.batch):
            chunk = prompt[at : at + _SHAPE.batch]
            last = len(chunk) - 1
            self._read(chunk, at, last)
        said: list[int] = []
        while open_ends := {span[len(said)] for span in spans if len(span) > len(said)}:
            logits = self._logits(last)
            token = max(open_ends, key=lambda t: float(logits[t]))
            self._read([token], len(prompt) + len(said), 0)
            said.append(token)
            spans, last = [span for span in spans if span[: len(said)] == said], 0
        self._line = [*prompt, *said]
        return b"".join(map(self._words.piece, said)).decode().strip()

    def _tokens(self, text: str) -> list[int]:
        return self._words.tokens(text, special=False)

    def _keep(self, prompt: Sequence[int]) -> int:
        """Forgets all but what `prompt` begins with, less its last token, whose logits are needed. Returns how many tokens stay."""
        pairs = enumerate(zip(self._line, prompt[:-1], strict=False))
        shared = next((n for n, (a, b) in pairs if a != b), min(len(self._line), len(prompt) - 1))
        self._open.keep(0, shared)
        return shared

    def _read(self, tokens: Sequence[int], at: int, seen: int) -> None:
        """Reads `tokens` from place `at` on. `seen`: the first one behind which the logits are wanted."""
        self._open.step([Row(token, at + n, 0, speaks=n >= seen) for n, token in enumerate(tokens)])

    def _logits(self, row: int) -> NDArray[np.float32]:
        return self._open._logits(row)


def _log_share(logits: NDArray[np.float32], token: int) -> float:
    top = logits.max()
    return float(logits[token] - top - np.log(np.exp(logits - top).sum()))
