"""Where somebody is, among their words: what is written can be read, and nothing else is taken for a place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.spot import last, line


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_what_is_written_is_read_to_a_metre(latitude: float, longitude: float) -> None:
    found = last(f"2 maji [Hola]\n{line((latitude, longitude))} njoo\nharaka")
    assert found is not None
    assert found == pytest.approx((latitude, longitude), abs=0.000_006)


def test_the_last_one_counts_since_people_move() -> None:
    assert last(f"{line((1, 2))}\n{line((-3.5, 4))}\nharaka") == (-3.5, 4.0)


@pytest.mark.parametrize("text", ["", "Location: here", "Location: 1, 2", "Location: 91.00000, 2.00000", "Location: 1.00000, 181.00000"])
def test_what_is_no_place_on_earth_is_none(text: str) -> None:
    assert last(text) is None
