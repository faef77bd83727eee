"""The engine with its logits open, for methods that the service does not use: likelihoods, and writing only what a text says."""

import ctypes
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bot.core.quote import sentences
from bot.core.types import Draft
from models.llama import LlamaWriter
from models.native import CHUNK

_CLAUSE = re.compile(r"[,;:] ")


class Scorer(LlamaWriter):
    """Not for two threads at once. The beginning that a prompt shares with the last one is not computed again."""

    _line: Sequence[int] = ()  # what the context holds

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float) -> Draft:
        """See LlamaWriter, which keeps its own book of what the context holds."""
        self._line = ()
        return super().write(prompt, max_tokens=max_tokens, stop=stop, deadline=deadline)

    def likelihood(self, text: str, *, after: str) -> tuple[float, int]:
        """How likely `text` is behind `after`, as a natural logarithm, and the number of its tokens."""
        prompt, tail = [*self._frame.before, *self._tokens(after)], self._tokens(text)
        kept = self._keep(prompt)
        line, first, total = [*prompt[kept:], *tail[:-1]], len(prompt) - kept - 1, 0.0
        for at in range(0, len(line), CHUNK):
            chunk, seen = line[at : at + CHUNK], max(0, first - at)
            self._decode(chunk, seen)
            total += sum(_log_share(self._logits(n), tail[at + n - first]) for n in range(seen, len(chunk)))
        self._line = [*prompt, *tail[:-1]]
        return total, len(tail)

    def copy(self, passage: str, *, after: str) -> str:
        """One span of `passage`, from the start of a sentence or clause to the end of its sentence, chosen token by token."""
        spans = [self._tokens(f" {s[start:]}") for s in sentences(passage) for start in (0, *(m.end() for m in _CLAUSE.finditer(s)))]
        prompt = [*self._frame.before, *self._tokens(after)]
        kept = self._keep(prompt)
        for at in range(kept, len(prompt), CHUNK):
            self._decode(prompt[at : at + CHUNK], CHUNK - 1 if at + CHUNK < len(prompt) else len(prompt) - at - 1)
        said: list[int] = []
        while open_ends := {span[len(said)] for span in spans if len(span) > len(said)}:
            logits = self._logits(-1)
            token = max(open_ends, key=lambda t: float(logits[t]))
            said.append(token)
            spans = [span for span in spans if span[: len(said)] == said]
            self._decode([token], 0)
        self._line = [*prompt, *said]
        return b"".join(map(self._native.piece, said)).decode().strip()

    def _tokens(self, text: str) -> list[int]:
        return self._native.tokens(text, special=False)

    def _keep(self, prompt: Sequence[int]) -> int:
        """Forgets all but what `prompt` begins with, less its last token, whose logits are needed. Returns how many tokens stay."""
        self._held = []
        pairs = enumerate(zip(self._line, prompt[:-1], strict=False))
        shared = next((n for n, (a, b) in pairs if a != b), min(len(self._line), len(prompt) - 1))
        return shared if self._native.keep(shared) else 0

    def _decode(self, tokens: Sequence[int], seen: int) -> None:
        """`seen`: the first token behind which the logits are wanted."""
        lib = self._native._lib
        array = (lib.llama_token * len(tokens))(*tokens)  # named: the batch only points at it
        batch = lib.llama_batch_get_one(array, len(tokens))
        batch.logits = (ctypes.c_int8 * len(tokens))(*(n >= seen for n in range(len(tokens))))
        assert lib.llama_decode(self._native._ctx, batch) == 0, "llama.cpp failed to decode"

    def _logits(self, n: int) -> NDArray[np.float32]:
        pointer = self._native._lib.llama_get_logits_ith(self._native._ctx, n)
        return np.ctypeslib.as_array(pointer, shape=(self._native.vocabulary,))


def _log_share(logits: NDArray[np.float32], token: int) -> float:
    top = logits.max()
    return float(logits[token] - top - np.log(np.exp(logits - top).sum()))
