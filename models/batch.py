"""Continuous batching: several texts go on together, one step of the model at a time, and a new one joins between two steps.

A step reads up to `batch` tokens at once: the next one of each text that is being written, then pieces of prompts. That is what makes
many askers cheap: the weights are read once for all of them. One thread drives it (models.llama); nothing here knows text or locks.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Protocol

from bot.core.errors import ModelFailed
from bot.core.workload import Tokens
from models.job import Job
from models.lookup import guess
from models.native import Row
from models.sequences import Memory, Sequences, common
from models.shape import Shape

GUESSED = 4  # tokens that a text may run ahead of itself in a step (models.lookup)
_WORTH_WAITING = 4  # tokens: who shares so many more with a prompt that is being read now waits for them


class Machine(Memory, Protocol):
    """The model: models.native.Native, or a double."""

    def step(self, rows: Sequence[Row], adapter: int = 0) -> None: ...

    def best(self, row: int) -> int: ...

    def shares(self, row: int, tokens: Sequence[int]) -> list[float]: ...

    def forget_all(self) -> None: ...


def outputs(shape: Shape) -> int:
    """How many rows of a step may speak: each text's next token, and as many guesses again, or what one text alone guesses."""
    return min(shape.batch, max(2 * shape.sequences, 1 + GUESSED))


@dataclass(frozen=True, slots=True)
class _Piece:
    """What a step reads for a job; the last `guessed` tokens are guesses."""

    job: Job
    tokens: Sequence[int]
    guessed: int = 0


class Batch:
    """Jobs on one context. Not thread-safe. `steps` and `done` count what the model has done."""

    def __init__(self, machine: Machine, shape: Shape, *, clock: Callable[[], float] = monotonic) -> None:
        self._machine, self._shape, self._clock = machine, shape, clock
        self._sequences = Sequences(machine, running=shape.sequences)
        self._waiting: list[Job] = []
        self._running: list[Job] = []
        self.steps, self.done = 0, Tokens()

    @property
    def busy(self) -> bool:
        return bool(self._waiting or self._running)

    @property
    def under_way(self) -> int:
        """Jobs that have a sequence."""
        return len(self._running)

    @property
    def cells(self) -> int:
        """Tokens that the context holds."""
        return self._sequences.used

    def add(self, job: Job) -> None:
        """Lets `job` wait for a sequence. Raises ModelFailed where it can never have one."""
        needed = len(job.tokens) + job.limit + GUESSED
        if needed > self._shape.context:
            raise ModelFailed(
                f"The prompt and its answer have {needed} tokens and the engine takes {self._shape.context}. Shorten the facts."
            )
        self._waiting.append(job)

    def step(self) -> None:
        """One step for all who run, one adapter after the other. What the model fails at ends all of them, and the context starts anew."""
        self._expire()
        self._admit()
        try:
            for adapter in sorted({job.adapter for job in self._running}):
                self._read(self._pieces(adapter), adapter)
        except ModelFailed as error:
            self.fail(str(error))

    def _read(self, pieces: Sequence[_Piece], adapter: int) -> None:
        self._machine.step([row for piece in pieces for row in _rows(piece)], adapter)
        self.steps += 1
        first = 0
        for piece in pieces:
            self._heard(piece, first)
            first += len(piece.tokens)

    def fail(self, why: str) -> None:
        """Ends all jobs; none of them is tried again: one of them may be the reason."""
        self._machine.forget_all()
        jobs, self._waiting, self._running = [*self._running, *self._waiting], [], []
        self._sequences = Sequences(self._machine, running=self._shape.sequences)
        for job in jobs:
            job.error, job.held = why, None
            job.over_with("failed")

    def _expire(self) -> None:
        now = self._clock()
        for job in [job for job in self._waiting if job.deadline <= now]:
            self._waiting.remove(job)
            job.over_with("deadline")
        for job in [job for job in self._running if job.deadline <= now]:
            self._end(job, "deadline")

    def _admit(self) -> None:
        """Lets in who waits, the earliest deadline first, while there is room. Who shares much with what is being read waits."""
        for job in sorted(self._waiting, key=lambda job: job.deadline):
            if len(self._running) >= self._shape.sequences:
                return
            if self._soon(job):
                continue
            job.held = self._sequences.take(job.tokens, job.adapter)
            self.done.shared += len(job.held.tokens)
            self._waiting.remove(job)
            self._running.append(job)

    def _soon(self, job: Job) -> bool:
        reading = [other for other in self._running if other.reading and other.adapter == job.adapter]
        if not reading:
            return False
        coming = max(common(other.tokens[: other.prompt], job.tokens) for other in reading)
        return coming >= self._sequences.shared(job.tokens, job.adapter) + _WORTH_WAITING

    def _pieces(self, adapter: int) -> list[_Piece]:
        """What the next step reads: first who writes, each with as many guesses, then prompts, the earliest deadline first."""
        running = [job for job in self._running if job.adapter == adapter]
        writing = [job for job in running if not job.reading]
        reading = sorted((job for job in running if job.reading), key=lambda job: job.deadline)
        ahead = self._guesses(writing, len(running))
        pieces = [_Piece(job, [job.tokens[-1], *some], len(some)) for job, some in zip(writing, ahead, strict=True)]
        room = self._shape.batch - sum(len(piece.tokens) for piece in pieces)
        for job in reading:
            assert job.held is not None
            todo = job.tokens[len(job.held.tokens) :][:room]
            if todo:
                room -= len(todo)
                pieces.append(_Piece(job, todo))
        return sorted(pieces, key=_place)

    def _guesses(self, writing: Sequence[Job], running: int) -> list[list[int]]:
        """What each of `writing` may go on with: as many tokens as half of them have a guess for. Texts with as many rows are read in one
        go, and what others do not have is made up. `running`: those who may speak in this step."""
        if not writing or not self._machine.rewinds:
            return [[] for _ in writing]
        most = outputs(self._shape) // running - 1
        found = [guess(job.tokens, min(GUESSED, most, job.limit - job.written - 1)) if not job.among else [] for job in writing]
        length = sorted(map(len, found))[(len(found) - 1) // 2]
        return [[*ahead, *[job.tokens[-1]] * length][:length] for job, ahead in zip(writing, found, strict=True)]

    def _heard(self, piece: _Piece, first: int) -> None:
        """Takes in what a step said about one job, from its row `first` on."""
        job, count = piece.job, len(piece.tokens)
        assert job.held is not None
        self.done.read += max(0, min(count, job.prompt - len(job.held.tokens)))
        self.done.guessed += piece.guessed
        self._sequences.grow(job.held, piece.tokens)
        known = count - piece.guessed  # rows that were surely right
        if len(job.held.tokens) - piece.guessed < len(job.tokens):
            return  # still reading
        if job.among:
            job.shares = self._machine.shares(first + known - 1, job.among)
            job.first_at = self._clock()
            self._end(job, "stop")
            return
        self._listen(job, [self._machine.best(first + n) for n in range(known - 1, count)], piece.tokens[known:])

    def _listen(self, job: Job, said: Sequence[int], guessed: Sequence[int]) -> None:
        """`said`: what the model says behind the last known token and behind each guess. It counts up to the first wrong guess."""
        for n, token in enumerate(said):
            job.first_at = job.first_at or self._clock()
            right = n < len(guessed) and guessed[n] == token
            self.done.right += right
            if not job.hears(token):
                self._end(job, "stop")
                return
            job.tokens.append(token)
            if job.written >= job.limit:
                self._end(job, "length")
                return
            if not right:
                break
        if job.held is not None:
            self._sequences.cut(job.held, len(job.tokens) - 1)  # wrong guesses

    def _end(self, job: Job, finish: str) -> None:
        self._running.remove(job)
        if job.held is not None:
            self._sequences.end(job.held, min(len(job.held.tokens), job.prompt))
            job.held = None
        job.over_with(finish)


def _place(piece: _Piece) -> int:
    assert piece.job.held is not None
    return piece.job.held.id


def _rows(piece: _Piece) -> Iterator[Row]:
    """Only rows whose outcome is wanted get logits: those are the dearest."""
    held = piece.job.held
    assert held is not None
    start, wanted = len(held.tokens), len(piece.job.tokens) - 1
    for n, token in enumerate(piece.tokens):
        yield Row(token, start + n, held.id, speaks=start + n >= wanted)
