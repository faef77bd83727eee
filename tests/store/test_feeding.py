"""Whom a broadcast gets to: each eligible person once and nobody else, in order, whatever happens meanwhile. On both databases."""

from collections.abc import Iterator

import pytest

from bot.core.alert.audit import AuditQuery
from bot.core.alert.broadcast import EXERCISE, VOLUNTEERS, Audience, Broadcast, Mode, Stage
from bot.core.alert.cap import MsgType
from bot.core.alert.feeder import REST_S
from bot.core.alert.notice import RollAnswer
from bot.core.alert.preview import Exclusion
from bot.core.types import Lane, Lang, Status
from tests.store.bench import LEASE_S, T, at_once
from tests.store.sending import AMINA, BEN, FLOOD, Hall, hall, tel, wa

EVERYONE = Audience(everyone=True)


@pytest.fixture
def room(url: str) -> Iterator[Hall]:
    with hall(url) as made:
        yield made


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.core.alert.feeder.PAGE", 3)


@pytest.mark.usefixtures("small_pages")
@pytest.mark.parametrize(("people", "rests"), [(3, 0), (4, 1), (9, 2)])
def test_the_feeder_rests_between_pages(room: Hall, people: int, rests: int) -> None:
    room.people(*map(tel, range(people)))
    room.send()
    assert room.feed() == people
    assert room.rests == [REST_S] * rests


def test_nearest_place_first_and_in_it_volunteers_first(room: Hall) -> None:
    room.people(tel(1), tel(2), place="KE-40")
    room.people(tel(3), tel(4), place="KE-07")
    room.people(tel(5), place="KE-07", groups=[VOLUNTEERS])
    room.people(tel(6), place="KE-18")
    sent = room.send(Audience(places=("KE-07", "KE-40")))
    assert room.feed() == 5
    assert room.got(sent) == [tel(5), tel(3), tel(4), tel(1), tel(2)]
    assert room.desk.show(sent).stage is Stage.SENT


def test_who_is_in_a_place_within_is_in_the_place(room: Hall) -> None:
    room.people(tel(1), place="KE:test:hola")
    room.people(tel(2), place="KE:geonames:197745")
    sent = room.send(Audience(places=("KE-07",)))
    room.feed()
    assert room.got(sent) == [tel(2)]


AUDIENCES = [
    pytest.param(Audience(places=("KE-40",), without=("KE:test:hola",)), [tel(3)], id="place-without-a-part"),
    pytest.param(Audience(everyone=True, without=("KE-07",)), [tel(3), tel(4), tel(5), tel(6)], id="all-without-a-place"),
    pytest.param(Audience(places=("KE-07",), unplaced=True), [tel(1), tel(2), tel(5)], id="unplaced-last"),
    pytest.param(Audience(groups=("nurses",)), [tel(2), tel(4)], id="group"),
    pytest.param(Audience(places=("KE-07",), groups=("nurses",)), [tel(1), tel(2), tel(4)], id="place-or-group-once"),
    pytest.param(
        Audience(everyone=True, unplaced=True, groups=("nurses",)), [tel(2), tel(4), tel(1), tel(3), tel(5), tel(6)], id="all-once"
    ),
]


@pytest.mark.parametrize(("audience", "expected"), AUDIENCES)
@pytest.mark.usefixtures("small_pages")
def test_an_audience_and_nobody_else(room: Hall, audience: Audience, expected: list[str]) -> None:
    room.people(tel(1), place="KE-07")
    room.people(tel(2), place="KE:test:dadaab", groups=["nurses"])
    room.people(tel(3), place="KE-40")
    room.people(tel(4), place="KE-18", groups=["nurses", "teachers"])
    room.people(tel(5), place="")
    room.people(tel(6), place="KE:test:hola")
    sent = room.send(audience)
    counted = room.desk.count(sent)
    room.feed()
    assert room.got(sent) == expected
    assert counted.total == len(expected)


def test_who_is_left_out_and_why(room: Hall) -> None:
    room.people(tel(1), wa(1), lang=Lang.SW)  # one number
    room.people(tel(2), opted_out=True)
    room.people(wa(2))  # the same number: their STOP holds here, too
    room.people("sim:somebody")
    room.people(wa(3), tel(4))
    drafted = room.draft()
    counted = room.desk.count(drafted)
    assert counted.people == {("sms", Lang.SW): 1, ("wa", Lang.EN): 1, ("sms", Lang.EN): 1}
    assert counted.excluded == {Exclusion.DUPLICATE: 2, Exclusion.OPTED_OUT: 1, Exclusion.NO_CHANNEL: 1}
    room.approve(drafted)
    room.feed()
    assert sorted(room.got(drafted)) == [tel(1), tel(4), wa(3)]


def test_who_has_both_gets_an_sms_and_who_is_found_by_whatsapp_alone_gets_that(room: Hall) -> None:
    room.people(tel(1), wa(1), wa(2), wa(3))
    room.people(tel(3), place="KE-18")  # the phone's contact has another place
    sent = room.send()
    room.feed()
    assert sorted(room.got(sent)) == [tel(1), wa(2), wa(3)]


def test_an_exercise_goes_to_its_group_alone(room: Hall) -> None:
    room.people(tel(1), tel(2))
    room.people(tel(3), groups=[EXERCISE])
    room.people(tel(4), place="KE-18", groups=[EXERCISE])
    sent = room.send(mode=Mode.EXERCISE)
    assert room.desk.count(sent).excluded == {Exclusion.NOT_IN_EXERCISE: 2}
    room.feed()
    assert room.got(sent) == [tel(3)]


def test_each_gets_their_words_as_their_channel_carries_them(room: Hall) -> None:
    long = "Move away from the river now. " * 6
    room.people(tel(1), lang=Lang.SW)
    room.people(tel(2), wa(3), lang=Lang.EN)
    sent = room.send(texts={Lang.EN: long})
    room.feed()
    rows = {row.urn: row for row in room.rows(sent)}
    parts = {urn: [part.text for part in room.store.parts(row.id)] for urn, row in rows.items()}
    assert [text[:6] for text in parts[tel(1)]] == ["(1/2) ", "(2/2) "]  # there is no Swahili: the house's language
    assert parts[tel(2)] == parts[tel(1)]
    assert [len(texts) for texts in parts.values()] == [2, 2, 2]
    one = rows[tel(1)]
    assert (one.lane, one.kind, one.not_after, one.unsolicited, one.place) == (Lane.ALERTS, "alert", T + 7200.0, False, "KE-07")
    assert {(Lane.ALERTS, row.id) for row in rows.values()} == set(room.hints)


def test_what_may_wait_goes_with_the_replies_and_by_night_not_at_all(room: Hall) -> None:
    room.people(tel(1))
    sent = room.send(quiet=True)
    room.feed()
    [row] = room.rows(sent)
    assert (row.lane, row.unsolicited) == (Lane.SENDS, True)
    assert room.hints == [(Lane.SENDS, row.id)]


def test_only_a_window_waits(url: str) -> None:
    with hall(url, rate_per_s=10.0) as room:
        room.people(*map(tel, range(450)))
        sent = room.send()
        assert [room.feeder.run(), room.feeder.run()] == [200, 0]  # 20 s of the rate
        with room.store._db.write() as connection:
            connection.exec_driver_sql("UPDATE delivery SET status = 'wired' WHERE id IN (SELECT id FROM delivery ORDER BY id LIMIT 30)")
        assert room.feeder.run() == 30
        room.settle()
        assert room.feed() == 220
        assert room.got(sent) == list(map(tel, range(450)))


def test_a_slow_channel_does_not_keep_a_quick_one_back(url: str) -> None:
    with hall(url, rate_per_s=1.0) as room:
        room.people(*map(tel, range(60)), *map(wa, range(100, 160)))
        room.send()
        room.feeder.run()
        assert room.store.waiting_deliveries(1) == {"sms": 50, "wa": 50}


def test_they_are_hinted_again_only_when_their_turn_should_have_come(url: str) -> None:
    with hall(url, rate_per_s=10.0) as room:
        room.people(*map(tel, range(100)))
        room.send()
        room.feeder.run()
        assert room.store.due(now=T + 1.9, limit=99) == []
        assert 10 <= len(room.store.due(now=T + 3.05, limit=99)) <= 12


@pytest.mark.usefixtures("small_pages")
def test_who_comes_or_moves_meanwhile_gets_it_too(room: Hall) -> None:
    room.people(tel(1), tel(5), place="KE-07")
    room.people(tel(6), tel(7), place="KE-40")
    room.people(tel(9), place="KE-18")
    sent = room.send(Audience(places=("KE-07", "KE-40")))
    fed = room.store.to_feed()[0]
    room.one_page()
    assert room.got(sent) == [tel(1), tel(5), tel(6)]
    room.move(tel(7), "KE-07")  # from where it is not read yet to where it was read
    room.move(tel(9), "KE-07")
    room.move(tel(1), "KE-40")  # they have it
    room.people(tel(2), place="KE-07")
    room.people(tel(3), place="KE-30")
    room.feed()
    assert sorted(room.got(sent)) == [tel(1), tel(2), tel(5), tel(6), tel(7), tel(9)]
    assert room.store.feed(fed, room.empty_page(), now=T) is None  # a sweep that slept meanwhile comes too late


@pytest.mark.usefixtures("small_pages")
def test_two_sweeps_at_once_are_one(room: Hall) -> None:
    room.people(*map(tel, range(40)))
    sent = room.send()
    made = sum(at_once([room.feeder.run] * 3))
    made += room.feed()
    assert made == 40
    assert sorted(room.got(sent)) == sorted(map(tel, range(40)))
    assert len(room.hints) == 40


def test_what_is_paused_or_stopped_is_not_fed(url: str) -> None:
    with hall(url, rate_per_s=1.0) as room:
        room.people(*map(tel, range(120)))
        sent = room.send()
        assert room.feeder.run() == 50
        room.desk.pause(sent, by=BEN)
        room.settle()
        assert room.feeder.run() == 0
        room.desk.resume(sent, by=BEN)
        assert room.feeder.run() == 50
        room.desk.stop(sent, "the river fell", by=BEN)
        assert room.feeder.run() == 0
        assert room.statuses(sent) == {("wired", ""): 50, ("failed", "stopped"): 50}


def test_what_a_killed_stop_left_is_ended_by_the_sweep(room: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    room.people(tel(1))
    sent = room.send()
    room.feeder.run()
    with monkeypatch.context() as killed:
        killed.setattr(type(room.store), "end_deliveries", _dies)
        with pytest.raises(KeyboardInterrupt):
            room.desk.stop(sent, "wrong river", by=BEN)
    assert room.statuses(sent) == {("queued", ""): 1}
    room.feeder.run()
    assert room.statuses(sent) == {("failed", "stopped"): 1}


def test_what_is_too_late_is_not_fed_on(url: str) -> None:
    with hall(url, rate_per_s=1.0) as room:
        room.people(*map(tel, range(60)))
        sent = room.send()
        room.feeder.run()
        room.now += 7201.0
        assert room.feeder.run() == 0
        shown = room.desk.show(sent)
        assert (shown.stage, shown.why) == (Stage.STOPPED, "expired")
        [entry] = room.store.audit_page(AuditQuery(what="broadcast.expire"), limit=9)
        assert (entry.who, entry.about) == ("ujumbe", f"broadcast:{sent}")


def test_a_correction_goes_first_to_who_got_it_or_may_have(url: str) -> None:
    with hall(url, rate_per_s=1.0) as room:
        room.people(*(map(tel, range(1, 8))))
        sent = room.send()
        room.feeder.run()
        wired, sending, unknown, failed, half, late, _queued = (row.id for row in room.rows(sent))
        room.set(wired, "delivered")
        room.set(sending, "sending")
        room.set(unknown, "unknown")
        room.set(failed, "failed")
        room.set(late, "errored", part="queued")
        room.set(half, "failed", part="wired")
        update = room.desk.update(sent, Broadcast(mode=Mode.LIVE, texts=FLOOD, expires=T + 9999), by=AMINA)
        room.people(tel(0))
        room.approve(update)
        assert room.statuses(sent)[("failed", "replaced")] == 2
        room.feed()
        assert room.got(update)[:4] == [tel(1), tel(2), tel(3), tel(5)]
        assert sorted(room.got(update)) == list(map(tel, range(8)))
        cancel = room.desk.cancel(update, Broadcast(mode=Mode.LIVE, texts=FLOOD, expires=T + 9999), by=AMINA)
        room.people(tel(9))
        room.approve(cancel)
        room.feed()
        assert sorted(room.got(cancel)) == list(map(tel, range(8)))
        assert room.desk.show(cancel).msg_type is MsgType.CANCEL


def test_a_cancel_reaches_who_got_an_older_version_and_not_the_last(room: Hall) -> None:
    room.people(tel(1), tel(2))
    first = room.send()
    room.feed()
    second = room.desk.update(first, Broadcast(mode=Mode.LIVE, texts=FLOOD, expires=T + 9999), by=AMINA)
    room.approve(second)
    room.move(tel(2), "KE-18")  # corrected wherever they are now
    room.one_page(1)
    assert room.got(second) == [tel(1)]
    room.settle()
    cancel = room.desk.cancel(second, Broadcast(mode=Mode.LIVE, texts=FLOOD, expires=T + 9999), by=AMINA)
    room.approve(cancel)
    room.feed()
    assert sorted(room.got(cancel)) == [tel(1), tel(2)]


def test_who_sent_stop_since_gets_no_correction(room: Hall) -> None:
    room.people(tel(1), tel(2))
    first = room.send()
    room.feed()
    with room.store._db.write() as connection:
        connection.exec_driver_sql(f"UPDATE contact SET opted_out = true WHERE urn = '{tel(1)}'")
    cancel = room.desk.cancel(first, Broadcast(mode=Mode.LIVE, texts=FLOOD, expires=T + 9999), by=AMINA)
    room.approve(cancel)
    room.feed()
    assert room.got(cancel) == [tel(2)]


def test_too_few_answers_bring_the_second_group_in_once(room: Hall) -> None:
    room.people(tel(1), tel(2), tel(3), tel(4))
    room.people(tel(8), tel(9), place="KE-18", groups=["chiefs"])
    sent = room.send(roll_call=True, escalate_after_s=900.0, escalate_below=0.5, escalate_to="chiefs")
    room.feed()
    answer(room, sent, tel(1))
    room.now += 899.0
    assert room.feed() == 0
    room.now += 1.0
    assert room.feed() == 2
    assert sorted(room.got(sent))[-2:] == [tel(8), tel(9)]
    shown = room.desk.show(sent)
    assert (shown.escalated, shown.stage) == (room.now, Stage.SENT)
    room.people(tel(7), place="KE-18", groups=["chiefs"])
    room.now += 900.0
    assert room.feed() == 0
    assert len(room.store.audit_page(AuditQuery(what="broadcast.escalate"), limit=9)) == 1


def test_enough_answers_bring_nobody_else_in(room: Hall) -> None:
    room.people(tel(1), tel(2))
    room.people(tel(8), place="KE-18", groups=["chiefs"])
    sent = room.send(roll_call=True, escalate_after_s=900.0, escalate_below=0.5, escalate_to="chiefs")
    room.feed()
    answer(room, sent, tel(1))
    room.now += 950.0
    assert room.feed() == 0
    assert room.desk.show(sent).escalated == 0.0


def test_the_most_severe_is_fed_first(room: Hall) -> None:
    room.people(tel(1))
    later = room.send(severity="Moderate")
    sooner = room.send(severity="Extreme")
    assert [fed.broadcast.id for fed in room.store.to_feed()] == [sooner, later]


def test_progress_says_where_everybody_is(room: Hall) -> None:
    room.people(tel(1), tel(2), wa(3))
    room.people(tel(4), place="KE:test:dadaab")
    sent = room.send(roll_call=True)
    room.feeder.run()
    for n, row in enumerate(room.rows(sent)[:3]):
        claimed = room.store.claim_delivery(row.id, now=room.now, lease_s=LEASE_S)
        assert claimed is not None
        room.store.part_sending(claimed.claim, 0, now=room.now, lease_s=LEASE_S)
        room.store.part_wired(claimed.claim, 0, f"out-{n}", now=room.now)
        room.store.finish_delivery(claimed.claim, now=room.now)
        room.now += 10.0
    room.report("out-0", Status.DELIVERED, channel=room.rows(sent)[0].channel)
    last = room.rows(sent)[3]
    claimed = room.store.claim_delivery(last.id, now=room.now, lease_s=LEASE_S)
    assert claimed is not None
    room.store.fail_delivery(claimed.claim, now=room.now, reason="404")
    answer(room, sent, tel(1))
    found = room.desk.progress(sent)
    assert (found.people, found.fed, found.waiting, found.left) == (4, 4, 0, 0)
    assert found.statuses == {Status.DELIVERED: 1, Status.WIRED: 2, Status.FAILED: 1}
    assert sum(found.places.values()) == sum(found.channels.values()) == 4
    assert sum(count for (place, _), count in found.places.items() if place == "KE:test:dadaab") == 1
    assert found.failures == {(last.channel, "404"): 1}
    assert (found.taken.first, found.taken.half, found.taken.most) == (T, T + 10.0, 0.0)
    assert found.delivered.first == T + 30.0
    assert (found.lately, found.rate, found.finish, found.safe, found.need_help) == (3, 0.1, T + 20.0, 1, 0)


def answer(room: Hall, id: int, urn: str) -> None:
    with room.store.begin() as tx:
        tx.answer_roll(id, urn, RollAnswer.SAFE, words="1", now=room.now)


def _dies(*_: object, **__: object) -> int:
    raise KeyboardInterrupt
