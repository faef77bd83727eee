"""What is done every few seconds, whoever writes to us or not: what was left behind is found, what we missed is fetched."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.core.alert.feeder import Feeder
from bot.core.inbox import Inbox
from bot.core.jump import Watch
from bot.core.ports import Channel, Clock, Queue
from bot.core.promise import Promises
from bot.core.recover import LOOK_BACK_S, catch_up, recover
from bot.core.storage import Store
from bot.core.sweep import sweep
from bot.core.trace import where
from bot.core.types import Library

RECOVER_EVERY_S = 3600.0
RECOVER_AGAIN_S = 60.0
log = logging.getLogger("bot.app")  # the name that stands in operators' logs, whichever file of the package speaks


@dataclass
class Upkeep:
    """The sweep, and what it remembers from one time to the next."""

    store: Store
    queue: Queue
    channels: Mapping[str, Channel]
    library: Library
    clock: Clock
    watch: Watch
    # Made when they are first needed: what is wrong with them must not keep the sweep from the rest.
    inbox: Callable[[], Inbox]
    feeder: Callable[[], Feeder]
    _recover_at: float = field(default=0.0, init=False)
    _urgent: frozenset[int] = field(default=frozenset(), init=False)  # the open urgent tickets, as last told

    def sweep(self) -> int:
        """Finds what was left behind; at the first call and then hourly also what providers could not deliver to us.

        Returns how many rows were hinted."""
        self._settle_clock()
        now = self.clock()
        self._tell_urgent()
        hinted = sweep(self.store, self.queue, now=now)
        self._feed()
        for hint in Promises(self.store, self.channels, self.library).tell(now=now):
            self.queue.hint(*hint)
        if now >= self._recover_at:  # last: it may take minutes, and people in danger do not wait for it
            self._recover_at = now + RECOVER_EVERY_S
            self._recover(now)
        return hinted

    def _feed(self) -> None:
        """Feeds broadcasts on. What goes wrong with one of them must not keep the sweep from what else it has to do."""
        if not hasattr(self.store, "audit_log"):
            return
        try:
            self.feeder().run()
        except Exception as error:  # of any kind: it is tried again at the next sweep
            log.error("broadcasts are not fed: %s", where(error))

    def _settle_clock(self) -> None:
        """Before anything is called late or early: what waits follows a clock that was put right."""
        if jumped_s := self.watch.settle(self.store):
            log.warning("the clock jumped by %+.0f s: what waits has moved along, nothing is late because of it", jumped_s)
            self._recover_at = 0.0

    def _tell_urgent(self) -> None:
        """One line for each urgent ticket that is open and was not told yet; a restart tells them again."""
        urgent = frozenset(self.store.urgent_tickets())
        for ticket in sorted(urgent - self._urgent):
            log.warning("urgent ticket %d opened", ticket)
        self._urgent = urgent

    def _recover(self, now: float) -> None:
        inbox = self.inbox()
        inbox.restored_at = self.store.restored_at()
        recovered = recover(self.store, inbox, self.channels, now=now, since=now - LOOK_BACK_S)
        for hint in recovered.hints:
            self.queue.hint(*hint)
        if recovered.taken or recovered.too_old:
            log.info("recovered %d missed messages, %d were too old to answer", recovered.taken, recovered.too_old)
        failed = {**recovered.failed, **catch_up(self.store, self.channels, now=now, since=now - LOOK_BACK_S)}
        for channel, code in failed.items():
            log.warning("channel %s does not say what we missed (%s): asked again soon", channel, code)
        if failed:
            self._recover_at = now + RECOVER_AGAIN_S
