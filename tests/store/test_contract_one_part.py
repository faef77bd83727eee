"""A delivery of one part, ended by that part: what most deliveries are, and one statement on PostgreSQL. Held by every store."""

from decimal import Decimal

import pytest

from bot.core.price import Price
from bot.core.storage import ClaimedDelivery, Store
from bot.core.types import Lane, Status
from tests.store.bench import LEASE_S, OTHER, T, deliveries, hold, parts, put, report
from tests.store.test_contract_statuses import REPORTED

LATER = T + LEASE_S


def called(store: Store, delivery: int, *, now: float = T) -> ClaimedDelivery:
    """Its provider is being called."""
    claimed = hold(store, delivery, now=now)
    assert store.part_sending(claimed.claim, 0, now=now, lease_s=LEASE_S)
    return claimed


def test_the_only_part_ends_its_delivery(store: Store) -> None:
    delivery = put(store)
    claimed = called(store, delivery)
    assert store.part_wired(claimed.claim, 0, "out-0", now=T, last=True) is Status.WIRED
    assert [(part.status, part.external_id) for part in store.parts(delivery)] == [(Status.WIRED, "out-0")]
    assert deliveries(store) == {"wired": 1}
    assert store.claim_delivery(delivery, now=T + 9999, lease_s=LEASE_S) is None
    assert store.due(now=T + 9999, limit=9) == []


def test_its_end_wakes_who_waits_behind_it(store: Store) -> None:
    delivery, following = put(store), put(store, "next")
    others = [put(store, urn=OTHER), put(store, channel="at_sms"), put(store, lane=Lane.ALERTS)]
    claimed = called(store, delivery)
    assert store.due(now=T, limit=9) == []
    store.part_wired(claimed.claim, 0, "out-0", now=T, last=True)
    assert store.due(now=T, limit=9) == [(Lane.SENDS, following)], f"and not {others}"


@pytest.mark.parametrize("early", REPORTED)
def test_what_was_reported_before_its_id_is_known_counts_at_once(store: Store, early: Status) -> None:
    delivery = put(store)
    claimed = called(store, delivery)
    assert not report(store, early, "out-0")
    assert store.part_wired(claimed.claim, 0, "out-0", now=T, last=True) is early
    assert (parts(store, delivery), deliveries(store)) == ([early], {early: 1})


@pytest.mark.parametrize("early", REPORTED)
def test_what_was_reported_by_our_key_is_not_undone(store: Store, early: Status) -> None:
    delivery = put(store)
    claimed = called(store, delivery)
    assert report(store, early, "", key=claimed.parts[0].key)
    assert store.part_wired(claimed.claim, 0, "out-0", now=T, last=True) is early
    assert [(part.status, part.external_id) for part in store.parts(delivery)] == [(early, "out-0")]
    assert deliveries(store) == {early: 1}


def test_an_empty_id_is_nobodys_report(store: Store) -> None:
    claimed = called(store, put(store))
    assert not report(store, Status.FAILED, "")
    assert store.part_wired(claimed.claim, 0, "", now=T, last=True) is Status.WIRED


def test_an_old_claim_ends_nothing(store: Store) -> None:
    delivery = put(store)
    stale = called(store, delivery)
    fresh = called(store, delivery, now=LATER)
    before = store.parts(delivery), store.counts()
    assert store.part_wired(stale.claim, 0, "late", now=LATER, last=True) is Status.SENDING
    assert (store.parts(delivery), store.counts()) == before
    assert store.part_wired(fresh.claim, 0, "out-0", now=LATER, last=True) is Status.WIRED


@pytest.mark.parametrize(
    ("told", "spent"),
    [
        pytest.param(Price(Decimal("0.8"), "KES"), ("KES", "", Decimal("0.8")), id="amount"),
        pytest.param(Price(category="utility"), ("", "utility", Decimal(0)), id="category"),
        pytest.param(None, ("", "", Decimal(0)), id="nothing"),
    ],
)
def test_its_price_is_kept(store: Store, told: Price | None, spent: tuple[str, str, Decimal]) -> None:
    claimed = called(store, put(store))
    store.part_wired(claimed.claim, 0, "out-0", now=T, price=told, last=True)
    [cost] = store.costs(since=T - 1)
    assert (cost.currency, cost.category, cost.amount) == spent


def test_a_price_that_was_told_before_stays(store: Store) -> None:
    claimed = called(store, put(store))
    report(store, Status.SENT, "", key=claimed.parts[0].key, price=Price(Decimal("0.8"), "KES", "utility"))
    store.part_wired(claimed.claim, 0, "out-0", now=T, last=True)
    [cost] = store.costs(since=T - 1)
    assert (cost.currency, cost.category, cost.amount) == ("KES", "utility", Decimal("0.8"))
