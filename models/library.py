"""The bindings to llama.cpp's C interface, loaded once for a process. Only models.native and models.vocabulary use them.

The high-level `llama_cpp.Llama` is not used: while it loads it points the whole process's stdout and stderr at /dev/null, it
cannot be stopped between two pieces of a long prompt, and it reserves n_batch * vocabulary floats of logits.
"""

import ctypes
from collections import deque
from functools import cache
from pathlib import Path
from typing import Any

from bot.core.errors import ModelFailed
from models.threads import sleep_soon

_ERROR_LEVEL = 4  # GGML_LOG_LEVEL_ERROR of ggml.h


@cache
def library() -> tuple[Any, deque[str], object]:
    """The bindings, the last error lines that llama.cpp wrote, and the callback that keeps them (it must not be collected).

    Without a callback llama.cpp prints to stderr, whatever `verbose` says. Its threads are told to sleep soon before they are there.
    Raises ModelFailed."""
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


def said() -> str:
    """What llama.cpp last complained about."""
    return "; ".join(library()[1]) or "it gives no reason"


def load(path: Path, *, words_only: bool = False) -> Any:
    """A handle of the model in `path`; `words_only`: of its vocabulary, without weights. Raises ModelFailed where llama.cpp refuses."""
    lib, lines, _ = library()
    lines.clear()
    params = lib.llama_model_default_params()
    params.n_gpu_layers, params.vocab_only = 0, words_only
    handle = lib.llama_model_load_from_file(str(path).encode(), params)
    if not handle:
        raise ModelFailed(f"llama.cpp cannot load {path}: {said()}. Try another file: `ujumbe model list`.")
    return handle
