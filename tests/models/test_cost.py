"""The meter, on made-up trees of /proc and /sys."""

from pathlib import Path
from time import process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.cost import Meter, Used
from tests.models.box import HZ, MOST, Box


@pytest.fixture
def box(tmp_path: Path) -> Box:
    made = Box(tmp_path)
    made.process(7, 1000)
    return made


@pytest.mark.parametrize("name", ["python", "a b", "x) S 1 (y", ")"])
def test_processor_time_since_the_meter_was_made_whatever_the_process_is_called(box: Box, name: str) -> None:
    box.process(7, 1000, name=name)
    meter = box.meter()
    assert meter.read() == Used(0.0, None)
    box.process(7, 1000 + 5 * HZ, name=name)
    assert meter.read().cpu_s == 5.0


def test_a_process_that_ends_keeps_what_it_had_used(box: Box) -> None:
    meter = box.meter()
    box.process(7, 1000 + HZ)
    assert meter.read().cpu_s == 1.0
    box.gone(7)
    assert meter.read().cpu_s == 1.0


def test_a_stranger_under_the_same_number_is_not_counted(box: Box) -> None:
    meter = box.meter()
    box.process(7, 1000 + 99 * HZ, born=200)
    assert meter.read().cpu_s == 0.0


def test_a_restarted_engine_is_followed_and_the_sum_goes_on(box: Box) -> None:
    meter = box.meter()
    box.process(7, 1000 + 2 * HZ)
    box.process(8, 50)
    meter.follow(8)
    box.process(8, 50 + 3 * HZ)
    assert meter.read().cpu_s == 5.0


def test_no_such_process(box: Box) -> None:
    with pytest.raises(ProcessLookupError, match="no process 9"):
        box.meter(9)


def test_alone_a_process_bears_all_energy_of_the_packages_and_of_nothing_else(box: Box) -> None:
    for n in (0, 1):
        box.zone(f"intel-rapl:{n}", f"package-{n}", 1_000_000)
    box.zone("intel-rapl:0:0", "core", 5)
    box.zone("intel-rapl:2", "psys", 5)
    meter = box.meter()
    for n in (0, 1):
        box.zone(f"intel-rapl:{n}", f"package-{n}", 4_000_000)
    box.zone("intel-rapl:0:0", "core", 900_000_000)
    box.zone("intel-rapl:2", "psys", 900_000_000)
    box.process(7, 1000 + HZ)
    box.machine(HZ)
    assert meter.read().joules == pytest.approx(6.0)


def test_beside_others_it_bears_its_share(box: Box) -> None:
    box.zone("intel-rapl:0", "package-0", 0)
    meter = box.meter()
    box.zone("intel-rapl:0", "package-0", 8_000_000)
    box.process(7, 1000 + HZ)
    box.machine(4 * HZ)
    assert meter.read().joules == pytest.approx(2.0)
    box.zone("intel-rapl:0", "package-0", 90_000_000)  # idle from here on: not its energy
    box.machine(9 * HZ)
    used = meter.read()
    assert (used.cpu_s, used.joules) == (1.0, pytest.approx(2.0))


def test_a_counter_that_wraps_is_not_a_loss(box: Box) -> None:
    box.zone("intel-rapl:0", "package-0", MOST - 1_000_000)
    meter = box.meter()
    box.zone("intel-rapl:0", "package-0", 2_000_000)
    box.process(7, 1000 + HZ)
    box.machine(HZ)
    assert meter.read().joules == pytest.approx(3.0)


def test_energy_that_goes_dark_stays_unknown(box: Box) -> None:
    box.zone("intel-rapl:0", "package-0", 0)
    meter = box.meter()
    assert meter.read().joules == 0.0
    (box.powercap / "intel-rapl:0/energy_uj").unlink()
    assert meter.read().joules is None
    box.zone("intel-rapl:0", "package-0", 5)
    assert meter.read().joules is None


def test_energy_that_only_root_may_read_is_unknown(box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    box.zone("intel-rapl:0", "package-0", 0)
    read = Path.read_text

    def refuse(path: Path, *args: str, **kwargs: str) -> str:
        if path.name == "energy_uj":
            raise PermissionError
        return read(path, *args, **kwargs)

    monkeypatch.setattr(Path, "read_text", refuse)
    assert box.meter().read() == Used(0.0, None)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(steps=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 500), st.integers(0, 10**8)), max_size=8))
def test_the_sums_never_fall_and_never_exceed_what_the_machine_gave(box: Box, steps: list[tuple[int, int, int]]) -> None:
    ticks, busy, energy = 1000, 0, 0
    box.process(7, ticks)
    box.machine(busy)
    box.zone("intel-rapl:0", "package-0", energy)
    meter, before = box.meter(), Used(0.0, 0.0)
    for mine, others, burnt in steps:
        ticks, busy, energy = ticks + mine, busy + mine + others, energy + burnt
        box.process(7, ticks)
        box.machine(busy)
        box.zone("intel-rapl:0", "package-0", energy)
        used = meter.read()
        assert used.joules is not None
        assert before.joules is not None
        assert used.cpu_s >= before.cpu_s
        assert before.joules <= used.joules <= energy / 1e6 + 1e-9
        before = used
    assert before.cpu_s == pytest.approx((ticks - 1000) / HZ)


def test_per_answer() -> None:
    assert Used(6.0, 30.0).per(3) == Used(2.0, 10.0)
    assert Used(6.0, None).per(3) == Used(2.0, None)
    assert Used(6.0, None).per(0) is None


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="this system has no /proc")
def test_the_real_one_counts_this_process() -> None:
    meter, began = Meter(), process_time()
    while process_time() - began < 0.2:
        sum(range(1000))
    assert meter.read().cpu_s == pytest.approx(process_time() - began, abs=0.1)
