"""A real worker's heartbeat: it goes on while the worker idles, works or waits for its broker, and stops where the worker hangs."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import heartbeat
from bot.config import Settings, child_environment
from bot.core.types import Lane
from bot.worker.beat import BEAT
from bot.worker.lanes import THREADS
from bot.worker.pulse import Pulse
from bot.worker.queue import CeleryQueue
from tests.redis import Server, free_port, until
from tests.worker.ledger import Ledger
from tests.worker.processes import ROOT, worker
from tests.worker.runner import IDLE_S, LONGEST_S


@pytest.fixture
def ledger(broker: Server) -> Ledger:
    book = Ledger(broker.settings.data_dir / "ledger.db", CeleryQueue(broker.settings))
    book.warm()
    return book


def look(settings: Settings, name: str) -> heartbeat.Beat | None:
    return heartbeat.read(heartbeat.heartbeat_file(settings.run_path, name))


def beats(settings: Settings, name: str) -> Callable[[], bool]:
    """Whether `name` keeps its promise now."""

    def well() -> bool:
        beat = look(settings, name)
        return beat is not None and beat.overdue(time.monotonic()) == 0

    return well


def hangs(settings: Settings, name: str) -> Callable[[], bool]:
    well = beats(settings, name)
    return lambda: not well()


@pytest.mark.parametrize("name", [Lane.SENDS.value, BEAT])
def test_a_frozen_process_misses_its_beats_and_a_thawed_one_goes_on(broker: Server, name: str) -> None:
    with worker(name, broker.settings) as process:
        until(beats(broker.settings, name))
        beat = look(broker.settings, name)
        assert beat is not None
        assert beat.pid == process.pid
        process.send_signal(signal.SIGSTOP)
        until(hangs(broker.settings, name), within_s=40)
        process.send_signal(signal.SIGCONT)
        until(beats(broker.settings, name))


def test_an_idle_worker_is_heard_of_again_and_again(broker: Server) -> None:
    with worker(Lane.SENDS.value, broker.settings):
        until(beats(broker.settings, "sends"))
        first = look(broker.settings, "sends")
        assert first is not None
        until(lambda: (now := look(broker.settings, "sends")) is not None and now.written > first.until + IDLE_S)


def test_a_task_that_takes_its_time_is_not_taken_for_hung(broker: Server, ledger: Ledger) -> None:
    ledger.add(1, takes_s=3 * IDLE_S)
    with worker(Lane.ANSWERS.value, broker.settings):
        until(beats(broker.settings, "answers"))
        ledger.queue.hint(Lane.ANSWERS, 1)
        late = []

        def done() -> bool:
            late.extend([look(broker.settings, "answers")] if hangs(broker.settings, "answers")() else [])
            return ledger.row(1)[1] == 1

        until(done)
        assert late == []


def test_tasks_that_never_end_stop_the_heartbeat_although_the_process_lives(broker: Server, ledger: Ledger) -> None:
    everybody = range(1, 1 + THREADS[Lane.ANSWERS])  # while one thread is left, the lane works
    for row in everybody:
        ledger.add(row, takes_s=600)
    with worker(Lane.ANSWERS.value, broker.settings) as process:
        until(beats(broker.settings, "answers"))
        began = time.monotonic()
        for row in everybody:
            ledger.queue.hint(Lane.ANSWERS, row)
        until(hangs(broker.settings, "answers"))
        assert time.monotonic() - began > LONGEST_S
        assert process.poll() is None


@pytest.mark.parametrize("name", [Lane.SENDS.value, BEAT])
def test_a_part_that_waits_for_a_broker_that_is_not_there_is_alive(tmp_path: Path, name: str) -> None:
    settings = Settings(data_dir=tmp_path, model="none", broker_url=f"redis://127.0.0.1:{free_port()}/0")
    log = tmp_path / "log"
    with starting(name, settings, log) as process:
        until(lambda: look(settings, name) is not None)
        first = look(settings, name)
        assert first is not None
        until(lambda: (now := look(settings, name)) is not None and now.written > first.written, within_s=40)
        assert process.poll() is None
        process.kill()


def test_a_worker_whose_broker_was_killed_is_alive_or_ended_but_never_hangs(broker: Server) -> None:
    with worker(Lane.SENDS.value, broker.settings) as process:
        until(beats(broker.settings, "sends"))
        broker.kill()
        end = time.monotonic() + 5 * IDLE_S
        while time.monotonic() < end and process.poll() is None:  # Celery's thread pool sometimes ends with its broker
            assert beats(broker.settings, "sends")()
            time.sleep(0.05)


def test_the_beat_tells_of_an_outage_once_and_without_a_traceback(broker: Server) -> None:
    with worker(BEAT, broker.settings):
        log = broker.settings.data_dir / "beat.log"
        broker.kill()
        until(lambda: "the broker cannot be reached" in log.read_text())
        written = look(broker.settings, BEAT)
        assert written is not None
        until(lambda: (now := look(broker.settings, BEAT)) is not None and now.written > written.written + 2, within_s=40)
        broker.start()
        until(lambda: "the broker is back" in log.read_text(), within_s=40)
        assert log.read_text().count("cannot be reached") == 1
        assert "Traceback" not in log.read_text()


def test_a_pool_whose_threads_are_all_taken_is_asked_once() -> None:
    asked = []

    class Full:
        def apply_async(self, work: Callable[[], None], **_: object) -> None:
            asked.append(work)

    class Word:
        def promise(self, for_s: float) -> None: ...

    pulse = Pulse(Word(), 60)  # type: ignore[arg-type]
    pulse.ask(Full())
    pulse.ask(Full())
    assert len(asked) == 1
    asked[0]()
    pulse.ask(Full())
    assert len(asked) == 2


def starting(name: str, settings: Settings, log: Path) -> "subprocess.Popen[bytes]":
    """A worker process that cannot become ready."""
    with log.open("wb") as file:
        return subprocess.Popen(
            [sys.executable, "-m", "tests.worker.runner", name], cwd=ROOT, env=child_environment(settings), stdout=file, stderr=file
        )
