"""The contract of channels' buckets, held by every store: what was put in comes out, and nobody overwrites what they did not see."""

from dataclasses import fields

from bot.core.bucket import Bucket, Share, Traffic
from bot.core.pace import speeds
from bot.core.storage import Store
from tests.store.bench import T, at_once
from tests.store.taking import MOST_TURNS, take_turns

# Every field another number: one that is left out or mixed up shows.
USED = Bucket(
    touched=T,
    full_at=T + 0.125,
    closed_until=T + 2,
    misses=3,
    missed_at=T - 4,
    probe_at=T + 5,
    probed_at=T - 6,
    factor=0.75,
    cut_at=T - 8,
    alert=Share(due=T + 9, waits=T + 10),
    reply=Share(due=T + 11, waits=T + 12),
    bulk=Share(due=T + 13, waits=T + 14),
)


def test_a_channel_begins_with_an_untouched_bucket(store: Store) -> None:
    assert store.bucket("sim") == (Bucket(), 0)
    assert store.buckets() == {}


def test_every_field_comes_back(store: Store) -> None:
    assert all(getattr(USED, field.name) != getattr(Bucket(), field.name) for field in fields(Bucket)), "or this was no test"
    assert store.swap_bucket("sim", USED, version=0)
    assert store.bucket("sim") == (USED, 1)
    assert store.swap_bucket("sim", Bucket(misses=1), version=1)
    assert store.bucket("sim") == (Bucket(misses=1), 2)


def test_each_channel_has_its_own(store: Store) -> None:
    store.swap_bucket("sim", USED, version=0)
    assert store.bucket("at_sms") == (Bucket(), 0)
    assert store.swap_bucket("at_sms", Bucket(factor=0.5), version=0)
    assert store.buckets() == {"sim": USED, "at_sms": Bucket(factor=0.5)}


def test_who_was_slower_changes_nothing(store: Store) -> None:
    assert store.swap_bucket("sim", USED, version=0)
    assert not store.swap_bucket("sim", Bucket(), version=0)
    assert store.swap_bucket("sim", Bucket(factor=0.5), version=1)
    assert not store.swap_bucket("sim", Bucket(), version=1)
    assert not store.swap_bucket("sim", Bucket(), version=7)
    assert store.bucket("sim") == (Bucket(factor=0.5), 2)


def test_of_many_at_once_one_is_first(store: Store) -> None:
    for version in range(3):
        assert sum(at_once([lambda v=version: store.swap_bucket("sim", USED, version=v)] * 4)) == 1  # type: ignore[misc]


def test_a_bucket_is_never_forgotten(store: Store) -> None:
    """There is one for each channel, and what a provider makes of our speed is not a matter of hours."""
    store.swap_bucket("sim", USED, version=0)
    store.expire(now=T + 90 * 86_400)
    assert store.bucket("sim") == (USED, 1)


def test_threads_together_take_the_turns_that_there_are(store: Store) -> None:
    assert sum(at_once([lambda: take_turns(store)] * 4)) == MOST_TURNS


def test_of_several_classes_too(store: Store) -> None:
    """Their threads' clocks run apart here, so that one may leave a turn to another that is not there yet."""
    calls = [lambda t=traffic: take_turns(store, t) for traffic in (*Traffic, Traffic.REPLY)]  # type: ignore[misc]
    assert MOST_TURNS // 2 <= sum(at_once(calls)) <= MOST_TURNS


def test_speeds_are_there_to_be_shown(store: Store) -> None:
    store.swap_bucket("sim", Bucket(), version=0)
    store.swap_bucket("at_sms", Bucket().throttled(sent_at=T, after_s=None, now=T), version=0)
    down = Bucket()
    for _ in range(5):
        down = down.missed(sent_at=T, now=T)
    store.swap_bucket("kannel", down, version=0)
    assert speeds(store, now=T) == {"sim": 1.0, "at_sms": 0.5, "kannel": 0.0}
    assert speeds(store, now=T + 3600) == {"sim": 1.0, "at_sms": 1.0, "kannel": 0.0}
