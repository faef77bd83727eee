"""Who lies near a question in meaning: each fact's share of the crowd, and that of what nothing answers."""

import math

import pytest

from bot.core.by_meaning import ByMeaning
from bot.core.entries import Entries
from bot.core.trust import CROWD_FLOOR
from tests.core import small

ENTRIES = Entries(small.FACTS)
COUNT = len(ENTRIES.lines)
CROWDS = ByMeaning(None, ENTRIES, (), {})


def near(*strays: float, **facts: float) -> list[float]:
    """Cosines of all lines, those of the named facts given, and of the strays."""
    return [*(facts.get(line.fact.id, 0.0) for line in ENTRIES.lines), *strays]


def test_who_has_many_lines_near_has_most_of_the_crowd() -> None:
    shares = CROWDS.crowd(near(worm=0.8, beans=0.77))
    ids = [next(iter(entry.facts.values())).id for entry in ENTRIES.all]
    worm, beans = ids.index("worm"), ids.index("beans")
    assert shares[worm] > shares[beans] > math.log(0.2)
    assert set(shares) == {worm, beans}
    assert sum(math.exp(share) for share in shares.values()) == pytest.approx(1.0)


def test_strays_take_their_part_of_the_crowd() -> None:
    alone, beside = (CROWDS.crowd(near(*strays, worm=0.8)) for strays in ((), (0.8, 0.8)))
    assert max(beside.values()) < max(alone.values())


def test_many_strays_that_lie_rather_near_say_more_than_one_that_lies_nearest() -> None:
    one, many = CROWDS.nobody(near(0.8, worm=0.8)), CROWDS.nobody(near(*[0.72] * 12, worm=0.8))
    assert many > one > CROWD_FLOOR


@pytest.mark.parametrize("strays", [(), (-0.9,)])
def test_where_none_lies_near_their_share_is_the_floor(strays: tuple[float, ...]) -> None:
    assert CROWDS.nobody(near(*strays, worm=0.8)) == CROWD_FLOOR
