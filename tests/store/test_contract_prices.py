"""What parts cost, as every store keeps and sums it."""

from decimal import Decimal

import pytest

from bot.core.price import Price
from bot.core.storage import Spent, Store
from bot.core.types import Status
from tests.store.bench import LEASE_S, OTHER, T, hold, put, report, send, wire

SHILLINGS = Price(Decimal("0.8000"), "KES")
NOBODY_TOLD = Spent("sim", "", "", 1, Decimal(0))


def costs(store: Store, *, since: float = T - 1) -> list[Spent]:
    return list(store.costs(since=since))


def priced(store: Store, price: Price, **values: object) -> None:
    claimed = hold(store, put(store, **values))
    assert store.part_sending(claimed.claim, 0, now=T, lease_s=LEASE_S)
    store.part_wired(claimed.claim, 0, f"out-{claimed.claim.id}", now=T, price=price)
    store.finish_delivery(claimed.claim, now=T)


def test_prices_are_summed_by_channel_and_currency(store: Store) -> None:
    for _ in range(3):
        priced(store, SHILLINGS)
    priced(store, Price(Decimal("0.0000001"), "USD"))  # less than a millionth: nothing
    priced(store, Price(Decimal("12.5"), "UGX"), channel="at_sms", urn=OTHER)
    assert costs(store) == [
        Spent("at_sms", "UGX", "", 1, Decimal("12.5")),
        Spent("sim", "KES", "", 3, Decimal("2.4")),
        Spent("sim", "USD", "", 1, Decimal(0)),
    ]


def test_only_what_a_provider_took_counts(store: Store) -> None:
    waiting, taken = put(store, urn=OTHER), put(store, "one", "two")
    claimed = hold(store, taken)
    wire(store, claimed)
    store.fail_delivery(claimed.claim, now=T, reason="rejected")
    assert costs(store) == [NOBODY_TOLD]
    send(store, waiting)
    assert costs(store) == [Spent("sim", "", "", 2, Decimal(0))]
    assert costs(store, since=T) == []


def test_a_report_may_bring_the_price(store: Store) -> None:
    send(store, put(store))
    report(store, Status.SENT, price=SHILLINGS)
    assert costs(store) == [Spent("sim", "KES", "", 1, Decimal("0.8"))]


def test_a_price_counts_where_its_report_moves_nothing(store: Store) -> None:
    send(store, put(store))
    report(store, Status.DELIVERED)
    report(store, Status.SENT, price=SHILLINGS)
    assert costs(store) == [Spent("sim", "KES", "", 1, Decimal("0.8"))]


def test_a_price_that_comes_before_the_id_is_kept(store: Store) -> None:
    claimed = hold(store, put(store))
    assert store.part_sending(claimed.claim, 0, now=T, lease_s=LEASE_S)
    assert not report(store, Status.SENT, price=Price(category="utility"))
    store.part_wired(claimed.claim, 0, "out-0", now=T)
    assert costs(store) == [Spent("sim", "", "utility", 1, Decimal(0))]


def test_a_report_that_is_not_kept_leaves_nothing(store: Store) -> None:
    claimed = hold(store, put(store))
    assert not report(store, Status.DELIVERED, keep=False)
    wire(store, claimed)
    assert store.finish_delivery(claimed.claim, now=T) is Status.WIRED


@pytest.mark.parametrize("first", ["amount", "category"])
def test_amount_and_category_come_in_either_order(store: Store, first: str) -> None:
    send(store, put(store))
    news = [SHILLINGS, Price(category="service")]
    for price in news if first == "amount" else news[::-1]:
        report(store, Status.SENT, price=price)
    report(store, Status.READ)  # without a word on it
    assert costs(store) == [Spent("sim", "KES", "service", 1, Decimal("0.8"))]
