"""The contract of the buckets that keep providers' limits, held by every store."""

from hypothesis import given
from hypothesis import strategies as st

from bot.core.storage import Store
from bot.store.memory import MemoryStore
from bot.store.rules import KEEP_RATES_S
from tests.store.bench import URN, T, at_once
from tests.store.taking import MOST, take_all


def take(store: Store, now: float, *, name: str = "sim", rate_per_s: float = 4.0, burst: float = 1.0) -> float:
    return store.take_slot(name, rate_per_s=rate_per_s, burst=burst, now=now)


def test_slots_are_evenly_spaced(store: Store) -> None:
    assert [take(store, T), take(store, T), take(store, T + 0.125)] == [0.0, 0.25, 0.125]
    assert [take(store, T + 0.25), take(store, T + 0.25)] == [0.0, 0.25]


def test_a_refusal_takes_nothing(store: Store) -> None:
    take(store, T)
    assert {take(store, T + 0.125) for _ in range(9)} == {0.125}


def test_the_wait_is_enough(store: Store) -> None:
    """Coming back after exactly the wait finds a slot, at rates that no binary number holds."""
    now = T + 0.1
    for _ in range(20):
        wait = take(store, now, rate_per_s=7.3, burst=3)
        now += wait
        assert not wait or take(store, now, rate_per_s=7.3, burst=3) == 0.0


def test_a_burst_goes_at_once_and_is_earned_back(store: Store) -> None:
    assert [take(store, T, burst=3) for _ in range(4)] == [0.0, 0.0, 0.0, 0.25]
    assert [take(store, T + 0.5, burst=3) for _ in range(3)] == [0.0, 0.0, 0.25]
    assert [take(store, T + 9, burst=3) for _ in range(4)] == [0.0, 0.0, 0.0, 0.25]


def test_each_name_has_its_own(store: Store) -> None:
    take(store, T)
    assert take(store, T, name=f"sim:{URN}") == 0.0
    assert take(store, T, name="at_sms") == 0.0


def test_what_is_taken_can_be_seen_and_seeing_takes_nothing(store: Store) -> None:
    assert store.slots_until("sim") == 0.0
    take(store, T, burst=3)
    take(store, T, burst=3)
    assert [store.slots_until("sim"), store.slots_until("sim"), store.slots_until("at_sms")] == [T + 0.5, T + 0.5, 0.0]


def test_a_full_bucket_is_forgotten_and_no_other(store: Store) -> None:
    take(store, T)
    take(store, T, name="at_sms", rate_per_s=1 / (2 * KEEP_RATES_S))
    store.expire(now=T + 1.25 * KEEP_RATES_S)
    assert take(store, T) == 0.0
    assert take(store, T + KEEP_RATES_S, name="at_sms") == KEEP_RATES_S


def test_threads_together_take_what_is_there(store: Store) -> None:
    assert sum(at_once([lambda: take_all(store)] * 4)) == MOST


@given(
    steps=st.lists(st.floats(0, 3), min_size=1, max_size=60),
    rate_per_s=st.floats(0.05, 200),
    burst=st.integers(1, 50),
    window=st.floats(0, 20),
)
def test_no_window_holds_more_than_its_share(steps: list[float], rate_per_s: float, burst: int, window: float) -> None:
    store, now, out = MemoryStore(), T, []
    for step in steps:
        now += step
        out += [now for _ in range(3) if take(store, now, rate_per_s=rate_per_s, burst=burst) == 0.0]
    for start in out:
        inside = sum(start <= at <= start + window for at in out)
        assert inside <= burst + rate_per_s * (window + 1e-4), "1e-4: times of today are rounded to a quarter of a microsecond"
