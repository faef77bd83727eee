"""A channel's bucket, by simulation: workers that ask, are refused, come back, in a time that only we move."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.bucket import FLOOR, GRACE_S, LONGEST_BREAK_S, RECOVER_S, SHARES, SKEW_S, TRIP, Bucket, Traffic, leeway_s

T = 1_800_000_000.0
ALERT, REPLY, BULK = Traffic
EACH = tuple(Traffic)


@dataclass
class Field:
    """One bucket and the workers before it. Each comes back when it was told to, and `late_s` later."""

    rate_per_s: float = 8.0
    late_s: float = 0.0
    now: float = T
    bucket: Bucket = field(default_factory=Bucket)
    sent: list[tuple[float, Traffic]] = field(default_factory=list)
    comes: dict[tuple[Traffic, int], float] = field(default_factory=dict)  # who, and when next

    def ask(self, traffic: Traffic) -> float:
        self.bucket, wait = self.bucket.take(traffic, rate_per_s=self.rate_per_s, now=self.now)
        if not wait:
            self.sent.append((self.now, traffic))
        return wait

    def join(self, traffic: Traffic, workers: int) -> None:
        for _ in range(workers):
            self.comes[traffic, len(self.comes)] = self.now

    def run(self, seconds: float, *, order: Callable[[Iterable[tuple[Traffic, int]]], list[tuple[Traffic, int]]] = list) -> None:
        """Everybody here has more to send than there is time."""
        end = self.now + seconds
        while self.comes and min(self.comes.values()) < end:
            self.now = min(self.comes.values())
            for who in order(key for key, at in self.comes.items() if at == self.now):
                self.comes[who] = self.now + (self.ask(who[0]) or 1e-3) + self.late_s
        self.now = end

    def counted(self, *, since: float = T) -> Counter[Traffic]:
        return Counter(traffic for at, traffic in self.sent if at >= since)


def reverse(who: Iterable[tuple[Traffic, int]]) -> list[tuple[Traffic, int]]:
    return list(who)[::-1]


@pytest.mark.parametrize(
    ("backlogged", "expected"),
    [
        pytest.param(EACH, {ALERT: 0.6, REPLY: 0.3, BULK: 0.1}, id="all"),
        pytest.param((ALERT, REPLY), {ALERT: 0.7, REPLY: 0.3}, id="alerts-take-what-bulk-leaves"),
        pytest.param((ALERT, BULK), {ALERT: 0.9, BULK: 0.1}, id="alerts-take-what-replies-leave"),
        pytest.param((REPLY, BULK), {REPLY: 0.9, BULK: 0.1}, id="replies-take-what-alerts-leave"),
        pytest.param((ALERT,), {ALERT: 1.0}, id="alerts-alone"),
        pytest.param((REPLY,), {REPLY: 1.0}, id="replies-alone"),
        pytest.param((BULK,), {BULK: 1.0}, id="bulk-alone"),
    ],
)
@pytest.mark.parametrize("order", [list, reverse], ids=["alerts-ask-first", "bulk-asks-first"])
@pytest.mark.parametrize("rate_per_s", [0.05, 1.0, 7.3, 80.0])
def test_who_gets_how_much(
    backlogged: Sequence[Traffic],
    expected: Mapping[Traffic, float],
    order: Callable[[Iterable[tuple[Traffic, int]]], list[tuple[Traffic, int]]],
    rate_per_s: float,
) -> None:
    """All the rate is used, and each class gets its part of it, whoever is quicker at the door."""
    queue = Field(rate_per_s=rate_per_s)
    for traffic in backlogged:
        queue.join(traffic, 4)
    queue.run(1000 / rate_per_s, order=order)
    assert len(queue.sent) == pytest.approx(1000, abs=2)
    for traffic, share in expected.items():
        assert queue.counted()[traffic] == pytest.approx(1000 * share, abs=3)


# Of all that is sent, so much of a class's share may go to others where workers oversleep by a tenth to a sixth of a slot, just so that
# another's mark is due: 3 in 100 over 600 sends; with less or more sleep none.
DRIFT = 0.03


@settings(max_examples=30, deadline=None)
@given(
    workers=st.tuples(*[st.integers(0, 6)] * 3).filter(any),
    rate_per_s=st.floats(0.05, 90),
    late=st.floats(0, 0.2),
    seed=st.randoms(use_true_random=False),
)
def test_any_crowd_keeps_the_rate_and_every_share(workers: tuple[int, int, int], rate_per_s: float, late: float, seed: object) -> None:
    """In any order, with workers that oversleep by a fifth of a slot: never too fast, nobody far below their share, nothing lost."""
    queue = Field(rate_per_s=rate_per_s, late_s=late / rate_per_s)

    def shuffled(who: Iterable[tuple[Traffic, int]]) -> list[tuple[Traffic, int]]:
        mixed = list(who)
        seed.shuffle(mixed)  # type: ignore[attr-defined]
        return mixed

    for traffic, many in zip(EACH, workers, strict=True):
        queue.join(traffic, many)
    queue.run(150 / rate_per_s, order=shuffled)
    times = [at for at, _ in queue.sent]
    early_and_late_s = 2 * leeway_s(1 / rate_per_s)
    for many in range(1, 6):
        apart = (later - sooner for sooner, later in zip(times, times[many:], strict=False))
        assert all(gap >= many / rate_per_s - early_and_late_s - 1e-6 for gap in apart)
    assert 150 / (1 + late) - 2 <= len(times) <= 152
    for traffic, many in zip(EACH, workers, strict=True):
        if many:
            assert queue.counted()[traffic] >= (SHARES[traffic] - DRIFT) * len(times) - 4


@settings(max_examples=100, deadline=None)
@given(
    asks=st.lists(st.tuples(st.floats(0, 5), st.sampled_from(EACH)), min_size=1, max_size=80),
    rate_per_s=st.floats(0.1, 100),
    window=st.floats(0, 20),
)
def test_no_window_holds_more_than_one_and_the_rate(asks: list[tuple[float, Traffic]], rate_per_s: float, window: float) -> None:
    queue = Field(rate_per_s=rate_per_s)
    for after, traffic in asks:
        queue.now += after
        queue.ask(traffic)
    times = [at for at, _ in queue.sent]
    for start in times:
        assert sum(start <= at <= start + window for at in times) <= 1 + rate_per_s * (window + 1e-4 + 2 * leeway_s(1 / rate_per_s))


@pytest.mark.parametrize("also", [(BULK,), (REPLY, BULK)], ids=["broadcast", "broadcast-and-replies"])
@pytest.mark.parametrize("rate_per_s", [0.05, 1.0, 10.0])
def test_an_alert_in_the_middle_of_a_broadcast_of_ten_thousand(also: Sequence[Traffic], rate_per_s: float) -> None:
    """Its turn comes after at most the slot under way, one reply and one bulk message: whatever lies behind those."""
    for moment in range(40):
        queue = Field(rate_per_s=rate_per_s)
        for traffic in also:
            queue.join(traffic, 8)  # eight workers that never run out stand for any number of deliveries
        queue.run((20 + moment / 8) / rate_per_s, order=reverse)
        start = queue.now
        queue.comes[ALERT, 99] = start
        queue.run(4 / rate_per_s, order=reverse)
        first = next(at for at, traffic in queue.sent if traffic is ALERT)
        assert first - start <= (1 + len(also)) / rate_per_s + 1e-6


def test_a_reply_in_the_middle_of_a_flood_of_alerts_keeps_its_share() -> None:
    queue = Field(rate_per_s=10.0)
    queue.join(ALERT, 8)
    queue.run(60.0)
    start = queue.now
    queue.join(REPLY, 1)
    queue.run(1.0)
    assert next(at for at, traffic in queue.sent if traffic is REPLY) - start <= 0.34 + 0.1
    queue.run(59.0)
    assert queue.counted(since=start)[REPLY] == pytest.approx(0.3 * 600, abs=3)


@pytest.mark.parametrize("moment", [n / 8 for n in range(8)])
def test_a_reply_does_not_wait_for_a_broadcast_that_is_fast(moment: float) -> None:
    """It takes the next slot ahead of its time, if it is the only one, and the broadcast loses that slot and no more."""
    queue = Field(rate_per_s=60.0)
    queue.join(ALERT, 8)
    queue.run((600 + moment) / 60)
    before = len(queue.sent)
    assert queue.ask(REPLY) == 0.0
    queue.run(10.0)
    assert len(queue.sent) - before == pytest.approx(600, abs=2)


def test_a_second_reply_at_once_waits_like_everybody() -> None:
    queue = Field(rate_per_s=60.0)
    assert [queue.ask(REPLY) > 0 for _ in range(3)] == [False, True, True]


def test_at_a_slow_rate_nothing_goes_early() -> None:
    queue = Field(rate_per_s=5.0)
    queue.join(ALERT, 1)
    queue.run(1.1)
    assert queue.ask(REPLY) == pytest.approx(0.1, abs=1e-6)


@pytest.mark.parametrize(("rate_per_s", "late_ms", "kept"), [(50.0, 4.0, 1.0), (50.0, 15.0, 1.0), (5.0, 4.0, 1 / 1.02)])
def test_who_wakes_a_little_late_loses_nothing_at_a_high_rate(rate_per_s: float, late_ms: float, kept: float) -> None:
    queue = Field(rate_per_s=rate_per_s, late_s=late_ms / 1000)
    queue.join(ALERT, 4)
    queue.run(1000 / rate_per_s)
    assert len(queue.sent) == pytest.approx(1000 * kept, abs=3)


def test_who_was_idle_has_saved_nothing_up() -> None:
    queue = Field(rate_per_s=10.0)
    queue.join(ALERT, 2)
    queue.run(600.0)
    start = queue.now
    queue.join(BULK, 4)
    queue.run(2.0)
    assert queue.counted(since=start)[BULK] <= 3


def test_who_used_what_others_left_owes_nothing() -> None:
    """A broadcast that had the whole rate for minutes keeps its tenth when alerts come."""
    queue = Field(rate_per_s=10.0)
    queue.join(BULK, 4)
    queue.run(600.0)
    start = queue.now
    queue.join(ALERT, 4)
    queue.run(10.0)
    assert queue.counted(since=start)[BULK] == pytest.approx(10, abs=2)


@pytest.mark.parametrize("rate_per_s", [0.05, 2.0, 10.0])
def test_who_does_not_come_back_costs_one_slot_or_a_quarter_of_a_second(rate_per_s: float) -> None:
    queue = Field(rate_per_s=rate_per_s)
    queue.ask(BULK)
    assert queue.ask(ALERT)  # refused, and killed
    queue.join(BULK, 1)
    queue.run(10 / rate_per_s)
    second = queue.sent[1][0] - T
    assert second <= 1 / rate_per_s + max(2 / rate_per_s, GRACE_S + 1 / rate_per_s)
    assert len(queue.sent) >= 7


def test_a_refusal_is_not_written_down_twice() -> None:
    """A write is an fsync: of eight that wait for one slot the first one leaves the mark."""
    queue = Field()
    queue.ask(REPLY)
    queue.now += 0.01
    queue.ask(REPLY)
    marked = queue.bucket
    for _ in range(7):
        queue.ask(REPLY)
    assert queue.bucket is marked


def test_the_wait_is_enough() -> None:
    """At rates that no binary number holds."""
    queue = Field(rate_per_s=7.3)
    for _ in range(50):
        wait = queue.ask(REPLY)
        queue.now += wait
        assert not wait or not queue.ask(REPLY)


# Too fast


def throttle(bucket: Bucket, now: float, *, sent_at: float | None = None, after_s: float | None = None) -> Bucket:
    return bucket.throttled(sent_at=now if sent_at is None else sent_at, after_s=after_s, now=now)


def test_too_fast_halves_the_rate_and_it_grows_back_evenly() -> None:
    bucket = throttle(Bucket(), T)
    speeds = [bucket.speed(T + RECOVER_S * part) for part in (0, 0.1, 0.25, 0.5, 9)]
    assert speeds == pytest.approx([0.5, 0.6, 0.75, 1.0, 1.0])


def test_sends_that_were_under_way_together_cut_it_once() -> None:
    bucket = Bucket()
    for answer in range(8):
        bucket = throttle(bucket, T + 0.1 * answer, sent_at=T - 0.1 * answer)
    assert bucket.speed(T + 0.8) == pytest.approx(0.5, abs=0.01)
    assert throttle(bucket, T + 2, sent_at=T + 1).speed(T + 2) == pytest.approx(0.25, abs=0.01)


def test_there_is_a_floor() -> None:
    bucket = Bucket()
    for n in range(50):
        bucket = throttle(bucket, T + n)
    assert bucket.speed(T + 49) == FLOOR


@pytest.mark.parametrize(("wish", "pause"), [(None, 1.0), (30.0, 30.0), (86_400.0, 3600.0)])
def test_the_provider_says_how_long(wish: float | None, pause: float) -> None:
    queue = Field(bucket=throttle(Bucket(), T, after_s=wish))
    assert queue.ask(ALERT) == pause
    queue.now += pause
    assert queue.ask(ALERT) == 0.0


def test_a_shorter_pause_does_not_end_a_longer_one() -> None:
    assert throttle(throttle(Bucket(), T, after_s=30.0), T + 1, after_s=5.0).closed_until == T + 30


def test_a_slower_bucket_is_shared_alike() -> None:
    queue = Field(rate_per_s=10.0, bucket=Bucket(factor=0.2, cut_at=T + 1e6, touched=T))
    for traffic in EACH:
        queue.join(traffic, 4)
    queue.run(500.0)
    assert len(queue.sent) == pytest.approx(1000, abs=2)
    assert [queue.counted()[traffic] for traffic in EACH] == pytest.approx([600, 300, 100], abs=3)


@given(threshold=st.floats(2.5, 9.0), rate_per_s=st.floats(10.0, 20.0))
@settings(max_examples=10, deadline=None)
def test_the_rate_settles_around_what_a_provider_takes(threshold: float, rate_per_s: float) -> None:
    """A provider that takes `threshold` a second and refuses the rest: most of it is used, and few are refused."""
    queue, taken, refused, room = Field(rate_per_s=rate_per_s), 0, 0, 1.0
    last = queue.now
    while queue.now < T + 1800:
        wait = queue.ask(BULK)
        if wait:
            queue.now += wait
            continue
        room, last = min(threshold, room + threshold * (queue.now - last)), queue.now
        if room >= 1.0:
            room, taken = room - 1.0, taken + 1
        else:
            refused += 1
            queue.bucket = throttle(queue.bucket, queue.now)
    assert taken > 0.55 * 1800 * threshold
    assert refused < 0.05 * taken


# Nobody answers


def miss(bucket: Bucket, now: float, *, sent_at: float | None = None) -> Bucket:
    return bucket.missed(sent_at=now if sent_at is None else sent_at, now=now)


def tripped(now: float = T) -> Bucket:
    bucket = Bucket()
    for _ in range(TRIP):
        bucket = miss(bucket, now)
    return bucket


def test_few_misses_stop_nobody() -> None:
    queue = Field()
    for _ in range(TRIP - 1):
        queue.bucket = miss(queue.bucket, T)
    assert queue.ask(REPLY) == 0.0


def test_an_answer_in_between_begins_anew() -> None:
    queue = Field()
    for _ in range(3):
        for _ in range(TRIP - 1):
            queue.bucket = miss(queue.bucket, T)
        queue.bucket = queue.bucket.answered(now=T)
    assert queue.ask(REPLY) == 0.0


def test_one_probe_goes_and_everybody_waits_for_its_answer() -> None:
    queue = Field(bucket=tripped())
    assert [queue.ask(traffic) for traffic in (ALERT, BULK)] == [5.0, 5.0]
    queue.now += 5.0
    assert [queue.ask(traffic) for traffic in (BULK, REPLY, ALERT)] == [0.0, 5.0, 5.0]
    queue.now += 1.0
    queue.bucket = queue.bucket.answered(now=queue.now)
    assert queue.ask(REPLY) == 0.0, "and nobody is held back for those who were refused meanwhile"


def test_a_probe_that_was_lost_is_followed_by_another() -> None:
    queue = Field(bucket=tripped(), now=T + 5)
    assert queue.ask(REPLY) == 0.0
    for wait in [5.0] * 7:
        assert queue.ask(REPLY) == wait
        queue.now += wait
    assert queue.ask(REPLY) == 0.0


def test_the_longer_it_is_down_the_rarer_the_probes() -> None:
    queue, waits = Field(bucket=tripped()), []
    for _ in range(7):
        waits.append(queue.ask(REPLY))
        queue.now += waits[-1]
        assert queue.ask(REPLY) == 0.0
        queue.bucket = miss(queue.bucket, queue.now)
    assert waits == [5.0, 10.0, 20.0, 40.0, LONGEST_BREAK_S, LONGEST_BREAK_S, LONGEST_BREAK_S]


def test_what_was_under_way_when_it_went_down_says_nothing_new() -> None:
    bucket = tripped()
    for _ in range(8):
        bucket = miss(bucket, T + 1, sent_at=T - 1)
    assert bucket.probe_at == T + 5


def test_too_fast_is_an_answer() -> None:
    assert throttle(tripped(), T + 5).misses == 0


# Clocks


def test_a_clock_that_was_set_back_closes_nothing() -> None:
    ahead = Field(now=T + 86_400.0, bucket=throttle(Bucket(), T + 86_400.0, after_s=600.0))
    ahead.ask(REPLY)
    back = Field(bucket=ahead.bucket)
    assert back.ask(REPLY) == 0.0
    assert back.bucket.speed(T) == pytest.approx(0.5), "what the provider makes of our speed is no matter of time"


def test_clocks_that_are_a_little_apart_share_the_bucket() -> None:
    ahead = Field(now=T + SKEW_S / 2)
    ahead.ask(REPLY)
    behind = Field(bucket=ahead.bucket)
    assert behind.ask(REPLY) > SKEW_S / 2


@given(
    taken=st.lists(st.tuples(st.sampled_from(EACH), st.floats(0.0, 1.0)), max_size=12),
    rate_per_s=st.sampled_from((0.5, 8.0, 75.0)),
    traffic=st.sampled_from(EACH),
    idle_s=st.floats(0.0, 3.0),
)
def test_the_mark_of_who_stands_behind_is_the_one_they_would_make(
    taken: list[tuple[Traffic, float]], rate_per_s: float, traffic: Traffic, idle_s: float
) -> None:
    place = Field(rate_per_s=rate_per_s)
    for other, after_s in taken:
        place.now += after_s
        place.ask(other)
    place.now += idle_s
    alone, wait = place.bucket.take(traffic, rate_per_s=rate_per_s, now=place.now)
    followed, same = place.bucket.take(traffic, rate_per_s=rate_per_s, now=place.now, more=True)
    assert wait == same
    if wait:
        assert followed == alone
        return
    _, refused = alone.take(traffic, rate_per_s=rate_per_s, now=place.now)
    if refused:  # else another slot is due at once, and they would take that one
        again, later = followed.take(traffic, rate_per_s=rate_per_s, now=place.now)
        assert (later, again is followed) == (refused, True)  # refused alike, and nothing to write
