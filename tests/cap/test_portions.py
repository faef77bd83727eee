"""Long lists of alerts: read a portion at a time across readings, the newest first, each alert once, whatever goes wrong on the way."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from bot.cap import feeds as reading
from bot.cap.portions import choose, key
from bot.cap.read import MOST_ALERTS, read_document
from bot.cap.write import write
from bot.core.alert.cap import Alert, Area
from bot.core.alert.feed import FeedItem
from bot.core.alert.stored import AlertQuery, State
from bot.core.errors import StoreDown
from bot.core.place.types import Covered
from bot.store.migrate import upgrade
from tests.cap.small import cap
from tests.cap.test_feeds import House
from tests.core.alert.received import GARISSA, TANA, Spots, T, alert, cancel, info
from tests.providers.feed import FeedServer, rss

LONG = 2 * MOST_ALERTS + 5
MINUTE = 60.0


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    url = f"sqlite:///{tmp_path / 'ujumbe.db'}"
    upgrade(url)
    with FeedServer() as server:
        made = House(url, server)
        yield made
        made.store.close()


def flood(n: int, *, area: Area = GARISSA) -> Alert:
    """The `n`-th flood; a higher number is a later one."""
    return alert(f"n{n}", sent=T + n, infos=(info(headline=f"Flood {n}", areas=(area,)),))


def listed(*alerts: Alert) -> bytes:
    return b"<list>" + b"".join(write(one).partition(b"?>")[2] for one in alerts) + b"</list>"


def kept(house: House) -> Sequence[str]:
    """The identifiers of what was taken in, the newest first."""
    return [one.identifier for one in sorted(house.store.alerts(AlertQuery(), now=house.now, limit=500), key=lambda one: -one.sent)]


def test_a_long_list_is_taken_in_portions_the_newest_first_and_each_alert_once(house: House) -> None:
    house.server.pages["/rss.xml"] = listed(*map(flood, range(LONG)))
    assert house.read().taken == {"open": MOST_ALERTS}
    assert kept(house) == [f"n{n}" for n in reversed(range(LONG - MOST_ALERTS, LONG))]
    assert house.read(after_s=MINUTE).taken == {"open": MOST_ALERTS}  # at once, and not after the feed's five minutes
    assert house.read(after_s=MINUTE).taken == {"open": 5}
    assert house.read(after_s=MINUTE).taken == {}
    assert house.server.asked("/rss.xml") == 3  # the list is all taken: it is asked for at its own pace again
    assert house.read().taken == {}
    assert len(kept(house)) == LONG
    [state] = house.store.feeds()
    assert (state.code, state.failures) == ("", 0)


def test_what_is_new_in_a_long_list_comes_before_what_waits(house: House) -> None:
    house.server.pages["/rss.xml"] = listed(*map(flood, range(LONG)))
    house.read()
    house.server.pages["/rss.xml"] = listed(*map(flood, range(LONG + 1)))
    house.read(after_s=MINUTE)
    assert kept(house)[0] == f"n{LONG}"


def test_a_warning_that_its_list_takes_back_is_never_told(house: House) -> None:
    """The cancellation stands in another portion than the alert, and comes in before it."""
    false, others = flood(0), [flood(n) for n in range(1, LONG)]
    house.server.pages["/rss.xml"] = listed(false, *others, cancel("end", false, sent=T + LONG))
    for _ in range(3):
        house.read(after_s=300)
        assert not any("Flood 0," in text for text in house.told())
    assert "n0" in kept(house)


def test_an_alert_that_a_long_list_changed_is_looked_at_again(house: House) -> None:
    house.server.pages["/rss.xml"] = listed(*map(flood, range(MOST_ALERTS + 1)))
    house.read()
    house.read(after_s=MINUTE)
    other = replace(flood(3), infos=(info(headline="Another flood"),))
    house.server.pages["/rss.xml"] = listed(*map(flood, range(3)), other, *map(flood, range(4, MOST_ALERTS + 1)))
    assert house.read().taken == {"again": 1}
    [marked] = [one for one in house.store.alerts(AlertQuery(), now=house.now, limit=99) if one.identifier == "n3"]
    assert any("other words" in defect for defect in marked.defects)


def test_a_kill_between_taking_and_remembering_takes_nothing_twice(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.server.pages["/rss.xml"] = listed(*map(flood, range(MOST_ALERTS + 1)))

    def dies(_: object, items: Sequence[FeedItem]) -> None:
        if items:
            raise StoreDown("killed")

    with monkeypatch.context() as killed:
        killed.setattr(type(house.store), "save_items", dies)
        with pytest.raises(StoreDown):
            house.read()
    assert house.read().taken == {"again": MOST_ALERTS}
    assert house.read(after_s=MINUTE).taken == {"open": 1}
    assert len(kept(house)) == MOST_ALERTS + 1


def test_what_cannot_be_read_in_a_long_list_is_kept_aside_once_however_the_list_changes(house: House) -> None:
    whole = listed(*map(flood, range(LONG)))
    bad = whole.replace(b"<sent>", b"<sent>x", 1)  # the first one's: no time at all
    house.server.pages["/rss.xml"] = bad
    for _ in range(3):
        house.read(after_s=300)
    house.server.pages["/rss.xml"] = bad.replace(b"<list>", b"<list><!-- another day -->")
    house.read()
    [aside] = house.store.alerts(AlertQuery(states=(State.QUARANTINED,)), now=house.now, limit=9)
    assert "sent" in aside.defects[0]
    assert len(kept(house)) == LONG


def test_an_alert_that_we_stumble_over_keeps_none_of_a_list_back(
    house: House, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stumbling(Spots):
        def covered(self, areas: Sequence[Area]) -> Covered:
            if TANA in areas:
                raise ValueError("Tana River is too much for me")
            return super().covered(areas)

    monkeypatch.setattr(reading, "ITEM_TRIES", 2)
    house.door.intake = replace(house.intake, first=replace(house.intake.first, places=Stumbling()))
    house.server.pages["/rss.xml"] = listed(flood(99, area=TANA), *map(flood, range(MOST_ALERTS)))
    assert house.read().taken == {"open": MOST_ALERTS - 1}
    assert house.read(after_s=MINUTE).taken == {"open": 1}
    assert "alert 1 of a list of feed:kmd failed: ValueError" in caplog.text
    assert "Tana" not in caplog.text
    house.read(after_s=300)
    assert house.store.waiting_items("kmd") == 0  # given up after its last try


def test_one_item_of_a_feed_may_be_a_long_list(house: House) -> None:
    house.server.pages["/all.xml"] = listed(*map(flood, range(LONG)))
    house.server.pages["/rss.xml"] = rss({"link": "all.xml"})
    assert [house.read(after_s=MINUTE if n else 300).taken for n in range(3)] == [{"open": 40}, {"open": 40}, {"open": 5}]
    assert house.read().taken == {}
    assert house.server.asked("/all.xml") == 3


def test_a_short_list_is_taken_whole_each_time(house: House) -> None:
    """So what a source says counts anew once it is trusted."""
    house.server.pages["/rss.xml"] = listed(*map(flood, range(MOST_ALERTS)))
    assert house.read().taken == {"open": MOST_ALERTS}
    house.server.pages["/rss.xml"] += b"\n"
    assert house.read().taken == {"again": MOST_ALERTS}


def test_a_key_is_what_an_alert_says_wherever_it_stands() -> None:
    one = cap()
    alone = fromstring(one)
    [inside] = fromstring(b"<list>  " + one.partition(b"\n")[2] + b" tail </list>")
    assert key(alone) == key(inside)
    others = [one.replace(b"Flood in", b"Fire in"), one.replace(b"<info>", b'<info a="1">'), one.replace(b"<event>", b"<event/><event>")]
    assert len({key(alone), *(key(fromstring(other)) for other in others)}) == 4


def test_an_alert_that_is_there_twice_is_chosen_once() -> None:
    one, other = fromstring(cap()), fromstring(cap(identifier="KE-2"))
    chosen = choose([one, one, other], lambda _: (), most=2)
    assert (list(chosen.alerts), chosen.left) == ([0, 2], 0)


def test_a_list_of_which_all_is_known_holds_nothing_new() -> None:
    one = cap().partition(b"\n")[2]
    document = read_document(b"<list>" + one * (MOST_ALERTS + 1) + b"</list>", known=lambda keys: keys)
    assert (document.reads, document.unreadable, document.left) == ((), {}, 0)
