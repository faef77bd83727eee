"""Reads what a feed lists: RSS, Atom, a bare list of addresses, or the alerts themselves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

from bot.cap.read import alerts
from bot.cap.xml import local, tree
from bot.core.alert.reading import Unreadable, Why

MOST_ITEMS = 500  # of one list, the newest ones as it lists them
_LONGEST = 2000  # characters of an address
_CAP = "application/cap+xml"
_DATES = ("pubDate", "updated", "published", "date")
_PAGES = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that a feed lists. `key` changes when the feed says that the thing did. `at` is 0.0 where it does not say when."""

    url: str
    key: str
    at: float


@dataclass(frozen=True, slots=True)
class Listing:
    """What a feed's document holds: items to fetch, or `inside`: it holds the alerts itself."""

    items: Sequence[Item]
    inside: bool = False


def read_list(data: bytes, url: str) -> Listing:
    """What the document at `url` lists, the oldest first as far as it says. Raises Unreadable."""
    try:
        root = tree(data)
    except Unreadable as error:
        items = _lines(data, url) if error.why is Why.NOT_XML else []
        if not items:
            raise
        return Listing(items)
    if next(alerts(root), None) is not None:
        return Listing((), inside=True)
    kind = local(root).casefold()
    if kind not in {"rss", "rdf", "feed", "channel"}:
        raise Unreadable(Why.NO_ALERT)
    entries = [element for element in root.iter() if local(element) in {"item", "entry"}][:MOST_ITEMS]
    items = [item for entry in entries if (item := _item(entry, url)) is not None]
    items.reverse()  # a list names the newest first: turned round, an alert comes before what cancels it
    return Listing(sorted(items, key=lambda item: item.at))


def _item(entry: Element, base: str) -> Item | None:
    links = [link for link in _links(entry) if link]
    if not links:
        return None
    url = urljoin(base, links[0])
    said = [text for child in entry if local(child) in {*_DATES, "guid", "id"} and (text := (child.text or "").strip())]
    if len(url) > _LONGEST:
        return None
    return Item(url, _key(url, *said), _date(entry))


def _links(entry: Element) -> Iterator[str]:
    """The addresses of an item, the likeliest first: what says that it is CAP, an enclosure, a link, a permanent id that is one."""
    links = [child for child in entry if local(child) in {"link", "enclosure", "content"}]
    sources = [(child.get("type", ""), child.get("href") or child.get("url") or child.get("src") or child.text or "") for child in links]
    yield from (source.strip() for kind, source in sources if kind.startswith(_CAP))
    yield from (source.strip() for child, (_, source) in zip(links, sources, strict=True) if local(child) == "enclosure")
    yield from (
        source.strip()
        for child, (kind, source) in zip(links, sources, strict=True)
        if local(child) == "link" and child.get("rel", "alternate") == "alternate" and not kind.startswith(_PAGES)
    )
    yield from (text for child in entry if local(child) in {"guid", "id"} and _is_address(text := (child.text or "").strip()))
    yield from (source.strip() for child, (_, source) in zip(links, sources, strict=True) if local(child) == "link")


def _lines(data: bytes, base: str) -> Sequence[Item]:
    """A plain list: one address a line, and nothing else in it."""
    try:
        lines = [line.strip() for line in data.decode("utf-8-sig").splitlines() if line.strip() and not line.lstrip().startswith("#")]
    except UnicodeDecodeError:
        return []
    if not all(_is_address(line) and len(line) <= _LONGEST for line in lines):
        return []
    return [Item(urljoin(base, line), _key(line), 0.0) for line in lines[:MOST_ITEMS]]


def _is_address(text: str) -> bool:
    return text.startswith(("https://", "http://")) and not any(char.isspace() for char in text) and bool(urlsplit(text).netloc)


def _key(*parts: str) -> str:
    return sha256("\n".join(parts).encode("utf-8", "replace")).hexdigest()[:32]


def _date(entry: Element) -> float:
    """When the item is from, 0.0 where it does not say so in a form that we know."""
    for child in entry:
        if local(child) in _DATES and (at := _time((child.text or "").strip())):
            return at
    return 0.0


def _time(text: str) -> float:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(text)
            return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
        except (ValueError, TypeError, OverflowError, OSError):
            continue
    return 0.0
