"""Two machines work on one line of questions: they share its work, and what one of them leaves undone the other does."""

import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest

from bot import app
from bot.config import Settings
from bot.core.types import Lane, Lang, Message
from bot.store.migrate import upgrade
from bot.worker.beat import BEAT
from bot.worker.queue import CeleryQueue
from tests import postgres
from tests.redis import server, until
from tests.worker.processes import worker
from tests.worker.slow_runner import BEGUN

RUNNER = "tests.worker.slow_runner"
URNS = [f"tel:+25470000000{n}" for n in range(8)]


@pytest.fixture
def hosts(tmp_path: Path) -> Iterator[tuple[Settings, Settings]]:
    """Two hosts, each with a disk of its own; the database and the broker are elsewhere, and the same for both."""
    with postgres.running() as database, server("redis", tmp_path) as broker:
        settings = []
        for name in ("first", "second"):
            (tmp_path / name).mkdir()
            own = {"data_dir": tmp_path / name, "database_url": database}
            settings.append(broker.settings.model_copy(update=own))
        upgrade(settings[0].sqlalchemy_url)
        yield settings[0], settings[1]


def ask(house: app.App, urn: str) -> None:
    case = next(case for skill in house.library.skills for case in skill.cases if case.fact and case.lang is Lang.EN)
    with house.store.begin() as tx:
        taken = house.inbox.take(tx, Message(channel="sim", external_id=urn, urn=urn, text=case.text), now=time.time())
    for hint in taken.hints:
        house.queue.hint(*hint)


def statuses(house: app.App, urn: str) -> list[str]:
    return [line.status for line in house.store.conversation(urn, limit=20) if not line.inbound]


def test_they_share_the_work_and_what_a_dead_one_left(hosts: tuple[Settings, Settings]) -> None:
    first, second = hosts
    house = app.build(first, queue=CeleryQueue(first))
    with closing(house.store), ExitStack() as stack:
        for name in (BEAT, Lane.CHORES.value, Lane.SENDS.value, Lane.ANSWERS.value):
            stack.enter_context(worker(name, first, RUNNER))
        doomed = stack.enter_context(worker(Lane.ANSWERS.value, second, RUNNER))
        for urn in URNS:
            ask(house, urn)
        until(lambda: all((host.data_dir / BEGUN).exists() for host in hosts), within_s=30)
        doomed.send_signal(signal.SIGKILL)
        until(lambda: all(statuses(house, urn) == ["wired"] for urn in URNS), within_s=90)
        time.sleep(3.0)  # longer than a lease and a sweep: a second answer would have come by now
        assert {urn: statuses(house, urn) for urn in URNS} == {urn: ["wired"] for urn in URNS}
