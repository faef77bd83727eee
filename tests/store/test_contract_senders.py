"""The contract of the SENDS and ALERTS lanes, held by every store."""

import pytest

from bot.core.storage import Claim, Store
from bot.core.types import Choice, Lane, Status
from tests.store.bench import LEASE_S, OTHER, T, at_once, deliveries, hold, order, parts, put, report, send, wire


def test_a_claimed_delivery_has_all_a_sender_needs(store: Store) -> None:
    choices = (Choice("1", "Mahindi 🌽"), Choice("0", "Rudi"))
    claimed = hold(
        store, put(store, "one", "two", channel="at_sms", not_after=T + 60, despite_stop=True, choices=choices, unsolicited=True)
    )
    assert claimed.unsolicited
    assert claimed.choices == choices
    assert (claimed.channel, claimed.not_after, claimed.despite_stop, claimed.errors) == ("at_sms", T + 60, True, 0)
    assert list(claimed.parts) == list(store.parts(claimed.claim.id))
    assert claimed.claim.attempts == 1


def test_a_delivery_is_claimed_once(store: Store) -> None:
    delivery = put(store)
    hold(store, delivery)
    assert store.claim_delivery(delivery, now=T + LEASE_S - 0.1, lease_s=LEASE_S) is None
    assert store.claim_delivery(delivery + 99, now=T, lease_s=LEASE_S) is None
    assert hold(store, delivery, now=T + LEASE_S).claim.attempts == 2


def test_part_sending_renews_the_lease(store: Store) -> None:
    delivery = put(store)
    claimed = hold(store, delivery)
    assert store.part_sending(claimed.claim, 0, now=T + 15, lease_s=LEASE_S)
    assert store.claim_delivery(delivery, now=T + LEASE_S + 1, lease_s=LEASE_S) is None


def test_every_part_goes_once(store: Store) -> None:
    delivery = put(store, "one", "two")
    assert send(store, delivery) is Status.WIRED
    assert [(part.status, part.external_id) for part in store.parts(delivery)] == [(Status.WIRED, "out-0"), (Status.WIRED, "out-1")]
    assert store.claim_delivery(delivery, now=T + 999, lease_s=LEASE_S) is None
    assert store.due(now=T + 9999, limit=9) == []


@pytest.mark.parametrize("status", [s for s in Status if s not in (Status.QUEUED, Status.SENDING, Status.ERRORED)])
def test_what_is_out_is_not_sent_again(store: Store, status: Status) -> None:
    claimed = hold(store, put(store, "one", "two"))
    wire(store, claimed)
    if status is Status.UNKNOWN:
        store.part_unknown(claimed.claim, 1, "timeout", now=T)
    else:
        report(store, status)
    assert not store.part_sending(claimed.claim, 1 if status is Status.UNKNOWN else 0, now=T, lease_s=LEASE_S)


def test_a_killed_sender_leaves_its_part_in_sending(store: Store) -> None:
    delivery = put(store, "one", "two", "three")
    first = hold(store, delivery)
    wire(store, first)
    assert store.part_sending(first.claim, 1, now=T, lease_s=LEASE_S)
    second = hold(store, delivery, now=T + LEASE_S)
    assert [part.status for part in second.parts] == [Status.WIRED, Status.SENDING, Status.QUEUED]
    assert store.part_sending(second.claim, 1, now=T, lease_s=LEASE_S)  # for a channel that drops repeats of its key
    assert second.parts[1].key == first.parts[1].key


def test_a_stale_token_changes_nothing(store: Store) -> None:
    delivery = put(store, "one", "two")
    stale = hold(store, delivery).claim
    assert store.part_sending(stale, 0, now=T, lease_s=LEASE_S)
    fresh = hold(store, delivery, now=T + LEASE_S).claim
    before = store.parts(delivery), store.counts()
    for claim in (stale, Claim(delivery, "", 1)):
        assert not store.part_sending(claim, 1, now=T, lease_s=LEASE_S)
        store.part_wired(claim, 0, "out-0", now=T)
        assert store.part_wired(claim, 0, "out-0", now=T, last=True) is Status.SENDING
        store.part_unknown(claim, 0, "timeout", now=T)
        store.retry_delivery(claim, now=T, after_s=0, code="503")
        store.postpone_delivery(claim, now=T, until=T)
        store.fail_delivery(claim, now=T, reason="expired")
        assert store.finish_delivery(claim, now=T) is Status.SENDING
    assert (store.parts(delivery), store.counts()) == before
    assert store.part_sending(fresh, 0, now=T, lease_s=LEASE_S)


@pytest.mark.parametrize("first", [Status.WIRED, Status.UNKNOWN])
def test_the_last_part_ends_the_delivery(store: Store, first: Status) -> None:
    """As finish_delivery would: the claim is let go, the status is that of the parts, and the person's next delivery is due at once."""
    delivery, following = put(store, "one", "two"), put(store, "next")
    claimed = hold(store, delivery)
    if first is Status.WIRED:
        wire(store, claimed, 0)
    else:
        store.part_unknown(claimed.claim, 0, "timeout", now=T)
    assert store.part_sending(claimed.claim, 1, now=T, lease_s=LEASE_S, may_be_lost=True)
    assert store.part_wired(claimed.claim, 1, "out-1", now=T, last=True) is first
    assert parts(store, delivery) == [first, Status.WIRED]
    assert not store.part_sending(claimed.claim, 1, now=T, lease_s=LEASE_S)
    assert (Lane.SENDS, following) in store.due(now=T, limit=9)


def test_a_last_part_with_one_left_out_is_not_the_end(store: Store) -> None:
    delivery = put(store, "one", "two")
    claimed = hold(store, delivery)
    assert store.part_sending(claimed.claim, 1, now=T, lease_s=LEASE_S)
    assert store.part_wired(claimed.claim, 1, "out-1", now=T, last=True) is Status.QUEUED
    assert [part.status for part in hold(store, delivery).parts] == [Status.QUEUED, Status.WIRED]


def test_an_unclear_part_is_unknown_and_stays_so(store: Store) -> None:
    delivery = put(store, "one", "two")
    claimed = hold(store, delivery)
    assert store.part_sending(claimed.claim, 0, now=T, lease_s=LEASE_S)
    store.part_unknown(claimed.claim, 0, "timeout", now=T)
    wire(store, claimed, 1)
    assert store.finish_delivery(claimed.claim, now=T) is Status.UNKNOWN
    assert parts(store, delivery) == [Status.UNKNOWN, Status.WIRED]
    assert store.claim_delivery(delivery, now=T + 999, lease_s=LEASE_S) is None
    assert store.due(now=T + 9999, limit=9) == []


def test_a_retry_waits_and_counts(store: Store) -> None:
    delivery = put(store, "one", "two")
    claimed = hold(store, delivery)
    wire(store, claimed)
    assert store.part_sending(claimed.claim, 1, now=T, lease_s=LEASE_S)
    store.retry_delivery(claimed.claim, now=T, after_s=40, code="429", untaken=1)
    assert parts(store, delivery) == [Status.WIRED, Status.QUEUED]
    assert deliveries(store) == {"errored": 1}
    assert store.claim_delivery(delivery, now=T + 39.9, lease_s=LEASE_S) is None
    assert store.due(now=T + 39.9, limit=9) == []
    again = hold(store, delivery, now=T + 40)
    assert (again.errors, again.claim.attempts) == (1, 2)


def test_a_retry_cannot_undo_what_a_report_says(store: Store) -> None:
    delivery = put(store)
    claimed = hold(store, delivery)
    assert store.part_sending(claimed.claim, 0, now=T, lease_s=LEASE_S)
    report(store, Status.DELIVERED, key=claimed.parts[0].key)
    store.retry_delivery(claimed.claim, now=T, after_s=0, code="timeout")
    assert parts(store, delivery) == [Status.DELIVERED]
    assert deliveries(store) == {"delivered": 1}


def test_a_retry_keeps_what_is_unclear_unclear(store: Store) -> None:
    delivery = put(store, "one", "two")
    claimed = hold(store, delivery)
    assert store.part_sending(claimed.claim, 0, now=T, lease_s=LEASE_S)
    store.retry_delivery(claimed.claim, now=T, after_s=40, code="timeout")
    assert parts(store, delivery) == [Status.SENDING, Status.QUEUED]
    assert deliveries(store) == {"errored": 1}
    again = hold(store, delivery, now=T + 40)
    assert store.part_sending(again.claim, 0, now=T + 40, lease_s=LEASE_S)
    store.retry_delivery(again.claim, now=T + 40, after_s=40, code="429")  # this try was refused, the first one was not
    assert parts(store, delivery) == [Status.SENDING, Status.QUEUED]


def test_a_postponed_delivery_waits_and_counts_no_error(store: Store) -> None:
    delivery = put(store, "one", "two")
    claimed = hold(store, delivery)
    wire(store, claimed)
    store.postpone_delivery(claimed.claim, now=T, until=T + 40)
    assert parts(store, delivery) == [Status.WIRED, Status.QUEUED]
    assert deliveries(store) == {"queued": 1}
    assert store.claim_delivery(delivery, now=T + 39.9, lease_s=LEASE_S) is None
    assert store.due(now=T + 39.9, limit=9) == []
    assert list(store.due(now=T + 40, limit=9)) == [(Lane.SENDS, delivery)]
    assert hold(store, delivery, now=T + 40).errors == 0


def test_postponing_keeps_what_is_unclear_unclear(store: Store) -> None:
    delivery = put(store)
    first = hold(store, delivery)
    assert store.part_sending(first.claim, 0, now=T, lease_s=LEASE_S)
    second = hold(store, delivery, now=T + LEASE_S)
    store.postpone_delivery(second.claim, now=T + LEASE_S, until=T + 99)
    assert parts(store, delivery) == [Status.SENDING]


def test_postponing_cannot_undo_what_a_report_says(store: Store) -> None:
    delivery = put(store)
    claimed = hold(store, delivery)
    report(store, Status.DELIVERED, key=claimed.parts[0].key)
    store.postpone_delivery(claimed.claim, now=T, until=T)
    assert deliveries(store) == {"delivered": 1}
    assert store.claim_delivery(delivery, now=T + 999, lease_s=LEASE_S) is None


def test_a_postponed_delivery_that_is_too_late_expires(store: Store) -> None:
    delivery = put(store, not_after=T + 60)
    store.postpone_delivery(hold(store, delivery).claim, now=T, until=T + 3600)
    assert store.expire(now=T + 61) == 1
    assert parts(store, delivery) == [Status.FAILED]


def test_a_failed_delivery_fails_what_had_not_gone_out(store: Store) -> None:
    delivery = put(store, "one", "two", "three")
    claimed = hold(store, delivery)
    wire(store, claimed)
    assert store.part_sending(claimed.claim, 1, now=T, lease_s=LEASE_S)
    assert store.fail_delivery(claimed.claim, now=T, reason="rejected", untaken=1) is Status.FAILED
    assert parts(store, delivery) == [Status.WIRED, Status.FAILED, Status.FAILED]
    assert deliveries(store) == {"failed": 1}
    assert store.claim_delivery(delivery, now=T + 999, lease_s=LEASE_S) is None


@pytest.mark.parametrize(
    ("texts", "after", "status"),
    [
        pytest.param(("one", "two"), [Status.UNKNOWN, Status.FAILED], Status.FAILED, id="with-more-behind-it"),
        pytest.param(("one",), [Status.UNKNOWN], Status.UNKNOWN, id="alone"),
    ],
)
def test_a_failed_delivery_does_not_fail_what_may_have_gone_out(
    store: Store, texts: tuple[str, ...], after: list[Status], status: Status
) -> None:
    delivery = put(store, *texts)
    claimed = hold(store, delivery)
    assert store.part_sending(claimed.claim, 0, now=T, lease_s=LEASE_S)
    assert store.fail_delivery(claimed.claim, now=T, reason="rejected") is status
    assert parts(store, delivery) == after
    assert deliveries(store) == {status.value: 1}
    assert store.due(now=T + 9999, limit=9) == []


def test_what_may_have_gone_out_expires_as_unknown(store: Store) -> None:
    delivery = put(store, not_after=T + 60)
    claimed = hold(store, delivery)
    assert store.part_sending(claimed.claim, 0, now=T, lease_s=LEASE_S)
    store.retry_delivery(claimed.claim, now=T, after_s=3600, code="timeout")
    assert store.expire(now=T + 61) == 1
    assert parts(store, delivery) == [Status.UNKNOWN]
    assert deliveries(store) == {"unknown": 1}


def test_finishing_with_parts_left_gives_the_delivery_back(store: Store) -> None:
    delivery = put(store, "one", "two")
    claimed = hold(store, delivery)
    wire(store, claimed)
    assert store.finish_delivery(claimed.claim, now=T) is Status.QUEUED
    assert [part.status for part in hold(store, delivery).parts] == [Status.WIRED, Status.QUEUED]


def test_a_delivery_waits_for_an_older_one_that_could_go(store: Store) -> None:
    first, second = put(store), put(store)
    assert store.claim_delivery(second, now=T, lease_s=LEASE_S) is None
    claimed = hold(store, first)
    assert store.claim_delivery(second, now=T, lease_s=LEASE_S) is None
    assert store.claim_delivery(second, now=T + LEASE_S, lease_s=LEASE_S) is None  # a killed sender's comes first too
    store.due(now=T + 5, limit=9)
    wire(store, claimed)
    store.finish_delivery(claimed.claim, now=T + 5)
    assert list(store.due(now=T + 5, limit=9)) == [(Lane.SENDS, second)]
    hold(store, second, now=T + 5)


@pytest.mark.parametrize("end", ["retry", "postpone", "fail"])
def test_what_waits_behind_a_failure_is_due_at_once(store: Store, end: str) -> None:
    claimed, second = hold(store, put(store)), put(store)
    store.due(now=T + 5, limit=9)
    if end == "retry":
        store.retry_delivery(claimed.claim, now=T + 5, after_s=60, code="503")
    elif end == "postpone":
        store.postpone_delivery(claimed.claim, now=T + 5, until=T + 65)
    else:
        store.fail_delivery(claimed.claim, now=T + 5, reason="rejected")
    assert list(store.due(now=T + 5, limit=9)) == [(Lane.SENDS, second)]
    hold(store, second, now=T + 5)


def test_an_older_one_that_waits_for_its_next_try_is_passed_by(store: Store) -> None:
    first, second, third = put(store), put(store), put(store)
    store.retry_delivery(hold(store, first).claim, now=T, after_s=60, code="503")
    send(store, second)
    assert store.claim_delivery(third, now=T + 60, lease_s=LEASE_S) is None  # now the first one could go again
    send(store, first, now=T + 60)
    send(store, third, now=T + 60)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"urn": OTHER}, id="another-person"),
        pytest.param({"channel": "sim_whatsapp"}, id="another-channel"),
        pytest.param({"lane": Lane.ALERTS}, id="another-lane"),
    ],
)
def test_others_do_not_wait(store: Store, values: dict[str, str]) -> None:
    put(store)
    hold(store, put(store, **values))


def test_a_held_answer_keeps_nobody_back(store: Store) -> None:
    held = put(store, hold_until=T + 30)
    send(store, put(store))
    assert store.claim_delivery(held, now=T, lease_s=LEASE_S) is None


def test_no_two_threads_claim_the_same_delivery(store: Store) -> None:
    stored = [put(store, urn=f"tel:+2547000001{n:02}") for n in range(12)]

    def claim_all() -> list[int]:
        claims = [store.claim_delivery(row, now=T, lease_s=LEASE_S) for row in stored]
        return [claimed.claim.id for claimed in claims if claimed is not None]

    taken = at_once([claim_all] * 6)
    assert sorted(row for rows in taken for row in rows) == stored


def test_no_two_threads_insert_the_same_delivery(store: Store) -> None:
    def insert() -> int | None:
        with store.begin() as tx:
            return tx.insert_delivery(order("one", "two", dedup="reply:1"), now=T)

    made = [row for row in at_once([insert] * 6) if row is not None]
    assert len(made) == 1
    assert parts(store, made[0]) == [Status.QUEUED, Status.QUEUED]
