"""What the doctor says of feeds, from what the service itself could read."""

import time
from pathlib import Path
from typing import Any

import pytest

from bot.alert_settings import AlertSettings
from bot.config import Settings
from bot.core.alert.feed import FeedState
from bot.core.finding import Verdict
from bot.doctor.feeds import feeds
from bot.store.migrate import upgrade
from bot.store.sql import SqlStore

OK, LOOK, WRONG = Verdict
ALERTS = AlertSettings.model_validate({"feeds": {"met": {"url": "https://met.example.org/rss.xml"}}})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, alerts=ALERTS)


def test_without_feeds_there_is_nothing_to_say(tmp_path: Path) -> None:
    assert list(feeds(Settings(data_dir=tmp_path))) == []


def test_before_the_first_start_no_database_is_made(settings: Settings) -> None:
    [finding] = feeds(settings)
    assert (finding.verdict, finding.found) == (LOOK, "was never read")
    assert list(settings.data_dir.iterdir()) == []


@pytest.mark.parametrize(
    ("ago", "verdict", "says"),
    [
        pytest.param({"read": 120, "newest": 0}, OK, "was read 2 minutes ago", id="well"),
        pytest.param({"read": 600, "failures": 1, "code": "HTTP 500"}, LOOK, "the last reading failed (HTTP 500)", id="failed-once"),
        pytest.param({"read": 7200, "failures": 9, "code": "html"}, WRONG, "no reading has gone well for 2 hours (last: html)", id="stale"),
        pytest.param({"failures": 1, "code": "no connection"}, WRONG, "no reading has gone well yet (last: no connection)", id="never"),
        pytest.param({"read": 0, "newest": 90 * 86_400}, LOOK, "its newest item is 90 days old", id="forgotten"),
    ],
)
def test_each_feed_is_told_as_it_stands(settings: Settings, ago: dict[str, Any], verdict: Verdict, says: str) -> None:
    state: dict[str, object] = {name: time.time() - value if name in {"read", "newest"} else value for name, value in ago.items()}
    upgrade(settings.sqlalchemy_url)
    store = SqlStore(settings.sqlalchemy_url)
    store.save_feed(FeedState(name="met", **state))  # type: ignore[arg-type]
    store.close()
    [finding] = feeds(settings)
    assert finding.verdict is verdict
    assert says in finding.found
    assert finding.what == "feed met"


def test_a_certificate_that_is_not_there_is_wrong(tmp_path: Path) -> None:
    feed = {"url": "https://met.example.org/rss.xml", "certificate": str(tmp_path / "gone.pem"), "signature": "require"}
    [finding] = feeds(Settings(data_dir=tmp_path, alerts=AlertSettings.model_validate({"feeds": {"met": feed}})))
    assert finding.verdict is WRONG
    assert "certificate cannot be read" in finding.found
