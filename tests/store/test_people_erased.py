"""A person who is erased is nowhere any more, and what others count is still counted."""

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import insert, inspect, select

from bot.core.alert.broadcast import Mode, Stage
from bot.core.alert.notice import RollAnswer
from bot.core.alert.people import Erased, Listed
from bot.core.storage import NewDelivery
from bot.core.ticket import Ticket, TicketKind, TicketState
from bot.core.types import Lane, Lang, Session, Status
from bot.store import open_store
from bot.store.alert_tables import BROADCAST, Broadcast
from bot.store.sql import SqlStore
from bot.store.tables import Row
from tests.store.bench import T, message

NUMBER = "+254700000001"
URN, OTHER = f"tel:{NUMBER}", "tel:+254700000002"
SECRET = "my goat is called Amani"


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = open_store(url)
    yield opened
    opened.close()


def everything(store: SqlStore) -> str:
    """All that the database holds, as text."""
    with store._db.read() as connection:
        tables = [Row.metadata.tables[name] for name in inspect(connection).get_table_names() if name in Row.metadata.tables]
        return "\n".join(str(tuple(row)) for table in tables for row in connection.execute(select(table)))


def lived(store: SqlStore, urn: str) -> int:
    """Gives `urn` a row in every table that can name a person. Returns a delivery that waits."""
    with store.begin() as tx:
        tx.contact(urn, now=T, lang="en")
        asked = tx.insert_message(message(urn=urn, text=SECRET, external_id=f"m-{urn[-1]}", session_id=f"dial-{urn[-1]}"), now=T)
        assert asked is not None
        tx.queue_question(asked, skill="crops", turns=[SECRET], screen_until=0.0, now=T)
        tx.save_session(Session(f"sim:{urn}", turns=(SECRET,), touched=T))
        tx.save_session(Session(f"sim:dial-{urn[-1]}", more=SECRET, touched=T))
        tx.add_ticket(Ticket(urn=urn, channel="sim", lang=Lang.EN, kind=TicketKind.PERSON, question=SECRET, opened=T))
        tx.set_groups(urn, ["volunteers"])
        tx.answer_roll(1, urn, RollAnswer.SAFE, words=SECRET, now=T)
        order = NewDelivery(f"broadcast:1:{urn}", "sim", urn, (SECRET,), lane=Lane.ALERTS, broadcast_id=1)
        delivery = tx.insert_delivery(order, now=T)
    assert delivery is not None
    store.take_slot(f"sim:{urn}", rate_per_s=1.0, burst=1.0, now=T)
    return delivery


def a_broadcast(store: SqlStore) -> None:
    row = Broadcast(id=1, mode=Mode.LIVE, stage=Stage.SENDING, roll_call=True, author="amina", approver="baraka")
    row.fed = json.dumps({"tel": [0, URN]})
    with store._db.write() as connection:
        connection.execute(insert(BROADCAST).values(row.model_dump()))


def erase(store: SqlStore, urn: str) -> Erased:
    with store.begin() as tx:
        return tx.erase(urn)


def test_nothing_of_the_person_is_left_anywhere(store: SqlStore) -> None:
    a_broadcast(store)
    lived(store, URN)
    assert everything(store).count(NUMBER) > 8
    assert erase(store, URN) == Erased(contacts=1, messages=1, deliveries=1, tickets=1)
    left = everything(store)
    assert NUMBER[1:] not in left
    assert SECRET not in left


def test_others_are_left_alone(store: SqlStore) -> None:
    a_broadcast(store)
    lived(store, URN)
    lived(store, OTHER)
    before = everything(store).count(OTHER)
    erase(store, URN)
    assert everything(store).count(OTHER) == before
    assert len(store.conversation(OTHER, limit=9)) == 2


def test_what_others_count_is_still_there(store: SqlStore) -> None:
    a_broadcast(store)
    waiting = lived(store, URN)
    erase(store, URN)
    assert store.counts() == {"message.dropped": 1, "delivery.failed": 1, "ticket.closed": 1} | store.counts()
    assert [part.status for part in store.parts(waiting)] == [Status.FAILED]
    assert "safe" in everything(store)


def test_what_waited_never_goes_out(store: SqlStore) -> None:
    a_broadcast(store)
    waiting = lived(store, URN)
    erase(store, URN)
    assert store.claim_delivery(waiting, now=T + 9, lease_s=9) is None
    assert store.due(now=T + 999, limit=9) == []


def test_what_is_being_sent_may_have_gone_out_and_its_sender_changes_nothing_more(store: SqlStore) -> None:
    a_broadcast(store)
    waiting = lived(store, URN)
    claimed = store.claim_delivery(waiting, now=T + 1, lease_s=60)
    assert claimed is not None
    store.part_sending(claimed.claim, 0, now=T + 1, lease_s=60)
    erase(store, URN)
    store.part_wired(claimed.claim, 0, "theirs", now=T + 2)
    store.finish_delivery(claimed.claim, now=T + 2)
    assert store.due(now=T + 999, limit=9) == []
    assert NUMBER not in everything(store)


def test_stop_outlives_the_person(store: SqlStore) -> None:
    a_broadcast(store)
    lived(store, URN)
    with store.begin() as tx:
        person = tx.contact(URN, now=T, lang="en")
        tx.save_contact(type(person)(URN, Lang.SW, opted_out=True, created=T, seen=T, greeted=True, place="KE-07"))
    assert erase(store, URN).kept_stop
    found = store.find_person(URN)
    assert found is not None
    assert (found.contact.opted_out, found.contact.place, found.contact.seen, found.groups) == (True, "", 0.0, ())
    assert everything(store).count(NUMBER) == 1
    assert SECRET not in everything(store)
    with store.begin() as tx:
        taken = tx.take_in([Listed(urn=URN, place="KE-07", groups=("volunteers",))], lang=Lang.EN, replaces=True, now=T + 9)
        assert tx.contact(URN, now=T + 9, lang="en").opted_out
    assert (taken.new, taken.stopped) == (0, 1)


def test_twice_and_for_nobody_is_harmless(store: SqlStore) -> None:
    assert erase(store, URN) == Erased()
    lived_before = everything(store)
    erase(store, URN)
    assert everything(store) == lived_before


def test_a_provider_that_tells_a_message_again_does_not_bring_it_back(store: SqlStore) -> None:
    a_broadcast(store)
    lived(store, URN)
    erase(store, URN)
    with store.begin() as tx:
        assert tx.insert_message(message(urn=URN, text=SECRET, external_id="m-1", session_id="dial-1"), now=T + 5) is None


def test_ticket_is_closed(store: SqlStore) -> None:
    a_broadcast(store)
    lived(store, URN)
    erase(store, URN)
    assert store.tickets(states=[TicketState.OPEN], limit=9) == []
