"""Fetching from a real server on this machine that misbehaves."""

from collections.abc import Iterator

import pytest

from bot.cap.fetch import Document, FetchFailed, Reach, fetch
from tests.providers.feed import FeedServer
from tests.providers.server import Fault, closed_port


@pytest.fixture
def server() -> Iterator[FeedServer]:
    with FeedServer() as started:
        started.pages["/a.xml"] = b"<a/>"
        yield started


def get(server: FeedServer, path: str = "/a.xml", **options: object) -> Document | None:
    return fetch(server.url + path, Reach(server.url, {"127.0.0.1"}), **options)  # type: ignore[arg-type]


def why(server: FeedServer, path: str = "/a.xml", **options: object) -> str:
    with pytest.raises(FetchFailed) as failed:
        get(server, path, **options)
    return failed.value.code


def test_a_document_comes_with_its_tag_and_not_again(server: FeedServer) -> None:
    first = get(server)
    assert first is not None
    assert first.body == b"<a/>"
    assert get(server, etag=first.etag) is None


def test_what_goes_wrong_has_a_word(server: FeedServer) -> None:
    server.fail_next(Fault(status=500), *[Fault(reset=True)] * 2)  # a GET that is cut off is asked once more
    assert why(server) == "HTTP 500"
    assert why(server) == "connection lost"
    assert why(server, "/none.xml") == "HTTP 404"
    server.pages["/big.xml"] = b"x" * 5000
    assert why(server, "/big.xml", most=4999) == "too large"


def test_a_host_that_is_slow_or_never_ends_is_left_in_time(server: FeedServer) -> None:
    server.drips.add("/drip.xml")
    server.fail_next(Fault(delay_s=30))
    assert why(server, within_s=0.3) == "no answer in time"
    assert why(server, "/drip.xml", within_s=0.3) == "no answer in time"


def test_a_redirect_is_followed_to_allowed_places_only(server: FeedServer) -> None:
    server.moved |= {
        "/old.xml": "/a.xml",
        "/away.xml": "http://203.0.113.7/a.xml",
        "/port.xml": f"{closed_port()}/a.xml",
        "/round.xml": "/round.xml",
    }
    moved = get(server, "/old.xml")
    assert moved is not None
    assert moved.url == f"{server.url}/a.xml"
    assert why(server, "/away.xml") == "host not allowed"
    assert why(server, "/port.xml") == "host not allowed"
    assert why(server, "/round.xml") == "too many redirects"


def test_nobody_is_there() -> None:
    url = closed_port()
    with pytest.raises(FetchFailed, match="no connection"):
        fetch(f"{url}/a.xml", Reach(url, {"127.0.0.1"}))


@pytest.mark.parametrize(
    ("url", "refused"),
    [
        ("https://met.example.org/a", ""),
        ("https://MET.example.org:443/a", ""),
        ("https://cdn.example.org/a", ""),
        ("http://met.example.org/a", "not https"),
        ("ftp://met.example.org/a", "not https"),
        ("file:///etc/passwd", "not https"),
        ("https://met.example.org.evil.example/a", "host not allowed"),
        ("https://met.example.org:22/a", "host not allowed"),
        ("https://user:word@met.example.org/a", "bad address"),
        ("https://[::1", "bad address"),
        ("https://169.254.169.254/latest", "host not allowed"),
    ],
)
def test_only_what_the_settings_name_is_asked(url: str, refused: str) -> None:
    reach = Reach("https://met.example.org/rss.xml", {"met.example.org", "cdn.example.org"})
    assert reach.refuses(url) == refused
