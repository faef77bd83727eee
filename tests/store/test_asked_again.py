"""A roll call asked again, in both databases: only of those who say nothing, and only once nobody can be cut off by it."""

from collections.abc import Iterator

import pytest

from bot.core.alert.broadcast import Broadcast, Mode, Stage
from bot.core.alert.correct import corrections
from bot.core.alert.notice import RollAnswer
from bot.core.refusal import Declined
from tests.store.bench import T
from tests.store.sending import AMINA, BEN, FLOOD, Hall, hall, tel


@pytest.fixture
def room(url: str) -> Iterator[Hall]:
    with hall(url) as made:
        made.people(*map(tel, range(1, 7)))
        yield made


def answered(room: Hall, id: int, *urns: str) -> None:
    with room.store.begin() as tx:
        for urn in urns:
            tx.answer_roll(id, urn, RollAnswer.SAFE, words="1", now=room.now)


def again(room: Hall, id: int) -> int:
    """The draft of it, in the same words."""
    ready = corrections(room.desk.show(id), now=room.now).again
    return room.desk.draft(Broadcast(**{**_values(ready), "texts": FLOOD}), by=AMINA)


def _values(one: Broadcast) -> dict[str, object]:
    return {name: getattr(one, name) for name in one.__slots__}


def asked(room: Hall, **values: object) -> int:
    """A roll call that everybody got."""
    sent = room.send(roll_call=True, **values)
    room.feed()
    return sent


def notices(room: Hall) -> list[str]:
    with room.store.begin() as tx:
        return [notice.key for notice in tx.notices(now=room.now)]


def test_only_who_says_nothing_is_asked_again_wherever_they_are(room: Hall) -> None:
    first = asked(room)
    answered(room, first, tel(1), tel(4))
    room.move(tel(2), "KE-18")
    room.people(tel(9))  # came later, and was not asked
    second = room.approve(again(room, first))
    assert room.desk.show(second).people == 4
    room.feed()
    assert room.got(second) == [tel(2), tel(3), tel(5), tel(6)]
    assert room.desk.show(first).stage is Stage.STOPPED


def test_who_answers_before_their_turn_is_left_alone(room: Hall) -> None:
    first = asked(room)
    second = room.approve(again(room, first))
    answered(room, first, tel(1), tel(2), tel(3))
    room.feed()
    assert room.got(second) == [tel(4), tel(5), tel(6)]
    assert room.desk.show(second).stage is Stage.SENT


def test_it_can_be_approved_while_answers_come_in_and_not_when_more_people_would_get_it(room: Hall) -> None:
    first = asked(room)
    answered(room, first, tel(1))
    second = again(room, first)
    counted = room.desk.submit(second, by=AMINA)
    answered(room, first, tel(2), tel(3))
    with room.store._db.write() as connection:
        connection.exec_driver_sql("DELETE FROM roll_answer")
    with pytest.raises(Declined, match="was for 5 people"):
        room.desk.approve(second, by=BEN, confirm=counted.total)
    answered(room, first, *map(tel, range(1, 4)))
    assert room.desk.approve(second, by=BEN, confirm=counted.total).stage is Stage.SENDING


def test_a_third_time_asks_who_answered_neither(room: Hall) -> None:
    first = asked(room)
    answered(room, first, tel(1), tel(2))
    second = room.approve(again(room, first))
    room.feed()
    answered(room, second, tel(3), tel(4))
    third = room.approve(again(room, second))
    room.feed()
    assert room.got(third) == [tel(5), tel(6)]


def test_who_asks_for_warnings_is_told_of_it_all_the_while(room: Hall) -> None:
    first = asked(room)
    for _ in range(2):
        first = room.approve(again(room, first))
        assert notices(room) == [f"broadcast:{first}"]
        room.feed()


def test_nobody_who_has_not_got_it_yet_is_cut_off(room: Hall) -> None:
    sent = room.send(roll_call=True)
    with pytest.raises(Declined, match="not all sent"):
        again(room, sent)
    room.feeder.run()
    assert room.desk.show(sent).stage is Stage.SENT
    drafted = again(room, sent)
    room.set(room.rows(sent)[0].id, "delivered")
    counted = room.desk.submit(drafted, by=AMINA)
    with pytest.raises(Declined, match="not all sent"):  # copies are still on their way
        room.desk.approve(drafted, by=BEN, confirm=counted.total)
    assert room.desk.show(sent).stage is Stage.SENT
    room.settle()
    room.approve(drafted)


def test_what_asked_nothing_cannot_be_asked_again(room: Hall) -> None:
    sent = room.send()
    room.feed()
    with pytest.raises(Declined, match="no roll call"):
        again(room, sent)


def test_a_false_alarm_after_it_is_taken_back_from_everybody(room: Hall) -> None:
    first = asked(room)
    answered(room, first, *map(tel, range(1, 6)))
    second = room.approve(again(room, first))
    room.feed()
    assert room.got(second) == [tel(6)]
    cancel = room.desk.cancel(second, Broadcast(mode=Mode.LIVE, texts=FLOOD, expires=T + 9999), by=AMINA)
    room.approve(cancel)
    room.feed()
    assert sorted(room.got(cancel)) == list(map(tel, range(1, 7)))
