"""What the doctor says: one line, and clocks to the second."""

from email.utils import formatdate

import pytest

from bot.core.finding import SKEW_S, Finding, Verdict, clock, look, ok, skew, wrong

NOW = 1793607345.0


@pytest.mark.parametrize(
    ("finding", "line"),
    [
        pytest.param(ok("disk", "more than 200 MB are free"), "ok     disk: more than 200 MB are free.", id="ok"),
        pytest.param(look("service", "does not run", "Start it."), "look   service: does not run. Start it.", id="look"),
        pytest.param(
            wrong("model", "model.gguf is broken. Fetch it again."), "wrong  model: model.gguf is broken. Fetch it again.", id="own"
        ),
    ],
)
def test_one_line(finding: Finding, line: str) -> None:
    assert str(finding) == line


@pytest.mark.parametrize(
    ("ahead_s", "verdict", "word"),
    [
        pytest.param(0.0, Verdict.OK, "agrees", id="same"),
        pytest.param(SKEW_S, Verdict.OK, "agrees", id="just-in"),
        pytest.param(SKEW_S + 1, Verdict.WRONG, "61 s ahead of", id="ahead"),
        pytest.param(-SKEW_S - 1, Verdict.WRONG, "61 s behind", id="behind"),
    ],
)
def test_clock(ahead_s: float, verdict: Verdict, word: str) -> None:
    found = skew(formatdate(NOW - ahead_s, usegmt=True), now=NOW)
    assert found == ahead_s
    assert clock(found).verdict is verdict
    assert word in clock(found).found


@pytest.mark.parametrize("date", ["", "yesterday", "99 Nov 2026"])
def test_a_date_that_says_nothing(date: str) -> None:
    assert skew(date, now=NOW) is None
