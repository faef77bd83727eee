"""Reads CAP 1.0, 1.1 and 1.2, whatever it comes wrapped in. Made for documents of strangers: see read_all."""

from collections.abc import Sequence

from bot.core.alert.reading import Read


def read(data: bytes) -> Read:
    """The first alert of a document. Raises Unreadable."""
    return read_all(data)[0]


def read_all(data: bytes) -> Sequence[Read]:
    """Every alert of a document, at least one. Raises Unreadable where there is none, or `data` is not what it should be."""
    raise NotImplementedError
