"""What was drafted goes over the desk as it was previewed, to the letter; and so do its corrections, one after the other."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from bot.core.alert.broadcast import Audience, Broadcast, Mode, Stage
from bot.core.alert.cap import MsgType, ResponseType
from bot.core.alert.correct import corrections
from bot.core.alert.draft import Drafted
from bot.core.errors import NotDone
from bot.core.types import Lang
from tests.core.alert.drafting import DRAFTING, flood
from tests.store.sending import AMINA, BEN, Hall, hall


@pytest.fixture
def room(sqlite_url: str) -> Iterator[Hall]:
    """A desk that checks words, and two people in Garissa, one of them in the exercise group."""
    with hall(sqlite_url) as made:
        made.desk = replace(made.desk, check=DRAFTING.check)
        made.people("tel:+254700000001")
        made.people("tel:+254700000002", groups=("exercise",), lang=Lang.SW)
        yield made


def garissa(room: Hall, **changes: Any) -> Broadcast:
    slots = {"place.en": "Garissa", "place.sw": "Garissa"}
    fields = {"expires": room.now + 6 * 3600.0, "created": 0.0, "slots": slots, "audience": Audience(places=("KE-07",))}
    return DRAFTING.written(flood(**{**fields, **changes}))


def sent(room: Hall, made: int) -> Broadcast:
    people = room.desk.submit(made, by=AMINA).total
    return room.desk.approve(made, by=BEN, confirm=people)


@pytest.mark.parametrize(
    ("later_s", "mode"),
    [pytest.param(0.0, Mode.LIVE, id="now"), pytest.param(3700.0, Mode.LIVE, id="later"), pytest.param(0.0, Mode.EXERCISE, id="exercise")],
)
def test_what_was_previewed_is_what_is_approved(room: Hall, later_s: float, mode: Mode) -> None:
    written = garissa(room, mode=mode, onset=room.now + later_s if later_s else 0.0)
    made = room.desk.draft(written, by=AMINA)
    room.now += 1800.0
    assert sent(room, made).texts == written.texts


def test_words_that_are_not_what_the_slots_make_are_not_submitted(room: Hall) -> None:
    made = room.desk.draft(replace(garissa(room), texts={Lang.EN: "All is well.", Lang.SW: "Salama."}), by=AMINA)
    with pytest.raises(NotDone, match="not those that its slots make"):
        room.desk.submit(made, by=AMINA)


def test_a_correction_takes_one_choice_and_a_second_person(room: Hall) -> None:
    first = sent(room, room.desk.draft(garissa(room), by=AMINA))
    room.now += 600.0
    update = room.desk.update(first.id, DRAFTING.written(corrections(first, now=room.now).update), by=AMINA)
    second = sent(room, update)
    assert (second.msg_type, second.follows) == (MsgType.UPDATE, first.id)
    assert second.texts[Lang.EN].startswith("UPDATE, KenyaMet: FLOOD DANGER, Garissa.")
    assert room.desk.show(first.id).stage is Stage.STOPPED


def test_cancel_and_all_clear_can_be_submitted_as_they_are(room: Hall) -> None:
    first = sent(room, room.desk.draft(garissa(room), by=AMINA))
    after = corrections(first, now=room.now)
    cancel = room.desk.cancel(first.id, DRAFTING.written(after.cancel), by=AMINA)
    over = room.desk.update(first.id, DRAFTING.written(after.over), by=AMINA)
    for made, kind, response in ((cancel, MsgType.CANCEL, ResponseType.NONE), (over, MsgType.UPDATE, ResponseType.ALL_CLEAR)):
        stored = room.desk.show(made)
        assert (stored.msg_type, stored.response, stored.audience) == (kind, response, Audience(got=first.id))
        assert DRAFTING.check(stored) == []
        assert all(isinstance(draft, Drafted) for draft in DRAFTING.drafts(stored).values())
