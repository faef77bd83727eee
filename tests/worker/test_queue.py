"""Hints: they arrive on the right lane, and a broker that is gone costs little and raises nothing."""

import json
import logging
from pathlib import Path

import pytest

from bot.config import Settings
from bot.core.errors import BadSetting
from bot.core.types import Lane
from bot.worker import queue as module
from bot.worker.queue import CLOCK, TASKS, CeleryQueue, make_celery
from tests.redis import Server, free_port


@pytest.mark.parametrize("lane", Lane)
def test_a_hint_lies_on_its_lane_and_carries_an_id_and_nothing_else(broker: Server, lane: Lane) -> None:
    CeleryQueue(broker.settings).hint(lane, 7)
    assert broker.client.llen(lane.value) == 1
    envelope = json.loads(broker.client.lindex(lane.value, 0))
    assert envelope["content-type"] == "application/json"
    assert envelope["headers"]["task"] == TASKS[lane]
    assert envelope["headers"]["argsrepr"] == "(7,)"


def test_a_broker_that_dies_raises_nothing_and_hints_flow_again_when_it_is_back(
    broker: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "_PAUSE_S", 0.0)  # no pause: every hint is really tried
    hints = CeleryQueue(broker.settings)
    hints.hint(Lane.SENDS, 1)
    broker.kill()
    for row in range(2, 5):
        hints.hint(Lane.SENDS, row)
    broker.start()
    before = broker.client.llen("sends")
    hints.hint(Lane.SENDS, 5)
    assert broker.client.llen("sends") == before + 1
    assert [r.levelno for r in caplog.records if r.name == module.__name__] == [logging.WARNING] * 2  # gone once, back once


def test_a_broker_that_hangs_is_tried_once_a_pause(broker: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SLOW_S", 0.2)
    monkeypatch.setattr(module, "_PAUSE_S", 3600.0)
    hints = CeleryQueue(broker.settings)
    hints.hint(Lane.SENDS, 1)
    broker.freeze()
    for row in range(2, 500):  # at 0.2 s each this would run into the suite's patience; only the first is tried
        hints.hint(Lane.SENDS, row)
    broker.thaw()
    hints.hint(Lane.SENDS, 500)
    assert broker.client.llen("sends") <= 2  # the first, and perhaps the one that hung


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("redis://127.0.0.1:{port}/0", id="redis"),
        pytest.param("amqp://127.0.0.1:{port}//", id="rabbitmq"),
        pytest.param("", id="no-embedded-valkey"),
    ],
)
def test_a_broker_that_never_was_raises_nothing(url: str, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, broker_url=url.format(port=free_port()))
    hints = CeleryQueue(settings)
    for lane in Lane:
        hints.hint(lane, 1)


@pytest.mark.parametrize("url", ["filesystem://", "sqla+sqlite:///x.db", "memory://", "localhost:6379"])
def test_a_transport_that_loses_messages_is_refused_by_name(url: str, tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match=r"UJUMBE_BROKER_URL .*redis"):
        make_celery(Settings(data_dir=tmp_path, broker_url=url))


def test_the_traps_of_celery_are_set_against(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, answer_within_s=1000)
    conf = make_celery(settings).conf
    assert conf.accept_content == ["json"]
    assert conf.worker_prefetch_multiplier == 1
    assert conf.task_acks_late
    assert conf.task_ignore_result
    assert conf.broker_transport_options["visibility_timeout"] > settings.answer_within_s  # else a slow answer is given out twice


def test_a_chore_that_nobody_took_expires_before_the_next_one(tmp_path: Path) -> None:
    schedule = make_celery(Settings(data_dir=tmp_path)).conf.beat_schedule
    assert set(schedule) == set(CLOCK)
    for chore in schedule.values():
        assert chore["options"] == {"queue": Lane.CHORES.value, "expires": chore["schedule"].seconds}
