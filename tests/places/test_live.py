"""The gazetteer of a running service follows its files, and a bad file never stops it."""

import logging
import threading
from pathlib import Path

import pytest
from shapely import box

from bot.core.alert.cap import Area, Circle
from bot.places import file, outlines, own
from bot.places.live import LOOK_EVERY_S, LivePlaces
from tests.places.outlines import BOXES
from tests.places.small import rows

Log = pytest.LogCaptureFixture


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def passes(self) -> None:
        self.now += LOOK_EVERY_S


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def live(tmp_path: Path, clock: Clock) -> LivePlaces:
    (tmp_path / "data").mkdir()
    return LivePlaces(tmp_path / "cache", tmp_path / "data", ["KE"], clock=clock)


def build(tmp_path: Path) -> None:
    file.write(file.path_for(tmp_path / "cache", ["KE"]), rows(), {})


def test_without_a_file_nothing_is_known_and_it_is_said_once(live: LivePlaces, clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert not live.match("Garissa").places
            assert not live.children("")
            clock.passes()
    assert [record.getMessage() for record in caplog.records if "ujumbe places build" in record.getMessage()] == [
        "No places are built for KE: nobody can be found by place. Build them: `ujumbe places build`."
    ]


def test_a_file_that_is_built_later_is_read(live: LivePlaces, clock: Clock, tmp_path: Path) -> None:
    assert not live
    build(tmp_path)
    clock.passes()
    assert live.match("Tana River").sure
    assert live.place("KE-07")


def test_own_names_are_picked_up_and_dropped_again(
    live: LivePlaces, clock: Clock, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    build(tmp_path)
    names = tmp_path / "data" / own.FILE
    names.write_text("gsa,KE-07\nbush,Atlantis\n")
    assert live.match("gsa").sure
    assert "place-aliases.csv:2: 'Atlantis' is no place" in caplog.text
    names.unlink()
    clock.passes()
    assert not live.match("gsa").sure


def test_outlines_that_are_installed_count_at_once(live: LivePlaces, clock: Clock, tmp_path: Path) -> None:
    build(tmp_path)
    area = Area("", circles=[Circle((0.5, 40.9), 1)])
    assert live.covered([area]).degraded
    outlines.add(tmp_path / "data" / outlines.FILE, {"KE-07": box(*BOXES["KE-07"])}, "test")
    clock.passes()
    assert not live.covered([area]).degraded


@pytest.mark.parametrize("which", ["places", "outlines", "names"])
def test_a_damaged_file_leaves_the_rest(live: LivePlaces, tmp_path: Path, which: str, caplog: pytest.LogCaptureFixture) -> None:
    build(tmp_path)
    damaged = {
        "places": file.path_for(tmp_path / "cache", ["KE"]),
        "outlines": tmp_path / "data" / outlines.FILE,
        "names": tmp_path / "data" / own.FILE,
    }[which]
    damaged.write_bytes(b"\xff" * 5000)
    assert bool(live.match("Hola").places) == (which != "places")
    assert damaged.name in caplog.text


def test_many_threads_may_ask_at_once(live: LivePlaces, tmp_path: Path) -> None:
    build(tmp_path)
    found: list[bool] = []
    threads = [threading.Thread(target=lambda: found.append(live.match("Hola").sure)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 8
