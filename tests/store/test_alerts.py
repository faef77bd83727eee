"""Received alerts in both databases: what comes back, what is listed, two at the same moment, and whole stories."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

import pytest

from bot.core.alert.cap import Alert, AlertStatus, MsgType, Reference, ResponseType, Urgency
from bot.core.alert.intake import DIFFERS, Intake
from bot.core.alert.reading import Defect, DefectKind, Read, Signature
from bot.core.alert.settling import LOOSE as OTHER_TIME
from bot.core.alert.stored import AlertQuery, Decision, State
from bot.core.errors import NotDone
from bot.core.types import Lang
from bot.store.sql import SqlStore
from tests.core.alert import received as r
from tests.core.alert.received import HOUR, T, alert, cancel, info, intake, kept, raw, take, told, update
from tests.store.bench import at_once

FLOOD = alert("flood")
TEXT = "Met Office: Flood warning, Garissa. Until Fri 15 Jan 8pm."


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    opened = SqlStore(url)
    yield opened
    opened.close()


@pytest.fixture
def house(store: SqlStore) -> Intake:
    return intake(store)


def states(house: Intake, *alerts: Alert) -> list[State]:
    return [kept(house, one).state for one in alerts]


def test_a_trusted_alert_is_told_word_for_word_and_comes_back_as_it_was_stored(store: SqlStore, house: Intake) -> None:
    [taken] = take(house, FLOOD)
    assert (taken.state, taken.new) == (State.OPEN, True)
    assert told(house) == [TEXT]
    stored = store.received_alert(taken.id)
    assert stored is not None
    assert stored == kept(house, FLOOD)
    assert (stored.event, stored.area, stored.places, stored.hazard) == ("Flood", "Garissa", ("KE-07",), "flood")
    assert store.received_body(taken.id) == FLOOD
    assert store.received_raw(taken.id) == raw(FLOOD)
    assert store.received_alert(taken.id + 1) is None
    assert store.received_raw(taken.id + 1) == b""


def test_the_same_alert_again_changes_nothing(store: SqlStore, house: Intake) -> None:
    [first], [again] = take(house, FLOOD), take(house, FLOOD, now=T + 3 * HOUR)
    assert (again.id, again.new) == (first.id, False)
    assert len(store.alerts(AlertQuery(), now=T, limit=9)) == 1


def test_the_same_identity_with_other_words_keeps_the_first_and_says_so(store: SqlStore, house: Intake) -> None:
    [first] = take(house, FLOOD)
    for _ in range(2):
        take(house, replace(FLOOD, infos=(info(headline="All is well"),)))
    assert told(house) == [TEXT]
    stored = store.received_alert(first.id)
    assert stored is not None
    assert list(stored.defects).count(DIFFERS) == 1


def test_who_is_trusted_less_cannot_keep_the_real_one_out(house: Intake) -> None:
    take(house, replace(FLOOD, infos=(info(headline="Pay 500 to this number"),)), origin=r.LOOSE)
    assert told(house) == []
    take(house, FLOOD)
    assert told(house) == [TEXT]


def test_a_forged_copy_that_came_first_does_not_keep_the_signed_one_out(house: Intake) -> None:
    take(house, replace(FLOOD, infos=(info(headline="Forged"),)), passes=False)
    assert states(house, FLOOD) == [State.QUARANTINED]
    take(house, FLOOD)
    assert told(house) == [TEXT]


def test_two_that_bring_the_same_alert_and_its_cancellation_at_the_same_moment(store: SqlStore, house: Intake) -> None:
    for n in range(8):
        one = alert(f"one-{n}", infos=(info(headline=f"Flood warning {n}"),))
        end = cancel(f"end-{n}", one)
        at_once([lambda one=one: take(house, one), lambda end=end: take(house, end), lambda one=one: take(house, one)])  # type: ignore[misc]
        assert states(house, one) == [State.ENDED]
    assert told(house) == []
    assert len(store.alerts(AlertQuery(), now=T, limit=99)) == 16


def test_nothing_is_kept_of_an_alert_whose_taking_fails(store: SqlStore, house: Intake) -> None:
    telling = house.settling.telling
    broken = replace(house, settling=replace(house.settling, telling=replace(telling, until={})))
    with pytest.raises(KeyError):
        take(broken, FLOOD)
    assert store.alerts(AlertQuery(), now=T, limit=9) == []
    take(house, FLOOD)
    assert told(house) == [TEXT]


def test_a_list_is_filtered_and_turned_page_by_page_the_newest_first(store: SqlStore, house: Intake) -> None:
    alerts = [alert(f"n{n}", infos=(info(headline=f"Flood {n}"),)) for n in range(4)]
    for n, one in enumerate(alerts):
        take(house, one, now=T + n)
    take(house, alert("held", infos=(info(headline="Flood 9"),)), origin=r.LOOSE, now=T + 9)
    listed = [one.identifier for one in store.alerts(AlertQuery(), now=T, limit=2)]
    assert listed == ["held", "n3"]
    assert [one.identifier for one in store.alerts(AlertQuery(), now=T, limit=2, offset=2)] == ["n2", "n1"]
    assert [one.identifier for one in store.alerts(AlertQuery(states=(State.HELD,)), now=T, limit=9)] == ["held"]
    assert [one.identifier for one in store.alerts(AlertQuery(origin="feed:loose"), now=T, limit=9)] == ["held"]
    assert store.alerts(AlertQuery(in_force=True), now=T + 99 * HOUR, limit=9) == []
    assert store.count_alerts(now=T) == {State.OPEN: 4, State.HELD: 1}
    assert store.count_alerts(now=T + 99 * HOUR) == {State.HELD: 1}


def test_a_chain_holds_everything_it_has_to_do_with_the_first_one_first(store: SqlStore, house: Intake) -> None:
    second = update("second", FLOOD)
    third = update("third", second, sent=T + 2 * HOUR)
    end = cancel("end", third, sent=T + 3 * HOUR)
    take(house, end, third, FLOOD, second, alert("stranger", infos=(info(headline="Drought"),)))
    [*_, last] = store.chain(kept(house, second).id)
    assert [one.identifier for one in store.chain(kept(house, second).id)] == ["flood", "second", "third", "end"]
    assert last.state is State.SYSTEM
    assert states(house, FLOOD, second, third) == [State.REPLACED, State.REPLACED, State.ENDED]


STORIES: Mapping[str, tuple[list[Alert], list[State], list[str]]] = {
    "a cancellation that came first": ([cancel("end", FLOOD), FLOOD], [State.SYSTEM, State.ENDED], []),
    "an update that came first": (
        [update("new", FLOOD), FLOOD],
        [State.OPEN, State.REPLACED],
        ["Met Office: Flood warning new, Garissa. Until Fri 15 Jan 8pm."],
    ),
    "an all-clear by update, whose headline reads like a warning": (
        [FLOOD, update("clear", FLOOD, infos=(info(response_types=(ResponseType.ALL_CLEAR,)),))],
        [State.ENDED, State.ENDED],
        [],
    ),
    "an update that expires as it is sent": (
        [FLOOD, update("gone", FLOOD, infos=(info(expires=T + HOUR),))],
        [State.ENDED, State.ENDED],
        [],
    ),
    "an update whose every info is past": (
        [FLOOD, update("past", FLOOD, infos=(info(urgency=Urgency.PAST),))],
        [State.ENDED, State.ENDED],
        [],
    ),
    "a new report that is past references nothing": ([alert(infos=(info(urgency=Urgency.PAST),))], [State.OPEN], [TEXT]),
    "an exercise cannot end what is real": (
        [FLOOD, cancel("end", FLOOD, status=AlertStatus.EXERCISE)],
        [State.OPEN, State.HELD],
        [TEXT],
    ),
    "an exercise is never told": ([alert(status=AlertStatus.EXERCISE)], [State.HELD], []),
    "an acknowledgement changes nothing": ([FLOOD, update("ack", FLOOD, msg_type=MsgType.ACK)], [State.OPEN, State.SYSTEM], [TEXT]),
    "another sender cannot end it": (
        [FLOOD, cancel("end", FLOOD, sender="rogue@example.org")],
        [State.OPEN, State.QUARANTINED],
        [TEXT],
    ),
    "another sender cannot end it, whichever comes first": (
        [cancel("end", FLOOD, sender="rogue@example.org"), FLOOD],
        [State.QUARANTINED, State.OPEN],
        [TEXT],
    ),
    "a sender that names itself is no reference": (
        [update("own", references=(Reference(r.MET, "own", T - HOUR),))],
        [State.OPEN],
        ["Met Office: Flood warning own, Garissa. Until Fri 15 Jan 8pm."],
    ),
    "the second version under the same name replaces the first": (
        [FLOOD, update("flood", FLOOD)],
        [State.REPLACED, State.OPEN],
        ["Met Office: Flood warning flood, Garissa. Until Fri 15 Jan 8pm."],
    ),
    "a message that was only stamped anew, and the end of the first": (
        [FLOOD, replace(FLOOD, identifier="flood-2", sent=T + 60), cancel("end", FLOOD)],
        [State.ENDED, State.QUARANTINED, State.SYSTEM],
        [],
    ),
    "the end of a message that was only stamped anew ends the first": (
        [FLOOD, replace(FLOOD, identifier="flood-2", sent=T + 60), cancel("end", replace(FLOOD, identifier="flood-2", sent=T + 60))],
        [State.ENDED, State.QUARANTINED, State.SYSTEM],
        [],
    ),
    "the same words after the end are a new warning": (
        [FLOOD, cancel("end", FLOOD, sent=T + 60), replace(FLOOD, identifier="flood-2", sent=T + 120)],
        [State.ENDED, State.SYSTEM, State.OPEN],
        [TEXT],
    ),
    "two ends without a word are two ends": (
        [FLOOD, alert("fire", infos=(info(headline="Fire"),)), cancel("e1", FLOOD), cancel("e2", alert("fire"), sent=T + HOUR + 1)],
        [State.ENDED, State.ENDED, State.SYSTEM, State.SYSTEM],
        [],
    ),
    "an end of some areas leaves the others": (
        [
            alert("both", infos=(info(areas=(r.GARISSA, r.TANA)),)),
            update("clear", alert("both"), msg_type=MsgType.CANCEL, infos=(info(areas=(r.GARISSA,)),)),
        ],
        [State.OPEN, State.SYSTEM],
        ["Met Office: Flood warning, Tana River. Until Fri 15 Jan 8pm."],
    ),
    "ends of one area after the other end it": (
        [
            alert("both", infos=(info(areas=(r.GARISSA, r.TANA)),)),
            cancel("c1", alert("both"), infos=(info(areas=(r.GARISSA,)),)),
            cancel("c2", alert("both"), infos=(info(areas=(r.TANA,)),)),
        ],
        [State.ENDED, State.SYSTEM, State.SYSTEM],
        [],
    ),
    "an end of areas that it did not name is for a person": (
        [FLOOD, cancel("end", FLOOD, infos=(info(areas=(r.TANA,)),))],
        [State.HELD, State.SYSTEM],
        [],
    ),
}


@pytest.mark.parametrize("story", STORIES, ids=str)
def test_stories(house: Intake, story: str) -> None:
    alerts, ends, texts = STORIES[story]
    take(house, *alerts)
    assert states(house, *alerts) == ends
    assert told(house) == texts


def test_a_reference_is_an_instant_whatever_it_is_written_in_and_another_time_is_said(house: Intake) -> None:
    take(house, FLOOD, cancel("end", references=(Reference(r.MET, "flood", T + 0.4),)))
    assert kept(house, FLOOD).state is State.ENDED
    assert OTHER_TIME not in kept(house, cancel("end")).defects
    other = alert("other", infos=(info(headline="Other"),))
    take(house, other, cancel("end-2", references=(Reference(r.MET, "other", T - 7 * HOUR),)))
    assert kept(house, other).state is State.ENDED
    assert OTHER_TIME in kept(house, cancel("end-2")).defects


def test_a_pushed_copy_of_the_same_authority_may_end_what_its_feed_brought(house: Intake) -> None:
    take(house, FLOOD)
    take(house, cancel("forged", FLOOD), origin=r.LOOSE)
    assert states(house, FLOOD, cancel("forged")) == [State.OPEN, State.QUARANTINED]
    take(house, cancel("end", FLOOD), origin=r.PUSH)
    assert kept(house, FLOOD).state is State.ENDED


def test_what_turns_out_to_have_no_authority_loses_its_effect_on_everything(house: Intake) -> None:
    held = alert("held", infos=(info(headline="Fire"),))
    end = cancel("end", held, FLOOD)
    take(house, held, end, origin=r.LOOSE)
    assert states(house, held, end) == [State.ENDED, State.SYSTEM]
    take(house, FLOOD)  # from the trusted feed: now it is seen that the end would end what is not its source's
    assert states(house, held, end, FLOOD) == [State.HELD, State.QUARANTINED, State.OPEN]


def test_authorities_of_one_collection_may_update_each_other_and_nobody_else(house: Intake) -> None:
    local = update("local", FLOOD, sender="county@example.org")
    take(house, FLOOD, local, origin=r.MANY)
    assert states(house, FLOOD, local) == [State.REPLACED, State.OPEN]
    fire = alert("fire", infos=(info(headline="Fire"),))
    take(house, fire)
    take(house, cancel("end", fire, sender="county@example.org"), origin=r.MANY)
    assert kept(house, fire).state is State.OPEN


def test_a_person_releases_a_held_alert_by_name_and_reason(house: Intake, store: SqlStore) -> None:
    [held] = take(house, FLOOD, origin=r.LOOSE)
    assert (held.state, held.reason) == (State.HELD, "untrusted")
    with pytest.raises(NotDone, match="ben may not decide"):
        house.release(held.id, by=r.AUTHOR, why="", now=T)
    released = house.release(held.id, by=r.APPROVER, why="Called the station", now=T + 2 * HOUR)
    assert (released.state, released.decision, released.decided_by) == (State.OPEN, Decision.RELEASED, "amina")
    assert told(house) == ["met@example.org: Flood warning, Garissa. Until Fri 15 Jan 8pm."]
    with pytest.raises(NotDone, match="is not held any more"):
        house.release(held.id, by=r.APPROVER, why="", now=T)
    # A newer version waits for a person, too: until then people are told the one that a person saw.
    newer = update("newer", FLOOD)
    take(house, newer, origin=r.LOOSE)
    assert states(house, FLOOD, newer) == [State.OPEN, State.HELD]
    assert kept(house, FLOOD).by == kept(house, newer).id
    house.release(kept(house, newer).id, by=r.APPROVER, why="", now=T + 2 * HOUR)
    assert states(house, FLOOD, newer) == [State.REPLACED, State.OPEN]
    # What its sender takes back is over at once, whoever looks.
    take(house, cancel("end", newer, sent=T + 2 * HOUR), origin=r.LOOSE)
    assert told(house) == []


def test_an_approver_may_end_what_people_are_told_and_think_again(house: Intake) -> None:
    [taken] = take(house, FLOOD)
    with pytest.raises(NotDone, match="approver"):
        house.dismiss(taken.id, by=r.AUTHOR, why="", now=T + HOUR)
    ended = house.dismiss(taken.id, by=r.APPROVER, why="The station called: it is over", now=T + HOUR)
    assert (ended.state, ended.reason, told(house)) == (State.ENDED, "dismissed", [])
    with pytest.raises(NotDone, match="nothing to dismiss"):
        house.dismiss(taken.id, by=r.APPROVER, why="", now=T + HOUR)
    assert house.release(taken.id, by=r.APPROVER, why="It was the other river", now=T + HOUR).state is State.OPEN
    assert told(house) == [TEXT]
    with pytest.raises(NotDone, match="no alert 999"):
        house.release(999, by=r.APPROVER, why="", now=T)


def test_what_was_dismissed_has_no_effect(house: Intake) -> None:
    test = cancel("test", FLOOD, infos=(info(headline="TEST cancel", event="Test", response_types=(ResponseType.ALL_CLEAR,)),))
    take(house, FLOOD, test)
    assert states(house, FLOOD, test) == [State.OPEN, State.HELD]
    house.dismiss(kept(house, test).id, by=r.AUTHOR, why="their weekly test", now=T + HOUR)
    assert states(house, FLOOD, test) == [State.OPEN, State.ENDED]


def test_a_held_end_ends_once_a_person_releases_it(house: Intake) -> None:
    test = cancel("test", FLOOD, infos=(info(headline="End of the test", event="Test"),))
    take(house, FLOOD, test)
    house.release(kept(house, test).id, by=r.APPROVER, why="", now=T + HOUR)
    assert states(house, FLOOD) == [State.ENDED]
    assert told(house) == []


@pytest.mark.parametrize("status", [AlertStatus.EXERCISE, AlertStatus.TEST, AlertStatus.DRAFT])
def test_nobody_can_release_an_exercise(house: Intake, status: AlertStatus) -> None:
    [held] = take(house, alert(status=status))
    with pytest.raises(NotDone, match="can reach nobody"):
        house.release(held.id, by=r.APPROVER, why="please", now=T)
    assert told(house) == []


def test_who_uploads_an_alert_does_not_release_it(house: Intake) -> None:
    [held] = take(house, FLOOD, origin=r.Origin("upload:amina"))
    with pytest.raises(NotDone, match="yourself"):
        house.release(held.id, by=r.APPROVER, why="", now=T)


def test_a_person_may_keep_in_force_what_is_over_only_in_part(house: Intake) -> None:
    take(house, FLOOD, cancel("end", FLOOD, infos=(info(areas=(r.TANA,)),)), now=T + HOUR)
    house.release(kept(house, FLOOD).id, by=r.APPROVER, why="another river", now=T + 2 * HOUR)
    assert told(house) == [TEXT]
    take(house, cancel("end-2", FLOOD, infos=(info(areas=(r.TANA,)),), sent=T + 3 * HOUR), now=T + 3 * HOUR)
    assert kept(house, FLOOD).state is State.HELD


def test_an_unknown_place_is_neither_everybody_nor_nobody(house: Intake) -> None:
    [held] = take(house, alert(infos=(info(areas=(r.Area("Zone 51"),)),)))
    assert (held.state, held.reason) == (State.HELD, "place")
    assert told(house) == []


def test_a_warning_for_another_country_is_nobodys_here_and_still_replaces(house: Intake) -> None:
    [far] = take(house, alert("far", infos=(info(areas=(r.Area("Abroad"),)),)))
    assert (far.state, far.reason) == (State.SYSTEM, "elsewhere")
    moved = update("moved", FLOOD, infos=(info(areas=(r.Area("Abroad"),)),))
    take(house, FLOOD, moved)
    assert states(house, FLOOD, moved) == [State.REPLACED, State.SYSTEM]
    slip = Read(
        alert("slip", infos=(info(headline="Fire", areas=(r.Area("Abroad"),)),)), (Defect(DefectKind.SWAPPED, "", "longitude first"),)
    )
    held = house.take(slip, r.KMD, b"", signature=Signature.UNVERIFIED, now=T)
    assert (held.state, held.reason) == (State.HELD, "place")


def test_what_speaks_no_language_of_ours_is_for_a_person_who_cannot_release_it_as_it_is(house: Intake) -> None:
    [held] = take(house, alert(infos=(info(language="fr", headline="Inondation"),)))
    assert (held.state, held.reason) == (State.HELD, "language")
    with pytest.raises(NotDone, match="language of ours"):
        house.release(held.id, by=r.APPROVER, why="", now=T)
    assert kept(house, alert()).state is State.HELD


def test_each_language_is_told_until_its_own_text_expires(house: Intake) -> None:
    swahili = info(language="sw-KE", headline="Tahadhari ya mafuriko", expires=T + 3 * HOUR)
    take(house, alert(infos=(info(), swahili)))

    def langs(now: float) -> list[set[Lang]]:
        with house.store.begin() as tx:
            return [set(notice.texts) for notice in tx.notices(now=now)]

    assert langs(T + 2 * HOUR) == [{Lang.EN, Lang.SW}]
    assert langs(T + 4 * HOUR) == []
    assert house.renew(now=T + 4 * HOUR) == 1
    assert langs(T + 4 * HOUR) == [{Lang.EN}]
    assert house.renew(now=T + 4 * HOUR) == 0
    assert house.renew(now=T + 99 * HOUR) == 0


def test_what_does_not_say_when_it_expires_holds_for_a_day(house: Intake) -> None:
    take(house, alert(infos=(info(expires=None),)))
    assert told(house, now=T + 23 * HOUR) == ["Met Office: Flood warning, Garissa. Until Sat 16 Jan 8am."]
    assert told(house, now=T + 25 * HOUR) == []


def test_what_cannot_be_read_is_kept_once(store: SqlStore, house: Intake) -> None:
    for _ in range(2):
        taken = house.take_unreadable(b"<html>", r.KMD, NotDone("This is a web page."), digest="sha256:1", now=T)
    [one] = store.alerts(AlertQuery(), now=T, limit=9)
    assert (taken.new, one.state, one.defects) == (False, State.QUARANTINED, ("This is a web page.",))
    assert store.received_raw(one.id) == b"<html>"
    assert store.received_body(one.id) is None


def test_everything_that_reaches_people_or_is_taken_from_them_is_in_the_log(store: SqlStore, house: Intake) -> None:
    [held] = take(house, FLOOD, origin=r.LOOSE)
    house.release(held.id, by=r.APPROVER, why="seen", now=T)
    take(house, cancel("end", FLOOD), origin=r.LOOSE)
    entries = [(one.who, one.what, one.about) for one in store.audit_log(limit=9)]
    assert entries == [
        ("ujumbe", "alert.take", f"alert:{held.id}"),
        ("amina", "alert.release", f"alert:{held.id}"),
        ("ujumbe", "alert.change", f"alert:{held.id}"),
        ("ujumbe", "alert.take", f"alert:{held.id + 1}"),
    ]


def test_what_is_stamped_anew_without_end_is_read_a_few_at_a_time(store: SqlStore, house: Intake) -> None:
    """A list may be made of nothing else, and each of its alerts would read all before it."""
    [first, *_] = take(house, *(alert(f"n{n:03}", sent=T + n) for n in range(60)))
    words = kept(house, alert("n000")).fingerprint
    with store.begin() as tx:
        near = tx.kin([first.id], steps=4)
        assert (len(near), near[-1].identifier) == (1 + 40, "n059")
        assert [one.id for one in tx.same_words(words, since=0.0, until=T + HOUR)] == [first.id]
    take(house, cancel("end", alert("n030", sent=T + 30)))  # names one of those that are not read with it
    assert kept(house, alert("n000")).state is State.ENDED
    assert told(house) == []
