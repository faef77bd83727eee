"""Weights that fall from the sky have to point the right way all the same."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core import trust
from bot.core.trust import Evidence

GOOD = Evidence(words=0.6, line=0.8, found=2.5, covered=0.9, like=0.2, says=0.1, prior=0.5, margin=2.0, meant=True)


@pytest.mark.parametrize("part", ["words", "line", "like", "says"])
def test_more_evidence_orders_a_fact_higher(part: str) -> None:
    assert trust.score(replace(GOOD, **{part: getattr(GOOD, part) + 0.2})) > trust.score(GOOD)


def test_a_message_like_those_that_nothing_answers_is_trusted_less() -> None:
    assert trust.confidence(replace(GOOD, strange=0.3)) < trust.confidence(GOOD)
    assert trust.confidence(replace(GOOD, stray=0.9)) < trust.confidence(GOOD)


def test_by_words_alone_a_clear_lead_is_trusted_more() -> None:
    assert trust.confidence(replace(GOOD, margin=4.0, meant=False)) > trust.confidence(replace(GOOD, meant=False))


def test_shares_say_how_likely_each_is_if_any_is() -> None:
    assert trust.shares([2.0, 2.0]) == pytest.approx([0.5, 0.5])
    assert trust.shares([900.0, 900.0 - math.log(3)]) == pytest.approx([0.75, 0.25])
    assert trust.shares([-700.0]) == [1.0]


def test_what_the_model_likes_comes_first_and_is_trusted_more() -> None:
    assert trust.choice(GOOD, 0.9) > trust.choice(GOOD, 0.1)
    assert trust.chosen(GOOD, 0.9, 0.01, 2.0) > trust.chosen(GOOD, 0.1, 0.01, 2.0)
    assert trust.chosen(GOOD, 0.5, 0.01, 2.0) > trust.chosen(GOOD, 0.5, 0.5, 2.0)


def test_nothing_found_is_never_confident() -> None:
    assert trust.confidence(Evidence()) < trust.CONFIDENT


@given(st.builds(Evidence, *[st.floats(-5, 50)] * 10), st.floats(0, 1), st.floats(0, 1), st.floats(-50, 50))
def test_it_stays_a_likelihood_whatever_comes(e: Evidence, share: float, none: float, lead: float) -> None:
    assert 0 <= trust.confidence(e) <= 1
    assert 0 <= trust.chosen(e, share, none, lead) <= 1
