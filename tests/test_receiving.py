"""The whole way of a received alert, put together from settings: from an authority's server to what people are told."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bot.alert_settings import AlertSettings
from bot.app import App, build
from bot.cap.sign import sign
from bot.cap.write import write
from bot.config import Settings
from bot.core.alert.cap import Alert
from bot.core.alert.stored import AlertQuery, State
from bot.core.errors import NotDone
from bot.core.types import Lang
from bot.store.memory import MemoryStore
from bot.store.migrate import upgrade
from tests.cap.test_sign import Pair, pair
from tests.core.alert.received import alert, info
from tests.providers.feed import FeedServer, rss

AT = datetime(2026, 6, 1, 12, tzinfo=UTC).timestamp()  # within the days of the made-up certificate
FLOOD = alert("flood", sent=AT, infos=(info(expires=AT + 3600),))


@pytest.fixture(scope="module")
def met() -> Pair:
    return pair(ec.generate_private_key(ec.SECP256R1()))


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as started:
        yield started


def app(tmp_path: Path, server: FeedServer, *, now: float = AT, keep_raw_days: float = 0, **feed: object) -> App:
    values = {"url": f"{server.url}/rss.xml", "trust": True, "source": "Met Office"} | feed
    alerts = AlertSettings.model_validate({"feeds": {"met": values}, "keep_raw_days": keep_raw_days})
    settings = Settings(data_dir=tmp_path, model="none", embedder="none", alerts=alerts)
    upgrade(settings.sqlalchemy_url)
    return build(settings, clock=lambda: now)


def publish(server: FeedServer, one: Alert, signer: Pair | None = None) -> None:
    document = write(one)
    server.pages["/a.xml"] = sign(document, key=signer.key, certificate=signer.certificate) if signer else document
    server.pages["/rss.xml"] = rss({"link": "a.xml"})


def states(place: App) -> list[tuple[State, str, str]]:
    return [(one.state, one.reason, one.hazard) for one in place.receiving.store.alerts(AlertQuery(), now=AT, limit=9)]


def told(place: App) -> list[str]:
    with place.store.begin() as tx:
        return [notice.texts[Lang.EN] for notice in tx.notices(now=AT)]


def test_from_the_authoritys_server_to_what_people_are_told(tmp_path: Path, server: FeedServer) -> None:
    publish(server, FLOOD)
    place = app(tmp_path, server)
    [reading] = place.read_feeds()
    assert (reading.taken, reading.stale) == ({"open": 1}, False)
    assert states(place) == [(State.OPEN, "", "flood")]
    assert told(place) == ["Met Office: Flood warning, Garissa. Until Mon 1 Jun 4pm."]
    place.store.close()


def test_with_a_pinned_certificate_only_what_its_owner_signed_goes_on(tmp_path: Path, server: FeedServer, met: Pair) -> None:
    (tmp_path / "met.pem").write_bytes(met.certificate)
    publish(server, FLOOD)
    place = app(tmp_path, server, certificate=str(tmp_path / "met.pem"), signature="require")
    place.read_feeds()
    assert states(place) == [(State.QUARANTINED, "signature", "flood")]
    # The signed one has the same identity. What could not be proved does not keep it out.
    door, origin = place.receiving.door, place.receiving.origins["feed:met"]
    stranger = pair(ec.generate_private_key(ec.SECP256R1()))
    door.take(sign(write(FLOOD), key=stranger.key, certificate=stranger.certificate), origin)
    assert told(place) == []
    door.take(sign(write(FLOOD), key=met.key, certificate=met.certificate), origin)
    assert len(told(place)) == 1
    place.store.close()


def test_a_certificate_that_is_not_there_is_told_by_its_setting_and_lets_nothing_through(
    tmp_path: Path, server: FeedServer, met: Pair, caplog: pytest.LogCaptureFixture
) -> None:
    publish(server, FLOOD, met)
    place = app(tmp_path, server, certificate=str(tmp_path / "gone.pem"), signature="require")
    assert [one.stale for one in place.read_feeds()] == [True]
    assert "alerts.feeds.met.certificate cannot be read" in caplog.text
    assert states(place) == []
    place.store.close()


def test_what_a_feed_says_is_in_no_metric_and_no_log(tmp_path: Path, server: FeedServer, caplog: pytest.LogCaptureFixture) -> None:
    publish(server, FLOOD)
    place = app(tmp_path, server)
    readings = place.read_feeds()
    assert "Flood" not in json.dumps([(one.feed, one.taken) for one in readings]) + caplog.text
    place.store.close()


@pytest.mark.parametrize(("days", "is_kept"), [(30, False), (60, True), (0, True)])
def test_a_document_is_kept_as_long_as_the_settings_say(tmp_path: Path, server: FeedServer, days: float, *, is_kept: bool) -> None:
    publish(server, FLOOD)
    first = app(tmp_path, server, keep_raw_days=days)
    first.read_feeds()
    assert first.receiving.store.received_raw(1)
    first.store.close()
    later = app(tmp_path, server, keep_raw_days=days, now=AT + 40 * 86_400)
    later.read_feeds()
    assert bool(later.receiving.store.received_raw(1)) is is_kept
    later.store.close()


def test_a_store_in_memory_has_no_alerts_and_says_so() -> None:
    place = build(Settings(model="none", embedder="none"), store=MemoryStore(), clock=lambda: AT)
    with pytest.raises(NotDone, match="Use the database"):
        place.read_feeds()
