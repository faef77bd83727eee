"""The contract of bot.core.ports.Tx, held by every store."""

from dataclasses import replace

import pytest

from bot.core.storage import Store
from bot.core.types import OFFER, Contact, Lane, Lang, Session, SessionEvent, Status
from tests.store.bench import OTHER, URN, T, answer, ask, deliveries, hold, message, order, parts, put, report, send, take, wire


def test_a_message_comes_back_as_it_was_sent(store: Store) -> None:
    sent = message(
        text="Mahindi 🌽 \u200d ‘lini’?",
        to="22384",
        sent_at=T - 3.25,
        session_id="dial-1",
        session_event=SessionEvent.RESUME,
        path="1*2",
        meta={"networkCode": "63902"},
    )
    with store.begin() as tx:
        stored = tx.insert_message(sent, now=T)
        assert stored is not None
        tx.contact(URN, now=T, lang="sw")
        tx.queue_question(stored, skill="crops", turns=["one", "two"], screen_until=0.0, now=T)
    claimed = take(store, stored)
    assert claimed.message == sent
    assert (claimed.skill, tuple(claimed.turns), claimed.received) == ("crops", ("one", "two"), T)
    assert claimed.contact == Contact(URN, Lang.SW, created=T, seen=T)


def test_a_message_is_stored_once(store: Store) -> None:
    twice = message(external_id="same")
    with store.begin() as tx:
        assert tx.insert_message(twice, now=T) is not None
        assert tx.insert_message(replace(twice, text="again"), now=T) is None
    with store.begin() as tx:
        assert tx.insert_message(twice, now=T + 1) is None
        assert tx.insert_message(replace(twice, channel="sim_ussd"), now=T) is not None
    assert store.counts() == {"message.stored": 2}


def test_nothing_is_kept_of_a_block_that_fails(store: Store) -> None:
    with store.begin() as tx:
        tx.save_contact(Contact(URN, Lang.EN))
    with pytest.raises(ZeroDivisionError), store.begin() as tx:  # noqa: PT012  the block is what is tested
        stored = tx.insert_message(message(external_id="lost"), now=T)
        assert stored is not None
        tx.queue_question(stored, skill="", turns=(), screen_until=0.0, now=T)
        tx.insert_delivery(order(dedup="lost"), now=T)
        tx.save_contact(Contact(URN, Lang.SW, opted_out=True))
        tx.save_session(Session("sim:lost"))
        raise ZeroDivisionError
    assert store.counts() == {}
    with store.begin() as tx:
        assert tx.contact(URN, now=T, lang="en") == Contact(URN, Lang.EN)
        assert tx.session("sim:lost") is None
        assert tx.insert_message(message(external_id="lost"), now=T) is not None
        assert tx.insert_delivery(order(dedup="lost"), now=T) is not None


def test_a_block_sees_what_it_has_written(store: Store) -> None:
    with store.begin() as tx:
        tx.save_session(Session("sim:here"))
        assert tx.session("sim:here") == Session("sim:here")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("before\0after", id="nul"),
        pytest.param("before\ud83dafter", id="half-a-surrogate-pair"),
    ],
)
def test_damaged_text_is_mended_not_lost(store: Store, text: str) -> None:
    stored = ask(store, text=text, external_id=f"in-{text}", meta={"extra": text})
    assert take(store, stored).message.text in ("beforeafter", "before?after")
    with store.begin() as tx:
        assert tx.insert_message(message(external_id=f"in-{text}"), now=T) is None
        tx.save_session(Session(f"sim:{text}", screen=text, turns=(text,)))
        assert tx.session(f"sim:{text}") is not None
        tx.save_contact(Contact(f"sim:{text}", Lang.SW))
        assert tx.contact(f"sim:{text}", now=T, lang="en").lang is Lang.SW
    assert store.parts(put(store, text))[0].text in ("beforeafter", "before?after")


def test_a_contact_is_made_once_and_kept(store: Store) -> None:
    with store.begin() as tx:
        made = tx.contact(URN, now=T, lang="sw")
        assert made == Contact(URN, Lang.SW, created=T, seen=T)
        assert tx.contact(URN, now=T + 5, lang="en") == made
        changed = Contact(URN, Lang.EN, lang_chosen=True, opted_out=True, created=T, seen=T + 9, greeted=True)
        tx.save_contact(changed)
    with store.begin() as tx:
        assert tx.contact(URN, now=T + 20, lang="sw") == changed


def test_a_session_comes_back_field_for_field(store: Store) -> None:
    kept = Session(
        key="sim_ussd:dial-1",
        state="reading",
        more="the rest",
        skill="crops",
        turns=("one", "two"),
        path="1*2",
        last_id="hop-2",
        screen="1. Maize",
        screen_ends=True,
        open=False,
        touched=T,
    )
    with store.begin() as tx:
        assert tx.session(kept.key) is None
        tx.save_session(Session(kept.key, state="top"))
        tx.save_session(kept)
    with store.begin() as tx:
        assert tx.session(kept.key) == kept


def test_a_delivery_is_stored_once_with_named_parts(store: Store) -> None:
    with store.begin() as tx:
        first = tx.insert_delivery(order("one", "two", dedup="reply:1"), now=T)
        assert tx.insert_delivery(order("three", dedup="reply:1"), now=T) is None
    assert first is not None
    stored = store.parts(first)
    assert [(part.n, part.text, part.status, part.external_id) for part in stored] == [
        (0, "one", Status.QUEUED, ""),
        (1, "two", Status.QUEUED, ""),
    ]
    assert [part.key.rsplit("-", 1)[0] for part in stored] == [f"{first}-0", f"{first}-1"]
    assert len({part.key.rsplit("-", 1)[1] for part in stored}) == 2
    assert deliveries(store) == {"queued": 1}


def test_a_delivery_needs_a_part(store: Store) -> None:
    with pytest.raises(ValueError, match="reply:7 has no parts"), store.begin() as tx:
        tx.insert_delivery(order(dedup="reply:7", parts=()), now=T)


def test_a_settled_message_is_no_question(store: Store) -> None:
    with store.begin() as tx:
        stored = tx.insert_message(message(), now=T)
        assert stored is not None
        tx.settle_message(stored)
        assert tx.open_question(URN, since=T) is None
    assert store.claim_message(stored, now=T, lease_s=9) is None
    assert store.counts() == {"message.done": 1}


def test_open_question_is_the_newest_without_an_answer(store: Store) -> None:
    first, second = ask(store, now=T, session_id="d1"), ask(store, now=T + 10, session_id="d2")
    ask(store, now=T + 20, urn=OTHER, session_id="d3")
    by_sms = ask(store, now=T + 20)
    with store.begin() as tx:
        assert tx.open_question(URN, since=T) == second
        assert tx.open_question(URN, since=T + 11) is None
    take(store, first)  # being answered is still open
    with store.begin() as tx:
        assert tx.open_question(URN, since=T) == second
    store.release_message(take(store, first, now=T + 30).claim, now=T, after_s=0)
    answer(store, first, now=T + 30)
    answer(store, second, now=T + 30)
    with store.begin() as tx:
        assert tx.open_question(URN, since=T) is None
    answer(store, by_sms, now=T + 30)


def test_last_answer_is_the_newest_made_for_a_question(store: Store) -> None:
    with store.begin() as tx:
        assert tx.last_answer(URN, since=0) is None
        command = tx.insert_message(message(text="HELP"), now=T)
        assert command is not None
        tx.settle_message(command)
        tx.insert_delivery(order("Send MENU.", message_id=command), now=T)
    put(store, "An alert.")
    with store.begin() as tx:
        assert tx.last_answer(URN, since=0) is None
    first, second = ask(store), ask(store)
    answer(store, first, "first", now=T)
    made = answer(store, second, "Plant", "now.", now=T + 50)
    with store.begin() as tx:
        found = tx.last_answer(URN, since=T + 50)
        assert found is not None
        assert (found.delivery_id, found.message_id, found.text, found.status) == (made, second, "Plant now.", Status.QUEUED)
        assert tx.last_answer(URN, since=T + 51) is None
        assert tx.last_answer(OTHER, since=0) is None


@pytest.mark.parametrize(("kind", "offers"), [(OFFER, ("beans", "worm")), ("fact", ())])
def test_the_last_answer_tells_what_it_offers(store: Store, kind: str, offers: tuple[str, ...]) -> None:
    asked = ask(store)
    answer(store, asked, "One of these?", now=T, kind=kind, facts=("beans", "worm"))
    with store.begin() as tx:
        found = tx.last_answer(URN, since=0)
    assert found is not None
    assert found.offers == offers


def test_stop_fails_what_has_not_gone_out_but_the_confirmation(store: Store) -> None:
    asked = ask(store, screen_until=T + 10)
    held = answer(store, asked, now=T)
    gone = put(store, lane=Lane.ALERTS)
    send(store, gone)
    errored = put(store, "one", "two")
    store.retry_delivery(hold(store, errored).claim, now=T, after_s=60, code="503")
    confirmation = put(store, despite_stop=True, lane=Lane.CHORES)
    other = put(store, urn=OTHER)
    with store.begin() as tx:
        assert tx.expire_replies(URN) == 2
        assert tx.expire_replies(URN) == 0
    assert parts(store, held) == [Status.FAILED]
    assert parts(store, errored) == [Status.FAILED, Status.FAILED]
    assert parts(store, gone) == [Status.WIRED]
    assert parts(store, confirmation) == parts(store, other) == [Status.QUEUED]
    assert deliveries(store) == {"failed": 2, "wired": 1, "queued": 2}
    assert store.claim_screen(asked, now=T) is None


def test_stop_takes_a_delivery_from_a_sender_between_claim_and_call(store: Store) -> None:
    claimed = hold(store, put(store, "one", "two"))
    with store.begin() as tx:
        assert tx.expire_replies(URN) == 1
    assert not store.part_sending(claimed.claim, 0, now=T, lease_s=9)
    assert store.finish_delivery(claimed.claim, now=T) is Status.FAILED


def test_stop_during_a_call_keeps_the_part_and_stops_the_rest(store: Store) -> None:
    delivery = put(store, "one", "two")
    claimed = hold(store, delivery)
    assert store.part_sending(claimed.claim, 0, now=T, lease_s=9)
    with store.begin() as tx:
        assert tx.expire_replies(URN) == 0
    store.part_wired(claimed.claim, 0, "out-0", now=T)
    assert not store.part_sending(claimed.claim, 1, now=T, lease_s=9)
    assert report(store, Status.DELIVERED)
    assert parts(store, delivery) == [Status.DELIVERED, Status.FAILED]


def test_a_claimed_delivery_knows_of_the_stop(store: Store) -> None:
    with store.begin() as tx:
        tx.save_contact(Contact(URN, Lang.EN, opted_out=True))
    assert hold(store, put(store)).opted_out
    assert not hold(store, put(store, urn=OTHER)).opted_out
    confirmation = hold(store, put(store, despite_stop=True, lane=Lane.CHORES))
    assert confirmation.despite_stop
    wire(store, confirmation)


def test_end_session_closes_it_and_lets_its_answers_go(store: Store) -> None:
    before = ask(store, channel="sim_ussd", session_id="dial:1", screen_until=T + 30)
    held = answer(store, before, now=T)
    after = ask(store, channel="sim_ussd", session_id="dial:1", screen_until=T + 30)
    elsewhere = ask(store, channel="sim_ussd", session_id="dial:2", screen_until=T + 30, urn=OTHER)
    with store.begin() as tx:
        tx.save_session(Session("sim_ussd:dial:1"))
        tx.end_session("sim_ussd:dial:1")
        tx.end_session("sim_ussd:never-opened")
        closed = tx.session("sim_ussd:dial:1")
    assert closed is not None
    assert not closed.open
    assert (Lane.SENDS, held) in store.due(now=T, limit=9)
    send(store, held)
    send(store, answer(store, after))
    kept = answer(store, elsewhere)
    assert store.claim_delivery(kept, now=T, lease_s=9) is None


def test_end_session_leaves_an_answer_that_a_sender_has(store: Store) -> None:
    asked = ask(store, channel="sim_ussd", session_id="dial", screen_until=T + 5)
    delivery = answer(store, asked)
    claimed = hold(store, delivery, now=T + 5)
    with store.begin() as tx:
        tx.end_session("sim_ussd:dial")
    wire(store, claimed)
    assert store.finish_delivery(claimed.claim, now=T) is Status.WIRED
