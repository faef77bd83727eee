"""`make chaos` in short, on both stacks: every kind of kill once, an outage, and nothing lost, doubled or left behind."""

import pytest

from bench.chaos.run import Plan, run
from bench.chaos.show import complaints, figures
from bench.chaos.stacks import WEIGHTS

MESSAGES = 200
OUTAGE_S = 3.0


@pytest.mark.service
@pytest.mark.parametrize(
    ("stack", "own"),
    [
        pytest.param("embedded", {"valkey"}, id="embedded"),
        pytest.param("postgres", {"postgres", "a connection", "redis"}, id="postgres"),
    ],
)
def test_nothing_is_lost_and_nothing_comes_twice(stack: str, own: set[str]) -> None:
    victims = {*WEIGHTS, *own}
    outcome = run(stack, Plan(messages=MESSAGES, kills=len(victims), load_s=20.0, outage_s=OUTAGE_S, seed=3, slow=False))
    assert complaints(outcome) == []
    assert outcome.faultless
    assert dict(outcome.hits) == dict.fromkeys(victims, 1)
    assert outcome.verdict.acknowledged == MESSAGES
    assert outcome.verdict.answered > 0.9 * MESSAGES
    assert f"{MESSAGES}" in figures([outcome])
