"""What is asked for twice under one key is made once, on both databases, also at the same moment."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from bot.core.alert.broadcast import Audience
from bot.core.alert.once import once
from bot.core.errors import NotDone
from bot.store.sql import SqlStore
from tests.store.sending import AMINA, Hall, flood


@pytest.fixture
def hall(url: str) -> Iterator[Hall]:
    made = Hall(SqlStore(url))
    yield made
    made.store.close()


def test_a_key_makes_one_draft_however_many_ask_at_once(hall: Hall) -> None:
    asked = once("amina", "flood-17", {"hazard": "flood"})

    def draft(_: int) -> int:
        for _try in range(5):
            try:
                return hall.desk.draft(flood(Audience(places=("KE-07",)), now=hall.now), by=AMINA, once=asked)
            except NotDone:  # another one is at it: ask again, as the API says
                continue
        raise AssertionError("it never came to an end")

    with ThreadPoolExecutor(6) as pool:
        made = set(pool.map(draft, range(12)))
    assert len(made) == 1
    assert [one.id for one in hall.store.broadcasts(limit=9)] == list(made)
    assert [one.what for one in hall.store.audit_log(limit=9)] == ["broadcast.draft"]


def test_a_key_is_a_members_own_and_stands_for_one_thing(hall: Hall) -> None:
    with hall.store.begin() as tx:
        once("amina", "a", {"x": 1}).note(tx, 7, now=1.0)
    with hall.store.begin() as tx:
        assert once("amina", "a", {"x": 1}).known(tx) == 7
        assert once("ben", "a", {"x": 1}).known(tx) == 0
        with pytest.raises(NotDone, match="another draft"):
            once("amina", "a", {"x": 2}).known(tx)
