"""The kept shape: it comes back where it was measured and nowhere else, and a damaged file costs nothing but a note."""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.shape import CACHES, Shape
from models.tuned import FILE, Kept, Machine, default_shape, keep, shape_for, this_machine

HERE = Machine("AMD EPYC", 2, 24000, "0.3.36")
FOUND = Shape(threads=2, sequences=8, context=6144, batch=128, flash=True, cache="q8_0")
KEPT = Kept(FOUND, 112.0, 61.0, "2026-11-27")

shapes = st.builds(
    Shape,
    threads=st.integers(1, 512),
    sequences=st.integers(1, 256),
    context=st.integers(1, 1 << 20),
    batch=st.integers(256, 4096),
    flash=st.just(True),
    cache=st.sampled_from(CACHES),
)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.gguf"
    path.write_bytes(b"GGUF")
    return path


def _found(model: Path, *, machine: Machine = HERE, threads: int = 0) -> tuple[Shape, str]:
    return shape_for(model, threads, cache_dir=model.parent, machine=machine)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(shape=shapes, quiet=st.floats(0, 1e6), busy=st.floats(0, 1e6))
def test_what_is_kept_comes_back(model: Path, shape: Shape, quiet: float, busy: float) -> None:
    keep(model, Kept(shape, quiet, busy, "2026-11-27"), cache_dir=model.parent, machine=HERE)
    found, note = _found(model)
    assert found == shape
    assert "measured on 2026-11-27" in note


@pytest.mark.parametrize(
    "change",
    [{"cpu": "Cortex-A72"}, {"cores": 4}, {"llama": "0.4.0"}],
    ids=lambda change: next(iter(change)),
)
def test_another_machine_begins_with_its_default(model: Path, change: dict[str, Any]) -> None:
    keep(model, KEPT, cache_dir=model.parent, machine=HERE)
    there = replace(HERE, **change)
    shape, note = _found(model, machine=there)
    assert shape == default_shape(there)
    assert "ujumbe model tune" in note


def test_less_memory_changes_nothing_for_what_was_measured(model: Path) -> None:
    keep(model, KEPT, cache_dir=model.parent, machine=HERE)
    assert _found(model, machine=replace(HERE, memory_mb=23999))[0] == FOUND


@pytest.mark.parametrize("change", [lambda p: p.write_bytes(b"GGUF longer"), lambda p: os.utime(p, (1, 1))], ids=["size", "time"])
def test_another_file_under_the_models_name_begins_with_the_default(model: Path, change: Callable[[Path], None]) -> None:
    keep(model, KEPT, cache_dir=model.parent, machine=HERE)
    change(model)
    assert _found(model)[0] == default_shape(HERE)


def test_every_model_keeps_its_own(model: Path) -> None:
    other = model.with_name("other.gguf")
    other.write_bytes(b"GGUF")
    keep(model, KEPT, cache_dir=model.parent, machine=HERE)
    keep(other, replace(KEPT, shape=Shape(threads=1)), cache_dir=model.parent, machine=HERE)
    assert (_found(model)[0], _found(other)[0]) == (FOUND, Shape(threads=1))


def test_set_threads_win_over_measured_ones_and_over_the_default(model: Path) -> None:
    assert _found(model, threads=5)[0] == replace(default_shape(HERE), threads=5)
    keep(model, KEPT, cache_dir=model.parent, machine=HERE)
    shape, note = _found(model, threads=5)
    assert shape == replace(FOUND, threads=5)
    assert note.endswith("threads as set")


def test_nothing_kept_or_no_model_is_a_hint(model: Path) -> None:
    for path in (model, model.with_name("nowhere.gguf")):
        shape, note = _found(path)
        assert shape == default_shape(HERE)
        assert note == f"no shape was measured for {path.name} on this machine: `ujumbe model tune` measures it"


def _damage(**fields: Any) -> Callable[[dict[str, Any]], Any]:
    def change(data: dict[str, Any]) -> Any:
        next(iter(data["shapes"].values()))["shape"].update(fields)
        return data

    return change


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(lambda d: [], "not of format 2", id="no table"),
        pytest.param(lambda d: d | {"format": 3}, "not of format 2", id="a later format"),
        pytest.param(lambda d: d | {"shapes": [1]}, "not of format 2", id="no shapes"),
        pytest.param(lambda d: d | {"shapes": dict.fromkeys(d["shapes"], 7)}, "lacks its figures", id="a number for a shape"),
        pytest.param(_damage(threads=0), "threads is 0", id="no thread"),
        pytest.param(_damage(batch=4, sequences=8), "a step of 4 tokens has no room for 8 texts", id="more texts than a step has tokens"),
        pytest.param(_damage(threads=True), "threads is True", id="yes for a number"),
        pytest.param(_damage(batch=1 << 40), "batch is 1099511627776", id="a step that no memory holds"),
        pytest.param(_damage(cache="q2"), "cache 'q2'", id="an unknown cache"),
        pytest.param(_damage(cache=["f16"]), "cache", id="a list for a cache"),
        pytest.param(_damage(flash=False, cache="q8_0"), "flash is False and cache 'q8_0'", id="q8_0 without flash"),
        pytest.param(_damage(speed=9), "other fields", id="a field of another version"),
    ],
)
def test_a_damaged_file_is_left_aside_with_its_reason(model: Path, change: Callable[[dict[str, Any]], Any], says: str) -> None:
    file = keep(model, KEPT, cache_dir=model.parent, machine=HERE)
    file.write_text(json.dumps(change(json.loads(file.read_text()))))
    shape, note = _found(model)
    assert shape == default_shape(HERE)
    assert says in note
    assert "left aside" in note
    keep(model, KEPT, cache_dir=model.parent, machine=HERE)
    assert _found(model)[0] == FOUND


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"null", b'"x"', b"[" * 100_000], ids=repr)
def test_bytes_that_are_no_table_are_left_aside(model: Path, raw: bytes) -> None:
    model.with_name(FILE).write_bytes(raw)
    shape, note = _found(model)
    assert shape == default_shape(HERE)
    assert "left aside" in note
    keep(model, KEPT, cache_dir=model.parent, machine=HERE)
    assert _found(model)[0] == FOUND


def test_a_folder_in_its_place_is_left_aside(model: Path) -> None:
    model.with_name(FILE).mkdir()
    assert "cannot be read" in _found(model)[1]


def test_a_write_that_fails_leaves_what_was_kept(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(model, KEPT, cache_dir=model.parent, machine=HERE)
    with monkeypatch.context() as patch:
        patch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("full")))
        with pytest.raises(OSError, match="full"):
            keep(model, replace(KEPT, shape=Shape()), cache_dir=model.parent, machine=HERE)
    assert _found(model)[0] == FOUND


@pytest.mark.parametrize(
    ("cores", "memory_mb", "expected"),
    [
        pytest.param(4, 1800, Shape(threads=1, sequences=4, batch=128), id="a board of 2 GB"),
        pytest.param(4, 3800, Shape(threads=3), id="4 GB"),
        pytest.param(8, 16000, Shape(threads=7), id="a desktop"),
        pytest.param(1, 16000, Shape(threads=1), id="one core"),
        pytest.param(2, 0, Shape(threads=1), id="memory unknown"),
    ],
)
def test_the_default_fits_the_machine(cores: int, memory_mb: int, expected: Shape) -> None:
    assert default_shape(Machine("any", cores, memory_mb, "")) == expected
    assert asdict(expected)["cache"] == "f16"


def _tree(tmp_path: Path, **files: str) -> Path:
    for name, text in files.items():
        (tmp_path / name.replace("__", ".")).write_text(text)
    return tmp_path


@pytest.fixture
def _eight(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(8)))


@pytest.mark.usefixtures("_eight")
@pytest.mark.parametrize(
    ("info", "cpu"),
    [
        ("processor\t: 0\nmodel name\t: AMD EPYC\n\nprocessor\t: 1\nmodel name\t: AMD EPYC\n", "AMD EPYC"),
        ("processor\t: 0\nBogoMIPS\t: 108.00\n\nModel\t: Raspberry Pi 4 Model B Rev 1.4\n", "Raspberry Pi 4 Model B Rev 1.4"),
    ],
)
def test_the_machine_says_what_it_is(tmp_path: Path, info: str, cpu: str) -> None:
    proc = _tree(tmp_path, cpuinfo=info, meminfo="MemTotal:        3884320 kB\nMemFree: 1 kB\n")
    machine = this_machine(proc, tmp_path / "none")
    assert (machine.cpu, machine.cores, machine.memory_mb) == (cpu, 8, 3793)


@pytest.mark.usefixtures("_eight")
@pytest.mark.parametrize(
    ("cpu_max", "memory_max", "cores", "memory_mb"),
    [
        pytest.param("max 100000", "max", 8, 3793, id="no limit"),
        pytest.param("250000 100000", "1073741824", 2, 1024, id="two cores and a half, 1 GB"),
        pytest.param("50000 100000", "99999999999999", 1, 3793, id="half a core, more memory than there is"),
        pytest.param("nonsense", "", 8, 3793, id="unreadable"),
    ],
)
def test_a_containers_limits_count(tmp_path: Path, cpu_max: str, memory_max: str, cores: int, memory_mb: int) -> None:
    tree = _tree(tmp_path, meminfo="MemTotal: 3884320 kB\n", cpu__max=cpu_max, memory__max=memory_max)
    machine = this_machine(tree, tree)
    assert (machine.cores, machine.memory_mb) == (cores, memory_mb)
