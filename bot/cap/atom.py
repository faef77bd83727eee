"""An Atom feed of CAP messages, as aggregators read it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, SubElement, tostring

ATOM = "http://www.w3.org/2005/Atom"
CAP = "application/cap+xml"


@dataclass(frozen=True, slots=True)
class Entry:
    """A message in the list. `url` is where it is, and its id for ever."""

    url: str
    title: str
    at: float


def feed(entries: Sequence[Entry], *, url: str, title: str, author: str, at: float) -> bytes:
    """The list, the newest first as given. `at`: when it last changed."""
    root = Element("feed", {"xmlns": ATOM})  # ElementTree cannot write attributes below a default namespace
    for name, text in (("id", url), ("title", title), ("updated", _written(at))):
        _add(root, name, text)
    _add(_add(root, "author"), "name", author)
    _add(root, "link", rel="self", href=url, type="application/atom+xml")
    for one in entries:
        entry = _add(root, "entry")
        for name, text in (("id", one.url), ("title", one.title), ("updated", _written(one.at))):
            _add(entry, name, text)
        _add(entry, "link", rel="alternate", href=one.url, type=CAP)
    return bytes(tostring(root, encoding="UTF-8", xml_declaration=True))


def _add(parent: Element, name: str, text: str = "", **attributes: str) -> Element:
    child = SubElement(parent, name, attributes)
    child.text = text or None
    return child


def _written(at: float) -> str:
    return datetime.fromtimestamp(at // 1, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
