"""Guesses come from where a text's last words stood before, the longest and latest such place first."""

from hypothesis import given
from hypothesis import strategies as st

from models.lookup import LONGEST, SHORTEST, guess

TEXTS = st.lists(st.integers(0, 4), max_size=40)


def test_what_stood_behind_the_same_words_is_guessed() -> None:
    assert guess([7, 8, 9, 1, 2, 3, 7, 8, 9], 3) == [1, 2, 3]


def test_the_latest_place_counts() -> None:
    assert guess([7, 8, 9, 1, 5, 7, 8, 9, 2, 5, 7, 8, 9], 1) == [2]


def test_a_longer_place_goes_before_a_later_one() -> None:
    assert guess([6, 7, 8, 1, 5, 7, 8, 2, 6, 7, 8], 1) == [1]


def test_one_word_alone_says_nothing() -> None:
    assert guess([1, 2, 3, 1], 4) == []


def test_none_are_wanted() -> None:
    assert guess([1, 2, 3, 1, 2, 3], 0) == []


@given(TEXTS, st.integers(-1, 6))
def test_a_guess_stood_there_behind_the_last_words(tokens: list[int], most: int) -> None:
    found = guess(tokens, most)
    assert len(found) <= max(0, most)
    if found:
        sizes = range(SHORTEST, LONGEST + 1)
        assert any(
            tokens[at : at + size] == tokens[-size:] and tokens[at + size : at + size + len(found)] == found
            for size in sizes
            for at in range(len(tokens) - size)
        )
