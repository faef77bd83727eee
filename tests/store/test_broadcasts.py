"""Broadcasts in both databases: two people click at once and one wins; and the last hop, which lets nothing out that may not go."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.alert.broadcast import EXERCISE, Mode, Stage
from bot.core.alert.sending import parts_of
from bot.core.deliver import PAUSED_S, Deliverer
from bot.core.errors import NotDone
from bot.core.storage import Part
from bot.core.types import Contact, Lang, Limits, Status
from bot.store.alert_tables import BROADCAST, MEMBERSHIP
from bot.store.clearances import _plain, _words
from bot.store.engine import Database
from bot.store.tables import PART
from tests.core.test_inbox import Plain
from tests.store.bench import at_once
from tests.store.sending import AMINA, BEN, EVE, FLOOD, GARISSA, Hall, flood, hall, tel


@pytest.fixture
def room(url: str) -> Iterator[Hall]:
    with hall(url) as made:
        made.people(*map(tel, range(20)))
        yield made


def tried(call: Callable[[], object]) -> Callable[[], bool]:
    def attempt() -> bool:
        try:
            call()
        except NotDone:
            return False
        return True

    return attempt


def test_a_broadcast_is_read_as_it_was_written(room: Hall) -> None:
    wide = replace(
        flood(GARISSA), slots={"place.en": "Garissa"}, roll_call=True, escalate_after_s=60.0, escalate_below=0.5, escalate_to="a"
    )
    drafted = room.desk.draft(wide, by=AMINA)
    stored = room.store.find_broadcast(drafted)
    assert stored is not None
    unsaid = {"id": drafted, "author": "amina", "created": room.now, "audience": stored.audience}
    assert stored == replace(wide, **unsaid)
    assert stored.audience.places[0] == "KE-07"
    assert [one.id for one in room.store.broadcasts(limit=9)] == [drafted]
    assert room.store.broadcasts(stages=[Stage.SENT], limit=9) == room.store.broadcasts(before=drafted, limit=9) == []
    assert room.store.find_broadcast(99) is None


def test_of_two_who_approve_at_once_one_does(room: Hall) -> None:
    drafted = room.draft()
    room.desk.submit(drafted, by=AMINA)
    carol = replace(BEN, name="carol")
    won = at_once([tried(lambda by=by: room.desk.approve(drafted, by=by, confirm=20)) for by in (BEN, EVE, carol)])  # type: ignore[misc]
    assert sum(won) == 1
    winner = ("ben", "eve", "carol")[won.index(True)]
    assert room.desk.show(drafted).approver == winner


def test_it_is_approved_or_withdrawn_and_never_both(room: Hall) -> None:
    for _ in range(4):
        drafted = room.draft()
        room.desk.submit(drafted, by=AMINA)
        approve = tried(lambda drafted=drafted: room.desk.approve(drafted, by=BEN, confirm=20))  # type: ignore[misc]
        withdraw = tried(lambda drafted=drafted: room.desk.withdraw(drafted, by=AMINA))  # type: ignore[misc]
        approved, withdrawn = at_once([approve, withdraw])
        assert approved + withdrawn == 1
        assert room.desk.show(drafted).stage is (Stage.SENDING if approved else Stage.DRAFT)


def test_of_two_updates_approved_at_once_one_replaces(room: Hall) -> None:
    sent = room.send()
    room.feed()
    updates = [room.desk.update(sent, flood(GARISSA), by=by) for by in (AMINA, EVE)]
    for update, by in zip(updates, (AMINA, EVE), strict=True):
        room.desk.submit(update, by=by)
    won = at_once([tried(lambda n=n: room.desk.approve(n, by=BEN, confirm=20)) for n in updates])  # type: ignore[misc]
    assert sum(won) == 1
    assert [room.desk.show(update).stage for update in updates].count(Stage.SENDING) == 1


def test_nothing_is_fed_behind_a_stop(room: Hall) -> None:
    sent = room.send()
    at_once([room.feeder.run, lambda: room.desk.stop(sent, "no", by=BEN), room.feeder.run])
    room.feeder.run()
    assert set(room.statuses(sent)) <= {("failed", "stopped")}


@dataclass
class Phone(Plain):
    """A channel that notes what it was told to send."""

    sent: list[tuple[str, str]] = field(default_factory=list)

    def send(self, urn: str, text: str, *, key: str) -> str:
        self.sent.append((urn, text))
        return f"out-{key}"


class Hop:
    """The last hop behind a hall."""

    def __init__(self, room: Hall) -> None:
        self.room = room
        self.phone = Phone("sms", Limits(rate_per_s=1000.0))
        self.deliverer = Deliverer(room.store, {"sms": self.phone}, lambda: room.now, sleep=self._sleep)  # type: ignore[dict-item]

    def _sleep(self, seconds: float) -> None:
        self.room.now += seconds

    def queued(self, **values: object) -> int:
        """The delivery of a broadcast to one person."""
        self.room.people(tel(900), place="KE-18", groups=[EXERCISE])
        sent = self.room.send(replace(GARISSA, places=("KE-18",)), **values)
        self.room.feeder.run()
        [row] = self.room.rows(sent)
        return int(row.id)

    def send(self, delivery: int) -> tuple[Status | None, str]:
        status = self.deliverer.send(delivery)
        [code] = [row.code for row in self.room.rows(self.broadcast) if row.id == delivery]
        return status, code

    @property
    def broadcast(self) -> int:
        return self.room.store.broadcasts(limit=1)[0].id

    def alter(self, **values: object) -> None:
        with self.db.write() as connection:
            connection.execute(BROADCAST.update().where(BROADCAST.c.id == self.broadcast).values(**values))

    @property
    def db(self) -> Database:
        return self.room.store._db


@pytest.fixture
def hop(room: Hall) -> Hop:
    return Hop(room)


def test_what_is_approved_goes_out(hop: Hop) -> None:
    delivery = hop.queued()
    assert hop.send(delivery) == (Status.WIRED, "")
    assert hop.phone.sent == [(tel(900), FLOOD[Lang.EN])]
    assert hop.send(delivery)[0] is None  # and once


def test_what_is_approved_goes_out_in_parts(hop: Hop) -> None:
    delivery = hop.queued(texts={Lang.EN: "Move away from the river Tana, now. " * 6})
    assert hop.send(delivery) == (Status.WIRED, "")
    assert [text[:6] for _, text in hop.phone.sent] == ["(1/2) ", "(2/2) "]


REFUSED: dict[str, tuple[dict[str, object], str]] = {
    "nobody approved it": ({"approver": ""}, "not_approved"),
    "its author approved it": ({"approver": "amina"}, "not_approved"),
    "the words were changed": ({"texts": {"en": "Stay where you are."}}, "not_approved"),
    "it was stopped": ({"stage": "stopped"}, "stopped"),
    "it is a draft again": ({"stage": "draft"}, "stopped"),
    "it is too late": ({"expires": 1.0}, "expired"),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_may_not_go_out_does_not(hop: Hop, why: str) -> None:
    delivery = hop.queued()
    values, code = REFUSED[why]
    hop.alter(**values)
    assert hop.send(delivery) == (Status.FAILED, code)
    assert hop.phone.sent == []


def test_a_text_that_was_altered_on_its_way_does_not_go_out(hop: Hop) -> None:
    delivery = hop.queued()
    with hop.db.write() as connection:
        connection.execute(PART.update().where(PART.c.delivery_id == delivery).values(text=f"{FLOOD[Lang.EN]} Call 0900 1234."))
    assert hop.send(delivery) == (Status.FAILED, "not_approved")
    assert hop.phone.sent == []


def test_an_exercise_that_a_bug_queued_for_the_public_does_not_go_out(hop: Hop) -> None:
    delivery = hop.queued(mode=Mode.EXERCISE)
    with hop.db.write() as connection:
        connection.execute(MEMBERSHIP.delete())
    assert hop.send(delivery) == (Status.FAILED, "exercise")
    assert hop.phone.sent == []


def test_a_broadcast_that_is_gone_is_stopped(hop: Hop) -> None:
    delivery = hop.queued()
    broadcast = hop.broadcast
    with hop.db.write() as connection:
        connection.execute(BROADCAST.delete())
    assert hop.deliverer.send(delivery) is Status.FAILED
    assert [row.code for row in hop.room.rows(broadcast)] == ["exercise"]
    assert hop.phone.sent == []


def test_who_sent_stop_after_they_were_queued_gets_nothing(hop: Hop) -> None:
    delivery = hop.queued()
    with hop.room.store.begin() as tx:
        tx.save_contact(Contact(tel(900), Lang.EN, opted_out=True))
    assert hop.send(delivery) == (Status.FAILED, "opted_out")
    assert hop.phone.sent == []


def test_what_is_paused_waits_and_goes_at_once_when_it_is_resumed(hop: Hop) -> None:
    delivery = hop.queued()
    hop.alter(stage="paused")
    assert hop.send(delivery) == (Status.QUEUED, "")
    assert hop.send(delivery)[0] is None
    [row] = hop.room.rows(hop.broadcast)
    assert row.next_at == hop.room.now + PAUSED_S
    hop.room.hints.clear()
    hop.room.desk.resume(hop.broadcast, by=BEN)
    assert [row for _, row in hop.room.hints] == [delivery]
    assert hop.send(delivery) == (Status.WIRED, "")


@given(text=st.text(min_size=1, max_size=700), gsm7=st.booleans())
@settings(max_examples=50, deadline=None)
def test_the_last_hop_knows_every_text_that_was_broken_into_parts(text: str, gsm7: bool) -> None:
    parts = parts_of(text, Limits(gsm7=gsm7, units=160 if gsm7 else 300, units_joined=153 if gsm7 else 300))
    if parts:
        assert _words([Part(n, "", part, Status.QUEUED) for n, part in enumerate(parts)]) == _plain(text)
