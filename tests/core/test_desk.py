"""The desk: what an operator's answer becomes, and every reason why nothing may go out."""

import pytest

from bot.core.desk import WORTH_S, Answered, Approval, Desk
from bot.core.errors import NotDone
from bot.core.ticket import Ticket, TicketState
from bot.core.types import Lane, Lang, Limits, OptOut, Status
from tests.core.test_inbox import NOW, PERSON, Bench, Plain


class Hints(list[tuple[Lane, int]]):
    """A queue to look into."""

    def hint(self, lane: Lane, *ids: int) -> None:
        self.extend((lane, row) for row in ids)


class Room(Bench):
    """A desk behind the inbox, and one ticket on it."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.queue = Hints()
        self.desk = Desk(self.store, self.channels, self.queue, lambda: self.now)  # type: ignore[arg-type]

    def ticket(self) -> Ticket:
        ticket, _ = self.desk.show(1)
        return ticket

    def sent(self) -> list[str]:
        return [part.text for _, row in self.queue for part in self.store.parts(row)]


@pytest.fixture
def room() -> Room:
    made = Room()
    made.sms("PERSON what is the price of gold")
    return made


def test_an_answer_is_on_its_way_at_once(room: Room) -> None:
    assert room.desk.answer(1, " Ask at the bank. ", by="amina") == Answered(parts=1)
    [(lane, delivery)] = room.queue
    assert lane is Lane.SENDS
    claimed = room.store.claim_delivery(delivery, now=NOW, lease_s=10)
    assert claimed is None, "the confirmation goes first: answers of one person keep their order"
    assert room.sent() == ["Ask at the bank."]
    ticket = room.ticket()
    assert (ticket.state, ticket.answer, ticket.answers, ticket.answered_by) == (TicketState.ANSWERED, "Ask at the bank.", 1, "amina")


def test_it_is_shown_as_it_stands(room: Room) -> None:
    room.desk.answer(1, "Ask at the bank.", by="amina")
    _, [answer] = room.desk.show(1)
    assert (answer.text, answer.status) == ("Ask at the bank.", Status.QUEUED)
    room.now += WORTH_S + 1
    room.store.expire(now=room.now)
    _, [answer] = room.desk.show(1)
    assert (answer.status, answer.code) == (Status.FAILED, "expired")


def test_a_long_answer_is_sent_in_parts_and_never_cut(room: Room) -> None:
    assert room.desk.answer(1, "Ask at the bank. " * 15, by="amina").parts == 2
    with pytest.raises(NotDone, match=r"too long for 2 messages by \d+ characters"):
        room.desk.answer(1, "Ask at the bank. " * 30, by="amina", again=True)
    assert len(room.queue) == 1


def test_an_answer_to_a_screen_goes_by_its_partner() -> None:
    room = Room()
    room.hop("")
    room.hop("PERSON: what is the price of gold")
    room.desk.answer(1, "Ask at the bank.", by="amina")
    claimed = room.store.claim_delivery(room.queue[0][1], now=NOW, lease_s=10)
    assert claimed is not None
    assert (claimed.channel, claimed.urn) == ("sms", PERSON)


@pytest.mark.parametrize("by_operator", [False, True])
def test_who_sent_stop_gets_nothing_and_the_operator_is_told(room: Room, by_operator: bool) -> None:
    if by_operator:
        room.take(OptOut(channel="sms", urn=PERSON))
    else:
        room.sms("STOP")
    with pytest.raises(NotDone, match="has sent STOP"):
        room.desk.answer(1, "Ask at the bank.", by="amina", approval=Approval("price of gold"))
    assert room.queue == []
    assert room.ticket().state is TicketState.OPEN
    assert room.store.approved() == []


def test_who_sends_stop_after_the_answer_is_left_alone(room: Room) -> None:
    room.desk.answer(1, "Ask at the bank.", by="amina")
    room.sms("STOP")
    _, [answer] = room.desk.show(1)
    assert (answer.status, answer.code) == (Status.FAILED, "opted_out")


def test_a_second_answer_has_to_be_meant(room: Room) -> None:
    room.desk.answer(1, "Ask at the bank.", by="amina")
    with pytest.raises(NotDone, match=r"answered by amina already.*--again"):
        room.desk.answer(1, "Ask at the bank.", by="juma")
    assert room.desk.answer(1, "Or at the market.", by="juma", again=True) == Answered(parts=1)
    ticket, answers = room.desk.show(1)
    assert [answer.text for answer in answers] == ["Ask at the bank.", "Or at the market."]
    assert (ticket.answers, ticket.answered_by) == (2, "juma")


@pytest.mark.parametrize(
    ("text", "approval", "told"),
    [
        pytest.param("  ", None, "empty", id="empty"),
        pytest.param("Ask at the bank.", Approval("?"), "asks nothing", id="no-question"),
        pytest.param("Ask at the bank.", Approval("5"), "asks nothing", id="only-a-number"),
        pytest.param("x" * 157, Approval("price of gold"), "one SMS of 156", id="too-long-for-all"),
    ],
)
def test_what_cannot_go_out_changes_nothing(room: Room, text: str, approval: Approval | None, told: str) -> None:
    with pytest.raises(NotDone, match=told):
        room.desk.answer(1, text, by="amina", approval=approval)
    assert (room.queue, room.ticket().state, list(room.store.approved())) == ([], TicketState.OPEN, [])


def test_a_channel_that_is_gone_is_named(room: Room) -> None:
    room.channels.pop("sms")
    with pytest.raises(NotDone, match=r"Ticket 1 came by sms, and no channel"):
        room.desk.answer(1, "Ask at the bank.", by="amina")


def test_a_screen_alone_can_send_nothing() -> None:
    room = Room()
    room.hop("")
    room.hop("PERSON: what is the price of gold")
    room.channels["ussd"] = Plain("ussd", Limits(reply_within_s=7.0, can_push=False))
    with pytest.raises(NotDone, match="no channel is set up"):
        room.desk.answer(1, "Ask at the bank.", by="amina")


def test_a_closed_ticket_stays_closed(room: Room) -> None:
    room.desk.close(1)
    assert room.ticket().state is TicketState.CLOSED
    with pytest.raises(NotDone, match="closed already"):
        room.desk.close(1)
    with pytest.raises(NotDone, match="is closed"):
        room.desk.answer(1, "Ask at the bank.", by="amina", again=True)


def test_what_is_not_there_is_said(room: Room) -> None:
    for call in (lambda: room.desk.show(2), lambda: room.desk.close(2), lambda: room.desk.answer(2, "x", by="amina")):
        with pytest.raises(NotDone, match="no ticket 2"):
            call()
    with pytest.raises(NotDone, match="no approved answer 7"):
        room.desk.withdraw(7)


def test_a_second_wording_is_approved_without_sending_again(room: Room) -> None:
    with pytest.raises(NotDone, match="no answer yet"):
        room.desk.approve(1, Approval("gold price"), by="juma")
    room.desk.answer(1, "Ask at the bank.", by="amina", approval=Approval("what is the price of gold"))
    assert room.desk.approve(1, Approval("how much is gold"), by="juma") == 2
    assert [(one.question, one.approved_by) for one in room.store.approved()] == [
        ("how much is gold", "juma"),
        ("what is the price of gold", "amina"),
    ]
    assert len(room.queue) == 1
    assert room.ticket().answered_by == "amina"


def test_it_serves_who_asks_in_the_language_of_the_approved_question(room: Room) -> None:
    room.desk.answer(1, "Uliza benki.", by="amina", approval=Approval("bei ya dhahabu ni ngapi"))
    assert [one.lang for one in room.store.approved()] == [Lang.SW]


def test_an_approved_answer_keeps_where_it_came_from(room: Room) -> None:
    assert room.desk.answer(1, "Ask at the bank.", by="amina", approval=Approval("Price  of gold?", NOW + 60)).approved == 1
    [one] = room.store.approved()
    assert (one.question, one.answer, one.approved_by, one.ticket_id) == ("Price of gold?", "Ask at the bank.", "amina", 1)
    assert (one.lang, one.approved_at, one.expires) == (room.ticket().lang, NOW, NOW + 60)
    room.desk.withdraw(1)
    assert room.store.approved() == []
