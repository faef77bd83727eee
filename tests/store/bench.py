"""Short words for the contract tests: asking, ordering, looking."""

from collections.abc import Callable, Sequence
from itertools import count
from threading import Barrier, Thread
from typing import Any, TypeVar

from bot.core.storage import ClaimedDelivery, ClaimedMessage, NewDelivery, Store
from bot.core.types import Message, Status, StatusUpdate

T = 1_800_000_000.0
URN = "tel:+254700000001"
OTHER = "tel:+254700000002"
LEASE_S = 20.0

_numbers = count(1)
_Result = TypeVar("_Result")


def message(**values: Any) -> Message:
    return Message(**{"channel": "sim", "external_id": f"in-{next(_numbers)}", "urn": URN, "text": "When do I plant maize?"} | values)


def order(*parts: str, **values: Any) -> NewDelivery:
    return NewDelivery(**{"dedup": f"test:{next(_numbers)}", "channel": "sim", "urn": URN, "parts": parts or ("Plant now.",)} | values)


def ask(store: Store, *, now: float = T, screen_until: float = 0.0, **values: Any) -> int:
    """A stored question that waits for an answer."""
    with store.begin() as tx:
        stored = tx.insert_message(message(**values), now=now)
        assert stored is not None
        tx.queue_question(stored, skill="crops", turns=("first", "second"), screen_until=screen_until, now=now)
    return stored


def put(store: Store, *parts: str, now: float = T, **values: Any) -> int:
    """A stored delivery."""
    with store.begin() as tx:
        stored = tx.insert_delivery(order(*parts, **values), now=now)
    assert stored is not None
    return stored


def take(store: Store, message_id: int, *, now: float = T) -> ClaimedMessage:
    claimed = store.claim_message(message_id, now=now, lease_s=LEASE_S)
    assert claimed is not None
    return claimed


def answer(store: Store, message_id: int, *parts: str, now: float = T, **fields: Any) -> int:
    """The question's delivery, made by claiming and finishing it."""
    claimed = take(store, message_id, now=now)
    made = store.finish_message(claimed.claim, order(*parts, dedup=f"reply:{message_id}", urn=claimed.message.urn, **fields), now=now)
    assert made is not None
    return made


def hold(store: Store, delivery_id: int, *, now: float = T) -> ClaimedDelivery:
    claimed = store.claim_delivery(delivery_id, now=now, lease_s=LEASE_S)
    assert claimed is not None
    return claimed


def wire(store: Store, claimed: ClaimedDelivery, n: int = 0, external_id: str = "", *, now: float = T) -> None:
    assert store.part_sending(claimed.claim, n, now=now, lease_s=LEASE_S)
    store.part_wired(claimed.claim, n, external_id or f"out-{n}", now=now)


def send(store: Store, delivery_id: int, *, now: float = T) -> Status:
    """Sends every part of a delivery, ids "out-0", "out-1", ..."""
    claimed = hold(store, delivery_id, now=now)
    for part in claimed.parts:
        wire(store, claimed, part.n, now=now)
    return store.finish_delivery(claimed.claim, now=now)


def report(store: Store, status: Status, external_id: str = "out-0", *, now: float = T, keep: bool = True, **values: Any) -> bool:
    with store.begin() as tx:
        return tx.apply_status(StatusUpdate(channel="sim", external_id=external_id, status=status, **values), now=now, keep=keep)


def parts(store: Store, delivery_id: int) -> list[Status]:
    return [part.status for part in store.parts(delivery_id)]


def deliveries(store: Store) -> dict[str, int]:
    """How many deliveries stand where."""
    return {name.removeprefix("delivery."): n for name, n in store.counts().items() if name.startswith("delivery.")}


def at_once(calls: Sequence[Callable[[], _Result]]) -> list[_Result]:
    """Calls everything at the same moment, each in its own thread."""
    start = Barrier(len(calls))
    results: dict[int, _Result] = {}
    errors: list[BaseException] = []

    def run(n: int) -> None:
        start.wait()
        try:
            results[n] = calls[n]()
        except BaseException as error:
            errors.append(error)

    threads = [Thread(target=run, args=(n,)) for n in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [results[n] for n in range(len(calls))]
