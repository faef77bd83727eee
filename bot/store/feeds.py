"""Feeds in SQL: how reading each one goes, and which of its items were taken."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from sqlalchemy import delete, func, or_, select, update

from bot.core.alert.feed import FeedItem, FeedState
from bot.store.alert_tables import FEED, FEED_ITEM
from bot.store.engine import Database, insert_once, insert_or_update

_F, _I = FEED.c, FEED_ITEM.c
_FEW = 200


class Feeds:
    """The part of SqlStore that knows how feeds go."""

    _db: Database

    def claim_feed(self, name: str, *, every_s: float, now: float) -> FeedState | None:
        # A time to come is a clock that was put back: it must not keep the feed unread until then.
        old = or_(_F.checked <= now - every_s, _F.checked > now)
        due = update(FEED).where(_F.name == name, old).values(checked=now)
        with self._db.write() as connection:
            connection.execute(insert_once(connection.dialect.name, FEED, "name"), asdict(FeedState(name=name)))
            if connection.execute(due).rowcount == 0:
                return None
            return FeedState(**connection.execute(select(FEED).where(_F.name == name)).one()._asdict())

    def save_feed(self, feed: FeedState) -> None:
        with self._db.write() as connection:
            connection.execute(insert_or_update(connection.dialect.name, FEED, "name"), asdict(feed))

    def feeds(self) -> Sequence[FeedState]:
        with self._db.read() as connection:
            return [FeedState(**row._asdict()) for row in connection.execute(select(FEED).order_by(_F.name))]

    def feed_items(self, feed: str, keys: Sequence[str]) -> Mapping[str, FeedItem]:
        found: dict[str, FeedItem] = {}
        with self._db.read() as connection:
            for at in range(0, len(keys), _FEW):
                rows = select(FEED_ITEM).where(_I.feed == feed, _I.key.in_(keys[at : at + _FEW]))
                found |= {row.key: FeedItem(**row._asdict()) for row in connection.execute(rows)}
        return found

    def waiting_items(self, feed: str) -> int:
        waiting = select(func.count()).select_from(FEED_ITEM).where(_I.feed == feed, _I.done.is_(False))
        with self._db.read() as connection:
            return int(connection.scalar(waiting) or 0)

    def save_items(self, items: Sequence[FeedItem]) -> None:
        with self._db.write() as connection:
            for item in items:
                connection.execute(insert_or_update(connection.dialect.name, FEED_ITEM, "feed", "key"), asdict(item))

    def forget_items(self, *, before: float) -> int:
        with self._db.write() as connection:
            return connection.execute(delete(FEED_ITEM).where(_I.listed < before)).rowcount
