"""Keeps a few programs running: starts them in stages, restarts what dies, takes them all with it when it goes.

It knows nothing of what the programs do. A full disk ends none of them, and not the supervisor either: logs have gaps then.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from bot.core.errors import UjumbeError

TICK_S = 0.2
_BACKOFF_S = (0.3, 30.0)  # first and longest wait before a restart; each death doubles it
_STEADY_S = 30.0  # a program that lived this long starts again without a wait
_LOG_BYTES = 5_000_000  # per program, twice: the file and the one before
_LAST_LINES = 8
_START_DEATHS = 3  # a start is given up after so many
_TOLD_DEATHS = 4  # later on, the end of the log is shown
_MEND_DEATHS = 2  # so often in a row it ended before it was ready: its files may be why

Say = Callable[[str], None]


class StartFailed(UjumbeError):
    """A program kept dying, or was not ready in time. The text names its log and shows its last lines."""


def _nothing() -> None:
    """Nothing to prepare."""


def _nothing_to_mend() -> str:
    return ""


def _always(_: int) -> bool:
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """One program to keep running. `ready(pid)` says whether that process does its work, and `alive(pid)`, later, whether it still does:
    one that hangs is ended. `prepare` runs before each start; `mend` when it ended twice before it was ready, and says what it did."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    ready: Callable[[int], bool]
    alive: Callable[[int], bool] = _always
    prepare: Callable[[], None] = _nothing
    mend: Callable[[], str] = _nothing_to_mend
    nice: int = 0  # added to the priority number: higher gives way to others


@dataclass(slots=True)
class Child:
    """A program and the process that runs it now."""

    program: Program
    log: Path
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0  # time.monotonic()
    start_at: float = 0.0
    deaths: int = 0  # in a row
    unready: int = 0  # so many of them, the last ones, before it was ready
    ready: bool = False

    def start(self) -> None:
        """Starts the program anew, its output appended to its log."""
        self.program.prepare()
        with _appended(self.log) as log:
            self.process = subprocess.Popen(  # noqa: S603  commands are ours, never a person's
                self.program.command,
                env=dict(self.program.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,  # Ctrl-C reaches the supervisor only, which then ends all in the right order
                preexec_fn=_tie_to(os.getpid(), self.program.nice),  # noqa: PLW1509  the supervisor has one thread
            )
        self.started, self.ready = time.monotonic(), False

    def bury(self) -> int | None:
        """If the process has ended: notes it, plans the restart, returns the exit status."""
        if self.process is None or (status := self.process.poll()) is None:
            return None
        now = time.monotonic()
        self.deaths = 1 if self.ready and now - self.started > _STEADY_S else self.deaths + 1
        self.unready = 0 if self.ready else self.unready + 1
        first, longest = _BACKOFF_S
        self.start_at = now + min(longest, first * 2 ** min(self.deaths - 1, 16))
        self.process, self.ready = None, False
        return status

    def last_lines(self) -> str:
        """The end of the log, indented."""
        if not self.log.exists():
            return "    (it could not be written)"
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LAST_LINES:]
        return "\n".join(f"    {line}" for line in lines)


@dataclass(slots=True)
class Supervisor:
    """Runs programs until told to stop. One thread: `start` each stage, then `run`; `stop` ends the stages in reverse."""

    logs: Path  # folder of <name>.log
    say: Say
    stages: list[list[Child]] = field(default_factory=list)
    stopping: bool = False

    def start(self, programs: Sequence[Program], *, within_s: float) -> None:
        """Starts a stage and waits until all of it is ready. Raises StartFailed."""
        self.logs.mkdir(parents=True, exist_ok=True)
        stage = [Child(program, self.logs / f"{program.name}.log") for program in programs]
        self.stages.append(stage)
        end = time.monotonic() + within_s
        while not self.stopping and not all(child.ready for child in stage):
            self.tick()
            self._give_up(stage, late=time.monotonic() > end)
            time.sleep(TICK_S)

    def run(self) -> None:
        """Restarts what dies until `stopping`."""
        while not self.stopping:
            self.tick()
            time.sleep(TICK_S)

    def tick(self) -> None:
        """Looks at every program once."""
        for child in self.children():
            self._mend(child)
            self._greet(child)
            _rotate(child.log)

    def stop(self, *, grace_s: float) -> None:
        """Ends every program, the last stage first: SIGTERM, and SIGKILL for what has not ended after `grace_s` seconds."""
        self.stopping = True
        for stage in reversed(self.stages):
            alive = [child.process for child in stage if child.process is not None]
            for process in alive:
                process.terminate()
            _wait(alive, grace_s)

    def children(self) -> list[Child]:
        """Every program, in the order of its start."""
        return [child for stage in self.stages for child in stage]

    def _mend(self, child: Child) -> None:
        if (status := child.bury()) is not None:
            self.say(f"{child.program.name} ended ({_cause(status)}); it starts again")
            if child.deaths == _TOLD_DEATHS:
                self.say(f"{child.program.name} keeps ending. The end of {child.log}:\n{child.last_lines()}")
            if child.unready == _MEND_DEATHS and (mended := child.program.mend()):
                self.say(mended)
        if child.process is None and time.monotonic() >= child.start_at:
            child.start()
        elif child.process is not None and child.ready and not child.program.alive(child.process.pid):
            self.say(f"{child.program.name} hangs; it is ended")
            child.process.kill()
            child.process.wait()  # or it would be said again

    def _greet(self, child: Child) -> None:
        if child.process is not None and not child.ready and child.program.ready(child.process.pid):
            child.ready = True
            self.say(f"{child.program.name} is ready ({time.monotonic() - child.started:.1f} s)")

    def _give_up(self, stage: Sequence[Child], *, late: bool) -> None:
        for child in stage:
            if child.ready or not (late or child.deaths >= _START_DEATHS):
                continue
            what = "was not ready in time" if late else "keeps ending"
            raise StartFailed(f"{child.program.name} {what}. The end of {child.log}:\n{child.last_lines()}")


def _wait(processes: Sequence[subprocess.Popen[bytes]], grace_s: float) -> None:
    end = time.monotonic() + grace_s
    for process in processes:
        try:
            process.wait(max(0.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _cause(status: int) -> str:
    return f"signal {signal.Signals(-status).name}" if status < 0 else f"exit status {status}"


def _appended(log: Path) -> IO[bytes]:
    """The log, to append to; nowhere while it cannot be made: the work matters more than the word about it."""
    try:
        return log.open("ab")
    except OSError:
        return Path(os.devnull).open("ab")


def _rotate(log: Path) -> None:
    """Keeps `log` below its limit. The program has it open to append, so it goes on at the new end; a line may be lost between. On a
    full disk the older half is what goes: this makes room."""
    try:
        if log.stat().st_size <= _LOG_BYTES:
            return
    except OSError:
        return
    older = log.with_suffix(".log.1")
    try:
        shutil.copyfile(log, older)
    except OSError:
        older.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        os.truncate(log, 0)


def _tie_to(parent: int, nice: int) -> Callable[[], None]:
    """What a child does before its program: it gives way by `nice`, and (on Linux) dies with the supervisor, however that dies."""
    if sys.platform != "linux":
        return lambda: _give_way(nice)
    libc = ctypes.CDLL(None, use_errno=True)  # found before the fork: a child should do as little as it can
    pr_set_pdeathsig = 1

    def tie() -> None:
        _give_way(nice)
        libc.prctl(pr_set_pdeathsig, signal.SIGKILL)
        if os.getppid() != parent:  # it died before we were tied
            os._exit(1)

    return tie


def _give_way(nice: int) -> None:
    if nice:
        os.nice(nice)
