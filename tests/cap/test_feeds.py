"""Feeds read from a server on this machine into a real database: what is new is taken once, whatever goes wrong on the way."""

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bot.alert_settings import AlertSettings
from bot.cap import feeds as reading
from bot.cap.door import Door
from bot.cap.feeds import Feeds, Reading
from bot.cap.write import write
from bot.core.alert.cap import Alert, Area
from bot.core.alert.reading import SignaturePolicy
from bot.core.alert.stored import AlertQuery, State
from bot.core.place.types import Covered
from bot.store.migrate import upgrade
from bot.store.sql import SqlStore
from tests.core.alert.received import HOUR, TANA, Spots, T, alert, cancel, info, intake, told
from tests.providers.feed import FeedServer, rss

FLOOD, FIRE = alert("flood"), alert("fire", infos=(info(headline="Fire near the market"),))
LATER = "Fri, 15 Jan 2027 08:00:00 +0000"


class House:
    """A feed "kmd" that is read every 5 minutes, its server, and the hour."""

    def __init__(self, url: str, server: FeedServer) -> None:
        self.now = T + HOUR
        self.server, self.store = server, SqlStore(url)
        feed = {"url": f"{server.url}/rss.xml", "trust": True, "source": "Met Office"}
        self.settings = AlertSettings.model_validate({"feeds": {"kmd": feed, "dead": feed | {"url": f"{server.url}/dead.xml"}}})
        origins = self.settings.origins
        self.intake = intake(self.store, origins=tuple(origins.values()))
        self.door = Door(self.intake, self.clock, lambda _: (SignaturePolicy.IGNORE, ()))
        self.feeds = Feeds(self.door, self.store, {"kmd": self.settings.feeds["kmd"]}, origins, self.clock)

    def clock(self) -> float:
        return self.now

    def publish(self, *alerts: Alert, listed: bool = True) -> None:
        """Puts the alerts on the server, and in the list, the newest first as feeds do."""
        for one in alerts:
            self.server.pages[f"/{one.identifier}.xml"] = write(one)
        if listed:
            self.server.pages["/rss.xml"] = rss(*({"link": f"{one.identifier}.xml"} for one in reversed(alerts)))

    def read(self, *, after_s: float = 300.0) -> Reading:
        self.now += after_s
        [one] = self.feeds.read()
        return one

    def told(self) -> list[str]:
        return told(self.intake, now=self.now)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("feeds") / "empty.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def house(empty: Path, tmp_path: Path) -> Iterator[House]:
    with FeedServer() as server:
        made = House(f"sqlite:///{shutil.copy(empty, tmp_path / 'ujumbe.db')}", server)
        yield made
        made.store.close()


def test_what_is_new_is_taken_once_and_stays_when_it_leaves_the_list(house: House) -> None:
    house.publish(FLOOD)
    assert house.read().taken == {"open": 1}
    house.publish(FLOOD, FIRE)
    assert house.read().taken == {"open": 1}
    house.publish(FIRE)
    assert house.read().taken == {}
    assert house.told() == [
        "Met Office: Fire near the market, Garissa. Until Fri 15 Jan 8pm.",
        "Met Office: Flood warning, Garissa. Until Fri 15 Jan 8pm.",
    ]
    assert house.server.asked("/flood.xml") == 1


def test_the_list_is_asked_for_at_the_feeds_own_pace_and_only_what_changed_is_sent(house: House) -> None:
    house.publish(FLOOD)
    house.read()
    house.read(after_s=60)
    assert house.server.asked("/rss.xml") == 1
    house.read(after_s=240)
    assert house.server.asked("/rss.xml") == 2
    assert house.server.sent[-1].headers["if-none-match"]
    house.now = (house.now // reading.WHOLE_S + 1) * reading.WHOLE_S
    house.read(after_s=1)
    assert "if-none-match" not in house.server.sent[-1].headers  # now and then all of it, whatever its tag says


def test_an_alert_and_its_end_in_one_list_are_over_at_once(house: House) -> None:
    house.publish(FLOOD, cancel("end", FLOOD))
    house.read()
    assert house.told() == []
    assert [one.state for one in house.store.alerts(AlertQuery(), now=house.now, limit=9)] == [State.SYSTEM, State.ENDED]


def test_two_that_read_at_the_same_moment_ask_once(house: House) -> None:
    house.publish(FLOOD)
    house.read()
    house.feeds.read()
    assert house.server.asked("/rss.xml") == 1


@pytest.mark.parametrize(
    ("page", "code"),
    [
        pytest.param(b"<!doctype html><html><body>Maintenance</body></html>", "html", id="html"),
        pytest.param(b"", "empty", id="empty"),
        pytest.param(rss({"link": "flood.xml"})[:60], "not_xml", id="truncated"),
        pytest.param(None, "HTTP 404", id="gone"),
    ],
)
def test_a_list_that_is_none_is_asked_again_less_and_less_often_and_told_once(
    house: House, page: bytes | None, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    house.publish(FLOOD)
    house.read()
    house.server.pages["/rss.xml"] = page or b""
    if page is None:
        del house.server.pages["/rss.xml"]
    house.read()
    [state] = house.store.feeds()
    assert (state.code, state.failures) == (code, 1)
    asked = house.server.asked("/rss.xml")
    house.read()  # after one failure it is asked every ten minutes
    assert house.server.asked("/rss.xml") == asked
    house.read()
    assert house.server.asked("/rss.xml") == asked + 1
    assert [record.getMessage() for record in caplog.records] == [f"feed kmd cannot be read: {code}"]
    house.publish(FLOOD, FIRE)
    house.read(after_s=900)
    assert len(house.told()) == 2  # and nothing was lost of what it listed before
    assert caplog.records[-1].getMessage() == "feed kmd is read again"


def test_an_item_that_does_not_come_whole_is_tried_again_and_keeps_no_other_back(house: House) -> None:
    house.publish(FLOOD, FIRE)
    whole = house.server.pages["/flood.xml"]
    house.server.pages["/flood.xml"] = whole[: len(whole) // 2]
    assert house.read().taken == {"open": 1}
    house.server.pages["/flood.xml"] = whole
    assert house.read().taken == {"open": 1}
    assert len(house.told()) == 2


def test_an_item_that_we_stumble_over_keeps_none_back(house: House, caplog: pytest.LogCaptureFixture) -> None:
    class Stumbling(Spots):
        def covered(self, areas: Sequence[Area]) -> Covered:
            if TANA in areas:
                raise ValueError("Tana River is too much for me")
            return super().covered(areas)

    house.door.intake = replace(house.intake, first=replace(house.intake.first, places=Stumbling()))
    house.publish(alert("bad", infos=(info(areas=(TANA,)),)), FLOOD)
    assert house.read().taken == {"open": 1}
    assert "an item of feed kmd failed: ValueError" in caplog.text
    assert "Tana" not in caplog.text


def test_what_stays_unreadable_is_kept_aside_in_the_end(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "ITEM_TRIES", 2)
    house.publish(FLOOD)
    house.server.pages["/flood.xml"] = b"<alert>no end"
    for _ in range(4):
        house.read(after_s=4000)
    [one] = house.store.alerts(AlertQuery(), now=house.now, limit=9)
    assert (one.state, one.reason) == (State.QUARANTINED, "unreadable")
    assert house.server.asked("/flood.xml") == 2


def test_an_item_elsewhere_is_not_fetched(house: House) -> None:
    house.server.pages["/rss.xml"] = rss({"link": "http://203.0.113.7/a.xml"}, {"link": "file:///etc/hostname"})
    assert house.read().taken == {}
    assert house.store.waiting_items("kmd") == 0


def test_an_item_of_long_ago_is_not_fetched(house: House) -> None:
    house.publish(FLOOD)
    house.server.pages["/rss.xml"] = rss({"link": "flood.xml", "pubDate": "Thu, 01 Jan 2026 12:00:00 +0000"})
    house.read()
    assert house.server.asked("/flood.xml") == 0
    house.server.pages["/rss.xml"] = rss({"link": "flood.xml", "pubDate": LATER})
    house.read()
    assert house.server.asked("/flood.xml") == 1


def test_what_the_time_was_too_short_for_comes_in_the_next_minute(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    fetch = reading.fetch

    def slow(url: str, *rest: object, **options: object) -> object:
        house.now += 70.0 if url.endswith(("flood.xml", "fire.xml")) else 0.0
        return fetch(url, *rest, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(reading, "fetch", slow)
    monkeypatch.setattr(reading, "BUDGET_S", 60.0)
    house.publish(FLOOD, FIRE)
    assert house.read().taken == {"open": 1}
    assert house.read(after_s=1).taken == {"open": 1}
    assert house.server.sent[-2].path == "/rss.xml"


def test_a_feed_that_is_down_is_stale_after_its_time_and_told_once(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.publish(FLOOD)
    assert not house.read().stale
    house.server.vanish()
    assert not house.read().stale
    for _ in range(3):
        last = house.read(after_s=1800)
    assert last.stale
    assert house.told() != []  # what it said is still in force
    assert sum("is stale" in record.getMessage() for record in caplog.records) == 1
    house.server.come_back()
    assert not house.read(after_s=1800).stale


def test_a_clock_that_goes_back_does_not_stop_the_reading(house: House) -> None:
    house.publish(FLOOD)
    house.read()
    house.read(after_s=-86_400)
    assert house.server.asked("/rss.xml") == 2


def test_a_feed_that_fails_keeps_no_other_from_being_read(house: House) -> None:
    sources = {"dead": house.settings.feeds["dead"], "kmd": house.settings.feeds["kmd"]}
    feeds = Feeds(house.door, house.store, sources, house.settings.origins, house.clock)
    house.publish(FLOOD)
    assert [(one.feed, one.stale, one.taken) for one in feeds.read()] == [("dead", True, {}), ("kmd", False, {"open": 1})]


def test_the_alert_itself_may_be_the_feed(house: House) -> None:
    house.server.pages["/rss.xml"] = write(FLOOD)
    assert house.read().taken == {"open": 1}
    house.server.pages["/rss.xml"] = write(cancel("end", FLOOD))
    house.read()
    assert house.told() == []
