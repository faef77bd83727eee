"""The ladder of statuses, climbed in whatever order the provider's reports come in, by every store."""

from functools import partial
from itertools import accumulate, count, pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.core.storage import Store
from bot.core.types import Status, climbs, rank
from tests.store.bench import LEASE_S, OTHER, T, answer, ask, at_once, deliveries, hold, parts, put, report, send, wire

REPORTED = (Status.WIRED, Status.SENT, Status.FAILED, Status.DELIVERED, Status.READ)
in_any_order = st.lists(st.tuples(st.sampled_from([0, 1]), st.sampled_from(REPORTED)), max_size=6)
numbers = count(1)  # the store of a test is shared by its examples: each has its own person
slow = settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def test_a_report_climbs_part_and_delivery(store: Store) -> None:
    delivery = put(store, "one", "two")
    send(store, delivery)
    assert report(store, Status.DELIVERED, "out-0")
    assert parts(store, delivery) == [Status.DELIVERED, Status.WIRED]
    assert deliveries(store) == {"wired": 1}
    assert report(store, Status.SENT, "out-1")
    assert deliveries(store) == {"sent": 1}
    assert report(store, Status.SENT, "out-0")  # late: nothing changes
    assert report(store, Status.DELIVERED, "out-1")
    assert deliveries(store) == {"delivered": 1}


@pytest.mark.parametrize("early", REPORTED)
def test_a_report_before_the_id_is_stored_is_kept_for_it(store: Store, early: Status) -> None:
    delivery = put(store)
    claimed = hold(store, delivery)
    assert store.part_sending(claimed.claim, 0, now=T, lease_s=LEASE_S)
    assert not report(store, early, "out-0")
    assert not report(store, early, "out-0")  # the provider repeats itself
    assert not report(store, early, "another")
    store.part_wired(claimed.claim, 0, "out-0", now=T)
    assert parts(store, delivery) == [early]
    assert store.finish_delivery(claimed.claim, now=T) is early


def test_a_report_with_our_key_needs_no_id(store: Store) -> None:
    delivery = put(store, "one", "two")
    claimed = hold(store, delivery)
    assert store.part_sending(claimed.claim, 1, now=T, lease_s=LEASE_S)
    assert not report(store, Status.READ, "out-1")
    assert report(store, Status.DELIVERED, "out-1", key=claimed.parts[1].key)
    assert [(part.status, part.external_id) for part in store.parts(delivery)] == [(Status.QUEUED, ""), (Status.READ, "out-1")]
    store.part_wired(claimed.claim, 1, "out-1", now=T)
    assert parts(store, delivery) == [Status.QUEUED, Status.READ]


def test_a_report_names_one_channel_only(store: Store) -> None:
    mine, theirs = put(store), put(store, channel="at_sms", urn=OTHER)
    send(store, mine)
    send(store, theirs)  # both providers count from "out-0"
    report(store, Status.DELIVERED, "out-0")
    assert (parts(store, mine), parts(store, theirs)) == ([Status.DELIVERED], [Status.WIRED])
    key = store.parts(theirs)[0].key
    assert not report(store, Status.READ, "unheard-of", key=key)
    assert parts(store, theirs) == [Status.WIRED]


def test_an_empty_id_names_nothing(store: Store) -> None:
    delivery = put(store)
    claimed = hold(store, delivery)
    assert store.part_sending(claimed.claim, 0, now=T, lease_s=LEASE_S)
    assert not report(store, Status.FAILED, "")
    store.part_wired(claimed.claim, 0, "", now=T)
    assert parts(store, delivery) == [Status.WIRED]
    assert not report(store, Status.FAILED, "")
    assert parts(store, delivery) == [Status.WIRED]


def test_an_unknown_part_is_cleared_up_by_a_report(store: Store) -> None:
    delivery = put(store)
    claimed = hold(store, delivery)
    assert store.part_sending(claimed.claim, 0, now=T, lease_s=LEASE_S)
    store.part_unknown(claimed.claim, 0, "timeout", now=T)
    store.finish_delivery(claimed.claim, now=T)
    assert report(store, Status.DELIVERED, "out-0", key=claimed.parts[0].key)
    assert deliveries(store) == {"delivered": 1}


def status(store: Store, urn: str) -> Status:
    """Where the person's last answer stands."""
    with store.begin() as tx:
        found = tx.last_answer(urn, since=0)
    assert found is not None
    return found.status


@slow
@given(reports=in_any_order, data=st.data())
def test_the_order_of_reports_does_not_matter(store: Store, reports: list[tuple[int, Status]], data: st.DataObject) -> None:
    """Reports come before and after the storing of the ids: each part ends on its highest rung, and never steps down to get there."""
    urn = f"tel:+25470{next(numbers):07}"
    delivery = answer(store, ask(store, urn=urn), "one", "two")
    names = [f"{delivery}-a", f"{delivery}-b"]
    early = data.draw(st.integers(0, len(reports)))
    claimed = hold(store, delivery)
    for n, reported in reports[:early]:
        assert not report(store, reported, names[n])
    for n in (0, 1):
        wire(store, claimed, n, names[n])
    store.finish_delivery(claimed.claim, now=T)
    seen = [parts(store, delivery)]
    for n, reported in [*reports[early:], *reports]:  # and then everything once more
        assert report(store, reported, names[n])
        seen.append(parts(store, delivery))
    highest = [max((s for n, s in [(part, Status.WIRED), *reports] if n == part), key=rank) for part in (0, 1)]
    assert seen[-1] == highest
    for before, after in pairwise(seen):
        assert all(old == new or climbs(old, new) for old, new in zip(before, after, strict=True))
    assert status(store, urn) is min(highest, key=rank)


@slow
@given(reports=st.permutations([(0, Status.SENT), (0, Status.FAILED), (0, Status.DELIVERED), (1, Status.FAILED), (1, Status.READ)]))
def test_a_delivery_only_climbs(store: Store, reports: list[tuple[int, Status]]) -> None:
    urn = f"tel:+25470{next(numbers):07}"
    delivery = answer(store, ask(store, urn=urn), "one", "two")
    claimed = hold(store, delivery)
    for n in (0, 1):
        wire(store, claimed, n, f"{delivery}-{n}")
    statuses = [store.finish_delivery(claimed.claim, now=T)]
    for n, reported in reports:
        report(store, reported, f"{delivery}-{n}")
        statuses.append(status(store, urn))
    assert statuses == list(accumulate(statuses, lambda low, high: max(low, high, key=rank)))
    assert statuses[-1] is Status.DELIVERED


def test_reports_on_all_parts_at_once_are_summed_up(store: Store) -> None:
    send(store, put(store, "one", "two", "three", "four"))
    at_once([partial(report, store, Status.DELIVERED, f"out-{n}") for n in range(4)])
    assert deliveries(store) == {"delivered": 1}
