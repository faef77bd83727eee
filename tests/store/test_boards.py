"""The roll-call board, on both databases."""

from collections.abc import Iterator

import pytest
from sqlalchemy import insert, update

from bot.core.alert.board import BoardRow, total
from bot.core.alert.broadcast import Mode, Stage
from bot.core.alert.notice import RollAnswer
from bot.core.storage import NewDelivery
from bot.core.ticket import Ticket, TicketKind, TicketState
from bot.core.types import Contact, Lane, Lang
from bot.store.alert_tables import BROADCAST, Broadcast
from bot.store.sql import SqlStore
from bot.store.tables import DELIVERY
from tests.store.bench import T

SAFE, HELP = RollAnswer.SAFE, RollAnswer.NEED_HELP


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = SqlStore(url)
    with opened._db.write() as connection:
        for number in (1, 2):
            row = Broadcast(id=number, mode=Mode.LIVE, stage=Stage.SENDING, roll_call=True, author="amina", approver="baraka")
            connection.execute(insert(BROADCAST).values(row.model_dump()))
    yield opened
    opened.close()


def person(store: SqlStore, n: int, *, place: str = "KE-07", status: str = "delivered", said: RollAnswer | None = None, of: int = 1) -> str:
    urn = f"tel:+2547000000{n:02}"
    with store.begin() as tx:
        tx.save_contact(Contact(urn, Lang.SW, place="KE-40"))  # they have moved since
        made = tx.insert_delivery(NewDelivery(f"b{of}:{n}", "sim", urn, ("x",), lane=Lane.ALERTS, broadcast_id=of), now=T)
        if said:
            tx.answer_roll(of, urn, said, words="2 maji", now=T + n)
    with store._db.write() as connection:
        connection.execute(update(DELIVERY).where(DELIVERY.c.id == made).values(status=status, place=place))
    return urn


def test_everybody_is_counted_once_by_place(store: SqlStore) -> None:
    person(store, 1, said=SAFE)
    person(store, 2, said=HELP, status="failed")  # who answers was reached, whatever the provider says
    person(store, 3)
    person(store, 4, status="unknown")
    person(store, 5, status="queued")
    person(store, 6, place="", status="failed")
    person(store, 7, of=2, said=SAFE)
    rows = store.board(1)
    assert rows == [BoardRow(place="", missed=1), BoardRow(place="KE-07", safe=1, need_help=1, silent=2, missed=1)]
    assert (total(rows).people, total([])) == (6, BoardRow(place=""))
    assert store.board(9) == store.board(0) == []


def test_calls_for_help_are_those_of_this_roll_call_open_ones_first(store: SqlStore) -> None:
    urns = [person(store, n, said=HELP) for n in (1, 2)] + [person(store, 3, said=HELP, of=2), person(store, 4, said=SAFE)]
    states = (TicketState.ANSWERED, TicketState.OPEN, TicketState.OPEN, TicketState.OPEN)
    with store.begin() as tx:
        for n, (urn, state) in enumerate(zip(urns, states, strict=True)):
            kind = TicketKind.NEED_HELP
            tx.add_ticket(Ticket(urn=urn, channel="sim", lang=Lang.SW, kind=kind, urgent=True, state=state, question="maji", opened=T + n))
        tx.add_ticket(Ticket(urn=urns[0], channel="sim", lang=Lang.SW, kind=TicketKind.PERSON, question="mbuzi", opened=T))
    calls = store.calls(1, limit=9)
    assert [(call.ticket.urn, call.ticket.state, call.words, call.place) for call in calls] == [
        (urns[1], TicketState.OPEN, "2 maji", "KE-40"),
        (urns[0], TicketState.ANSWERED, "2 maji", "KE-40"),
    ]
    assert len(store.calls(1, limit=1)) == 1
