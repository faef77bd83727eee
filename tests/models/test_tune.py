"""The search for the best shape, on made-up landscapes: what it finds, what it survives, when it ends."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.errors import BadSetting, ModelFailed
from models.measure import Pace, Unmeasured
from models.shape import Shape
from models.trim import copy_of
from models.tune import LIMIT_S, MARGIN, QUICK_S, Axis, Best, axes, search, tune
from models.tuned import FILE, Machine, cautious, default_shape, shape_for
from tests.models.tiny import gguf

HERE = Machine("AMD EPYC", 4, 24000, "0.3.36")
START = cautious(default_shape(HERE))
AXES = axes(HERE, threads=0, quick=False)


class Clock:
    """Time that passes only where it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _search(
    landscape: Callable[[Shape], Pace],
    *,
    among: Sequence[Axis] = AXES,
    starts: Sequence[Shape] = (START,),
    limit_s: float = 1e9,
    takes_s: float = 1.0,
) -> tuple[Best | None, list[Shape], float]:
    """What was found, what was measured, and the seconds that it took."""
    clock, measured = Clock(), list[Shape]()

    def measure(shape: Shape) -> Pace:
        clock.now += takes_s
        measured.append(shape)
        return landscape(shape)

    found = search(starts, among, measure, limit_s=limit_s, seen=lambda *_: None, clock=clock)
    return found, measured, clock.now - 1000.0


def _even(score: float) -> Pace:
    return Pace(quiet=score, busy=score)


def _values(name: str) -> list[Any]:
    return [fields[name] for axis in AXES for fields in axis if name in fields]


targets = st.builds(
    lambda threads, sequences, batch, attention: replace(START, threads=threads, sequences=sequences, batch=batch, **attention),
    st.sampled_from(_values("threads")),
    st.sampled_from(_values("sequences")),
    st.sampled_from(_values("batch")),
    st.sampled_from(AXES[3]),
)


def _distance(shape: Shape, target: Shape) -> int:
    steps = sum(
        abs(_values(name).index(getattr(shape, name)) - _values(name).index(getattr(target, name))) for name in ("threads", "batch")
    )
    steps += abs(_values("sequences").index(shape.sequences) - _values("sequences").index(target.sequences))
    return steps + (shape.flash != target.flash) + (shape.cache != target.cache)


@given(target=targets)
def test_it_finds_the_peak_of_a_hill(target: Shape) -> None:
    found, measured, _ = _search(lambda shape: _even(100 * 0.9 ** _distance(shape, target)))
    assert found is not None
    assert found.shape == target
    assert found.whole
    assert found.measured == len(measured) == len(set(measured)) < 4 * 3 * 4 * 3 / 2


@given(data=st.data())
def test_whatever_the_landscape_no_single_change_is_better_by_more_than_the_margin(data: st.DataObject) -> None:
    known: dict[Shape, Pace] = {}

    def landscape(shape: Shape) -> Pace:
        pace = data.draw(st.one_of(st.none(), st.builds(Pace, quiet=st.floats(0, 1e4), busy=st.floats(0, 1e4))))
        if pace is None:
            raise Unmeasured("died with SIGILL")
        known[shape] = pace
        return pace

    found, measured, _ = _search(landscape)
    if found is None:
        assert all(pace.score == 0 for pace in known.values())
        return
    assert found.pace is known[found.shape]
    assert {replace(found.shape, **fields) for axis in AXES for fields in axis} <= set(measured)
    for axis in AXES:
        for fields in axis:
            other = known.get(replace(found.shape, **fields))
            assert other is None or other.score <= MARGIN * found.pace.score


@given(target=targets, crashes=st.sets(st.sampled_from(["start", "flash", "threads", "batch"])))
def test_a_shape_that_crashes_ends_nothing_and_is_never_chosen(target: Shape, crashes: set[str]) -> None:
    def dies(shape: Shape) -> bool:
        return (
            ("start" in crashes and shape == START)
            or ("flash" in crashes and shape.flash)
            or ("threads" in crashes and shape.threads == 4)
            or ("batch" in crashes and shape.batch == 256)
        )

    def landscape(shape: Shape) -> Pace:
        if dies(shape):
            raise Unmeasured("died with SIGSEGV")
        return _even(100 * 0.9 ** _distance(shape, target))

    found, _, _ = _search(landscape)
    assert found is not None
    assert not dies(found.shape)
    if not dies(target):
        assert found.shape == target


@pytest.mark.parametrize("dies", [True, False])
def test_what_works_is_where_it_begins_and_what_is_slow_is_left(dies: bool) -> None:
    def landscape(shape: Shape) -> Pace:
        if dies and shape.flash:
            raise Unmeasured("died with SIGILL")
        return _even(10 if shape.flash else 60)

    found, measured, _ = _search(landscape, starts=(default_shape(HERE), START), among=AXES[:2])
    assert default_shape(HERE).flash
    assert found is not None
    assert (found.shape, measured[:2]) == (START, [default_shape(HERE), START])


def test_nothing_that_can_be_measured_is_nothing_found() -> None:
    def landscape(_: Shape) -> Pace:
        raise Unmeasured("died with SIGILL")

    found, measured, _ = _search(landscape)
    assert found is None
    assert len(measured) > len(AXES)


@given(limit_s=st.floats(0, 60), takes_s=st.floats(0.1, 30), target=targets)
def test_the_time_is_kept(limit_s: float, takes_s: float, target: Shape) -> None:
    found, measured, took_s = _search(lambda shape: _even(100 * 0.9 ** _distance(shape, target)), limit_s=limit_s, takes_s=takes_s)
    assert took_s <= max(limit_s, takes_s) + 1e-6
    assert found is not None
    assert found.shape in measured
    assert found.whole == ({replace(found.shape, **fields) for axis in AXES for fields in axis} <= set(measured))


def test_a_hang_that_was_long_is_not_risked_again_at_the_end() -> None:
    clock, measured = Clock(), list[Shape]()

    def measure(shape: Shape) -> Pace:
        measured.append(shape)
        clock.now += 60 if len(measured) == 2 else 1
        return _even(1)

    search([START], AXES, measure, limit_s=100, seen=lambda *_: None, clock=clock)
    assert len(measured) == 2


def test_what_is_fast_alone_and_collapses_beside_a_neighbour_loses() -> None:
    """The figures of two threads on two cores, in tokens a second: 27 alone, 2 beside one busy process."""
    found, _, _ = _search(lambda shape: Pace(quiet=15, busy=13) if shape.threads == 1 else Pace(quiet=27, busy=2), among=AXES[:1])
    assert found is not None
    assert found.shape.threads == 1


def test_a_lead_within_the_noise_changes_nothing() -> None:
    found, _, _ = _search(lambda shape: _even(100 if shape == START else 100 * (MARGIN - 0.01)))
    assert found is not None
    assert found.shape == START


@pytest.mark.parametrize(("quiet", "busy", "score"), [(60, 60, 60), (30, 60, 40), (60, 0, 0), (0, 0, 0)])
def test_the_score_is_the_harmonic_mean(quiet: float, busy: float, score: float) -> None:
    assert Pace(quiet, busy).score == pytest.approx(score)


@pytest.mark.parametrize("cores", [1, 2, 3, 4, 7, 64, 200])
def test_every_axis_fits_the_machine(cores: int) -> None:
    machine = replace(HERE, cores=cores)
    among = axes(machine, threads=0, quick=False)
    threads = [fields["threads"] for fields in among[0]]
    assert set(threads) >= {1, cores, max(1, cores - 1)}
    assert all(1 <= n <= cores for n in threads)
    assert [fields["sequences"] for fields in among[1]] == [4, 8, 16]
    assert [fields["sequences"] for fields in axes(replace(machine, memory_mb=2000), threads=0, quick=False)[1]] == [4, 8]
    assert all(fields["flash"] or fields["cache"] == "f16" for fields in among[3])
    assert axes(machine, threads=5, quick=True)[0] == [{"threads": 5}]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "mine.gguf"
    path.write_bytes(gguf())
    return path


def _tune(model: Path, measure: Callable[..., Pace], *, threads: int = 0, quick: bool = False, load: float = 0.0) -> list[str]:
    said: list[str] = []
    tune(
        model,
        threads=threads,
        cache_dir=model.parent / "cache",
        quick=quick,
        say=said.append,
        machine=HERE,
        measure=measure,
        loaded=lambda: load,
    )
    return said


def _some(path: Path, shape: Shape, *, phase_s: float, lean: Path | None = None) -> Pace:
    if shape.flash:
        raise Unmeasured("died with SIGILL")
    return Pace(quiet=10.0 * shape.threads, busy=2.0 * (5 - shape.threads), neighbour=0.5, cpu_s=1.5, memory_mb=300)


def test_tuning_says_every_figure_and_keeps_the_best(model: Path) -> None:
    said = _tune(model, _some)
    assert said[0].startswith("Measuring mine.gguf on 4 x AMD EPYC, for at most about 240 s.")
    row = next(line for line in said if line.startswith("      2 "))
    assert re.split(r" {2,}", row.strip()) == ["2", "8", "64", "no", "f16", "20.0", "6.0", "9.2", "50%", "1.50", "300 MB", "best so far"]
    assert any(line.endswith("died with SIGILL") and " yes " in line for line in said)
    assert said[-1].startswith("Best of 12: 2 threads, 8 texts at once, steps of 64 tokens, no flash attention, f16 cache. Kept in ")
    shape, note = shape_for(model, 0, cache_dir=model.parent / "cache", machine=HERE)
    assert shape == replace(START, threads=2)
    assert note.endswith("20 answers a minute, 6 beside a busy neighbour")


def test_threads_that_are_set_are_not_searched(model: Path) -> None:
    seen: list[Shape] = []

    def measure(path: Path, shape: Shape, *, phase_s: float, lean: Path | None = None) -> Pace:
        seen.append(shape)
        return _some(path, shape, phase_s=phase_s)

    _tune(model, measure, threads=3)
    assert {shape.threads for shape in seen} == {3}


@pytest.mark.parametrize("same", [True, False])
def test_the_lean_copy_is_measured_where_there_is_one_of_this_model(model: Path, same: bool) -> None:
    copy = copy_of(model, model.parent / "cache" / "models")
    copy.parent.mkdir(parents=True)
    seen = model.stat()
    mark = f"1:{model.name}:{seen.st_size + (not same)}:{int(seen.st_mtime)}:texts"
    copy.write_bytes(gguf(meta={"ujumbe.lean": mark}))
    leans: list[Path | None] = []

    def measure(path: Path, shape: Shape, *, phase_s: float, lean: Path | None = None) -> Pace:
        leans.append(lean)
        return _some(path, shape, phase_s=phase_s)

    _tune(model, measure)
    assert set(leans) == {copy if same else None}


def test_quick_is_shorter(model: Path) -> None:
    phases: list[float] = []

    def measure(path: Path, shape: Shape, *, phase_s: float, lean: Path | None = None) -> Pace:
        phases.append(phase_s)
        return _some(path, shape, phase_s=phase_s)

    whole = len(_tune(model, measure))
    slow = phases[-1]
    quick = len(_tune(model, measure, quick=True))
    assert quick < whole
    assert phases[-1] < slow
    assert QUICK_S < LIMIT_S


def test_a_busy_machine_is_told_about(model: Path) -> None:
    assert any("Something else is at work" in line for line in _tune(model, _some, load=2.5))
    assert not any("Something else is at work" in line for line in _tune(model, _some, load=1.5))


def test_where_every_shape_fails_nothing_is_kept(model: Path) -> None:
    def measure(path: Path, shape: Shape, *, phase_s: float, lean: Path | None = None) -> Pace:
        raise Unmeasured("died with SIGILL")

    with pytest.raises(ModelFailed, match="No shape of the engine could be measured"):
        _tune(model, measure)
    assert not (model.parent / "cache" / FILE).exists()


def test_what_is_no_model_is_refused_before_anything_is_measured(model: Path) -> None:
    model.write_bytes(b"not a model")
    with pytest.raises(BadSetting, match="not a sound GGUF file"):
        _tune(model, lambda *_, **__: pytest.fail("measured"))


def test_a_cache_that_cannot_be_written_is_said(model: Path) -> None:
    (model.parent / "cache").write_text("a file in its place")
    with pytest.raises(BadSetting, match="cannot be kept in"):
        _tune(model, _some)
