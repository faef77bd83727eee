"""The in-memory double of bot.store.gauges."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from bot.core.gauges import COST_S, Gauges, Spending, Waiting
from bot.core.price import Price
from bot.core.ticket import TicketState
from bot.core.types import Lane
from bot.store.memory_rows import Tables
from bot.store.rules import CHECK, from_micros, to_micros

_Place = tuple[Lane, str]


class MemoryGauges:
    """The part of MemoryStore that is looked at."""

    _tables: Tables
    _write: Callable[[], AbstractContextManager[Tables]]

    def gauges(self, *, now: float) -> Gauges:
        t = self._tables
        places: dict[_Place, list[float]] = {}
        for place, since in _open_rows(t, now):
            places.setdefault(place, []).append(since)
        tickets = [ticket for ticket in t.tickets.values() if ticket.state is TicketState.OPEN]
        return Gauges(
            waiting=sorted(Waiting(*place, len(all_), min(filter(None, all_), default=0.0)) for place, all_ in places.items()),
            tickets=len(tickets),
            urgent=sum(ticket.urgent for ticket in tickets),
            ticket_since=min((ticket.opened for ticket in tickets), default=0.0),
            holds=len(t.holds),
            spending=list(_spending(t, now - COST_S)),
        )

    def check_write(self, *, now: float) -> None:
        with self._write() as t:
            t.rates[CHECK] = now


def _open_rows(t: Tables, now: float) -> Iterator[tuple[_Place, float]]:
    """Every row that is not over, and since when it waits: 0.0 for what waits for the morning."""
    for question in t.questions.values():
        if question.open:
            yield (Lane.ANSWERS, question.message.channel), question.asked
    for row in t.outgoing.values():
        if row.live:
            asleep = row.order.unsolicited and row.next_at > now
            yield (row.order.lane, row.order.channel), 0.0 if asleep else row.created


def _spending(t: Tables, since: float) -> Iterator[Spending]:
    groups: dict[tuple[str, str], list[int]] = {}
    for row in t.outgoing.values():
        for part in row.parts if row.created > since else ():
            price = row.prices.get(part.n, Price())
            if part.external_id:
                groups.setdefault((row.order.channel, price.currency), []).append(to_micros(price))
    for group, micros in sorted(groups.items()):
        yield Spending(*group, len(micros), from_micros(sum(micros)))
