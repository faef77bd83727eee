"""Which of our broadcasts other systems may take as CAP, with what each follows. Never an exercise, nor what is for some groups alone."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from bot.core.alert.broadcast import WENT_OUT, Broadcast, Mode, Stage
from bot.core.types import Lang

STOPPED = "-stopped"  # ends the identifier of what takes a stopped broadcast back
LONGEST_CHAIN = 50
LISTED = 200  # of our broadcasts, the newest
TOLD_S = 24 * 3600.0  # what was stopped is told as taken back for at least so long


class PublicStore(Protocol):
    """What is needed of a store."""

    def find_broadcast(self, id: int) -> Broadcast | None:
        """The broadcast of that id."""
        ...

    def broadcasts(self, *, stages: Sequence[Stage] = (), before: int = 0, limit: int) -> Sequence[Broadcast]:
        """The newest first."""
        ...


@dataclass(frozen=True, slots=True)
class Public:
    """A broadcast that anybody may have, and what it follows, the oldest first. `stopped`: it is what takes `broadcast` back."""

    broadcast: Broadcast
    earlier: Sequence[Broadcast] = ()
    stopped: bool = False


def public(store: PublicStore, broadcast: Broadcast) -> Public | None:
    """The broadcast with what it follows, None where it is not for the public."""
    earlier: list[Broadcast] = []
    follows = broadcast.follows
    while follows and len(earlier) < LONGEST_CHAIN and (old := store.find_broadcast(follows)) is not None and old.id < broadcast.id:
        earlier.insert(0, old)
        follows = old.follows
    whole = [*earlier, broadcast]
    named = any(one.audience.everyone or one.audience.places for one in whole)
    went = broadcast.stage in WENT_OUT and broadcast.approver and broadcast.approver != broadcast.author
    live = all(one.mode is Mode.LIVE for one in whole)
    return Public(broadcast, earlier) if named and went and live else None


def listed(store: PublicStore, *, now: float) -> Sequence[Public]:
    """What a feed lists now, the newest first: what is in force, what took others back lately, and that somebody stopped one."""
    found = store.broadcasts(stages=tuple(WENT_OUT), limit=LISTED)
    followed = {one.follows for one in found if one.follows}
    listed_: list[Public] = []
    for one in found:
        if one.id in followed or (known := public(store, one)) is None:
            continue
        if one.stage is Stage.STOPPED:
            if max(one.expires, one.ended + TOLD_S) > now:
                listed_.append(replace(known, stopped=True))
        elif one.expires > now:
            listed_.append(known)
    return listed_


def headline(broadcast: Broadcast) -> str:
    """What a list says of it."""
    return broadcast.texts.get(Lang.EN) or next(iter(broadcast.texts.values()), broadcast.title)


def by_a_person(broadcast: Broadcast) -> bool:
    """Whether somebody stopped it, rather than an Update or a Cancel took its place."""
    return broadcast.stage is Stage.STOPPED and not broadcast.replaced_by
