"""llama.cpp by its C interface: one model, one context, several sequences. Nothing else of the house touches llama_cpp.

The high-level `llama_cpp.Llama` is not used: while it loads it points the whole process's stdout and stderr at /dev/null, it
cannot be stopped between two pieces of a long prompt, and it reserves n_batch * vocabulary floats of logits.
"""

import ctypes
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.errors import ModelFailed
from models.shape import Shape
from models.threads import sleep_soon

_ERROR_LEVEL = 4  # GGML_LOG_LEVEL_ERROR of ggml.h


@cache
def _library() -> tuple[Any, deque[str], object]:
    """The bindings, the last error lines that llama.cpp wrote, and the callback that keeps them (it must not be collected).

    Without a callback llama.cpp prints to stderr, whatever `verbose` says. Its threads are told to sleep soon before they are there."""
    sleep_soon()
    try:
        import llama_cpp.llama_cpp as lib
    except (ImportError, OSError, RuntimeError) as error:  # a missing package, a missing libstdc++, a wrong wheel
        raise ModelFailed(f"The engine llama-cpp-python cannot be loaded: {error}. Run `make run` again: it builds it.") from None
    lines: deque[str] = deque(maxlen=5)

    @lib.llama_log_callback  # type: ignore[untyped-decorator, unused-ignore]
    def keep(level: int, text: bytes, _: object) -> None:
        if level == _ERROR_LEVEL:
            lines.append(text.decode("utf-8", "replace").strip())

    lib.llama_log_set(keep, ctypes.c_void_p(0))
    lib.llama_backend_init()
    return lib, lines, keep


@dataclass(frozen=True, slots=True)
class Row:
    """One token of a step: `at` is its place in sequence `sequence`, and with `speaks` it is known behind it what may come next."""

    token: int
    at: int
    sequence: int
    speaks: bool = False


class Native:
    """One GGUF model with one context for several sequences, as `shape` says. Not thread-safe: one thread at a time.

    Memory: the weights are mapped, not copied (another process shares them, and they can be dropped under pressure); room for logits
    is reserved for `outputs` rows of a step only (Gemma: 1 MB each). Raises ModelFailed where llama.cpp refuses.
    """

    def __init__(self, path: Path, shape: Shape, *, sequences: int = 1, outputs: int = 1) -> None:
        self._lib, self._log, _ = _library()
        self._model = self._ctx = None
        self._batch: Any = None
        self._log.clear()
        model_params = self._lib.llama_model_default_params()
        model_params.n_gpu_layers = 0
        self._model = self._lib.llama_model_load_from_file(str(path).encode(), model_params)
        if not self._model:
            raise ModelFailed(f"llama.cpp cannot load {path}: {self._said()}. Try another file: `ujumbe model list`.")
        self._ctx = self._lib.llama_init_from_model(self._model, self._parameters(shape, sequences, outputs))
        if not self._ctx:
            self.close()
            raise ModelFailed(
                f"llama.cpp cannot make room for {shape.context} tokens: {self._said()}. Free memory or take a smaller model."
            )
        self._memory = self._lib.llama_get_memory(self._ctx)
        self._vocab = self._lib.llama_model_get_vocab(self._model)
        self.vocabulary = int(self._lib.llama_vocab_n_tokens(self._vocab))
        self.context = int(self._lib.llama_n_ctx(self._ctx))
        self._batch = self._lib.llama_batch_init(shape.batch, 0, 1)

    def _parameters(self, shape: Shape, sequences: int, outputs: int) -> Any:
        lib, params = self._lib, self._lib.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = shape.context, shape.batch, shape.batch
        params.n_seq_max, params.n_outputs_max = sequences, max(outputs, sequences)  # llama.cpp aborts on fewer
        params.kv_unified = True  # a beginning that two sequences share is there once
        params.swa_full = True  # a window that has moved on could not be shared
        params.n_threads = params.n_threads_batch = shape.threads
        params.flash_attn_type = lib.LLAMA_FLASH_ATTN_TYPE_ENABLED if shape.flash else lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.type_k = params.type_v = lib.GGML_TYPE_Q8_0 if shape.cache == "q8_0" else lib.GGML_TYPE_F16
        return params

    def close(self) -> None:
        """Gives the memory back. The object is dead afterwards."""
        if self._batch is not None:
            self._lib.llama_batch_free(self._batch)
        if self._ctx:
            self._lib.llama_free(self._ctx)
        if self._model:
            self._lib.llama_model_free(self._model)
        self._ctx = self._model = None
        self._batch = None

    def template(self) -> str:
        """The chat template inside the file (Jinja), or "" where it has none."""
        found: bytes | None = self._lib.llama_model_chat_template(self._model, None)
        return found.decode("utf-8", "replace") if found else ""

    def bos(self) -> list[int]:
        """The token that opens every text of this model, or nothing where it wants none."""
        return [int(self._lib.llama_vocab_bos(self._vocab))] if self._lib.llama_vocab_get_add_bos(self._vocab) else []

    def tokens(self, text: str, *, special: bool) -> list[int]:
        """The tokens of `text`. `special`: control words such as <end_of_turn> become control tokens; never for people's text."""
        raw = text.encode()
        room = len(raw) + 8
        buffer = (self._lib.llama_token * room)()
        count = self._lib.llama_tokenize(self._vocab, raw, len(raw), buffer, room, False, special)
        if count < 0:
            raise ModelFailed(f"The model's tokenizer refuses a text of {len(raw)} bytes. Shorten it.")
        return list(buffer[:count])

    def piece(self, token: int) -> bytes:
        """The bytes that `token` stands for; a letter may be spread over several tokens."""
        buffer = ctypes.create_string_buffer(256)
        length = self._lib.llama_token_to_piece(self._vocab, token, buffer, len(buffer), 0, False)
        return buffer.raw[: max(0, length)]

    def control(self, token: int) -> str:
        """How `token` is spelt in a chat template, control tokens too."""
        return str(self._lib.llama_vocab_get_text(self._vocab, token).decode("utf-8", "replace"))

    def ends(self, token: int) -> bool:
        """Whether `token` ends a text."""
        return bool(self._lib.llama_vocab_is_eog(self._vocab, token))

    def end(self) -> int:
        """The token that this model ends a text with."""
        return int(self._lib.llama_vocab_eos(self._vocab))

    @property
    def rewinds(self) -> bool:
        """Whether it can forget the end of a text and keep the beginning: a recurrent model cannot."""
        return not (self._lib.llama_model_is_recurrent(self._model) or self._lib.llama_model_is_hybrid(self._model))

    def keep(self, sequence: int, count: int) -> None:
        """Forgets all but the first `count` tokens of `sequence`; 0: all of it, which every model can."""
        if not self._lib.llama_memory_seq_rm(self._memory, sequence, count or -1, -1):
            raise ModelFailed(f"The model cannot forget what is behind token {count} of a text. Take another model: `ujumbe model list`.")

    def share(self, source: int, target: int, count: int) -> None:
        """Lets `target`, an empty sequence, begin with the first `count` tokens of `source`. They are not copied."""
        self._lib.llama_memory_seq_cp(self._memory, source, target, 0, count)

    def step(self, rows: Sequence[Row]) -> None:
        """Reads `rows`, at most shape.batch of them, each behind what its sequence holds. Raises ModelFailed."""
        batch = self._batch
        batch.n_tokens = len(rows)
        for n, row in enumerate(rows):
            batch.token[n], batch.pos[n], batch.n_seq_id[n], batch.logits[n] = row.token, row.at, 1, row.speaks
            batch.seq_id[n][0] = row.sequence
        code = self._lib.llama_decode(self._ctx, batch)
        if code != 0:
            raise ModelFailed(f"llama.cpp failed to decode (code {code}): {self._said()}. Restart the worker.")

    def forget_all(self) -> None:
        """Empties the context."""
        self._lib.llama_memory_clear(self._memory, False)

    def best(self, row: int) -> int:
        """The likeliest token behind row `row` of the last step: greedy, so that the same prompt always gets the same answer."""
        return int(self._logits(row).argmax())

    def shares(self, row: int, tokens: Sequence[int]) -> list[float]:
        """How likely each of `tokens` comes behind row `row` of the last step, among them alone: they add up to 1."""
        given = self._logits(row)[list(tokens)].astype(np.float64)
        powers = np.exp(given - given.max())
        return [float(p) for p in powers / powers.sum()]

    def _logits(self, row: int) -> NDArray[np.float32]:
        logits = self._lib.llama_get_logits_ith(self._ctx, row)
        if not logits:
            raise ModelFailed(f"llama.cpp has no logits for row {row} of its last step. Restart the worker.")
        return np.ctypeslib.as_array(logits, shape=(self.vocabulary,))

    def _said(self) -> str:
        return "; ".join(self._log) or "it gives no reason"
