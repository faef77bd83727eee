"""Whom a broadcast gets to: each eligible person once and nobody else, in order, whatever happens meanwhile. On both databases."""

from collections.abc import Iterator

import pytest

from bot.core.alert.broadcast import EXERCISE, VOLUNTEERS, Audience, Mode, Stage
from tests.store.sending import AMINA, Hall, hall, tel, wa


@pytest.fixture
def room(url: str) -> Iterator[Hall]:
    with hall(url) as made:
        yield made


def test_nearest_place_first_volunteers_first(room: Hall) -> None:
    room.people(tel(1), tel(2), place="KE-40")
    room.people(tel(3), tel(4), place="KE-07")
    room.people(tel(5), place="KE-07", groups=[VOLUNTEERS])
    room.people(tel(6), place="KE-18")
    sent = room.send(Audience(places=("KE-07", "KE-40")))
    assert room.feed() == 5
    assert room.got(sent) == [tel(5), tel(3), tel(4), tel(1), tel(2)]
    assert room.desk.show(sent).stage is Stage.SENT
