"""The contract of tickets and approved answers, held by every store."""

from dataclasses import replace
from typing import Any

import pytest

from bot.core.desk import Desk
from bot.core.storage import Store
from bot.core.ticket import Approved, Ticket, TicketAnswer, TicketKind, TicketState, answer_key
from bot.core.types import Lang, Limits, Linked, Status
from tests.core.test_desk import Hints
from tests.core.test_inbox import Plain
from tests.store.bench import OTHER, URN, T, ask, at_once, message, put, send

OPEN, ANSWERED, CLOSED = TicketState.OPEN, TicketState.ANSWERED, TicketState.CLOSED


def wish(**values: Any) -> Ticket:
    known = {"urn": URN, "channel": "sim", "lang": Lang.SW, "kind": TicketKind.PERSON, "question": "Mbuzi wangu hali", "opened": T}
    return Ticket(**known | values)


def emergency(**values: Any) -> Ticket:
    return wish(**{"kind": TicketKind.EMERGENCY, "topic": "snake-bite", "urgent": True} | values)


def add(store: Store, ticket: Ticket) -> int:
    with store.begin() as tx:
        return tx.add_ticket(ticket)


def found(store: Store, id: int) -> Ticket:
    with store.begin() as tx:
        ticket = tx.ticket(id)
    assert ticket is not None
    return ticket


def approve(store: Store, **values: Any) -> int:
    known = {
        "lang": Lang.EN,
        "question": "Price of maize?",
        "folded": "price maiz",
        "answer": "40 a kilo.",
        "approved_by": "amina",
        "approved_at": T,
    }
    with store.begin() as tx:
        return tx.approve(Approved(**known | values))


def in_force(store: Store) -> list[int]:
    return [approved.id for approved in store.approved()]


def test_a_ticket_comes_back_as_it_was_stored(store: Store) -> None:
    first = emergency(question="Nyoka 🐍\nna mtoto")
    made = add(store, first)
    assert found(store, made) == replace(first, id=made)
    changed = replace(first, id=made, state=ANSWERED, answered=T + 5, answer="Njoo ‘sasa’", answers=1, answered_by="amina")
    with store.begin() as tx:
        tx.save_ticket(changed)
    assert found(store, made) == changed
    with store.begin() as tx:
        assert tx.ticket(made + 1) is None


def test_what_no_database_takes_is_mended_on_the_way_in(store: Store) -> None:
    assert found(store, add(store, wish(question="a\0b\ud800"))).question == "ab?"


def test_nothing_is_kept_of_a_block_that_fails(store: Store) -> None:
    with pytest.raises(ZeroDivisionError), store.begin() as tx:  # noqa: PT012  the block is what is tested
        tx.add_ticket(wish())
        tx.approve(Approved(lang=Lang.EN, question="q", folded="q", answer="a", approved_by="b", approved_at=T))
        raise ZeroDivisionError
    assert store.counts() == {}
    assert in_force(store) == []


def test_the_open_ticket_is_the_newest_of_this_person_only(store: Store) -> None:
    add(store, wish())
    add(store, wish(urn=OTHER))
    newest = add(store, wish())
    add(store, wish(state=ANSWERED))
    add(store, wish(state=CLOSED))
    with store.begin() as tx:
        ticket = tx.open_ticket(URN)
        assert ticket is not None
        assert ticket.id == newest
        assert tx.open_ticket("tel:+254700000099") is None


def test_an_emergency_is_looked_for_by_topic_and_time_whatever_its_state(store: Store) -> None:
    made = add(store, emergency(state=CLOSED))
    with store.begin() as tx:
        ticket = tx.emergency_ticket(URN, "snake-bite", since=T - 1)
        assert ticket is not None
        assert ticket.id == made
        assert tx.emergency_ticket(URN, "snake-bite", since=T) is None
        assert tx.emergency_ticket(URN, "fire", since=T - 1) is None
        assert tx.emergency_ticket(OTHER, "snake-bite", since=T - 1) is None


def test_a_call_for_a_person_is_no_emergency(store: Store) -> None:
    add(store, wish(topic="snake-bite"))
    with store.begin() as tx:
        assert tx.emergency_ticket(URN, "snake-bite", since=T - 1) is None


def test_the_last_question_is_the_newest_that_was_asked(store: Store) -> None:
    ask(store, text="older", now=T)
    ask(store, text="newer", now=T + 1)
    ask(store, text="not theirs", urn=OTHER, now=T + 2)
    with store.begin() as tx:
        tx.insert_message(message(text="MENU"), now=T + 3)
        assert tx.last_question(URN, since=T) == "newer"
        assert tx.last_question(URN, since=T + 2) == ""


def test_the_last_topic_is_the_skill_of_the_last_questions_reply(store: Store) -> None:
    older = ask(store, text="older", now=T)
    put(store, message_id=older, skill="money")
    with store.begin() as tx:
        assert tx.last_topic(URN, since=T) == "money"
        assert tx.last_topic(OTHER, since=T) == ""
        assert tx.last_topic(URN, since=T + 1) == ""
    ask(store, text="newer, not answered yet", now=T + 1)
    with store.begin() as tx:
        assert tx.last_topic(URN, since=T) == ""


def test_two_that_ask_for_a_person_at_the_same_moment_get_one_ticket(store: Store) -> None:
    def once() -> int:
        with store.begin() as tx:
            tx.contact(URN, now=T, lang="en")  # held: the other one waits here
            ticket = tx.open_ticket(URN)
            return tx.add_ticket(wish()) if ticket is None else ticket.id

    assert len(set(at_once([once] * 6))) == 1
    assert store.counts() == {"ticket.open": 1}


def test_the_list_begins_with_what_is_urgent_and_then_who_waits_longest(store: Store) -> None:
    late, early = add(store, wish(opened=T + 9)), add(store, wish(opened=T))
    urgent = add(store, emergency(opened=T + 99))
    answered = add(store, wish(state=ANSWERED))
    assert [t.id for t in store.tickets(states=(OPEN,), limit=9)] == [urgent, early, late]
    assert [t.id for t in store.tickets(states=(OPEN,), limit=2)] == [urgent, early]
    assert [t.id for t in store.tickets(states=(ANSWERED, CLOSED), limit=9)] == [answered]


def test_open_urgent_tickets_are_counted_and_named(store: Store) -> None:
    assert store.urgent_tickets() == []
    first, second = add(store, emergency()), add(store, emergency(urn=OTHER))
    add(store, emergency(state=ANSWERED))
    add(store, wish())
    assert list(store.urgent_tickets()) == [first, second]
    assert store.counts() == {"ticket.open": 3, "ticket.answered": 1, "ticket.urgent": 2}


def test_an_answer_is_shown_as_its_delivery_stands(store: Store) -> None:
    made = add(store, wish(answers=2))
    first = put(store, "Come", "tomorrow.", dedup=answer_key(made, 1), now=T + 1)
    put(store, "Or today.", dedup=answer_key(made, 2), now=T + 2)
    put(store, "Another's.", dedup=answer_key(made + 1, 1))
    assert send(store, first, now=T + 3) is Status.WIRED
    assert list(store.ticket_answers(found(store, made))) == [
        TicketAnswer("Come tomorrow.", Status.WIRED, "", T + 1),
        TicketAnswer("Or today.", Status.QUEUED, "", T + 2),
    ]


def test_who_turns_out_to_be_another_takes_their_tickets_along(store: Store) -> None:
    made = add(store, wish(urn="whatsapp:KE.abc"))
    with store.begin() as tx:
        tx.link(Linked(channel="sim", urn=URN, other="whatsapp:KE.abc"))
    assert found(store, made).urn == URN


def test_an_approved_answer_comes_back_as_it_was_stored(store: Store) -> None:
    made = approve(store, ticket_id=7, expires=T + 99, lang=Lang.SW)
    [back] = store.approved()
    assert back == Approved(
        id=made,
        lang=Lang.SW,
        question="Price of maize?",
        folded="price maiz",
        answer="40 a kilo.",
        approved_by="amina",
        approved_at=T,
        ticket_id=7,
        expires=T + 99,
    )


def test_a_new_answer_takes_the_place_of_the_one_to_the_same_question(store: Store) -> None:
    old, other, swahili = approve(store), approve(store, folded="price bean"), approve(store, lang=Lang.SW)
    new = approve(store, answer="45 a kilo.")
    assert in_force(store) == [new, swahili, other]
    assert old not in in_force(store)


def test_what_is_taken_back_is_in_force_no_more(store: Store) -> None:
    made = approve(store)
    with store.begin() as tx:
        assert tx.withdraw(made, now=T + 1)
        assert not tx.withdraw(made, now=T + 2)
        assert not tx.withdraw(made + 9, now=T + 2)
    assert in_force(store) == []


def test_the_version_changes_with_every_change_and_only_then(store: Store) -> None:
    seen = [store.approved_version()]

    def changed() -> bool:
        seen.append(store.approved_version())
        return seen[-1] not in seen[:-1]

    first = approve(store)
    assert changed()
    assert not changed()
    second = approve(store, folded="price bean")
    assert changed()
    approve(store)  # in the place of the first: as many as before
    assert changed()
    with store.begin() as tx:
        tx.withdraw(second, now=T)
    assert changed()
    add(store, wish())
    assert not changed()
    assert first not in in_force(store)


def test_an_operator_and_the_person_write_at_the_same_moment(store: Store) -> None:
    """Both hold the person before the ticket: in the other order, each could wait for what the other one holds."""
    desk = Desk(store, {"sim": Plain("sim", Limits())}, Hints(), lambda: T)  # type: ignore[dict-item]
    for n in range(20):
        urn = f"tel:+25470{n:07}"
        with store.begin() as tx:
            tx.contact(urn, now=T, lang="en")
            number = tx.add_ticket(wish(urn=urn))

        def more(number: int = number, urn: str = urn) -> None:
            with store.begin() as tx:
                tx.contact(urn, now=T, lang="en")
                ticket = tx.ticket(number)
                assert ticket is not None
                tx.save_ticket(replace(ticket, question=f"{ticket.question}\nna ng'ombe"))

        def answer(number: int = number) -> None:
            desk.answer(number, "Njoo kesho.", by="amina", again=True)

        at_once([more, answer, more, answer])
        ticket = found(store, number)
        assert (ticket.answers, ticket.question.count("ng'ombe"), ticket.state) == (2, 2, ANSWERED)
