"""A watched store does what the store does, and counts, times and logs it: once, after the commit, without a number or a text."""

import logging
import re
from collections.abc import Iterator

import pytest

from bot.core.errors import StoreDown
from bot.core.storage import Store
from bot.core.types import Lane, Status
from bot.metrics.watch import watched
from bot.store.memory import MemoryStore
from tests.metrics.readings import Added
from tests.store.bench import LEASE_S, URN, T, hold, message, order, put, report, take, wire

TEXT = "my private words"


@pytest.fixture
def store() -> Store:
    return watched(MemoryStore(), Lane.SENDS)


@pytest.fixture
def added() -> Added:
    return Added()


@pytest.fixture(autouse=True)
def lines(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Every line that was logged. Whatever the test does, none of them has a number or a text."""
    caplog.set_level(logging.DEBUG)
    yield caplog.messages
    assert TEXT not in caplog.text
    assert "254700" not in caplog.text


def _ask(store: Store, **values: object) -> int:
    with store.begin() as tx:
        stored = tx.insert_message(message(text=TEXT, **values), now=T)
        assert stored is not None
        tx.queue_question(stored, skill="", turns=(), screen_until=0.0, now=T)
    return stored


def _answer(store: Store, asked: int, *parts: str, kind: str = "fact") -> int:
    claimed = take(store, asked, now=T + 1)
    reply = order(*(parts or (TEXT,)), dedup=f"reply:{asked}", kind=kind, message_id=asked, facts=("maize-spacing",))
    stored = store.finish_message(claimed.claim, reply, now=T + 3)
    assert stored is not None
    return stored


def _fields(line: str) -> dict[str, str]:
    return dict(word.split("=", 1) for word in line.split()[1:])


def test_one_message_can_be_followed_by_its_ids(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    """What docs/operations/watching.md tells operators to do: grep "message=12 "."""
    asked = _ask(store)
    reply = _answer(store, asked, TEXT, TEXT)
    claimed = hold(store, reply, now=T + 4)
    wire(store, claimed, 0, now=T + 4)
    wire(store, claimed, 1, now=T + 5)
    store.finish_delivery(claimed.claim, now=T + 5)
    found = [line for line in caplog.messages if re.search(rf"\bmessage={asked}\b", line)]
    assert [line.split()[0] for line in found] == ["taken", "answered", "wired", "wired"]
    taken, answered, first, second = map(_fields, found)
    assert (taken["how"], taken["channel"]) == ("question", "sim")
    assert (answered["how"], answered["waited_s"], answered["facts"]) == ("fact", "3.0", "maize-spacing")
    assert float(answered["worked_s"]) < 60
    assert answered["delivery"] == first["delivery"] == second["delivery"] == str(reply)
    assert [(line["part"], line["waited_s"]) for line in (first, second)] == [("0", "1.0"), ("1", "2.0")]


def test_messages_replies_and_questions_are_counted(store: Store, added: Added) -> None:
    _answer(store, _ask(store), kind="refusal")
    with store.begin() as tx:
        stored = tx.insert_message(message(external_id="twice"), now=T)
        tx.insert_delivery(order(message_id=stored, kind="menu"), now=T)
    with store.begin() as tx:
        assert tx.insert_message(message(external_id="twice"), now=T) is None
    assert added("messages_total", channel="sim") == 2
    assert added("duplicates_total", channel="sim") == 1
    assert added("questions_total", channel="sim") == 1
    assert added("replies_total", channel="sim", kind="menu") == added("replies_total", channel="sim", kind="refusal") == 1
    assert added("answer_seconds_count", channel="sim") == 1
    assert added("answer_seconds_sum", channel="sim") == 3.0
    assert added("answer_work_seconds_count", kind="refusal") == 1


def test_what_was_rolled_back_is_not_told(store: Store, added: Added, caplog: pytest.LogCaptureFixture) -> None:
    def fails() -> None:
        with store.begin() as tx:
            tx.insert_message(message(text=TEXT), now=T)
            raise StoreDown("the disk is full")

    with pytest.raises(StoreDown):
        fails()
    assert added("messages_total", channel="sim") == 0
    assert caplog.messages == []


def test_a_kind_that_we_do_not_know_is_another(store: Store, added: Added) -> None:
    _answer(store, _ask(store), kind=URN)
    assert added("replies_total", channel="sim", kind="other") == 1


def test_parts_and_tries_are_counted_by_what_became_of_them(store: Store, added: Added, caplog: pytest.LogCaptureFixture) -> None:
    errored, failed, unknown, later = (hold(store, put(store, TEXT, urn=f"tel:+25470000001{n}", now=T)) for n in range(4))
    store.retry_delivery(errored.claim, now=T, after_s=5.25, code=f"blocked {URN}", untaken=0)
    store.fail_delivery(failed.claim, now=T, reason="no_window")
    assert store.part_sending(unknown.claim, 0, now=T, lease_s=LEASE_S)
    store.part_unknown(unknown.claim, 0, "timeout", now=T)
    store.finish_delivery(unknown.claim, now=T)
    store.postpone_delivery(later.claim, now=T, until=T + 60)
    assert added("parts_total", channel="sim", lane="sends", status="unknown") == 1
    for status in ("errored", "failed", "postponed"):
        assert added("delivery_tries_total", channel="sim", lane="sends", status=status) == 1
    assert [line.split()[0] for line in caplog.messages] == ["errored", "failed", "unknown", "postponed"]
    assert "again_s=5.25" in caplog.messages[0]
    assert "code=no_window" in caplog.messages[1]
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "WARNING", "INFO"]


def test_wired_parts_are_timed_from_their_reply(store: Store, added: Added) -> None:
    claimed = hold(store, put(store, now=T), now=T + 40)
    wire(store, claimed, now=T + 41)
    assert added("parts_total", channel="sim", lane="sends", status="wired") == 1
    assert added("answer_to_wired_seconds_sum", channel="sim", lane="sends") == 41
    assert added("answer_to_wired_seconds_bucket", channel="sim", lane="sends", le="20.0") == 0
    assert added("answer_to_wired_seconds_bucket", channel="sim", lane="sends", le="45.0") == 1


def test_reports_are_counted_by_status(store: Store, added: Added) -> None:
    report(store, Status.DELIVERED)
    assert added("status_reports_total", channel="sim", status="delivered") == 1


def test_sweeps_and_expiry_are_counted(store: Store, added: Added, caplog: pytest.LogCaptureFixture) -> None:
    _ask(store)
    put(store, not_after=T + 1)
    caplog.clear()
    store.due(now=T + 9, limit=9)
    assert (added("swept_total", lane="answers"), added("swept_total", lane="sends")) == (1, 1)
    assert added("last_sweep_timestamp_seconds") > 0
    store.expire(now=T + 9)
    store.expire(now=T + 9)
    assert added("expired_total") == 1
    assert caplog.messages == ["expired deliveries=1"]


def test_a_question_that_waited_too_long_is_told(store: Store, added: Added, caplog: pytest.LogCaptureFixture) -> None:
    asked = _ask(store)
    claimed = take(store, asked)
    store.expire_message(claimed.claim, None, since=T, now=T)
    assert added("stale_questions_total") == 1
    assert caplog.messages[-1] == f"expired message={asked}"


def test_a_claim_that_was_lost_is_told_by_nobody(store: Store, added: Added, caplog: pytest.LogCaptureFixture) -> None:
    asked = _ask(store)
    lost = take(store, asked)
    _answer_late = take(store, asked, now=T + LEASE_S)
    caplog.clear()
    assert store.finish_message(lost.claim, order(dedup=f"reply:{asked}"), now=T + LEASE_S) is None
    assert caplog.messages == []
    assert added("answer_seconds_count", channel="sim") == 0


def test_whatever_is_not_watched_is_the_stores_own(store: Store) -> None:
    _ask(store)
    assert store.counts() == {"message.new": 1}
    with store.begin() as tx:
        assert tx.contact(URN, now=T, lang="en").urn == URN
