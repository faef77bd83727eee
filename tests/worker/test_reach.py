"""The broker, asked once."""

from pathlib import Path

import pytest

from bot.config import Settings
from bot.core.errors import BadSetting
from bot.valkey import broker_url
from bot.worker.reach import broker_answers
from tests.providers.server import closed_port
from tests.redis import Server


def test_a_broker_that_answers_until_it_does_not(broker: Server) -> None:
    given = broker.settings.model_copy(update={"broker_url": broker_url(broker.settings)})
    assert broker_answers(given)
    broker.kill()
    assert not broker_answers(given)


@pytest.mark.parametrize("scheme", ["redis", "amqp"])
def test_nobody_there(tmp_path: Path, scheme: str) -> None:
    assert not broker_answers(Settings(data_dir=tmp_path, broker_url=closed_port().replace("http", scheme)))


def test_a_kind_that_loses(tmp_path: Path) -> None:
    with pytest.raises(BadSetting):
        broker_answers(Settings(data_dir=tmp_path, broker_url="memory://"))
