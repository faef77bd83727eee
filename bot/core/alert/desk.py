"""The desk of the alerts: drafts become broadcasts here, by two people, and are paused, stopped and replaced here. Nowhere else.

There is no way around the second person, for nobody and in no emergency.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from bot.core.alert.broadcast import Audience, Broadcast, Mode, Stage
from bot.core.alert.cap import MsgType
from bot.core.alert.preview import Counted
from bot.core.alert.sending import AlertTx, Audiences, BroadcastStore
from bot.core.alert.staff import Member
from bot.core.errors import NotDone
from bot.core.place.types import Gazetteer
from bot.core.ports import Clock, Queue

DRIFT = 0.05  # the audience may change by so much between submission and approval
Check = Callable[[Broadcast], Sequence[str]]  # reasons why a broadcast may not be submitted, in words for its author; () where it may


@dataclass(frozen=True, slots=True)
class AlertDesk:
    """Broadcasts, for staff. Every step raises NotDone where it cannot be done, and then changed nothing: also where another person was
    quicker by a moment. Every step is audited as "broadcast.<step>" about "broadcast:<id>", in its own transaction."""

    store: BroadcastStore
    audiences: Audiences
    places: Gazetteer
    queue: Queue
    clock: Clock
    check: Check

    def show(self, id: int) -> Broadcast:
        """A broadcast as it stands."""
        raise NotImplementedError

    def draft(self, broadcast: Broadcast, *, by: Member) -> int:
        """Stores a new draft of `by`, an author, and returns its id. `id`, `stage`, `author`, `created` and what later steps set are
        the desk's own, whatever `broadcast` says. Places are given with all that lies in them from here on."""
        raise NotImplementedError

    def change(self, id: int, broadcast: Broadcast, *, by: Member) -> None:
        """Puts `broadcast` in the place of a draft, or of one that was rejected. Only its author may: nobody approves what they wrote."""
        raise NotImplementedError

    def submit(self, id: int, *, by: Member) -> Counted:
        """Counts the people and leaves the draft to an approver. Its author may submit it anew while it waits: it is counted anew."""
        raise NotImplementedError

    def withdraw(self, id: int, *, by: Member) -> None:
        """Its author takes back what waits for approval: it is a draft again."""
        raise NotImplementedError

    def approve(self, id: int, *, by: Member, confirm: int) -> Broadcast:
        """Sends it. `by` is an approver and not its author; `confirm` is the number of people that was counted when it was submitted,
        typed by them. Refused where that number is no longer true by more than DRIFT. What it follows is stopped in the same moment."""
        raise NotImplementedError

    def reject(self, id: int, why: str, *, by: Member) -> None:
        """An approver says no. Its author may change it and submit it again."""
        raise NotImplementedError

    def pause(self, id: int, *, by: Member) -> None:
        """Nothing of it goes out until it is resumed."""
        raise NotImplementedError

    def resume(self, id: int, *, by: Member) -> None:
        """On with it, from where it was."""
        raise NotImplementedError

    def stop(self, id: int, why: str, *, by: Member) -> None:
        """Nothing of it goes out any more, and nobody who asks is told of it. For good: what comes after is an Update or a Cancel."""
        raise NotImplementedError

    def update(self, id: int, broadcast: Broadcast, *, by: Member) -> int:
        """Drafts an Update of broadcast `id` and returns its id: first for those who got the old text or may have, then for the rest of
        its audience (that of the old one where `broadcast` names none)."""
        raise NotImplementedError

    def cancel(self, id: int, broadcast: Broadcast, *, by: Member) -> int:
        """Drafts a Cancel of broadcast `id` and returns its id: only for those who got the old text or may have."""
        raise NotImplementedError
