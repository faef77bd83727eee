"""What a look at the store shows, and the proof that it can be written to, held by every store."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from bot.core.errors import StoreDown
from bot.core.gauges import Gauges, Spending, Waiting
from bot.core.price import Price
from bot.core.storage import Store
from bot.core.ticket import Ticket, TicketKind
from bot.core.types import Lane, Lang
from bot.core.waiting import Wanted
from bot.store import open_store
from tests import postgres
from tests.store.bench import LEASE_S, OTHER, URN, T, answer, ask, hold, put, send, take


def test_an_empty_store_shows_nothing(store: Store) -> None:
    assert store.gauges(now=T) == Gauges(waiting=[], spending=[])


def test_what_waits_is_counted_by_lane_and_channel_and_the_first_tells_since_when(store: Store) -> None:
    ask(store, now=T)
    take(store, ask(store, now=T + 1, urn=OTHER), now=T + 1)
    ask(store, now=T + 2, channel="at_sms")
    put(store, now=T + 3)
    put(store, now=T + 4, lane=Lane.ALERTS, urn=OTHER)
    hold(store, put(store, now=T + 5, channel="at_sms"), now=T + 5)
    assert store.gauges(now=T + 9).waiting == [
        Waiting(Lane.ALERTS, "sim", 1, T + 4),
        Waiting(Lane.ANSWERS, "at_sms", 1, T + 2),
        Waiting(Lane.ANSWERS, "sim", 2, T),
        Waiting(Lane.SENDS, "at_sms", 1, T + 5),
        Waiting(Lane.SENDS, "sim", 1, T + 3),
    ]


def test_what_is_over_waits_no_more(store: Store) -> None:
    send(store, answer(store, ask(store)))
    failed = hold(store, put(store, urn=OTHER))
    store.fail_delivery(failed.claim, now=T, reason="no_window")
    assert store.gauges(now=T).waiting == []


def test_a_try_that_failed_waits_since_the_reply_was_made(store: Store) -> None:
    claimed = hold(store, put(store))
    store.retry_delivery(claimed.claim, now=T + 1, after_s=320, code="503")
    assert store.gauges(now=T + 2).waiting == [Waiting(Lane.SENDS, "sim", 1, T)]


def test_what_waits_for_the_morning_makes_nobody_worry(store: Store) -> None:
    asleep = hold(store, put(store, unsolicited=True))
    store.postpone_delivery(asleep.claim, now=T, until=T + 30_000)
    assert store.gauges(now=T + 1).waiting == [Waiting(Lane.SENDS, "sim", 1, 0.0)]
    put(store, now=T + 2, urn=OTHER)
    assert store.gauges(now=T + 3).waiting == [Waiting(Lane.SENDS, "sim", 2, T + 2)]
    assert store.gauges(now=T + 30_001).waiting == [Waiting(Lane.SENDS, "sim", 2, T)]


def test_open_tickets_are_counted_and_urgent_ones_told_apart(store: Store) -> None:
    with store.begin() as tx:
        for n, urgent in enumerate((False, True, True)):
            kind = TicketKind.EMERGENCY if urgent else TicketKind.PERSON
            tx.add_ticket(Ticket(id=0, urn=URN, channel="sim", lang=Lang.EN, kind=kind, urgent=urgent, question="?", opened=T + n))
    found = store.gauges(now=T + 9)
    assert (found.tickets, found.urgent, found.ticket_since) == (3, 2, T)


def test_what_an_operator_keeps_back_is_told(store: Store) -> None:
    held = store.hold(Wanted(channel="sim"), held_by="amina", now=T)
    assert store.gauges(now=T).holds == 1
    store.release([held])
    assert store.gauges(now=T).holds == 0


def _pay(store: Store, amount: str, currency: str, *, now: float) -> None:
    claimed = hold(store, put(store, now=now), now=now)
    assert store.part_sending(claimed.claim, 0, now=now, lease_s=LEASE_S)
    store.part_wired(claimed.claim, 0, f"out-{claimed.claim.id}", now=now, price=Price(Decimal(amount), currency))
    store.finish_delivery(claimed.claim, now=now)


def test_the_last_hour_is_summed_by_channel_and_currency(store: Store) -> None:
    _pay(store, "9.5", "KES", now=T - 3601)
    _pay(store, "0.8", "KES", now=T - 3599)
    _pay(store, "0.8", "KES", now=T)
    _pay(store, "0.01", "USD", now=T)
    put(store, now=T)
    assert store.gauges(now=T).spending == [Spending("sim", "KES", 2, Decimal("1.6")), Spending("sim", "USD", 1, Decimal("0.01"))]


def test_a_store_that_can_be_written_to_says_so_again_and_again(store: Store) -> None:
    for after in range(3):
        store.check_write(now=T + after)
    assert store.take_slot("sim", rate_per_s=1.0, burst=1.0, now=T) == 0.0


@contextmanager
def _read_only(url: str, folder: Path) -> Iterator[str]:
    """The database of `url` as one that can be read and not written."""
    if url.startswith("sqlite"):
        yield f"sqlite:///file:{url.removeprefix('sqlite:///')}?mode=ro&uri=true"
        return
    with postgres.connect(url) as connection:
        connection.execute("ALTER ROLE ujumbe SET default_transaction_read_only = on")
        try:
            yield url
        finally:
            connection.execute("SET default_transaction_read_only = off")
            connection.execute("ALTER ROLE ujumbe RESET default_transaction_read_only")


def test_a_database_that_can_only_be_read_is_told_from_one_that_works(url: str, tmp_path: Path) -> None:
    with _read_only(url, tmp_path) as read_only:
        store = open_store(read_only)
        assert store.counts() == {}, "it can be read"
        with pytest.raises(StoreDown):
            store.check_write(now=T)
        store.close()
    writable = open_store(url)
    writable.check_write(now=T)
    writable.close()
