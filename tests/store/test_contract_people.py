"""A person with two URNs, in every store: what either says holds for both."""

from dataclasses import replace

import pytest

from bot.core.storage import Store
from bot.core.types import Contact, Lang, Linked, Session
from tests.store.bench import T, answer, ask, hold, message, order, put

NUMBER, USER = "whatsapp:+254700000001", "whatsapp:KE.12ab34cd"
NEW_NUMBER = "whatsapp:+254700000009"


def link(store: Store, urn: str = NUMBER) -> None:
    with store.begin() as tx:
        tx.link(Linked(channel="sim", urn=urn, other=USER))


def known(store: Store, urn: str, *, now: float = T, **values: object) -> Contact:
    """The contact, made where new, with `values` saved."""
    with store.begin() as tx:
        contact = replace(tx.contact(urn, now=now, lang="en"), **values)  # type: ignore[arg-type]
        tx.save_contact(contact)
    return contact


def person(store: Store, urn: str) -> str:
    with store.begin() as tx:
        return tx.person(urn)


def test_a_link_is_found_from_the_other_urn(store: Store) -> None:
    assert person(store, USER) == USER
    link(store)
    assert (person(store, USER), person(store, NUMBER)) == (NUMBER, NUMBER)


@pytest.mark.parametrize("stopped", [NUMBER, USER])
def test_a_stop_of_either_holds(store: Store, stopped: str) -> None:
    for urn in (NUMBER, USER):
        known(store, urn, opted_out=urn == stopped)
    link(store)
    assert known(store, NUMBER).opted_out


def test_a_start_after_the_link_is_not_undone_by_a_repeat(store: Store) -> None:
    known(store, USER, opted_out=True)
    link(store)
    known(store, NUMBER, opted_out=False)
    link(store)
    assert not known(store, NUMBER).opted_out


@pytest.mark.parametrize(
    ("theirs", "ours", "lang"),
    [
        pytest.param({"lang": Lang.SW, "lang_chosen": True}, {}, Lang.SW, id="chosen-under-the-id"),
        pytest.param({"lang": Lang.SW}, {}, Lang.EN, id="guessed-under-the-id"),
        pytest.param({"lang": Lang.SW, "lang_chosen": True}, {"lang": Lang.EN, "lang_chosen": True}, Lang.EN, id="chosen-twice"),
    ],
)
def test_the_chosen_language_is_kept(store: Store, theirs: dict[str, object], ours: dict[str, object], lang: Lang) -> None:
    known(store, USER, now=T - 9, seen=T + 5, greeted=True, **theirs)
    known(store, NUMBER, **ours)
    link(store)
    contact = known(store, NUMBER)
    assert (contact.lang, contact.created, contact.seen, contact.greeted) == (lang, T - 9, T + 5, True)


def test_somebody_known_by_the_id_alone_moves_with_everything(store: Store) -> None:
    known(store, USER, lang=Lang.SW)
    question, waiting = ask(store, urn=USER), put(store, urn=USER, channel="sim_whatsapp")
    with store.begin() as tx:
        tx.save_session(Session(f"sim:{USER}", state="top", touched=T))
    link(store)
    assert known(store, NUMBER).lang is Lang.SW
    assert hold(store, waiting).urn == NUMBER
    assert hold(store, answer(store, question)).urn == NUMBER
    assert [line.inbound for line in store.conversation(NUMBER, limit=9)] == [True, False, False]
    assert store.conversation(USER, limit=9) == []
    with store.begin() as tx:
        session = tx.session(f"sim:{NUMBER}")
        assert session is not None
        assert session.state == "top"
        assert tx.session(f"sim:{USER}") is None


def test_an_answer_that_is_being_worded_follows(store: Store) -> None:
    question = ask(store, urn=USER)
    claimed = store.claim_message(question, now=T, lease_s=9)
    assert claimed is not None
    link(store)
    made = store.finish_message(claimed.claim, order(dedup=f"reply:{question}", urn=claimed.message.urn), now=T)
    assert made is not None
    assert hold(store, made).urn == NUMBER


@pytest.mark.parametrize(("theirs", "ours", "kept"), [(T + 1, T, "theirs"), (T, T + 1, "ours")])
def test_the_later_session_is_kept(store: Store, theirs: float, ours: float, kept: str) -> None:
    with store.begin() as tx:
        tx.save_session(Session(f"sim:{USER}", state="theirs", touched=theirs))
        tx.save_session(Session(f"sim:{NUMBER}", state="ours", touched=ours))
    link(store)
    with store.begin() as tx:
        session = tx.session(f"sim:{NUMBER}")
    assert session is not None
    assert session.state == kept


def test_a_new_number_takes_the_stop_along_and_leaves_the_history(store: Store) -> None:
    """The old number may be another person's soon."""
    link(store)
    known(store, NUMBER, opted_out=True)
    ask(store, urn=NUMBER)
    link(store, NEW_NUMBER)
    assert person(store, USER) == NEW_NUMBER
    assert known(store, NEW_NUMBER).opted_out
    assert known(store, NUMBER).opted_out
    assert len(store.conversation(NUMBER, limit=9)) == 1
    assert store.conversation(NEW_NUMBER, limit=9) == []


@pytest.mark.parametrize(
    ("stored", "again", "twin"),
    [
        pytest.param({}, {"polled": True}, True, id="told-then-read"),
        pytest.param({"polled": True}, {}, True, id="read-then-told"),
        pytest.param({}, {}, False, id="told-twice-is-twice"),
        pytest.param({"polled": True}, {"polled": True}, False, id="read-twice-is-twice"),
        pytest.param({}, {"polled": True, "text": "Habari  yako "}, True, id="white-space"),
        pytest.param({}, {"polled": True, "text": "Habari"}, False, id="other-words"),
        pytest.param({}, {"polled": True, "urn": NUMBER}, False, id="other-person"),
        pytest.param({}, {"polled": True, "channel": "sim_whatsapp"}, False, id="other-channel"),
        pytest.param({"sent_at": T - 100}, {"polled": True, "sent_at": T - 400}, True, id="within"),
        pytest.param({"sent_at": T - 100}, {"polled": True, "sent_at": T - 401}, False, id="too-far-apart"),
        pytest.param({"sent_at": None}, {"polled": True, "sent_at": T - 300}, True, id="untimed"),
    ],
)
def test_one_message_under_two_ids(store: Store, stored: dict[str, object], again: dict[str, object], twin: bool) -> None:
    usual = {"text": "Habari yako", "twin_s": 300.0, "sent_at": T}
    with store.begin() as tx:
        tx.insert_message(message(**usual | stored), now=T)
        assert tx.twin(message(**usual | again), now=T) is twin


@pytest.mark.parametrize(
    ("values", "heard"),
    [
        pytest.param({}, True, id="now"),
        pytest.param({"sent_at": T - 100}, False, id="came-late"),
        pytest.param({"sent_at": T + 9999}, True, id="clock-ahead"),
        pytest.param({"channel": "sim_whatsapp"}, False, id="another-channel"),
        pytest.param({"urn": NUMBER}, False, id="another-person"),
    ],
)
def test_when_somebody_was_heard(store: Store, values: dict[str, object], heard: bool) -> None:
    ask(store, **{"now": T, "urn": USER} | values)  # type: ignore[arg-type]
    assert store.heard("sim", USER, since=T - 60) is heard
    assert not store.heard("sim", USER, since=T)
