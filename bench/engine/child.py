"""What runs in a process of its own, so that its processor time and memory are its own: `python -m bench.engine.child`.

Reads one line of JSON, a Job. Writes the line "ready" when the engine is loaded and then one line for each answer, until its standard
input ends; and then, when nobody asks any more, one line with what the engine still holds.
"""

import json
import os
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple, TextIO

from bench.engine.loop import Answer, Ask, Held, Said, ask_all
from bot.core.errors import ModelFailed
from models.shape import Shape

READY, REST = "ready", "rest"
PATIENCE_S = 600.0  # nobody is given up on: a contender that is slow has slow answers
PLAIN_CONTEXT = 1024  # one prompt and its answer


@dataclass(frozen=True, slots=True)
class Job:
    """What a child is told."""

    contender: str  # a key of OPENERS
    model: str  # the path of a GGUF file
    shape: Shape
    askers: int
    max_tokens: int
    stop: tuple[str, ...]
    prompts: tuple[str, ...]
    lean: str = ""  # the path of its lean copy (models.lean), which only ours can use: it has no words of its own
    adapters: tuple[str, ...] = ()  # paths: asked in turn by who has them

    def line(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, line: str) -> "Job":
        """What `line` wrote."""
        given: dict[str, Any] = json.loads(line)
        given |= {"shape": Shape(**given["shape"])} | {name: tuple(given[name]) for name in ("stop", "prompts", "adapters")}
        return cls(**given)


class Opened(NamedTuple):
    """An engine that can be asked, and what it holds."""

    ask: Ask
    held: Callable[[], Held]


def ours(job: Job) -> Opened:
    """The service's engine, which batches what its callers ask, on the lean copy as the service does."""
    return _engine(job, job.lean)


def whole(job: Job) -> Opened:
    """The same on the whole model: what the batching alone is worth."""
    return _engine(job, "")


def adapted(job: Job) -> Opened:
    """Ours with adapters, one prompt after the other with the next one."""
    return _engine(job, job.lean, tuple(map(Path, job.adapters)))


def _engine(job: Job, lean: str, adapters: Sequence[Path] = ()) -> Opened:
    from models.lean import open_lean
    from models.llama import LlamaWriter

    path = Path(job.model)
    named = {str(n): adapter for n, adapter in enumerate(adapters)}
    writer = LlamaWriter(path, shape=job.shape, chat=False, lean=open_lean(Path(lean), path) if lean else None, adapters=named)
    turns = count()

    def ask(prompt: str) -> Said:
        name = str(next(turns) % len(named)) if named else ""
        draft = writer.write(prompt, max_tokens=job.max_tokens, stop=job.stop, deadline=monotonic() + PATIENCE_S, adapter=name)
        if draft.finish == "deadline":
            raise ModelFailed(f"Our engine gave no answer within {PATIENCE_S:.0f} s.")
        return Said(draft.text.strip(), draft.tokens, getattr(draft, "first_s", 0.0))

    def held() -> Held:
        tally = writer.tally()
        return Held(tally.under_way, tally.cells)

    return Opened(ask, held)


def plain(job: Job) -> Opened:
    """llama-cpp-python as its own front page shows it, behind a lock because it bears one caller at a time."""
    from llama_cpp import Llama

    threads = job.shape.threads
    model: Any = Llama(job.model, n_ctx=PLAIN_CONTEXT, n_threads=threads, n_threads_batch=threads, verbose=False)
    lock = threading.Lock()

    def ask(prompt: str) -> Said:
        began, first, parts = monotonic(), 0.0, list[str]()
        with lock:
            for part in model(prompt, max_tokens=job.max_tokens, stop=list(job.stop), temperature=0.0, stream=True):
                first = first or monotonic() - began
                parts.append(part["choices"][0]["text"])
        return Said("".join(parts).strip(), len(parts), first)

    return Opened(ask, lambda: Held(busy=int(lock.locked())))


OPENERS: Mapping[str, Callable[[Job], Opened]] = {"ours": ours, "ours, whole": whole, "ours, adapted": adapted, "plain": plain}


def serve(given: TextIO, out: TextIO, openers: Mapping[str, Callable[[Job], Opened]]) -> None:
    """Does the job that `given` holds until `given` ends."""
    job = Job.read(given.readline())
    engine = openers[job.contender](job)
    print(READY, file=out, flush=True)
    stop = threading.Event()

    def wait() -> None:
        given.read()
        stop.set()

    def tell(answer: Answer) -> None:
        if not stop.is_set():
            print(answer.line(), file=out, flush=True)

    threading.Thread(target=wait, daemon=True).start()
    ask_all(engine.ask, job.prompts, job.askers, tell, stop=stop, held=engine.held)
    print(json.dumps({REST: engine.held()}), file=out, flush=True)


def main(openers: Mapping[str, Callable[[Job], Opened]] = OPENERS) -> None:
    """Keeps the real standard output for the answers: what a library prints goes to the standard error."""
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    serve(sys.stdin, out, openers)


if __name__ == "__main__":
    main()
