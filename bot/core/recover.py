"""Recovery: what people sent while nobody listened is fetched from the providers that keep it, and taken in like any other message; and
what became of ours from those that tell it, with its price."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from bot.core.errors import SendError
from bot.core.inbox import Inbox
from bot.core.ports import Channel, Recovers, Reports
from bot.core.storage import Store
from bot.core.types import Lane, Message

LOOK_BACK_S = 24 * 3600.0  # what is too old for an answer (inbox.WORTH_S) is taken in all the same: it may be a STOP
PAGE = 100  # messages in one transaction: webhooks must not wait long for the database

_Row = TypeVar("_Row")


@dataclass(frozen=True, slots=True)
class Recovered:
    """What one round brought: messages that were new, that we had already, and, of the new ones, those too old to answer.

    `hints` go to the queue. `failed` has the channels that could not be asked and the provider's code.
    """

    hints: Sequence[tuple[Lane, int]] = ()
    taken: int = 0
    known: int = 0
    too_old: int = 0
    failed: Mapping[str, str] = field(default_factory=dict)


def recover(store: Store, inbox: Inbox, channels: Mapping[str, Channel], *, now: float, since: float) -> Recovered:
    """Takes in what the channels' providers kept for us from `since` on.

    Safe to repeat: what we have is not taken twice. One provider that fails does not keep the others from being asked. Raises
    StoreDown; what was committed before it is found by the sweep.
    """
    total = Recovered()
    for name, channel in channels.items():
        if not isinstance(channel, Recovers):
            continue
        try:
            messages = channel.missed(since=since, last_id="")
        except SendError as error:
            total = replace(total, failed={**total.failed, name: error.code})
            continue
        for page in _pages(messages):
            total = _take(store, inbox, page, total, now=now)
    return total


def catch_up(store: Store, channels: Mapping[str, Channel], *, now: float, since: float) -> Mapping[str, str]:
    """Applies what the channels' providers tell of the messages that we sent from `since` on: statuses whose callbacks were lost, and
    prices. Safe to repeat. Returns the channels that could not be asked and the provider's code. Raises StoreDown."""
    failed: dict[str, str] = {}
    for name, channel in channels.items():
        if not isinstance(channel, Reports):
            continue
        try:
            updates = channel.told(since=since)
        except SendError as error:
            failed[name] = error.code
            continue
        for page in _pages(updates):
            with store.begin() as tx:
                for update in page:
                    tx.apply_status(update, now=now, keep=False)  # a shared account lists what others sent, too
    return failed


def _take(store: Store, inbox: Inbox, page: Sequence[Message], total: Recovered, *, now: float) -> Recovered:
    """One page in one transaction, counted into `total` after its commit."""
    with store.begin() as tx:
        results = [inbox.take(tx, message, now=now) for message in page]
    known = sum(result.duplicate for result in results)
    old = sum(inbox.is_late(message, now=now) and not result.duplicate for message, result in zip(page, results, strict=True))
    hints = [hint for result in results for hint in result.hints]
    return replace(
        total,
        hints=(*total.hints, *hints),
        taken=total.taken + len(page) - known,
        known=total.known + known,
        too_old=total.too_old + old,
    )


def _pages(rows: Sequence[_Row]) -> Iterator[Sequence[_Row]]:
    for start in range(0, len(rows), PAGE):
        yield rows[start : start + PAGE]
