"""Rates, their intervals against published ones, and percentiles."""

from dataclasses import replace

import pytest

from bot.evaluate.judge import MEASURES
from bot.evaluate.tally import Counts, Rate, counts, percentile, rate
from tests.evaluate.small import OTHER, REFUSED, STRAY, TOLD, URGENT, outcome


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [  # Newcombe 1998, table I, method 3
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (20, 20, 1 - 0.1611, 1.0),
        (0, 0, 0.0, 1.0),
    ],
)
def test_wilson(hits: int, of: int, low: float, high: float) -> None:
    assert Rate(hits, of).interval == pytest.approx((low, high), abs=5e-5)


def test_a_rate_is_of_those_that_were_judged() -> None:
    useful = next(m for m in MEASURES if m.name == "useful reply")
    found = rate([outcome(), outcome(reply=OTHER), outcome(STRAY, REFUSED), outcome()], useful.holds)
    assert (found, found.share) == (Rate(2, 3), 2 / 3)
    assert rate([outcome(STRAY, REFUSED)], useful.holds).share is None


def test_who_answered() -> None:
    replies = (TOLD, TOLD, replace(TOLD, kind="chosen"), replace(TOLD, kind="model"), replace(TOLD, kind="remote"), URGENT, REFUSED)
    outcomes = [outcome(reply=reply, seconds=n / 10) for n, reply in enumerate(replies, 1)]
    assert counts(outcomes) == Counts(asked=7, emergencies=1, by_search=2, by_model=2, by_remote=1, p50_s=0.4, p95_s=0.7)


def test_percentiles_are_measured_values() -> None:
    values = [float(n) for n in range(100, 0, -1)]
    assert [percentile(values, share) for share in (0.0, 0.5, 0.95, 1.0)] == [1, 50, 95, 100]
    assert percentile([7.0], 0.95) == 7
