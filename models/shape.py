"""How an engine is laid out on a machine: threads, room, what goes into one step."""

from dataclasses import dataclass

CACHES = ("f16", "q8_0")
# An odd number of 256s. llama.cpp's attention has a row of so many numbers for each token that is read, and looks at 64 rows at once: with
# 4096 they all lie in the same few places of the processor's first cache and drive each other out. Reading 16 texts became 15 % slower.
CONTEXT = 15 * 256


@dataclass(frozen=True, slots=True)
class Shape:
    """What `ujumbe model tune` measures and the engine is opened with.

    context: tokens that all texts share, those that begin alike counting once. batch: tokens a step, at most: the longer, the faster a
    prompt is read, and the later a deadline is seen. cache: how keys and values are kept, one of CACHES; q8_0 needs flash.
    """

    threads: int = 1
    sequences: int = 8  # texts under way at once
    context: int = CONTEXT
    batch: int = 256
    flash: bool = True
    cache: str = "f16"
