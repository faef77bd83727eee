"""A broadcast on its way: whom it goes to, in what order, and how it is fed to the lane. Protocols of what that needs of a store."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from bot.core.alert.audit import AuditTx
from bot.core.alert.broadcast import Audience, Broadcast, Mode, Stage
from bot.core.alert.notice import NoticeTx
from bot.core.alert.preview import Counted

Ways = Mapping[str, str]  # scheme of a URN ("tel", "whatsapp") -> the channel that pushes alerts to it


class AlertTx(NoticeTx, AuditTx, Protocol):
    """The part of a transaction that keeps broadcasts."""

    def add_broadcast(self, broadcast: Broadcast) -> int:
        """Stores a new one and returns its id."""
        ...

    def broadcast(self, id: int) -> Broadcast | None:
        """The broadcast of that id, held until the end of the transaction."""
        ...

    def save_broadcast(self, broadcast: Broadcast, *, was: Stage) -> bool:
        """Stores it where it still stands in the stage `was`. False: somebody was quicker, and nothing changed."""
        ...

    def follower(self, id: int) -> int:
        """The approved broadcast that follows `id`, 0 where there is none."""
        ...

    def end_deliveries(self, id: int, why: str) -> int:
        """Fails every delivery of it that has not gone out. Returns how many."""
        ...

    def wake_deliveries(self, id: int, *, now: float) -> Sequence[int]:
        """Makes every postponed delivery of it due. Returns the ids of the first 64."""
        ...


class BroadcastStore(Protocol):
    """The part of a store that shows broadcasts."""

    def begin(self) -> AbstractContextManager[AlertTx]:
        """One write transaction."""
        ...

    def find_broadcast(self, id: int) -> Broadcast | None:
        """The broadcast of that id."""
        ...

    def broadcasts(self, *, stages: Sequence[Stage] = (), before: int = 0, limit: int) -> Sequence[Broadcast]:
        """The newest first, from below id `before` (0: from the newest), in one of `stages` ((): any)."""
        ...

    def count_audience(self, audience: Audience, mode: Mode, *, ways: Ways) -> Counted:
        """See bot.core.alert.preview.AudienceStore."""
        ...


@dataclass(frozen=True, slots=True)
class Audiences:
    """bot.core.alert.preview.AudienceStore: knows which channel reaches whom."""

    store: BroadcastStore
    ways: Ways

    def counted(self, audience: Audience, mode: Mode) -> Counted:
        """Whom `audience` holds now, counted by the same rules that the sending goes by."""
        return self.store.count_audience(audience, mode, ways=self.ways)
