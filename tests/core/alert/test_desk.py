"""The desk of the alerts: two people, in every step, and every reason why nothing may go out."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from bot.core.alert.audit import AuditQuery, verify
from bot.core.alert.broadcast import EXERCISE, NEXT, Audience, Broadcast, Mode, Stage
from bot.core.alert.cap import MsgType, ResponseType, Severity
from bot.core.alert.notice import Notice
from bot.core.alert.sending import Audiences
from bot.core.alert.staff import Member, Role
from bot.core.errors import NotDone
from bot.core.refusal import ground
from bot.core.types import Lang
from bot.store.migrate import upgrade
from tests.store.bench import T
from tests.store.sending import AMINA, BEN, EVE, FLOOD, GARISSA, Hall, flood, hall, tel

ADMIN = Member("root", frozenset({Role.ADMIN}))
WRITER = Member("wanjiru", frozenset({Role.AUTHOR}))


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("desk") / "empty.db"
    upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
def room(empty: Path, tmp_path: Path) -> Iterator[Hall]:
    with hall(f"sqlite:///{shutil.copy(empty, tmp_path / 'ujumbe.db')}") as made:
        made.people(*map(tel, range(1, 101)))
        yield made


def waiting(room: Hall) -> int:
    drafted = room.draft()
    room.desk.submit(drafted, by=AMINA)
    return drafted


def notices(room: Hall) -> list[Notice]:
    with room.store.begin() as tx:
        return list(tx.notices(now=room.now))


def test_two_people_send_it(room: Hall) -> None:
    drafted = room.draft()
    counted = room.desk.submit(drafted, by=AMINA)
    assert counted.total == 100
    assert room.feeder.run() == 0
    room.now += 60.0
    sent = room.desk.approve(drafted, by=BEN, confirm=100)
    assert (sent.stage, sent.author, sent.approver, sent.people, sent.approved) == (Stage.SENDING, "amina", "ben", 100, T + 60.0)
    assert room.desk.show(drafted) == sent
    assert room.feed() == 100


@pytest.mark.parametrize(
    ("by", "told"),
    [
        pytest.param(AMINA, "is your own: another person", id="the-author-though-an-approver"),
        pytest.param(Member("Amina ", frozenset({Role.APPROVER})), "is your own", id="the-author-spelt-otherwise"),
        pytest.param(WRITER, "role approver is needed", id="an-author"),
        pytest.param(ADMIN, "role approver is needed", id="an-admin"),
        pytest.param(Member("ben", ()), "role approver is needed", id="who-left"),
    ],
)
def test_nobody_else_can_approve(room: Hall, by: Member, told: str) -> None:
    drafted = waiting(room)
    with pytest.raises(NotDone, match=told):
        room.desk.approve(drafted, by=by, confirm=100)
    assert room.desk.show(drafted).stage is Stage.WAITING
    assert (room.feed(), notices(room)) == (0, [])


def test_an_author_alone_cannot_send_by_any_way(room: Hall) -> None:
    drafted = waiting(room)
    tries: list[Callable[[], object]] = [
        lambda: room.desk.approve(drafted, by=AMINA, confirm=100),
        lambda: room.desk.resume(drafted, by=AMINA),
        lambda: room.desk.change(drafted, replace(flood(GARISSA), author="ben", approver="ben", stage=Stage.SENDING), by=AMINA),
    ]
    for attempt in tries:
        with pytest.raises(NotDone):
            attempt()
    fresh = room.desk.draft(
        replace(flood(GARISSA), id=7, author="ben", approver="eve", stage=Stage.SENDING, approved=T, people=100), by=AMINA
    )
    stored = room.desk.show(fresh)
    assert (stored.author, stored.approver, stored.stage, stored.approved, stored.people) == ("amina", "", Stage.DRAFT, 0.0, 0)
    assert room.feed() == 0


def test_nobody_changes_what_another_wrote(room: Hall) -> None:
    drafted = room.draft()
    for attempt in (
        lambda: room.desk.change(drafted, flood(GARISSA), by=EVE),
        lambda: room.desk.submit(drafted, by=EVE),
    ):
        with pytest.raises(NotDone, match="amina's"):
            attempt()
    room.desk.submit(drafted, by=AMINA)
    with pytest.raises(NotDone, match="amina's"):
        room.desk.withdraw(drafted, by=EVE)


def test_the_number_has_to_be_typed(room: Hall) -> None:
    drafted = waiting(room)
    for wrong in (0, 99, 1000):
        with pytest.raises(NotDone, match=f"{wrong} is not the number"):
            room.desk.approve(drafted, by=BEN, confirm=wrong)
    assert room.feed() == 0


@pytest.mark.parametrize(("more", "fine"), [(5, True), (6, False)])
def test_an_audience_that_has_grown_is_counted_anew(room: Hall, more: int, fine: bool) -> None:
    drafted = waiting(room)
    room.people(*map(tel, range(200, 200 + more)))
    if fine:
        room.desk.approve(drafted, by=BEN, confirm=100)
        assert room.feed() == 105
        return
    with pytest.raises(NotDone, match="was for 100 people when it was submitted and is for 106 now"):
        room.desk.approve(drafted, by=BEN, confirm=100)
    room.desk.submit(drafted, by=AMINA)
    room.desk.approve(drafted, by=BEN, confirm=106)
    assert room.feed() == 106


@pytest.mark.parametrize(
    ("broadcast", "told"),
    [
        pytest.param(flood(GARISSA, texts={}), "It has no text", id="no-text"),
        pytest.param(flood(GARISSA, texts={Lang.EN: "Go.", Lang.SW: " "}), "text in Kiswahili is empty", id="blank-text"),
        pytest.param(flood(GARISSA, texts={Lang.EN: "x" * 400}), "too long for sms", id="too-long"),
        pytest.param(flood(GARISSA, expires=0.0), "no end", id="no-end"),
        pytest.param(flood(GARISSA, expires=T - 1.0), "its end is over", id="over"),
        pytest.param(flood(Audience(places=("KE-18",))), "nobody would get it", id="nobody"),
        pytest.param(flood(Audience()), "nobody would get it", id="no-audience"),
        pytest.param(flood(GARISSA, escalate_after_s=60.0), "Only a roll call", id="escalation-without-roll-call"),
    ],
)
def test_what_cannot_go_out_is_not_submitted(room: Hall, broadcast: Broadcast, told: str) -> None:
    drafted = room.desk.draft(broadcast, by=AMINA)
    with pytest.raises(NotDone, match=told):
        room.desk.submit(drafted, by=AMINA)
    assert room.desk.show(drafted).stage is Stage.DRAFT


def test_what_the_preview_refuses_is_not_submitted(room: Hall) -> None:
    room.desk = replace(room.desk, check=lambda broadcast: [ground("reason_no_source")])
    with pytest.raises(NotDone, match="Say who warns"):
        room.desk.submit(room.draft(), by=AMINA)


def test_what_became_too_late_while_it_waited_is_not_approved(room: Hall) -> None:
    drafted = waiting(room)
    room.now += 7201.0
    with pytest.raises(NotDone, match="its end is over"):
        room.desk.approve(drafted, by=BEN, confirm=100)


def test_a_change_behind_the_approvers_back_is_noticed(room: Hall) -> None:
    drafted = waiting(room)
    room.desk.withdraw(drafted, by=AMINA)
    room.desk.change(drafted, flood(GARISSA, texts={Lang.EN: "Stay."}), by=AMINA)
    with pytest.raises(NotDone, match="it does not wait"):
        room.desk.approve(drafted, by=BEN, confirm=100)
    room.desk.submit(drafted, by=AMINA)
    inside = room.desk.audiences.counted

    def changed_meanwhile(*given: object) -> object:
        counted = inside(*given)  # type: ignore[arg-type]
        with room.store.begin() as tx:
            known = tx.broadcast(drafted)
            assert known is not None
            tx.save_broadcast(replace(known, texts={Lang.EN: "Run."}), was=Stage.WAITING)
        return counted

    room.desk = replace(room.desk, audiences=cast(Audiences, _Counting(room.desk.audiences, changed_meanwhile)))
    with pytest.raises(NotDone, match="Somebody else has just changed"):
        room.desk.approve(drafted, by=BEN, confirm=100)
    assert room.feed() == 0


class _Counting:
    """Audiences that let something happen while they count."""

    def __init__(self, audiences: object, counted: Callable[..., object]) -> None:
        self._audiences, self.counted = audiences, counted

    def __getattr__(self, name: str) -> object:
        return getattr(self._audiences, name)


def test_rejected_changed_and_sent_after_all(room: Hall) -> None:
    drafted = waiting(room)
    with pytest.raises(NotDone, match="Say why"):
        room.desk.reject(drafted, "  ", by=BEN)
    room.desk.reject(drafted, "Say which bridge.", by=BEN)
    assert (room.desk.show(drafted).stage, room.desk.show(drafted).why) == (Stage.REJECTED, "Say which bridge.")
    with pytest.raises(NotDone, match="only a draft can be submitted"):
        room.desk.submit(drafted, by=AMINA)
    room.desk.change(drafted, flood(GARISSA), by=AMINA)
    assert room.desk.show(drafted).stage is Stage.DRAFT
    room.approve(drafted)
    assert room.feed() == 100


STEPS: dict[str, tuple[Stage, Callable[[Hall, int], object]]] = {
    "withdraw": (Stage.DRAFT, lambda room, n: room.desk.withdraw(n, by=AMINA)),
    "reject": (Stage.REJECTED, lambda room, n: room.desk.reject(n, "no", by=BEN)),
    "approve": (Stage.SENDING, lambda room, n: room.desk.approve(n, by=BEN, confirm=100)),
    "pause": (Stage.PAUSED, lambda room, n: room.desk.pause(n, by=BEN)),
    "resume": (Stage.SENDING, lambda room, n: room.desk.resume(n, by=BEN)),
    "stop": (Stage.STOPPED, lambda room, n: room.desk.stop(n, "no", by=BEN)),
}
FROM = {
    "withdraw": {Stage.WAITING},
    "reject": {Stage.WAITING},
    "approve": {Stage.WAITING},
    "pause": {Stage.SENDING},
    "resume": {Stage.PAUSED},
    "stop": {Stage.SENDING, Stage.PAUSED, Stage.SENT},
}


@pytest.mark.parametrize("step", STEPS)
def test_a_step_is_possible_from_its_stages_alone(room: Hall, step: str) -> None:
    to, take = STEPS[step]
    for stage in Stage:
        made = waiting(room)
        with room.store.begin() as tx:
            known = tx.broadcast(made)
            assert known is not None
            tx.save_broadcast(replace(known, stage=stage), was=Stage.WAITING)
        if stage in FROM[step]:
            take(room, made)
            assert to in NEXT[stage]
            assert room.desk.show(made).stage is to
        else:
            with pytest.raises(NotDone):
                take(room, made)
            assert room.desk.show(made).stage is stage


def test_its_author_may_pause_it_and_only_an_approver_goes_on(room: Hall) -> None:
    writer = Member("amina", frozenset({Role.AUTHOR}))
    sent = room.send()
    with pytest.raises(NotDone, match="role approver"):
        room.desk.pause(sent, by=WRITER)
    room.desk.pause(sent, by=writer)
    for attempt in (lambda: room.desk.resume(sent, by=writer), lambda: room.desk.stop(sent, "no", by=writer)):
        with pytest.raises(NotDone, match="role approver"):
            attempt()
    room.desk.resume(sent, by=BEN)
    assert room.desk.show(sent).stage is Stage.SENDING


def test_what_is_live_is_told_to_who_asks_until_it_is_stopped(room: Hall) -> None:
    sent = room.send(Audience(places=("KE-07",), without=("KE:test:dadaab",)), severity=Severity.EXTREME)
    [told] = notices(room)
    assert (told.key, told.severity, told.texts, told.expires) == (f"broadcast:{sent}", Severity.EXTREME, FLOOD, T + 7200.0)
    assert list(told.places) == ["KE-07", "KE:geonames:197745", "KE:test:bura-garissa"]
    room.desk.stop(sent, "the river fell", by=BEN)
    assert notices(room) == []


def test_what_is_for_all_is_told_everywhere_and_what_is_for_a_group_nowhere(room: Hall) -> None:
    room.people(tel(200), groups=["nurses"])
    room.send(Audience(groups=("nurses",)))
    assert notices(room) == []
    room.send(Audience(everyone=True))
    assert [list(told.places) for told in notices(room)] == [[]]


def test_of_an_exercise_nobody_is_told(room: Hall) -> None:
    room.people(tel(200), groups=[EXERCISE])
    drafted = room.draft(mode=Mode.EXERCISE)
    assert room.desk.submit(drafted, by=AMINA).total == 1
    room.desk.approve(drafted, by=BEN, confirm=1)
    assert notices(room) == []
    assert room.feed() == 1


def test_an_update_stops_the_old_one_when_it_is_approved_and_not_before(room: Hall) -> None:
    sent = room.send()
    room.feeder.run()
    update = room.desk.update(sent, flood(Audience(), texts={Lang.EN: "Now also Bura."}), by=EVE)
    drafted = room.desk.show(update)
    assert (drafted.follows, drafted.msg_type, drafted.audience.got, drafted.audience.rest) == (sent, MsgType.UPDATE, sent, True)
    assert set(drafted.audience.places) >= {"KE-07", "KE:test:dadaab"}
    room.desk.submit(update, by=EVE)
    assert room.desk.show(sent).stage is Stage.SENT
    room.desk.approve(update, by=BEN, confirm=100)
    old = room.desk.show(sent)
    assert (old.stage, old.why) == (Stage.STOPPED, f"replaced by broadcast {update}")
    assert room.statuses(sent) == {("failed", "replaced"): 100}
    assert [told.key for told in notices(room)] == [f"broadcast:{update}"]


def test_a_cancel_goes_to_who_got_it_and_ends_what_is_told(room: Hall) -> None:
    sent = room.send()
    room.feeder.run()
    room.settle()
    room.people(*map(tel, range(200, 210)))
    cancel = room.desk.cancel(sent, flood(Audience(everyone=True), response=ResponseType.NONE), by=AMINA)
    assert room.desk.show(cancel).audience == Audience(got=sent)
    room.approve(cancel)
    assert notices(room) == []
    assert room.feed() == 100


def test_an_all_clear_is_nothing_to_tell_who_asks(room: Hall) -> None:
    sent = room.send()
    room.feed()
    over = room.desk.update(sent, flood(Audience(got=sent), response=ResponseType.ALL_CLEAR), by=AMINA)
    assert room.desk.show(over).audience == Audience(got=sent)
    room.approve(over)
    assert notices(room) == []


def test_who_follows_whom(room: Hall) -> None:
    drafted = room.draft()
    with pytest.raises(NotDone, match="never went out"):
        room.desk.update(drafted, flood(GARISSA), by=AMINA)
    room.approve(drafted)
    room.feed()
    one, other = (room.desk.update(drafted, flood(GARISSA), by=by) for by in (AMINA, EVE))
    room.desk.submit(other, by=EVE)
    room.approve(one)
    with pytest.raises(NotDone, match=f"was followed by broadcast {one} already"):
        room.desk.approve(other, by=BEN, confirm=100)
    with pytest.raises(NotDone, match=f"was followed by broadcast {one} already"):
        room.desk.cancel(drafted, flood(GARISSA), by=AMINA)
    with pytest.raises(NotDone, match="has to follow it"):
        room.desk.draft(flood(Audience(got=one)), by=AMINA)
    with pytest.raises(NotDone, match="no broadcast 99"):
        room.desk.cancel(99, flood(GARISSA), by=AMINA)


def test_a_stopped_one_can_still_be_corrected(room: Hall) -> None:
    sent = room.send()
    room.feed()
    room.desk.stop(sent, "wrong river", by=BEN)
    cancel = room.desk.cancel(sent, flood(GARISSA), by=AMINA)
    room.approve(cancel)
    assert room.feed() == 100
    assert room.desk.show(sent).why == "wrong river"


def test_what_follows_an_exercise_is_one(room: Hall) -> None:
    room.people(tel(200), groups=[EXERCISE])
    sent = room.send(mode=Mode.EXERCISE)
    room.feed()
    update = room.desk.update(sent, flood(GARISSA, mode=Mode.LIVE), by=AMINA)
    assert room.desk.show(update).mode is Mode.EXERCISE
    room.desk.change(update, flood(GARISSA, mode=Mode.LIVE), by=AMINA)
    changed = room.desk.show(update)
    assert (changed.mode, changed.follows, changed.audience.got) == (Mode.EXERCISE, sent, sent)
    with pytest.raises(NotDone, match="what follows it has to be"):
        room.desk.draft(flood(Audience(got=sent), mode=Mode.LIVE, msg_type=MsgType.UPDATE, follows=sent), by=AMINA)


def test_every_step_is_in_the_log_with_its_words_and_no_number(room: Hall) -> None:
    sent = room.send()
    room.desk.pause(sent, by=BEN)
    room.desk.resume(sent, by=BEN)
    room.desk.stop(sent, "the river fell", by=BEN)
    entries = list(room.store.audit_page(AuditQuery(about=f"broadcast:{sent}"), limit=99))[::-1]
    said = [(entry.who, entry.what.removeprefix("broadcast.")) for entry in entries]
    assert said == [("amina", "draft"), ("amina", "submit"), ("ben", "approve"), ("ben", "pause"), ("ben", "resume"), ("ben", "stop")]
    approved = json.loads(entries[2].detail)
    assert (approved["people"], approved["author"], approved["texts"]) == (100, "amina", {"en": FLOOD[Lang.EN], "sw": FLOOD[Lang.SW]})
    assert json.loads(entries[-1].detail) == {"why": "the river fell"}
    assert verify(room.store.audit_log(limit=99)) is None
    assert not any("+2547" in entry.detail for entry in entries)


def test_what_was_refused_is_not_in_the_log(room: Hall) -> None:
    drafted = waiting(room)
    with pytest.raises(NotDone):
        room.desk.approve(drafted, by=AMINA, confirm=100)
    assert len(room.store.audit_page(AuditQuery(), limit=99)) == 2
