"""Askers in a closed loop: each puts its next question when it has the answer to its last."""

import json
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from itertools import count
from time import monotonic
from typing import NamedTuple


class Said(NamedTuple):
    """What an engine said. `first_s`: seconds from the question to its first token, 0 where it cannot tell."""

    text: str
    tokens: int
    first_s: float


class Held(NamedTuple):
    """What an engine holds, None where it cannot tell: sequences that are under way, and cells of its context."""

    busy: int | None = None
    cells: int | None = None


Ask = Callable[[str], Said]


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer as its asker saw it."""

    prompt: int  # its place in the list
    ended: float  # seconds on the monotonic clock, which all processes of a machine share
    first_s: float  # from the question to the first token, 0: not known
    last_s: float  # from the question to the end
    tokens: int
    text: str
    busy: int | None = None  # of Held, then
    cells: int | None = None

    def line(self) -> str:
        """One line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, line: str) -> "Answer":
        """What `line` wrote. Raises ValueError or TypeError for anything else."""
        return cls(**json.loads(line))


def ask_all(
    ask: Ask,
    prompts: Sequence[str],
    askers: int,
    tell: Callable[[Answer], None],
    *,
    stop: threading.Event,
    held: Callable[[], Held] = Held,
) -> None:
    """Puts the prompts in their order, over and over, from `askers` threads until `stop`; tells of each answer, one at a time.

    Raises what the first asker raised who failed before `stop`; the others finish the question they are at.
    """
    turns, telling = count(), threading.Lock()

    def asker() -> None:
        while not stop.is_set():
            number = next(turns) % len(prompts)
            began = monotonic()
            try:
                said = ask(prompts[number])
            except Exception:
                if stop.is_set():  # the engine is being taken away
                    return
                raise
            ended = monotonic()
            with telling:
                tell(Answer(number, ended, said.first_s, ended - began, said.tokens, said.text, *held()))

    with ThreadPoolExecutor(askers) as pool:
        running = [pool.submit(asker) for _ in range(askers)]
        wait(running, return_when=FIRST_EXCEPTION)
        stop.set()
    for one in running:
        one.result()
