"""`make chaos` in short, on both stacks: every kind of kill once, an outage, and nothing lost, doubled or left behind."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context

import pytest

from bench.chaos.run import Outcome, Plan, run
from bench.chaos.show import complaints, figures
from bench.chaos.stacks import WEIGHTS

MESSAGES = 200
VICTIMS = {"embedded": {*WEIGHTS, "valkey"}, "postgres": {*WEIGHTS, "postgres", "a connection", "redis"}}


@pytest.fixture(scope="module")
def outcomes() -> Iterator[Mapping[str, Future[Outcome]]]:
    """Both at once, each in a process of its own: most of the time they wait, for leases to run out."""
    plans = {
        stack: Plan(messages=MESSAGES, kills=len(victims), load_s=20.0, outage_s=3.0, seed=3, slow=False)
        for stack, victims in VICTIMS.items()
    }
    with ProcessPoolExecutor(len(plans), mp_context=get_context("spawn")) as pool:
        yield {stack: pool.submit(run, stack, plan) for stack, plan in plans.items()}


@pytest.mark.service
@pytest.mark.parametrize("stack", list(VICTIMS))
def test_nothing_is_lost_and_nothing_comes_twice(outcomes: Mapping[str, Future[Outcome]], stack: str) -> None:
    outcome = outcomes[stack].result()
    assert complaints(outcome) == []
    assert outcome.faultless
    assert dict(outcome.hits) == dict.fromkeys(VICTIMS[stack], 1)
    assert outcome.verdict.acknowledged == MESSAGES
    assert outcome.verdict.answered > 0.9 * MESSAGES
    assert f"{MESSAGES}" in figures([outcome])
