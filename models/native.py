"""llama.cpp by its C interface: one model, one context, several sequences."""

import ctypes
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.core.errors import ModelFailed
from models.lean import Lean
from models.library import library, load, said
from models.shape import Shape
from models.vocabulary import Vocabulary


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
    is reserved for `outputs` rows of a step only (Gemma: 1 MB each, a lean one 0.1). `lean`: its lean copy, which then does the work.
    Tokens are those of the whole model all the same. `adapters`: files with changes of its matrices (LoRA), one of which a step may name;
    a lean copy has the same matrices. Raises ModelFailed where llama.cpp refuses.
    """

    def __init__(
        self,
        path: Path,
        shape: Shape,
        *,
        sequences: int = 1,
        outputs: int = 1,
        lean: Lean | None = None,
        adapters: Sequence[Path] = (),
    ) -> None:
        self._lib = library()[0]
        self._ctx: Any = None
        self._batch: Any = None
        self._lean = lean
        self._model = load(lean.path if lean else path)
        self.words = Vocabulary.open(path) if lean else Vocabulary(self._model)
        self._adapter = 0  # the one that the context reads with now
        self._adapters = [self._opened(each, path) for each in adapters]
        self._ctx = self._lib.llama_init_from_model(self._model, self._parameters(shape, sequences, outputs))
        if not self._ctx:
            self.close()
            raise ModelFailed(f"llama.cpp cannot make room for {shape.context} tokens: {said()}. Free memory or take a smaller model.")
        self._memory = self._lib.llama_get_memory(self._ctx)
        self._outcomes = int(self._lib.llama_vocab_n_tokens(self._lib.llama_model_get_vocab(self._model)))
        self.context = int(self._lib.llama_n_ctx_seq(self._ctx))
        self._batch = self._lib.llama_batch_init(shape.batch, lean.rows.width if lean else 0, 1)
        self._read = np.ctypeslib.as_array(self._batch.embd, (shape.batch, lean.rows.width)) if lean else None

    def _parameters(self, shape: Shape, sequences: int, outputs: int) -> Any:
        lib, params = self._lib, self._lib.llama_context_default_params()
        params.n_ctx, params.n_batch, params.n_ubatch = sequences * shape.context, shape.batch, shape.batch
        params.n_seq_max, params.n_outputs_max = sequences, max(outputs, sequences)  # llama.cpp aborts on fewer
        params.kv_unified = False  # each sequence has cells of its own, side by side: attention reads in tiles of 64 rows by 64 cells
        params.swa_full = True  # a window that has moved on could not be shared
        params.n_threads = params.n_threads_batch = shape.threads
        params.flash_attn_type = lib.LLAMA_FLASH_ATTN_TYPE_ENABLED if shape.flash else lib.LLAMA_FLASH_ATTN_TYPE_DISABLED
        params.type_k = params.type_v = lib.GGML_TYPE_Q8_0 if shape.cache == "q8_0" else lib.GGML_TYPE_F16
        return params

    def _opened(self, adapter: Path, path: Path) -> Any:
        """A handle of the adapter, which lives as long as the model."""
        handle = self._lib.llama_adapter_lora_init(self._model, str(adapter).encode())
        if not handle:
            self.close()
            raise ModelFailed(f"{adapter} does not go with {path.name}: {said()}. Name one that was trained on this model.")
        return handle

    def close(self) -> None:
        """Gives the memory back. The object is dead afterwards."""
        if self._batch is not None:
            self._lib.llama_batch_free(self._batch)
        if self._ctx:
            self._lib.llama_free(self._ctx)
        if self._model:
            self.words.close()
            self._lib.llama_model_free(self._model)
        self._ctx = self._model = self._batch = self._read = None

    @property
    def rewinds(self) -> bool:
        """Whether it can forget the end of a text and keep the beginning: a recurrent model cannot."""
        return not (self._lib.llama_model_is_recurrent(self._model) or self._lib.llama_model_is_hybrid(self._model))

    def keep(self, sequence: int, count: int) -> None:
        """Forgets all but the first `count` tokens of `sequence`; 0: all of it, which every model can."""
        if not self._lib.llama_memory_seq_rm(self._memory, sequence, count or -1, -1):
            raise ModelFailed(f"The model cannot forget what is behind token {count} of a text. Take another model: `ujumbe model list`.")

    def copy(self, source: int, target: int, count: int) -> None:
        """Lets `target` hold the first `count` tokens of `source` and nothing else. The copy is made with the next step."""
        self._lib.llama_memory_seq_cp(self._memory, source, target, -1, -1)  # all its cells: llama.cpp copies no part
        self.keep(target, count)

    def step(self, rows: Sequence[Row], adapter: int = 0) -> None:
        """Reads `rows`, at most shape.batch of them, each behind what its sequence holds, with the adapter of that number, counted from 1;
        0: with the model as it is. Raises ModelFailed."""
        self._change(adapter)
        batch = self._batch
        batch.n_tokens = len(rows)
        if self._lean and self._read is not None:
            self._read[: len(rows)] = self._lean.rows.of([row.token for row in rows])
        for n, row in enumerate(rows):
            batch.pos[n], batch.n_seq_id[n], batch.logits[n] = row.at, 1, row.speaks
            batch.seq_id[n][0] = row.sequence
            if not self._lean:
                batch.token[n] = row.token
        code = self._lib.llama_decode(self._ctx, batch)
        if code != 0:
            raise ModelFailed(f"llama.cpp failed to decode (code {code}): {said()}. Restart the worker.")

    def _change(self, adapter: int) -> None:
        if adapter == self._adapter:
            return
        chosen = self._adapters[adapter - 1 : adapter] if adapter else []
        handles, scales = (self._lib.llama_adapter_lora_p_ctypes * 1)(*chosen), (ctypes.c_float * 1)(1.0)
        if self._lib.llama_set_adapters_lora(self._ctx, handles, len(chosen), scales):
            raise ModelFailed(f"llama.cpp cannot change to adapter {adapter}: {said()}. Restart the worker.")
        self._adapter = adapter

    def forget_all(self) -> None:
        """Empties the context."""
        self._lib.llama_memory_clear(self._memory, False)

    def best(self, row: int) -> int:
        """The likeliest token behind row `row` of the last step: greedy, so that the same prompt always gets the same answer."""
        best = int(self._logits(row).argmax())
        return self._lean.token(best) if self._lean else best

    def shares(self, row: int, tokens: Sequence[int]) -> list[float]:
        """How likely each of `tokens` comes behind row `row` of the last step, among them alone: they add up to 1."""
        wanted = self._lean.places(tokens) if self._lean else list(tokens)
        given = self._logits(row)[wanted].astype(np.float64)
        powers = np.exp(given - given.max())
        return [float(p) for p in powers / powers.sum()]

    def _logits(self, row: int) -> NDArray[np.float32]:
        logits = self._lib.llama_get_logits_ith(self._ctx, row)
        if not logits:
            raise ModelFailed(f"llama.cpp has no logits for row {row} of its last step. Restart the worker.")
        return np.ctypeslib.as_array(logits, shape=(self._outcomes,))
