"""How reading a feed goes, and what is needed of a store for that."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """How reading a feed goes. Times are seconds since the epoch, 0.0: never."""

    name: str
    etag: str = ""
    modified: str = ""
    checked: float = 0.0  # the last try
    read: float = 0.0  # the last one that went well
    newest: float = 0.0  # the time of the newest item that it listed
    failures: int = 0  # since the last one that went well
    code: str = ""  # of the last failure


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedItem:
    """An item that a feed listed. `key` changes when the feed says that the item did."""

    feed: str
    key: str
    tries: int = 0
    done: bool = False  # it was taken, or given up
    code: str = ""
    at: float = 0.0  # the last try
    listed: float = 0.0  # the last time that it was in the list


class FeedStore(Protocol):
    """The part of a store that knows how feeds go."""

    def claim_feed(self, name: str, *, every_s: float, now: float) -> FeedState | None:
        """Takes the feed for this reading. None where another one took it less than `every_s` ago."""
        ...

    def save_feed(self, feed: FeedState) -> None:
        """Stores how the reading went."""
        ...

    def feeds(self) -> Sequence[FeedState]:
        """Every feed that was ever tried."""
        ...

    def feed_items(self, feed: str, keys: Sequence[str]) -> Mapping[str, FeedItem]:
        """Those of `keys` that are known."""
        ...

    def waiting_items(self, feed: str) -> int:
        """How many of its items are to be tried again."""
        ...

    def save_items(self, items: Sequence[FeedItem]) -> None:
        """Stores what became of them."""
        ...

    def forget_items(self, *, before: float) -> int:
        """Forgets items that no list has named since."""
        ...
