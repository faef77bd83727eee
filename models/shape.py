"""How an engine is laid out on a machine: threads, room, what goes into one step."""

from dataclasses import dataclass

CACHES = ("f16", "q8_0")
CONTEXT = 768  # tokens: the longest fact's prompt has 472, the longest question 100 more, an answer 80


@dataclass(frozen=True, slots=True)
class Shape:
    """What `ujumbe model tune` measures and the engine is opened with.

    context: tokens of one text at most, its answer with it. batch: tokens a step, at most: the longer, the faster a
    prompt is read, and the later a deadline is seen. cache: how keys and values are kept, one of CACHES; q8_0 needs flash.
    """

    threads: int = 1
    sequences: int = 8  # texts under way at once
    context: int = CONTEXT
    batch: int = 256
    flash: bool = True
    cache: str = "f16"
