"""What people sent while nobody listened is taken in once, in order, and only where an answer still helps."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from bot.core.errors import SendError, StoreDown, Unreachable
from bot.core.inbox import WORTH_S, Inbox
from bot.core.ports import Channel
from bot.core.price import Price
from bot.core.recover import LOOK_BACK_S, PAGE, Recovered, catch_up, recover
from bot.core.storage import NewDelivery
from bot.core.types import Lane, Limits, Message, Reply, Response, Status, StatusUpdate
from bot.store.memory import MemoryStore
from tests.small import EN, small_library

NOW = 1_800_000_000.0
SINCE = NOW - LOOK_BACK_S
PERSON = "tel:+254700000001"


@dataclass
class Deaf:
    """A channel whose provider keeps nothing."""

    name: str
    limits: Limits = field(default_factory=Limits)
    secrets: tuple[str, ...] = ()
    hand_over: str = ""

    def routes(self) -> Mapping[str, Any]:
        return {}

    def respond(self, reply: Reply | None) -> Response:
        return Response()

    def send(self, urn: str, text: str, *, key: str) -> str:
        return key


@dataclass
class Keeping(Deaf):
    """A channel whose provider kept `kept`, or fails with `error`."""

    kept: Sequence[Message] = ()
    error: SendError | None = None
    asked: list[tuple[float, str]] = field(default_factory=list)

    def missed(self, *, since: float, last_id: str) -> Sequence[Message]:
        self.asked.append((since, last_id))
        if self.error is not None:
            raise self.error
        return self.kept


class Counting(MemoryStore):
    """Counts its transactions, and is down after `good` of them."""

    def __init__(self, good: int = 1000) -> None:
        super().__init__()
        self.begun, self.good = 0, good

    @contextmanager
    def begin(self) -> Iterator[Any]:
        self.begun += 1
        if self.begun > self.good:
            raise StoreDown("gone")
        with super().begin() as tx:
            yield tx


def message(n: int, text: str = "how do i store maize", *, age_s: float = 60.0, channel: str = "one", urn: str = "") -> Message:
    return Message(channel=channel, external_id=f"m{n}", urn=urn or f"tel:+2547000{n:05d}", text=text, sent_at=NOW - age_s)


def run(store: MemoryStore, *channels: Deaf) -> Recovered:
    named: dict[str, Channel] = {channel.name: channel for channel in channels}
    inbox = Inbox(small_library(), named, lang=EN, values={"emergency_number": "112"})
    return recover(store, inbox, named, now=NOW, since=SINCE)


def test_takes_in_what_was_missed_and_hints_it() -> None:
    store, one = MemoryStore(), Keeping("one", kept=[message(1), message(2)])
    recovered = run(store, one)
    assert (recovered.taken, recovered.known, recovered.too_old) == (2, 0, 0)
    assert [lane for lane, _ in recovered.hints] == [Lane.ANSWERS, Lane.ANSWERS]
    claimed = [store.claim_message(row, now=NOW, lease_s=20) for _, row in recovered.hints]
    assert [one.message.external_id for one in claimed if one] == ["m1", "m2"]
    assert one.asked == [(SINCE, "")]


def test_what_came_by_webhook_is_not_taken_again() -> None:
    store, one = MemoryStore(), Keeping("one", kept=[message(1), message(2)])
    first = run(store, Keeping("one", kept=[message(1)]))
    second, third = run(store, one), run(store, one)
    assert [(r.taken, r.known, len(r.hints)) for r in (first, second, third)] == [(1, 0, 1), (1, 1, 1), (0, 2, 0)]


@pytest.mark.parametrize(
    ("age_s", "answered"),
    [
        pytest.param(WORTH_S, True, id="just-worth-it"),
        pytest.param(WORTH_S + 1, False, id="too-old"),
        pytest.param(-30.0, True, id="their-clock-is-ahead"),
    ],
)
def test_age(age_s: float, answered: bool) -> None:
    recovered = run(MemoryStore(), Keeping("one", kept=[message(1, age_s=age_s)]))
    assert (recovered.taken, recovered.too_old, len(recovered.hints)) == (1, not answered, answered)


def test_what_is_too_old_is_counted_once() -> None:
    store, one = MemoryStore(), Keeping("one", kept=[message(1, age_s=WORTH_S + 1)])
    assert [run(store, one).too_old for _ in range(2)] == [1, 0]


def test_a_message_without_a_time_is_taken() -> None:
    timeless = Message(channel="one", external_id="m1", urn=PERSON, text="how do i store maize")
    assert run(MemoryStore(), Keeping("one", kept=[timeless])).taken == 1


@pytest.mark.parametrize("age_s", [60.0, WORTH_S + 1], ids=["fresh", "old"])
def test_a_stop_that_we_missed_holds(age_s: float) -> None:
    store = MemoryStore()
    run(store, Keeping("one", kept=[message(1, "how do i store maize", urn=PERSON), message(2, "STOP", age_s=age_s, urn=PERSON)]))
    with store.begin() as tx:
        assert tx.contact(PERSON, now=NOW, lang=EN).opted_out


def test_one_provider_that_fails_does_not_keep_the_others_from_being_asked() -> None:
    down = Keeping("down", error=Unreachable("no connection"))
    recovered = run(MemoryStore(), down, Deaf("deaf"), Keeping("one", kept=[message(1)]))
    assert recovered.failed == {"down": "no connection"}
    assert recovered.taken == 1


def test_many_are_taken_in_pages() -> None:
    store = Counting()
    assert run(store, Keeping("one", kept=[message(n) for n in range(2 * PAGE + 1)])).taken == 2 * PAGE + 1
    assert store.begun == 3


def test_what_was_committed_before_the_store_went_is_found_by_the_sweep() -> None:
    store, one = Counting(good=1), Keeping("one", kept=[message(n) for n in range(PAGE + 1)])
    with pytest.raises(StoreDown):
        run(store, one)
    assert len(store.due(now=NOW + 3600, limit=1000)) == PAGE
    store.good = 1000
    assert (run(store, one).taken, run(store, one).known) == (1, PAGE + 1)


def test_nothing_to_ask() -> None:
    assert run(MemoryStore(), Deaf("deaf")) == Recovered()


@dataclass
class Telling(Deaf):
    """A channel whose provider tells what became of ours, or fails with `error`."""

    updates: Sequence[StatusUpdate] = ()
    error: SendError | None = None
    asked: list[float] = field(default_factory=list)

    def told(self, *, since: float) -> Sequence[StatusUpdate]:
        self.asked.append(since)
        if self.error is not None:
            raise self.error
        return self.updates


def sent(store: MemoryStore, external_id: str) -> int:
    """A delivery that a provider took."""
    with store.begin() as tx:
        delivery = tx.insert_delivery(NewDelivery(dedup=external_id, channel="one", urn=f"tel:{external_id}", parts=("x",)), now=NOW)
    assert delivery is not None
    claimed = store.claim_delivery(delivery, now=NOW, lease_s=20)
    assert claimed is not None
    store.part_sending(claimed.claim, 0, now=NOW, lease_s=20)
    store.part_wired(claimed.claim, 0, external_id, now=NOW)
    store.finish_delivery(claimed.claim, now=NOW)
    return delivery


def test_a_status_whose_callback_was_lost_is_caught_up_with_its_price() -> None:
    store, price = MemoryStore(), Price(Decimal("0.0075"), "USD")
    delivery = sent(store, "SM1")
    one = Telling("one", updates=[StatusUpdate(channel="one", external_id="SM1", status=Status.DELIVERED, price=price)])
    for _ in range(2):
        assert catch_up(store, {"one": one, "deaf": Deaf("deaf")}, now=NOW, since=SINCE) == {}
    assert [part.status for part in store.parts(delivery)] == [Status.DELIVERED]
    assert [(spent.parts, spent.amount) for spent in store.costs(since=0)] == [(1, price.amount)]
    assert one.asked == [SINCE, SINCE]


def test_what_others_sent_over_the_same_account_leaves_nothing() -> None:
    store = MemoryStore()
    one = Telling("one", updates=[StatusUpdate(channel="one", external_id=f"SM{n}", status=Status.FAILED) for n in range(2 * PAGE)])
    catch_up(store, {"one": one}, now=NOW, since=SINCE)
    assert [part.status for part in store.parts(sent(store, "SM1"))] == [Status.WIRED]


def test_one_provider_that_does_not_tell_keeps_no_other_from_telling() -> None:
    store = MemoryStore()
    delivery = sent(store, "SM1")
    one = Telling("one", updates=[StatusUpdate(channel="one", external_id="SM1", status=Status.READ)])
    down = Telling("down", error=Unreachable("no connection"))
    assert catch_up(store, {"down": down, "one": one}, now=NOW, since=SINCE) == {"down": "no connection"}
    assert [part.status for part in store.parts(delivery)] == [Status.READ]
