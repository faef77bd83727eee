"""How long the engine's threads spin for each other before they sleep.

ggml splits every operation over its threads and lets them meet at a barrier behind it, some hundred times a token. Built as it comes,
with OpenMP, the barrier is libgomp's: who waits there looks again 300,000 times (milliseconds) before it sleeps, and holds its core
for that long. Where a neighbour has taken the core of the thread that is waited for, every barrier costs such a wait.

The polling of ggml's own thread pool (`poll` of ggml_threadpool_params, llama_attach_threadpool) changes nothing here: with OpenMP
ggml starts no workers of its own; without it, `poll` is for the wait between two steps, and the barrier inside one spins for ever.
"""

import ctypes
from pathlib import Path

SPINS = 1000
_SPINS, _POLICY = b"GOMP_SPINCOUNT", b"OMP_WAIT_POLICY"
_MAPS = Path("/proc/self/maps")


def sleep_soon(spins: int = SPINS, maps: Path = _MAPS) -> bool:
    """Lets threads of libgomp sleep after `spins` looks, in this process and those it starts.

    Call it before llama_cpp is loaded: libgomp reads the environment once, when it is loaded. False: it was there already, and
    nothing is changed. What the user has set in the environment stays.
    """
    if _is_loaded(maps):
        return False
    libc = ctypes.CDLL(None)
    libc.getenv.restype = ctypes.c_char_p
    libc.setenv.argtypes = (ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int)
    if libc.getenv(_POLICY) is None:
        libc.setenv(_SPINS, str(spins).encode(), 0)
    return True


def _is_loaded(maps: Path) -> bool:
    try:
        return "libgomp" in maps.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
