"""Who is measured: each loads, is asked by so many askers at once, and is taken away."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from types import TracebackType
from typing import IO, Protocol, Self

from bench.engine.child import READY, REST, Job
from bench.engine.loop import Answer, Held

ROOT = Path(__file__).resolve().parent.parent.parent
SILENCE_S = 300.0  # without any answer from any asker: it hangs


class Contender(Protocol):
    """`with contender:` it is loaded and being asked, from the start of the block to its end."""

    @property
    def pid(self) -> int:
        """The process that does the work."""

    def __enter__(self) -> Self: ...

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None: ...

    def answers(self) -> Iterator[Answer]:
        """Every answer as it comes, without end. Raises RuntimeError where it dies, fails or hangs."""

    def rest(self) -> Held:
        """Lets nobody ask any more; when the last has the answer, what it still holds. Raises RuntimeError where that does not come."""


class Stream:
    """Answers on the way from whoever receives them to whoever counts them, and the failure behind the last one."""

    def __init__(self) -> None:
        self._queue: SimpleQueue[Answer | Exception] = SimpleQueue()
        self.put = self._queue.put

    def __iter__(self) -> Iterator[Answer]:
        while True:
            try:
                one = self._queue.get(timeout=SILENCE_S)
            except Empty:
                raise RuntimeError(f"No answer came for {SILENCE_S:.0f} s.") from None
            if isinstance(one, Exception):
                raise RuntimeError(str(one)) from one
            yield one


class Child:
    """A contender whose askers are threads beside it in its own process (bench.engine.child)."""

    def __init__(self, job: Job, command: tuple[str, ...] = (sys.executable, "-m", "bench.engine.child")) -> None:
        self._job, self._command, self._stream = job, command, Stream()
        self._reader: threading.Thread | None = None
        self._rest: Future[Held] = Future()

    @property
    def pid(self) -> int:
        """See Contender."""
        return self._process.pid

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(self._job.line() + "\n")
            self._process.stdin.flush()
            if self._process.stdout.readline().strip() != READY:
                raise RuntimeError(f"{self._job.contender} did not start: its process ended with {self._process.wait()}.")
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout,), daemon=True)
        self._reader.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        if self._reader is not None:
            self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe
            with suppress(OSError):
                pipe.close()

    def answers(self) -> Iterator[Answer]:
        """See Contender."""
        return iter(self._stream)

    def rest(self) -> Held:
        """See Contender."""
        assert self._process.stdin
        self._process.stdin.close()
        try:
            return self._rest.result(SILENCE_S)
        except TimeoutError:
            raise RuntimeError(f"{self._job.contender} has not come to rest after {SILENCE_S:.0f} s.") from None

    def _read(self, lines: IO[str]) -> None:
        for line in lines:
            with suppress(ValueError, TypeError):  # the last one, cut in the middle
                if line.startswith(f'{{"{REST}"'):
                    self._rest.set_result(Held(*json.loads(line)[REST]))
                else:
                    self._stream.put(Answer.read(line))
        ended = RuntimeError(f"{self._job.contender}: its process ended with {self._process.wait()}.")
        if not self._rest.done():
            self._rest.set_exception(ended)
        self._stream.put(ended)
