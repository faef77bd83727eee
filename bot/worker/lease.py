"""Keeps a claim alive while its work goes on. A worker that dies stops renewing, and the row is free again when the lease ends."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from bot.core.errors import StoreDown
from bot.core.ports import Clock
from bot.core.storage import Claim, Store

log = logging.getLogger(__name__)


@contextmanager
def renewing(store: Store, clock: Clock, claim: Claim, *, lease_s: float) -> Iterator[None]:
    """Renews the lease of `claim` every third of `lease_s` seconds until the block ends or the claim is lost."""
    stop = Event()
    thread = Thread(target=_renew, args=(store, clock, claim, lease_s, stop), name=f"lease-{claim.id}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _renew(store: Store, clock: Clock, claim: Claim, lease_s: float, stop: Event) -> None:
    while not stop.wait(lease_s / 3):
        try:
            if not store.renew_message(claim, now=clock(), lease_s=lease_s):
                log.warning("question %d: the claim was lost; another worker has it", claim.id)
                return
        except StoreDown:
            log.warning("question %d: the database cannot renew the claim now; trying again", claim.id)
