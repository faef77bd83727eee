"""The clock jumps by a day, as on a board without a battery when NTP answers: people hear from us as if nothing had been."""

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from bot.core.errors import StoreDown
from bot.core.jump import JUMP_S, Watch, steady
from bot.core.storage import NewDelivery
from bot.store.memory import MemoryStore
from bot.worker.beat import scheduler
from bot.worker.queue import make_celery
from tests.degrade.house import DAY_S, URN, House, open_house
from tests.redis import server as broker

JUMPS = [pytest.param(-DAY_S, id="back"), pytest.param(DAY_S, id="forward")]


@pytest.fixture
def house(tmp_path: Path, url: str) -> Iterator[House]:
    with open_house(tmp_path, url) as opened:
        opened.pass_time(4)
        yield opened


@pytest.mark.parametrize("by_s", JUMPS)
def test_a_question_that_waits_is_answered_within_a_minute(house: House, by_s: float) -> None:
    house.receive()
    house.lose_hints()
    house.board.jump(by_s)
    house.pass_time(60)
    assert house.statuses() == ["wired"]


@pytest.mark.parametrize("by_s", JUMPS)
def test_an_answer_that_waits_to_be_sent_goes_out_within_a_minute(house: House, by_s: float) -> None:
    house.receive()
    (hint,) = house.queue._hints
    house.lose_hints()
    house.app._answering.answer(hint[1], hold=_no_lease)
    house.board.jump(by_s)
    house.pass_time(60)
    assert house.statuses() == ["wired"]


@pytest.mark.parametrize("by_s", JUMPS)
def test_what_is_received_after_the_jump_is_answered_at_once(house: House, by_s: float) -> None:
    house.receive()
    house.queue.drain(house.app)
    house.board.jump(by_s)
    house.pass_time(14)
    house.receive("How far apart do I plant beans?")
    house.queue.drain(house.app)
    assert house.statuses() == ["wired", "wired"]


@pytest.mark.parametrize("by_s", JUMPS)
def test_a_long_queue_of_hints_is_not_called_expired_before_the_sweep_has_come(house: House, by_s: float) -> None:
    """The senders meet the jump first. An expired delivery would be over for good."""
    for n in range(20):
        with house.app.store.begin() as tx:
            tx.insert_delivery(NewDelivery(f"t:{n}", "sim", URN, ("Rain.",), not_after=house.board.wall + 600), now=house.board.wall)
    house.app.send(1)
    house.board.jump(by_s)
    for n in range(2, 21):
        house.app.send(n)
    house.pass_time(60)
    assert house.statuses() == ["wired"] * 20


def test_back_and_forth_again_leaves_everything_as_it_was(house: House) -> None:
    """Started with a wrong time, put right, and a bad time server on top."""
    house.receive()
    house.lose_hints()
    for by_s in (DAY_S, -DAY_S, -365 * DAY_S, 365 * DAY_S):
        house.board.jump(by_s)
        house.app.sweep()
        house.lose_hints()
        house.board.tick(2)
    house.pass_time(60)
    assert house.statuses() == ["wired"]


def test_a_day_of_sleep_is_a_day(house: House) -> None:
    """The machine slept and the time passed for people, too: an answer a day late would only puzzle."""
    with house.app.store.begin() as tx:
        tx.insert_delivery(NewDelivery("t:1", "sim", URN, ("Rain.",), not_after=house.board.wall + 600), now=house.board.wall)
    house.board.tick(DAY_S)
    house.pass_time(30)
    assert house.statuses() == ["failed"]


def test_missed_messages_are_fetched_again_after_a_jump(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[float] = []
    monkeypatch.setattr("bot.app.upkeep.recover", lambda *_, now, since: asked.append(now) or _nothing())
    house.board.jump(-DAY_S)
    house.pass_time(2)
    assert asked == [house.board.wall]


def test_a_store_that_is_down_during_the_jump_hears_of_it_later() -> None:
    class Failing(MemoryStore):
        fails = True

        def settle_clock(self, *, now: float, jumped_s: float = 0.0) -> float:
            if self.fails:
                raise StoreDown("away")
            return super().settle_clock(now=now, jumped_s=jumped_s)

    clocks = {"wall": 0.0, "passed": 0.0}
    watch, store = Watch(lambda: clocks["wall"], lambda: clocks["passed"]), Failing()
    watch.look()
    clocks["wall"] += DAY_S
    with pytest.raises(StoreDown):
        watch.settle(store)
    store.fails = False
    assert watch.settle(store) == DAY_S
    assert watch.settle(store) == 0.0


@pytest.mark.parametrize(("jump_s", "calm"), [(0.0, True), (JUMP_S, True), (JUMP_S + 1, False), (-JUMP_S - 1, False)])
def test_workers_wait_a_few_seconds_after_a_jump(jump_s: float, calm: bool) -> None:
    clocks = {"wall": 0.0, "passed": 0.0}
    watch = Watch(lambda: clocks["wall"], lambda: clocks["passed"])
    watch.look()
    clocks["wall"] += jump_s
    watch.look()
    assert watch.calm is calm
    clocks["wall"] += 11
    clocks["passed"] += 11
    watch.look()
    assert watch.calm


def test_the_steady_clock_passes_as_time_does() -> None:
    first, wall = steady(), time.time()
    time.sleep(0.05)
    assert steady() - first == pytest.approx(time.time() - wall, abs=0.04)


@pytest.mark.parametrize("by_s", JUMPS)
def test_the_beat_goes_on(tmp_path: Path, by_s: float) -> None:
    """Celery plans by the wall clock: without help it would wait until yesterday has passed."""
    with broker("valkey", tmp_path) as running:
        celery = make_celery(running.settings, publisher=True)
        now = celery.now
        beat = scheduler(lambda: None)(app=celery)

        def beats() -> int:
            beat.tick()
            return int(running.client.llen("chores"))  # type: ignore[arg-type]

        _until(lambda: beats() == 1)
        celery.now = lambda: now() + timedelta(seconds=by_s)
        assert isinstance(celery.now(), datetime)
        _until(lambda: beats() == 2)
        celery.close()


def _until(true: object) -> None:
    """A beat comes every 2 s; 8 s are long."""
    assert callable(true)
    end = time.monotonic() + 8
    while not true():
        assert time.monotonic() < end, "no beat came"
        time.sleep(0.05)


def _no_lease(_: object) -> "_Nothing":
    return _Nothing()


class _Nothing:
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def _nothing() -> object:
    from bot.core.recover import Recovered

    return Recovered()
