"""Handing over to a person, through the inbox as it really happens: who asks for one, who is in danger, who could not be answered."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from bot.core.handoff import AGAIN_S, LONGEST, QUESTION_S
from bot.core.ports import Taken
from bot.core.ticket import Ticket, TicketKind, TicketState
from tests.core.test_inbox import NOW, PERSON, Bench, screen
from tests.small import EN, SW, TEXTS
from tests.store.bench import put

OPENED = TEXTS[EN]["person_opened"].replace("$emergency_number", "112")
ANY = tuple(TicketState)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def tickets(bench: Bench) -> Sequence[Ticket]:
    return sorted(bench.store.tickets(states=ANY, limit=99), key=lambda ticket: ticket.id)


def only(bench: Bench) -> Ticket:
    [ticket] = tickets(bench)
    return ticket


def end(bench: Bench, state: TicketState) -> None:
    with bench.store.begin() as tx:
        tx.save_ticket(replace(only(bench), state=state))


class TestPerson:
    def test_the_last_question_goes_to_a_person(self, bench: Bench) -> None:
        bench.sms("what is the price of gold")
        assert bench.parts(bench.sms("PERSON")) == [OPENED]
        ticket = only(bench)
        assert (ticket.urn, ticket.channel, ticket.lang, ticket.kind) == (PERSON, "sms", EN, TicketKind.PERSON)
        assert (ticket.question, ticket.state, ticket.urgent, ticket.opened) == ("what is the price of gold", TicketState.OPEN, False, NOW)

    def test_what_is_written_behind_the_word_comes_before_the_last_question(self, bench: Bench) -> None:
        bench.sms("what is the price of gold")
        bench.sms("talk to a person about my goat")
        assert only(bench).question == "my goat"

    def test_the_ticket_tells_the_skill_of_the_reply_that_came(self, bench: Bench) -> None:
        [(_, question)] = bench.sms("what is the price of gold").hints
        put(bench.store, "Not in the money guide.", now=NOW, urn=PERSON, channel="sms", message_id=question, skill="money")
        bench.sms("PERSON")
        assert only(bench).topic == "money"

    def test_or_the_one_whose_own_words_stand_behind_the_word(self, bench: Bench) -> None:
        bench.sms("PERSON: somebody has my pin")
        assert only(bench).topic == "money"

    def test_the_ticket_speaks_as_they_do(self, bench: Bench) -> None:
        taken = bench.sms("nataka kuongea na mtu")
        assert only(bench).lang is SW
        assert bench.parts(taken) == [TEXTS[SW]["person_which"]]

    def test_and_as_they_did_in_the_question_that_it_is_about(self, bench: Bench) -> None:
        bench.sms("mbuzi wangu hali chakula nifanye nini")
        bench.sms("PERSON")
        assert only(bench).lang is SW

    def test_no_model_is_asked(self, bench: Bench) -> None:
        assert [lane for lane, _ in bench.sms("PERSON my goat is ill").hints] == ["sends"]

    def test_who_has_no_question_yet_is_asked_for_it(self, bench: Bench) -> None:
        assert bench.parts(bench.sms("PERSON")) == [TEXTS[EN]["person_which"]]
        assert only(bench).question == ""
        assert bench.parts(bench.sms("PERSON: my goat does not eat")) == [OPENED]
        assert only(bench).question == "my goat does not eat"

    def test_a_question_of_long_ago_is_not_meant(self, bench: Bench) -> None:
        bench.sms("what is the price of gold")
        bench.now += QUESTION_S + 1
        bench.sms("PERSON")
        assert only(bench).question == ""

    def test_new_words_are_added_to_the_open_ticket(self, bench: Bench) -> None:
        bench.sms("PERSON my goat is ill")
        assert bench.parts(bench.sms("PERSON it does not eat")) == [TEXTS[EN]["person_added"]]
        bench.sms("what is the price of gold")
        bench.sms("mtu")
        assert only(bench).question == "my goat is ill\nit does not eat\nwhat is the price of gold"

    def test_the_same_words_are_not_added_twice(self, bench: Bench) -> None:
        bench.sms("PERSON my goat is ill")
        assert bench.parts(bench.sms("PERSON my goat is ill")) == [OPENED]
        assert only(bench).question == "my goat is ill"

    def test_a_ticket_has_an_end(self, bench: Bench) -> None:
        for n in range(100):
            bench.sms(f"PERSON {n} {'my goat ' * 10}")
        assert len(only(bench).question) == LONGEST

    @pytest.mark.parametrize("state", [TicketState.ANSWERED, TicketState.CLOSED])
    def test_after_its_end_there_is_a_new_one(self, bench: Bench, state: TicketState) -> None:
        bench.sms("PERSON my goat is ill")
        end(bench, state)
        bench.sms("PERSON my cow is ill")
        assert [ticket.question for ticket in tickets(bench)] == ["my goat is ill", "my cow is ill"]

    def test_the_providers_repeat_changes_nothing(self, bench: Bench) -> None:
        bench.sms("PERSON my goat is ill", id="same")
        assert bench.sms("PERSON my goat is ill", id="same") == Taken(duplicate=True)
        assert only(bench).question == "my goat is ill"

    def test_who_stopped_us_gets_silence_and_no_ticket(self, bench: Bench) -> None:
        bench.sms("STOP")
        assert bench.sms("PERSON").hints == ()
        assert tickets(bench) == []

    @pytest.mark.parametrize("text", ["mtu ananiomba pin yangu", "person with malaria", "agent took my money", "msaada"])
    def test_ordinary_words_open_none(self, bench: Bench, text: str) -> None:
        bench.sms(text)
        assert tickets(bench) == []


class TestScreen:
    def test_it_is_confirmed_on_the_screen(self, bench: Bench) -> None:
        bench.hop("")
        taken = bench.hop("PERSON: my goat is ill")
        assert (screen(taken), taken.hints) == (OPENED, ())
        assert only(bench).channel == "ussd"

    def test_a_repeated_hop_opens_no_second_one(self, bench: Bench) -> None:
        bench.hop("")
        assert screen(bench.hop("PERSON")) == screen(bench.hop("PERSON"))
        assert only(bench).question == ""

    def test_who_stopped_us_is_promised_nothing(self, bench: Bench) -> None:
        bench.sms("STOP")
        bench.hop("")
        assert screen(bench.hop("PERSON")) == TEXTS[EN]["person_stopped"]
        assert tickets(bench) == []

    def test_nothing_is_promised_where_no_channel_could_send_it(self, bench: Bench) -> None:
        bench.channels.pop("sms")
        bench.hop("")
        assert screen(bench.hop("PERSON")) == TEXTS[EN]["person_none"]
        assert tickets(bench) == []


class TestEmergency:
    def test_opens_an_urgent_ticket_beside_the_vetted_text(self, bench: Bench) -> None:
        assert bench.parts(bench.sms("snake bite my child")) == ["Keep still. Call 112."]
        ticket = only(bench)
        assert (ticket.kind, ticket.topic, ticket.urgent) == (TicketKind.EMERGENCY, "snake-bite", True)
        assert ticket.question == "snake bite my child"
        assert bench.store.counts()["ticket.urgent"] == 1

    def test_one_an_hour_and_what_else_they_write_is_added(self, bench: Bench) -> None:
        bench.sms("snake bite my child")
        bench.now += AGAIN_S - 1
        bench.sms("snake bite please help")
        assert only(bench).question == "snake bite my child\nsnake bite please help"
        bench.now += 2
        bench.sms("snake bite")
        assert len(tickets(bench)) == 2

    def test_who_writes_again_after_it_was_closed_is_heard(self, bench: Bench) -> None:
        bench.sms("snake bite my child")
        end(bench, TicketState.CLOSED)
        bench.now += 60
        bench.sms("snake bite again, now my son")
        assert only(bench).state is TicketState.OPEN

    def test_also_from_who_stopped_us_or_cannot_be_reached(self, bench: Bench) -> None:
        bench.sms("STOP")
        bench.sms("nyoka ameniuma")
        assert only(bench).lang is SW
        bench.channels.pop("sms")
        bench.hop("")
        bench.now += AGAIN_S + 1
        bench.hop("snake bite", dial="d1")
        assert [ticket.channel for ticket in tickets(bench)] == ["sms", "ussd"]

    def test_words_to_a_person_are_added_to_it(self, bench: Bench) -> None:
        bench.sms("snake bite my child")
        bench.sms("PERSON we are in Kitui")
        ticket = only(bench)
        assert ticket.urgent
        assert ticket.question.endswith("we are in Kitui")
