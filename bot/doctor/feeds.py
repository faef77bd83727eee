"""The feeds of alerts: whether each is read, and how old what it says is."""

import os
import time
from collections.abc import Iterator, Mapping

from bot.alert_settings import FeedSettings
from bot.cap.feeds import is_stale
from bot.config import Settings
from bot.core.alert.feed import FeedState
from bot.core.errors import UjumbeError
from bot.core.finding import Finding, look, ok, wrong
from bot.store.sql import SqlStore
from bot.store.version import versions

QUIET_S = 30 * 86_400.0  # a list whose newest item is older may be one that nobody keeps any more


def feeds(settings: Settings) -> Iterator[Finding]:
    """A finding for each configured feed. Asks nobody: what counts is what the service itself could read."""
    sources = settings.alerts.feeds
    if not sources:
        return
    try:
        states = _states(settings)
    except UjumbeError as error:
        yield wrong("feeds", str(error))
        return
    now = time.time()
    for name, source in sources.items():
        yield _one(name, source, states.get(name), now)


def _states(settings: Settings) -> Mapping[str, FeedState]:
    if not versions(settings.sqlalchemy_url)[0]:
        return {}  # opening a database that is not there would make it
    store = SqlStore(settings.sqlalchemy_url)
    try:
        return {state.name: state for state in store.feeds()}
    finally:
        store.close()


def _one(name: str, source: FeedSettings, state: FeedState | None, now: float) -> Finding:
    what = f"feed {name}"
    if source.certificate is not None and not os.access(source.certificate, os.R_OK):
        return wrong(what, f"its certificate cannot be read: {source.certificate}", "Put the authority's PEM file there.")
    if state is None:
        return look(what, "was never read", "Start the service: `ujumbe serve` reads it within a minute.")
    if is_stale(state, source.stale_after_s, now=now):
        since = f"for {_ago(now - state.read)}" if state.read else "yet"
        why = f" (last: {state.code})" if state.code else ""
        return wrong(what, f"no reading has gone well {since}{why}: its alerts do not come in", f"Look at {source.url} with a browser.")
    if state.failures:
        return look(what, f"the last reading failed ({state.code}); it was read {_ago(now - state.read)} ago", "It is asked again soon.")
    if state.newest and now - state.newest > QUIET_S:
        return look(what, f"is read, but its newest item is {_ago(now - state.newest)} old", "Ask the authority whether it still keeps it.")
    return ok(what, f"was read {_ago(now - state.read)} ago")


def _ago(seconds: float) -> str:
    """E.g. "5 minutes"."""
    for unit, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} seconds"
