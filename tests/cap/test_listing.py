"""What feeds list: RSS, Atom, plain lists, alerts themselves, and pages that are none of these."""

import pytest

from bot.cap.listing import MOST_ITEMS, read_list
from bot.core.alert.reading import Unreadable
from tests.providers.feed import atom, rss

URL = "https://met.example.org/rss.xml"
ALERT = b'<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>a</identifier></alert>'


def urls(data: bytes) -> list[str]:
    return [item.url for item in read_list(data, URL).items]


@pytest.mark.parametrize(
    ("data", "found"),
    [
        pytest.param(rss({"link": "https://met.example.org/a.xml"}), ["https://met.example.org/a.xml"], id="rss"),
        pytest.param(rss({"link": "a.xml"}), ["https://met.example.org/a.xml"], id="relative"),
        pytest.param(rss({"guid": "https://met.example.org/g.xml", "title": "x"}), ["https://met.example.org/g.xml"], id="guid-only"),
        pytest.param(rss({"guid": "urn:oid:1"}), [], id="guid-is-no-address"),
        pytest.param(
            rss({"link": "https://met.example.org/page"}).replace(
                b"</link>", b'</link><enclosure url="https://met.example.org/e.xml" type="application/cap+xml" length="1"/>'
            ),
            ["https://met.example.org/e.xml"],
            id="enclosure-before-page",
        ),
        pytest.param(
            atom('<link type="text/html" href="/page"/><link rel="alternate" type="application/cap+xml" href="/c.xml"/><id>urn:1</id>'),
            ["https://met.example.org/c.xml"],
            id="atom-cap-before-page",
        ),
        pytest.param(atom('<link href="https://met.example.org/l.xml"/>'), ["https://met.example.org/l.xml"], id="atom-plain-link"),
        pytest.param(
            atom('<content type="application/cap+xml" src="https://met.example.org/s.xml"/>'), ["https://met.example.org/s.xml"], id="src"
        ),
        pytest.param(
            b"# ours\nhttps://met.example.org/1.xml\n\nhttps://met.example.org/2.xml\n",
            ["https://met.example.org/1.xml", "https://met.example.org/2.xml"],
            id="plain",
        ),
        pytest.param(rss(), [], id="nothing-in-force"),
    ],
)
def test_the_address_of_each_alert_is_found(data: bytes, found: list[str]) -> None:
    assert urls(data) == found


def test_the_oldest_comes_first_by_date_and_else_from_the_end_of_the_list() -> None:
    listed = rss(
        {"link": "c.xml", "pubDate": "Thu, 01 Jan 2026 12:00:00 +0000"},
        {"link": "b.xml", "pubDate": "Thu, 01 Jan 2026 13:00:00 +0300"},
        {"link": "late.xml"},
        {"link": "early.xml"},
    )
    assert [url.rsplit("/")[-1] for url in urls(listed)] == ["early.xml", "late.xml", "b.xml", "c.xml"]


def test_an_item_that_changed_has_another_key() -> None:
    keys = [
        read_list(rss({"link": "a.xml", "pubDate": day}), URL).items[0].key for day in ("Thu, 01 Jan 2026 12:00:00 +0000",) * 2 + ("x",)
    ]
    assert keys[0] == keys[1] != keys[2]


def test_alerts_in_the_list_itself_are_told() -> None:
    assert read_list(ALERT, URL).inside
    assert read_list(atom(f"<content type='application/cap+xml'>{ALERT.decode()}</content>"), URL).inside


@pytest.mark.parametrize(
    "data",
    [b"", b"<!doctype html><html></html>", b"<sitemap/>", b"Service unavailable", b"\xff\xfe\x00", rss({"link": "a"})[:80]],
    ids=repr,
)
def test_what_is_no_list_is_not_read_as_an_empty_one(data: bytes) -> None:
    with pytest.raises(Unreadable):
        read_list(data, URL)


def test_a_list_without_end_is_read_up_to_a_measure() -> None:
    assert len(urls(rss(*({"link": f"{n}.xml"} for n in range(MOST_ITEMS + 5))))) == MOST_ITEMS
