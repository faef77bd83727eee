"""Finds the shape that this machine answers fastest with, by measuring: one thing is changed at a time, what is better stays."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from bot.core.errors import BadSetting, ModelFailed
from models.gguf import read_head
from models.measure import Pace, Unmeasured
from models.measure import measure as measured
from models.shape import Shape
from models.trim import copy_at
from models.tuned import SMALL_MB, Kept, Machine, cautious, default_shape, keep, this_machine

LIMIT_S, QUICK_S = 240.0, 75.0  # seconds, a quick search's too
_PHASE_S, _QUICK_PHASE_S = 8.0, 3.0  # seconds of asking, alone and again beside the neighbour
_LOADED = 0.5  # load average a core: more, and something else is at work
MARGIN = 1.03  # a challenger must be so much better: two measurements of one shape differ by about that
_SEQUENCES, _BATCHES, _THREADS = (4, 8, 16), (32, 64, 128, 256), (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64)
_ATTENTION: tuple[Mapping[str, Any], ...] = (
    {"flash": False, "cache": "f16"},
    {"flash": True, "cache": "f16"},
    {"flash": True, "cache": "q8_0"},  # q8_0 needs flash
)

Axis = Sequence[Mapping[str, Any]]  # the values that one thing may have, as fields of a Shape
Say = Callable[[str], None]
Measure = Callable[[Shape], Pace]  # raises Unmeasured
Seen = Callable[[Shape, Pace | str, bool], None]  # a shape, its pace or why it has none, and whether it is the best so far


@dataclass(frozen=True, slots=True)
class Best:
    """What a search found. `whole`: it came to its end before its time was up."""

    shape: Shape
    pace: Pace
    measured: int
    whole: bool


class _TimeUp(Exception):
    """No time for another measurement."""


def axes(machine: Machine, *, threads: int, quick: bool) -> Sequence[Axis]:
    """What is worth trying on `machine`, what matters most first. `threads` that are set are not searched. `quick`: the first two alone."""
    counts = [threads] if threads else sorted({n for n in (*_THREADS, machine.cores - 1, machine.cores) if 1 <= n <= machine.cores})
    most = 8 if 0 < machine.memory_mb <= SMALL_MB else max(_SEQUENCES)  # each text takes memory
    found: list[Axis] = [
        [{"threads": n} for n in reversed(counts)],
        [{"sequences": n} for n in _SEQUENCES if n <= most],
        [{"batch": n} for n in _BATCHES],
        _ATTENTION,
    ]
    return found[:2] if quick else found


def search(
    starts: Sequence[Shape], among: Sequence[Axis], measure: Measure, *, limit_s: float, seen: Seen, clock: Callable[[], float] = monotonic
) -> Best | None:
    """Goes from the best of `starts` along each of `among` in turn, again and again until nothing more gets better. None: nothing could
    be measured.

    No shape is measured twice. A measurement is not begun where the longest so far would not fit into `limit_s`; the first always is.
    """
    run = _Run(starts[0], measure, limit_s, seen, clock)
    try:
        for start in starts:
            run.look(start)
        while sum(run.improve(axis) for axis in among):
            pass
    except _TimeUp:
        run.whole = False
    return Best(run.shape, run.pace, len(run.known), run.whole) if run.pace else None


_HEAD = "threads  texts  batch  flash  cache    alone  beside a busy one  score  its core  cpu s  memory"


def tune(
    path: Path,
    *,
    threads: int,
    cache_dir: Path,
    quick: bool,
    say: Say,
    machine: Machine | None = None,
    measure: Callable[..., Pace] | None = None,  # of models.measure
    loaded: Callable[[], float] = lambda: os.getloadavg()[0],
) -> Best:
    """Searches for the best shape of the model `path` on this machine, says what it sees, and keeps what it finds in `cache_dir`.

    `threads`: the setting; 0: searched too. Raises ModelFailed where no shape could be measured, BadSetting for a file that is no model.
    """
    read_head(path)  # before every shape fails for the same reason
    machine, lean = machine or this_machine(), copy_at(path, cache_dir / "models")
    start = default_shape(machine)
    start = replace(start, threads=threads) if threads else start
    limit_s, phase_s = (QUICK_S, _QUICK_PHASE_S) if quick else (LIMIT_S, _PHASE_S)
    say(f"Measuring {(lean or path).name} on {machine.cores} x {machine.cpu}, for at most about {limit_s:.0f} s. Answers a minute:")
    if loaded() > _LOADED * machine.cores:
        say("Something else is at work on this machine. End it first (`ujumbe serve`, too), or the figures are worth little.")
    say(_HEAD)
    found = search(
        (start, cautious(start)),
        axes(machine, threads=threads, quick=quick),
        partial(measure or measured, path, phase_s=phase_s, lean=lean),
        limit_s=limit_s,
        seen=lambda shape, pace, better: say(_row(shape, pace, better)),
    )
    if found is None:
        raise ModelFailed(f"No shape of the engine could be measured with {path.name}; the lines above say why. See `ujumbe model try`.")
    today = f"{datetime.now(tz=UTC):%Y-%m-%d}"
    try:
        file = keep(path, Kept(found.shape, found.pace.quiet, found.pace.busy, today), cache_dir=cache_dir, machine=machine)
    except OSError as error:
        raise BadSetting(f"The result cannot be kept in {cache_dir} ({error.strerror}). Give this user the right to write there.") from None
    ended = "" if found.whole else " The time was up before everything was tried."
    say(f"Best of {found.measured}: {_words(found.shape)}. Kept in {file}; the service takes it at its next start.{ended}")
    return found


def _row(shape: Shape, pace: Pace | str, better: bool) -> str:
    flash = "yes" if shape.flash else "no"
    left = f"{shape.threads:>7}  {shape.sequences:>5}  {shape.batch:>5}  {flash:<5}  {shape.cache:<5}"
    if isinstance(pace, str):
        return f"{left}  {pace}"
    figures = (
        f"{pace.quiet:>7.1f}  {pace.busy:>17.1f}  {pace.score:>5.1f}  {pace.neighbour:>8.0%}  {pace.cpu_s:>5.2f}  {pace.memory_mb:>4} MB"
    )
    return f"{left}  {figures}{'  best so far' if better else ''}"


def _words(shape: Shape) -> str:
    flash = f"flash attention with a {shape.cache} cache" if shape.flash else f"no flash attention, {shape.cache} cache"
    threads = "1 thread" if shape.threads == 1 else f"{shape.threads} threads"
    return f"{threads}, {shape.sequences} texts at once, steps of {shape.batch} tokens, {flash}"


class _Run:
    """One search: what is known, and the best of it."""

    def __init__(self, start: Shape, measure: Measure, limit_s: float, seen: Seen, clock: Callable[[], float]) -> None:
        self.shape, self.whole = start, True
        self.pace: Pace | None = None
        self.known: set[Shape] = set()
        self._measure, self._limit_s, self._seen, self._clock = measure, limit_s, seen, clock
        self._began, self._longest = clock(), 0.0

    def improve(self, axis: Axis) -> bool:
        """Tries every value of `axis` in the best shape. Whether that became another."""
        before = self.shape
        for shape in [replace(before, **fields) for fields in axis]:
            self.look(shape)
        return self.shape != before

    def look(self, shape: Shape) -> None:
        """Measures `shape`, where it is not known yet. Raises _TimeUp."""
        if shape in self.known:
            return
        began = self._clock()
        if self.known and began - self._began + self._longest > self._limit_s:
            raise _TimeUp
        self.known.add(shape)
        try:
            pace: Pace | str = self._measure(shape)
        except Unmeasured as error:
            pace = str(error)
        self._longest = max(self._longest, self._clock() - began)
        better = isinstance(pace, Pace) and pace.score > 0 and pace.score > MARGIN * (self.pace.score if self.pace else 0.0)
        if isinstance(pace, Pace) and better:
            self.shape, self.pace = shape, pace
        self._seen(shape, pace, better)
