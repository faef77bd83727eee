"""When a child is held to hang or to swell: by a clock of the test's."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.pulse import HANG_S, HUNG, MEMORY, REASONS, START_S, WORDS, Pulse


def alive(budget: int = 0) -> Pulse:
    pulse = Pulse(0.0, ready=True, budget=budget)
    pulse.beat(0, 100, 0.0)
    return pulse


def run(pulse: Pulse, seconds: int, *, start: int = 0, steps: bool = False, beats: bool = True) -> list[str]:
    """A look a second; the verdicts."""
    verdicts = []
    for second in range(start + 1, start + seconds + 1):
        if beats:
            pulse.beat((pulse.steps or 0) + steps, pulse.rss, float(second))
        verdicts.append(pulse.verdict(float(second)))
    return verdicts


def test_who_has_nothing_to_do_need_not_step() -> None:
    assert set(run(alive(), 1000)) == {""}


def test_no_beat_is_a_hang() -> None:
    assert run(alive(), 21, beats=False) == [""] * int(HANG_S) + [HUNG]


def test_no_step_while_somebody_waits_is_a_hang() -> None:
    pulse = alive()
    run(pulse, 500)
    pulse.asked(1, 10_000.0, 500.0)
    assert run(pulse, 21, start=500) == [""] * int(HANG_S) + [HUNG]


def test_steps_are_life() -> None:
    pulse = alive()
    pulse.asked(1, 10_000.0, 0.0)
    assert set(run(pulse, 500, steps=True)) == {""}


def test_an_engine_that_does_not_count_is_not_held_to_it() -> None:
    pulse = Pulse(0.0, ready=True)
    pulse.asked(1, 10_000.0, 0.0)
    for second in range(1, 500):
        pulse.beat(None, 0, float(second))
        assert pulse.verdict(float(second)) == ""


def test_questions_dropped_at_their_deadline_do_not_hide_a_hang() -> None:
    pulse = alive()
    pulse.asked(0, 10_000.0, 0.0)
    verdicts = []
    for second in range(1, 30):
        pulse.asked(second, second + 0.5, float(second))
        pulse.answered(second, second + 0.6, worked=False)
        pulse.beat(0, 0, second + 0.7)
        verdicts.append(pulse.verdict(second + 0.8))
    assert HUNG in verdicts


def test_an_answer_is_a_sign_of_work() -> None:
    pulse = alive()
    pulse.asked(0, 10_000.0, 0.0)
    for second in range(1, 100):
        pulse.asked(second, 10_000.0, float(second))
        pulse.answered(second, float(second), worked=True)
        pulse.beat(0, 0, float(second))
        assert pulse.verdict(float(second)) == ""


def test_a_question_forgotten_after_its_deadline_is_a_hang() -> None:
    pulse = alive()
    pulse.asked(1, 30.0, 0.0)
    assert run(pulse, 51, steps=True) == [""] * 50 + [HUNG]


def test_an_engine_that_never_opens_hangs() -> None:
    pulse = Pulse(0.0)
    assert run(pulse, int(START_S) + 1) == [""] * int(START_S) + [HUNG]


def test_who_slept_himself_blames_nobody() -> None:
    pulse = alive()
    pulse.asked(1, 30.0, 0.0)
    assert run(pulse, 3) == [""] * 3
    assert pulse.verdict(1000.0) == ""  # the machine stood still
    assert run(pulse, 19, start=1000, beats=False) == [""] * 19
    assert run(pulse, 2, start=1019, beats=False)[-1] == HUNG


@pytest.mark.parametrize(
    ("rss", "waiting", "swollen", "verdict"),
    [
        pytest.param(1000, True, False, "", id="at the budget"),
        pytest.param(1001, True, True, "", id="over it, with somebody waiting"),
        pytest.param(1001, False, True, MEMORY, id="over it, idle"),
        pytest.param(1251, True, True, MEMORY, id="far over it"),
    ],
)
def test_memory(rss: int, waiting: bool, swollen: bool, verdict: str) -> None:
    pulse = alive(budget=1000)
    if waiting:
        pulse.asked(1, 100.0, 0.0)
    pulse.beat(1, rss, 1.0)
    assert (pulse.swollen, pulse.verdict(1.0)) == (swollen, verdict)


@given(st.integers(min_value=0))
def test_without_a_budget_any_memory_will_do(rss: int) -> None:
    pulse = alive()
    pulse.beat(1, rss, 1.0)
    assert (pulse.swollen, pulse.verdict(1.0)) == (False, "")


def test_there_are_words_for_every_reason() -> None:
    assert set(WORDS) == set(REASONS)
