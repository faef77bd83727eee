"""Real worker processes on a real broker: they are ready when they say so, and a kill costs time and nothing else."""

import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack

import pytest

from bot.core.types import Lane
from bot.worker.beat import BEAT
from bot.worker.queue import CeleryQueue
from tests.redis import Server, until
from tests.worker.ledger import LEASE_S, Ledger
from tests.worker.processes import ROOT, worker


@pytest.fixture
def ledger(broker: Server) -> Ledger:
    book = Ledger(broker.settings.data_dir / "ledger.db", CeleryQueue(broker.settings))
    book.warm()
    return book


def test_a_lane_takes_its_own_hints_and_leaves_those_of_others(broker: Server, ledger: Ledger) -> None:
    for row in (1, 2):
        ledger.add(row)
    with worker(Lane.ALERTS.value, broker.settings):
        ledger.queue.hint(Lane.SENDS, 1)
        ledger.queue.hint(Lane.ALERTS, 2)
        until(lambda: ledger.row(2) == (1, 1))
    assert ledger.row(1) == (0, 0)
    assert broker.client.llen("sends") == 1


def test_a_worker_killed_in_the_middle_of_an_answer_loses_nothing_and_answers_once(broker: Server, ledger: Ledger) -> None:
    with ExitStack() as stack:
        stack.enter_context(worker(BEAT, broker.settings))
        stack.enter_context(worker(Lane.CHORES.value, broker.settings))
        with worker(Lane.ANSWERS.value, broker.settings) as first:
            ledger.add(1, takes_s=1.5)
            ledger.queue.hint(Lane.ANSWERS, 1)
            until(lambda: ledger.row(1) == (1, 0))
            first.send_signal(signal.SIGKILL)
            first.wait()
        assert ledger.row(1) == (1, 0)
        stack.enter_context(worker(Lane.ANSWERS.value, broker.settings))
        until(lambda: ledger.row(1) == (2, 1))  # nobody hinted again: the sweep found it
        ledger.add(2)
        ledger.queue.hint(Lane.ANSWERS, 2)
        until(lambda: ledger.row(2)[1] == 1)  # behind it in the queue: by now every hint of 1 has been taken
    assert ledger.row(1) == (2, 1)


def test_an_answer_longer_than_its_lease_is_not_taken_away(broker: Server, ledger: Ledger) -> None:
    ledger.add(1, takes_s=2 * LEASE_S)
    with ExitStack() as stack:
        for name in (BEAT, Lane.CHORES.value, Lane.ANSWERS.value, Lane.ANSWERS.value):  # the second would take it up
            stack.enter_context(worker(name, broker.settings))
        until(lambda: ledger.row(1)[1] == 1)
    assert ledger.row(1) == (1, 1)


def test_sigterm_lets_the_answer_in_hand_be_finished(broker: Server, ledger: Ledger) -> None:
    ledger.add(1, takes_s=1.5)
    with worker(Lane.ANSWERS.value, broker.settings) as process:
        ledger.queue.hint(Lane.ANSWERS, 1)
        until(lambda: ledger.row(1) == (1, 0))
        process.terminate()
        process.wait(timeout=20)
    assert ledger.row(1) == (1, 1)


def test_a_worker_gives_way_to_a_broker_that_was_killed_and_work_goes_on(broker: Server, ledger: Ledger) -> None:
    with ExitStack() as stack:
        stack.enter_context(worker(BEAT, broker.settings))
        chores = stack.enter_context(worker(Lane.CHORES.value, broker.settings))
        broker.kill()
        broker.start()
        if _ended(chores):  # Celery's thread pool sometimes ends with its broker: the supervisor's part is played here
            stack.enter_context(worker(Lane.CHORES.value, broker.settings))
        ledger.add(1)
        stack.enter_context(worker(Lane.ANSWERS.value, broker.settings))
        until(lambda: ledger.row(1)[1] == 1, within_s=40)


def _ended(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(timeout=6)
    except subprocess.TimeoutExpired:
        return False
    return True


def test_the_log_of_a_worker_says_nothing_of_what_passed_through(broker: Server, ledger: Ledger) -> None:
    ledger.add(1)
    with worker(Lane.SENDS.value, broker.settings):
        ledger.queue.hint(Lane.SENDS, 1)
        until(lambda: ledger.row(1) == (1, 1))
    assert "Task" not in (broker.settings.data_dir / "sends.log").read_text()


def test_an_unknown_lane_is_refused_with_the_known_ones() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "bot.worker", "sned"], cwd=ROOT, env=os.environ, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 2
    assert "choose from" in ended.stderr


def test_a_worker_that_was_full_when_its_broker_was_killed_goes_on(broker: Server, ledger: Ledger) -> None:
    """All its hints are in hand, so it asks for none and does not see that the connection is gone; and none of them can be given back."""
    ledger.add(1, takes_s=1.5)
    ledger.add(2)
    with worker(Lane.ANSWERS.value, broker.settings):
        ledger.queue.hint(Lane.ANSWERS, 1)
        until(lambda: ledger.row(1)[0] == 1)
        broker.kill()
        until(lambda: ledger.row(1)[1] == 1)
        time.sleep(0.5)  # the broker is still gone when the hint would be given back
        broker.start()
        until(lambda: _hinted(ledger, 2), within_s=40)


def _hinted(ledger: Ledger, row: int) -> bool:
    ledger.queue.hint(Lane.ANSWERS, row)
    time.sleep(0.5)
    return ledger.row(row)[1] == 1
