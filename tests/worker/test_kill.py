"""The real App, store and broker: a worker killed in the middle of a generation loses nothing, and the person hears once."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from bot import app
from bot.core.storage import Line
from bot.core.types import Lane, Lang, Message
from bot.store.migrate import upgrade
from bot.worker.beat import BEAT
from bot.worker.queue import CeleryQueue
from tests.redis import server, until
from tests.worker.processes import worker
from tests.worker.slow_runner import BEGUN

RUNNER = "tests.worker.slow_runner"
URN = "tel:+254700000001"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[app.App]:
    with server("valkey", tmp_path) as broker:
        upgrade(broker.settings.sqlalchemy_url)
        house = app.build(broker.settings, queue=CeleryQueue(broker.settings))
        with closing(house.store):
            yield house


def ask(house: app.App) -> None:
    """Sends a question that a fact answers, and hints it as the gateway does."""
    case = next(case for skill in house.library.skills for case in skill.cases if case.fact and case.lang is Lang.EN)
    with house.store.begin() as tx:
        taken = house.inbox.take(tx, Message(channel="sim", external_id="m1", urn=URN, text=case.text), now=time.time())
    assert [lane for lane, _ in taken.hints] == [Lane.ANSWERS]
    for hint in taken.hints:
        house.queue.hint(*hint)


def heard(house: app.App) -> list[Line]:
    return [line for line in house.store.conversation(URN, limit=20) if not line.inbound]


def test_killed_while_the_model_writes(house: app.App) -> None:
    settings = house.settings
    with ExitStack() as stack:
        for name in (BEAT, Lane.CHORES.value, Lane.SENDS.value):
            stack.enter_context(worker(name, settings, RUNNER))
        with worker(Lane.ANSWERS.value, settings, RUNNER) as first:
            ask(house)
            until((settings.data_dir / BEGUN).exists)
            first.send_signal(signal.SIGKILL)
            first.wait()
        assert heard(house) == []
        stack.enter_context(worker(Lane.ANSWERS.value, settings, RUNNER))
        until(lambda: [line.status for line in heard(house)] == ["wired"], within_s=60)
        time.sleep(3.0)  # longer than a lease and a sweep: a second answer would have come by now
    assert len(heard(house)) == 1
