"""Sending at the channel's pace: never faster, nobody's worker blocked, nothing lost, nobody woken at night."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from threading import Event, Thread
from time import monotonic, sleep
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.bucket import Bucket, Traffic, leeway_s
from bot.core.deliver import REST_S, Deliverer
from bot.core.errors import Throttled
from bot.core.pace import PATIENCE_S, Line, Lines, Pace, Turn
from bot.core.storage import NewDelivery
from bot.core.sweep import sweep
from bot.core.types import Lane, Limits, Status
from bot.store.memory import MemoryStore
from tests.core.test_deliver import URN, Scripted

OTHER = "tel:+254700000002"
NOON = datetime(2026, 11, 22, 9, 0, tzinfo=UTC).timestamp()  # in Nairobi
MIDNIGHT = NOON + 12 * 3600


class Timed(Scripted):
    """Remembers when each part went out, and to whom."""

    def __init__(self, office: "Office", limits: Limits) -> None:
        super().__init__(limits=limits)
        self.office = office
        self.times: list[tuple[float, str]] = []

    def send(self, urn: str, text: str, *, key: str) -> str:
        sent = super().send(urn, text, key=key)
        self.times.append((self.office.now, urn))
        return sent


class Office:
    """A store, a channel and a deliverer in a time that only sleeping and we move."""

    def __init__(self, *, now: float = NOON, **limits: object) -> None:
        self.now = now
        self.slept: list[float] = []
        self.added = 0
        self.store = MemoryStore()
        self.channel = Timed(self, Limits(**limits))  # type: ignore[arg-type]
        zone = ZoneInfo("Africa/Nairobi")
        self.deliverer = Deliverer(self.store, {"scripted": self.channel}, lambda: self.now, zone=zone, sleep=self.sleep)  # type: ignore[dict-item]

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds

    def add(self, *parts: str, urn: str = URN, unsolicited: bool = False) -> int:
        self.added += 1
        order = NewDelivery(dedup=f"test:{self.added}", channel="scripted", urn=urn, parts=parts or ("one",), unsolicited=unsolicited)
        with self.store.begin() as tx:
            stored = tx.insert_delivery(order, now=self.now)
        assert stored is not None
        return stored

    def send(self, delivery: int) -> Status | None:
        return self.deliverer.send(delivery)

    def work(self, seconds: float) -> None:
        """What the sweep and the workers do in that time."""
        end = self.now + seconds
        while self.now < end and {"delivery.queued", "delivery.errored"} & set(self.store.counts()):
            for _, delivery in self.store.due(now=self.now, limit=64):
                self.send(delivery)
            self.now += 0.5


def test_a_short_wait_is_waited_out() -> None:
    office = Office(rate_per_s=2.0)
    assert office.send(office.add("one", "two", "three")) is Status.WIRED
    assert office.slept == [0.5, 0.5]


def test_a_long_wait_gives_the_delivery_back_without_an_error() -> None:
    office = Office(rate_per_s=0.1)
    delivery = office.add("one", "two")
    assert office.send(delivery) is Status.QUEUED
    assert (office.slept, office.store.counts()) == ([], {"delivery.queued": 1})
    assert office.send(delivery) is None, "not before its time"
    office.now += 10
    claimed = office.store.claim_delivery(delivery, now=office.now, lease_s=60)
    assert claimed is not None
    assert claimed.errors == 0
    office.store.postpone_delivery(claimed.claim, now=office.now, until=office.now)
    assert office.send(delivery) is Status.WIRED
    assert [text for text, _ in office.channel.sent] == ["one", "two"]


def test_patience_is_for_all_waits_of_a_part_together() -> None:
    """Others may take the slot that a worker slept for, again and again."""
    office = Office(rate_per_s=1.0)
    office.send(office.add("one"))

    def robbed(seconds: float) -> None:
        office.sleep(seconds)
        assert not Pace(office.store, lambda: office.now).turn(office.channel, URN, Traffic.REPLY).later  # type: ignore[arg-type]

    office.deliverer = Deliverer(office.store, office.deliverer.channels, lambda: office.now, sleep=robbed)
    assert office.send(office.add("two", urn=OTHER)) is Status.QUEUED
    assert sum(office.slept) <= PATIENCE_S


def test_one_persons_pace_holds_nobody_else_back() -> None:
    office = Office(pair_s=6.0)
    first, again, other = office.add(), office.add("again"), office.add(urn=OTHER)
    assert [office.send(row) for row in (first, again, other)] == [Status.WIRED, Status.QUEUED, Status.WIRED]
    office.now += 6
    assert office.send(again) is Status.WIRED


def test_a_person_may_get_a_burst_where_the_provider_lends_one() -> None:
    office = Office(pair_s=6.0, pair_burst=3)
    assert office.send(office.add("one", "two", "three", "four")) is Status.QUEUED
    assert len(office.channel.sent) == 3


@pytest.mark.parametrize(("wish", "pause"), [pytest.param(None, 1.0, id="no-word"), pytest.param(30.0, 30.0, id="asked-for")])
def test_too_fast_for_one_worker_slows_all(wish: float | None, pause: float) -> None:
    office = Office(rate_per_s=1000.0)
    office.channel.script = [Throttled("429", after_s=wish)]
    assert office.send(office.add()) is Status.ERRORED
    start = office.now
    other = office.add(urn=OTHER)
    if office.send(other) is Status.QUEUED:
        office.work(pause + 1)
    assert office.channel.times[0][1] == OTHER
    assert office.channel.times[0][0] >= start + pause


def test_what_nobody_asked_for_waits_for_the_morning() -> None:
    office = Office(now=MIDNIGHT)
    news, reply = office.add("news", unsolicited=True), office.add("reply")
    assert office.send(news) is Status.QUEUED
    assert office.send(reply) is Status.WIRED
    office.now = MIDNIGHT + 8 * 3600 - 1
    assert office.send(news) is None
    office.now += 1
    assert office.send(news) is Status.WIRED


def test_by_day_nothing_waits() -> None:
    office = Office()
    assert office.send(office.add(unsolicited=True)) is Status.WIRED


def test_a_channel_without_quiet_hours_sends_at_night() -> None:
    office = Office(now=MIDNIGHT, quiet=None)
    assert office.send(office.add(unsolicited=True)) is Status.WIRED


ORDERS = st.lists(st.tuples(st.floats(0, 4), st.integers(1, 3), st.sampled_from([URN, OTHER])), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(orders=ORDERS, rate_per_s=st.floats(0.2, 20), pair_s=st.sampled_from([0.0, 1.5, 6.0]), pair_burst=st.integers(1, 4))
def test_any_schedule_keeps_the_rates_and_loses_nothing(
    orders: list[tuple[float, int, str]], rate_per_s: float, pair_s: float, pair_burst: int
) -> None:
    office = Office(rate_per_s=rate_per_s, pair_s=pair_s, pair_burst=pair_burst)
    for after, parts, urn in orders:
        office.now += after
        office.send(office.add(*(f"{office.added}.{n}" for n in range(parts)), urn=urn))
    office.work(600)
    assert office.store.counts() == {"delivery.wired": len(orders)}
    times = office.channel.times
    assert_within([at for at, _ in times], rate_per_s, 1 + rate_per_s * 2 * leeway_s(1 / rate_per_s))
    for urn in (URN, OTHER):
        if pair_s:
            assert_within([at for at, whom in times if whom == urn], 1 / pair_s, pair_burst)


def assert_within(times: list[float], rate_per_s: float, burst: float) -> None:
    """In the window from any send to any later one: at most the burst and what the rate brings in that time."""
    for first, start in enumerate(times):
        for last, end in enumerate(times[first:], first):
            assert last - first + 1 <= burst + rate_per_s * (end - start + 1e-4)  # times of today are rounded


def test_after_an_outage_each_send_lets_the_next_one_come() -> None:
    office = Office(rate_per_s=50.0)
    waiting = [office.add(urn=f"tel:+2547000001{n:02}") for n in range(20)]
    following = waiting[:1]
    office.now += 60.0
    while following:
        assert office.deliverer.send(following.pop(), lambda lane, row: following.append(row)) is Status.WIRED
    assert {part.status for delivery in waiting for part in office.store.parts(delivery)} == {Status.WIRED}


def test_nobody_waits_in_a_worker_for_a_channel_that_is_closed() -> None:
    office = Office(rate_per_s=50.0)
    office.channel.script = [Throttled("429", after_s=1.5)]
    office.send(office.add())
    slept = len(office.slept)
    assert office.send(office.add(urn="tel:+254700000199")) is Status.QUEUED
    assert len(office.slept) == slept


def test_the_sweep_leaves_a_closed_channel_alone() -> None:
    office = Office(rate_per_s=50.0)
    office.channel.script = [Throttled("429", after_s=30.0)]
    office.send(office.add())
    waiting = office.add(urn="tel:+254700000199")
    hinted: list[int] = []

    class Hints:
        def hint(self, lane: Lane, *rows: int) -> None:
            hinted.extend(rows)

    office.now += 10.0
    sweep(office.store, Hints(), now=office.now)
    assert hinted == []
    office.now += 21.0
    sweep(office.store, Hints(), now=office.now)
    assert waiting in hinted


class Counting(MemoryStore):
    """Counts how often buckets are read and written."""

    def __init__(self) -> None:
        super().__init__()
        self.swaps = self.reads = 0

    def bucket(self, channel: str) -> tuple[Bucket, int]:
        self.reads += 1
        return super().bucket(channel)

    def swap_bucket(self, channel: str, bucket: Bucket, *, version: int) -> bool:
        self.swaps += 1
        return super().swap_bucket(channel, bucket, version=version)


class Followed(Line):
    """A line in which somebody always stands behind the first one."""

    @property
    def more(self) -> bool:
        return True


@pytest.mark.parametrize(("line", "swaps"), [pytest.param(Followed, 5, id="followed"), pytest.param(Line, 9, id="alone")])
def test_a_turn_in_a_row_costs_one_write(line: Callable[[], Line], swaps: int) -> None:
    office = Office(rate_per_s=50.0)
    office.store = store = Counting()
    lines = Lines(line)
    pace = Pace(store, lambda: office.now, office.sleep, lines)
    turns = [pace.turn(office.channel, URN, Traffic.ALERT) for _ in range(5)]  # type: ignore[arg-type]
    assert not any(turn.later for turn in turns)
    assert store.swaps == swaps
    assert store.reads == 1, "the first one leaves to the next how the bucket stood"
    assert sum(office.slept) == pytest.approx(4 / 50.0)


def test_what_another_process_did_meanwhile_counts() -> None:
    """What a line knows of the bucket is no right to a slot: another worker took the next one."""
    office = Office(rate_per_s=50.0)
    mine, theirs = (Pace(office.store, lambda: office.now, office.sleep, Lines()) for _ in range(2))
    for pace in (mine, theirs, mine, theirs, mine):
        assert not pace.turn(office.channel, URN, Traffic.ALERT).later  # type: ignore[arg-type]
    assert sum(office.slept) == pytest.approx(4 / 50.0)


def test_a_channel_that_another_process_found_too_fast_is_closed_at_once() -> None:
    office = Office(rate_per_s=50.0)
    mine, theirs = (Pace(office.store, lambda: office.now, office.sleep, Lines()) for _ in range(2))
    assert not mine.turn(office.channel, URN, Traffic.ALERT).later  # type: ignore[arg-type]
    theirs.heard(office.channel, Turn(at=office.now), Throttled("429", after_s=30.0))  # type: ignore[arg-type]
    assert mine.turn(office.channel, URN, Traffic.ALERT).later == pytest.approx(office.now + 30.0, abs=0.1)  # type: ignore[arg-type]


def test_where_nobody_waited_nobody_is_looked_for_at_each_send() -> None:
    office = Office(rate_per_s=50.0)
    looks: list[float] = []

    class Looked(MemoryStore):
        def next_due(self, channel: str, lane: Lane, *, now: float) -> int | None:
            looks.append(now)
            return super().next_due(channel, lane, now=now)

    office.store = Looked()
    office.deliverer = replace(office.deliverer, store=office.store)
    for n in range(20):
        office.deliverer.send(office.add(urn=f"tel:+2547000001{n:02}"), lambda lane, row: None)
    assert len(looks) == pytest.approx(20 / 50.0 / REST_S, abs=1)


def test_a_line_knows_whether_anybody_stands_behind() -> None:
    line, done = Line(), Event()

    def follow() -> None:
        assert line.stand(10.0)
        done.wait(10.0)
        line.leave()

    assert line.stand(0.0)
    assert not line.more
    follower = Thread(target=follow)
    follower.start()
    until = monotonic() + 10.0
    while not line.more and monotonic() < until:
        sleep(0.001)
    assert line.more
    assert not line.stand(0.01)  # who has no patience is in nobody's way
    line.leave()
    while line.more and monotonic() < until:
        sleep(0.001)
    assert not line.more  # the follower is the first one now
    done.set()
    follower.join()
    assert line.stand(0.0)
