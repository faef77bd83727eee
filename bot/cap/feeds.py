"""Reads the configured feeds, again and again: what is new in each is fetched and taken in. No alert goes because a list forgot it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.cap.door import Door, counted
from bot.cap.fetch import Document, FetchFailed, Reach, fetch
from bot.cap.listing import Item, Listing, read_list
from bot.cap.xml import MAX_BYTES
from bot.core.alert.feed import FeedItem, FeedState, FeedStore
from bot.core.alert.reading import Unreadable
from bot.core.alert.stored import Origin
from bot.core.errors import BadSetting, StoreDown
from bot.core.ports import Clock
from bot.core.trace import where

PAUSE_S = 900.0  # a feed that fails is asked less and less often, but no more seldom than this
WHOLE_S = 1800.0  # so often a list is read whatever its ETag says
ITEM_TRIES = 10
ITEM_PAUSE_S = 60.0  # before the second try; then twice as long each time, an hour at most
BUDGET_S = 120.0  # for one feed at a time; what is left waits for the next minute
TURN_S = 300.0  # after this no further feed is begun: those that waited longest come first in the next turn
OLD_S = 14 * 86_400.0  # an item of so long ago is not fetched
FORGET_S = 30 * 86_400.0  # an item that no list has named for so long is not remembered
_SEEN_S = 86_400.0

log = logging.getLogger(__name__)


class Source(Protocol):
    """What the settings say of a feed: bot.alert_settings.FeedSettings."""

    @property
    def url(self) -> str: ...
    @property
    def every_s(self) -> float: ...
    @property
    def stale_after_s(self) -> float: ...
    @property
    def allowed(self) -> frozenset[str]: ...


@dataclass(frozen=True, slots=True)
class Reading:
    """How one feed stands after a reading of all that were due. `read` is when it last went well."""

    feed: str
    read: float
    stale: bool
    taken: Mapping[str, int]


class Feeds:
    """The configured feeds. Any number of processes may read them: each reading is one process's."""

    def __init__(self, door: Door, store: FeedStore, sources: Mapping[str, Source], origins: Mapping[str, Origin], clock: Clock) -> None:
        self._door, self._store, self._sources, self._origins, self._clock = door, store, sources, origins, clock
        self._stale: frozenset[str] = frozenset()  # as last told

    def read(self) -> Sequence[Reading]:
        """Reads every feed that is due. One that fails keeps none of the others from being read. Returns how all of them stand."""
        if not self._sources:
            return ()
        states = {state.name: state for state in self._store.feeds()}
        taken: dict[str, Mapping[str, int]] = {}
        started = self._clock()
        for name in sorted(self._sources, key=lambda name: states[name].checked if name in states else 0.0):
            if not 0 <= self._clock() - started < TURN_S:
                break
            source = self._sources[name]
            every = _every(source.every_s, states.get(name, FeedState(name=name)).failures)
            state = self._store.claim_feed(name, every_s=every, now=self._clock())
            if state is not None:
                taken[name] = self._guarded(source, state)
        self._store.forget_items(before=self._clock() - FORGET_S)
        return self._told(taken)

    def _guarded(self, source: Source, state: FeedState) -> Mapping[str, int]:
        """One reading of one feed. Whatever goes wrong with it is its own trouble, unless the database is gone."""
        try:
            return self._read(source, state)
        except StoreDown:
            raise
        except Exception as error:
            log.error("feed %s failed: %s", state.name, error if isinstance(error, BadSetting) else where(error))
            self._store.save_feed(replace(state, failures=state.failures + 1, code=type(error).__name__))
            return {}

    def _read(self, source: Source, state: FeedState) -> Mapping[str, int]:
        """One reading of one feed, kept whatever comes of it. Returns how many alerts were taken, by state."""
        now = self._clock()
        reach, origin = Reach(source.url, source.allowed), self._origins[f"feed:{state.name}"]
        whole = int(now // WHOLE_S) != int(state.read // WHOLE_S) or self._store.waiting_items(state.name) > 0
        try:
            document = fetch(source.url, reach, etag="" if whole else state.etag, modified="" if whole else state.modified)
            listing = Listing(()) if document is None else read_list(document.body, document.url)
        except (FetchFailed, Unreadable) as error:
            return self._failed(state, error.code if isinstance(error, FetchFailed) else error.why.value)
        try:
            taken, whole = self._take(listing, document, reach, origin, state.name)
        except Unreadable as error:  # the feed is the alerts themselves: what nobody takes must not go unseen
            if document is not None and state.failures == 0:  # a feed that stays so would fill the list
                self._door.keep(document.body, origin, error)
            return self._failed(state, error.why.value)
        if state.failures:
            log.warning("feed %s is read again", state.name)
        newest = max([state.newest, *(item.at for item in listing.items)])
        good = replace(state, read=self._clock(), failures=0, code="", newest=newest, checked=state.checked if whole else 0.0)
        if document is not None:
            good = replace(good, etag=document.etag if whole else "", modified=document.modified if whole else "")
        self._store.save_feed(good)
        return taken

    def _failed(self, state: FeedState, code: str) -> Mapping[str, int]:
        """Stores that it could not be read. Nothing is taken."""
        if state.failures == 0:
            log.warning("feed %s cannot be read: %s", state.name, code)
        self._store.save_feed(replace(state, failures=state.failures + 1, code=code))
        return {}

    def _take(self, listing: Listing, document: Document | None, reach: Reach, origin: Origin, name: str) -> tuple[Mapping[str, int], bool]:
        """Takes in what is new. False where the time ran out before all of it was tried."""
        if document is not None and listing.inside:
            return self._portion(document, origin, name)
        now, whole = self._clock(), True
        known = self._store.feed_items(name, [item.key for item in listing.items])
        self._store.save_items([replace(one, listed=now) for one in known.values() if one.listed < now - _SEEN_S])
        total: dict[str, int] = {}
        for item in listing.items:
            kept = known.get(item.key) or FeedItem(feed=name, key=item.key)
            if (item.at and item.at < now - OLD_S) or not _due(kept, now):
                continue
            if self._clock() - now > BUDGET_S:
                return total, False
            tried, taken = self._fetch(item, kept, reach, origin)
            self._store.save_items([tried])
            whole = whole and (tried.done or tried.tries > 0)
            for word, count in taken.items():
                total[word] = total.get(word, 0) + count
        return total, whole

    def _portion(self, document: Document, origin: Origin, name: str) -> tuple[Mapping[str, int], bool]:
        """Takes in the alerts of a document. False where they are a long list and more of them are new than are taken at a time: what was
        taken is remembered, and the others come in the next minute."""
        now, known = self._clock(), dict[str, FeedItem]()

        def not_again(keys: Sequence[str]) -> Sequence[str]:
            known.update(self._store.feed_items(name, keys))
            self._store.save_items([replace(one, listed=now) for one in known.values() if one.listed < now - _SEEN_S])
            return [key for key, one in known.items() if not _due(one, now)]

        portion = self._door.portion(document.body, origin, not_again)
        fresh = {key: known.get(key, FeedItem(feed=name, key=key)) for key in (*portion.done, *portion.failed)}
        tried = [replace(one, tries=one.tries + 1, at=now, listed=now) for one in fresh.values()]
        over = [one.key in portion.done or one.tries >= ITEM_TRIES for one in tried]
        self._store.save_items([replace(one, done=done) for one, done in zip(tried, over, strict=True)])
        return counted(portion.taken), portion.left == 0

    def _fetch(self, item: Item, kept: FeedItem, reach: Reach, origin: Origin) -> tuple[FeedItem, Mapping[str, int]]:
        """One item: taken, or tried once more later. What stays unreadable is kept aside at the last try. Of a long list a portion is
        taken, and the item is as if it had not been tried."""
        now = self._clock()
        tried = replace(kept, tries=kept.tries + 1, at=now, listed=now)
        last = tried.tries >= ITEM_TRIES
        try:
            document = fetch(item.url, reach, most=MAX_BYTES)
            taken, whole = self._portion(document, origin, kept.feed) if document is not None else ({}, True)
        except FetchFailed as error:
            return replace(tried, code=error.code, done=last or error.code in {"host not allowed", "not https", "bad address"}), {}
        except Unreadable as error:
            if last and document is not None:
                self._door.keep(document.body, origin, error)
            return replace(tried, code=error.why.value, done=last), {}
        except (StoreDown, BadSetting):
            raise
        except Exception as error:  # a document that we stumble over must not keep back those behind it
            log.error("an item of feed %s failed: %s", kept.feed, where(error))
            return replace(tried, code=type(error).__name__, done=last), {}
        return replace(tried, tries=tried.tries if whole else 0, done=whole, code=""), taken

    def _told(self, taken: Mapping[str, Mapping[str, int]]) -> Sequence[Reading]:
        """How they stand. One line for each that became stale, or is so no more."""
        states = {state.name: state for state in self._store.feeds()}
        stale = frozenset(
            name for name, source in self._sources.items() if is_stale(states.get(name), source.stale_after_s, now=self._clock())
        )
        for name in sorted(stale - self._stale):
            log.error("feed %s is stale: no reading of it has gone well for %.0f minutes", name, self._sources[name].stale_after_s / 60)
        self._stale = stale
        return [Reading(name, states[name].read if name in states else 0.0, name in stale, taken.get(name, {})) for name in self._sources]


def is_stale(state: FeedState | None, after_s: float, *, now: float) -> bool:
    """Whether no reading has gone well for so long that what we say of this feed's alerts may be wrong."""
    return state is None or now - state.read > after_s


def _every(every_s: float, failures: int) -> float:
    return min(every_s * 2 ** min(failures, 10), max(every_s, PAUSE_S)) if failures else every_s


def _due(kept: FeedItem, now: float) -> bool:
    """Whether an item is to be taken, for the first time or once more."""
    if kept.done:
        return False
    return not kept.tries or now - kept.at >= min(ITEM_PAUSE_S * 2 ** (kept.tries - 1), 3600.0)
