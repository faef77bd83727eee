"""XML of strangers as a tree, within limits that hold while it is read: no file may cost more than a second or 100 MB.

What defusedxml refuses (entities, outside files) is refused with the document type that it needs. The other limits are ours: expat takes
100,000 elements in each other, copies a namespace's name for each element in it, and keeps every attribute."""

from typing import Any
from xml.etree.ElementTree import Element, ParseError, TreeBuilder

from defusedxml.common import DTDForbidden
from defusedxml.ElementTree import DefusedXMLParser

from bot.core.alert.reading import Unreadable, Why

MAX_BYTES = 2 * 1024 * 1024  # the largest genuine single alert known has 1.7 MB
MAX_DEPTH = 32  # CAP in Atom or EDXL, with a signature, has 14
MAX_ELEMENTS = 50_000  # of a list of alerts to fetch
MOST_ELEMENTS = 20_000  # of the alerts themselves; the most in a real document is 1,000, for 17 alerts
MAX_ATTRIBUTES = 50_000
MAX_NAMESPACE = 256  # characters
_BLANK = b" \t\r\n"
_BOM = b"\xef\xbb\xbf"


def tree(data: bytes, *, most: int = MAX_ELEMENTS) -> Element:
    """The document's root. `most`: how many elements it may have. Raises Unreadable."""
    _weigh(data, most)
    data = bare(data)
    parser = DefusedXMLParser(target=_Guard(most), forbid_dtd=True)
    parser.parser.StartNamespaceDeclHandler = _namespace
    try:
        parser.feed(data)  # at once: expat before 2.6 reads a long token anew with each piece
        root = parser.close()
    except DTDForbidden:
        raise Unreadable(Why.HTML if _is_page(data) else Why.DTD) from None
    except (ParseError, ValueError, LookupError):  # not whole; bytes that its encoding has not; an encoding nobody knows
        raise Unreadable(Why.HTML if _is_page(data) else Why.NOT_XML) from None
    if not isinstance(root, Element):
        raise Unreadable(Why.NOT_XML)
    if local(root) == "html":
        raise Unreadable(Why.HTML)
    return root


def bare(data: bytes) -> bytes:
    """The document without what must not stand before its declaration, and often does."""
    return data.removeprefix(_BOM).lstrip(_BLANK)


def local(element: Element) -> str:
    """An element's name without its namespace."""
    return element.tag.rpartition("}")[2]


def namespace(element: Element) -> str:
    """An element's namespace, "" where it has none."""
    return element.tag[1:].partition("}")[0] if element.tag.startswith("{") else ""


def _weigh(data: bytes, most: int) -> None:
    """The limits that need no reading."""
    if len(data) > MAX_BYTES:
        raise Unreadable(Why.TOO_LARGE)
    if not data.removeprefix(_BOM).strip():
        raise Unreadable(Why.EMPTY)
    if data.count(b"<") > 3 * most or data.count(b"=") > MAX_ATTRIBUTES:
        raise Unreadable(Why.TOO_MANY)


def _is_page(data: bytes) -> bool:
    start = data[:1024].lower()
    return b"<!doctype html" in start or b"<html" in start


def _namespace(_: Any, name: str | None) -> None:
    if name and len(name) > MAX_NAMESPACE:
        raise Unreadable(Why.TOO_MANY)


class _Guard(TreeBuilder):
    """Builds the tree, and stops where it grows out of bounds."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._depth, self._room = 0, most

    def start(self, tag: Any, attrs: Any, /) -> Any:
        self._depth += 1
        self._room -= 1
        if self._depth > MAX_DEPTH:
            raise Unreadable(Why.TOO_DEEP)
        if self._room < 0:
            raise Unreadable(Why.TOO_MANY)
        return super().start(tag, attrs)

    def end(self, tag: Any, /) -> Any:
        self._depth -= 1
        return super().end(tag)
