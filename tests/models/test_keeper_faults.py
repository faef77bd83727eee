"""Real child processes with engines that crash, hang, swell and lie: who asks is told at once, and the engine comes back."""

import math
import os
import re
import signal
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from bot.core.errors import ModelFailed
from models.keeper import GARBAGE_MOST, Keeper, keep
from models.shape import Shape
from tests.models.keeping import HASTY, QUICK, Opens, ask, failures, keepers, works
from tests.redis import until

ROOT = Path(__file__).resolve().parents[2]
SLOW_AGAIN = """
import pathlib, sys
from tests.models.child_engines import main

started = pathlib.Path(sys.argv[1])
sys.argv[1] = "slow" if started.exists() else "plain"
started.touch()
main()
"""


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> Iterator[Opens]:
    """`python -m tests...` is found at the root."""
    monkeypatch.chdir(ROOT)
    with keepers() as made:
        yield made


def test_who_speaks_nonsense_is_ended(opened: Opens) -> None:
    keeper = opened("speaks-nonsense", lazily=True)
    assert not works(keeper)
    until(lambda: keeper.restarts["crashed"] >= 2)


def test_a_crash_fails_all_five_at_once_and_the_engine_comes_back(opened: Opens) -> None:
    heard: list[str] = []
    keeper = opened(noted=heard.append)
    first = keeper.pid
    with ThreadPoolExecutor(5) as pool:
        waiting = [pool.submit(failures, keeper, ["\\wait 600"]) for _ in range(4)]
        until(lambda: keeper.in_flight == 4)
        waiting.append(pool.submit(failures, keeper, ["\\crash now"]))
        said = [each.result(timeout=60)[0] for each in waiting]  # their own deadline is later
    assert all("process ended" in text for text in said)
    until(lambda: works(keeper))
    assert keeper.pid not in (0, first)
    assert (dict(keeper.restarts), heard) == ({"crashed": 1}, ["crashed"])


def test_what_it_did_and_used_is_not_forgotten_when_it_is_lost(opened: Opens) -> None:
    keeper = opened()
    ask(keeper, "hello")
    until(lambda: keeper.work().tokens.read == len("hello"))
    assert (keeper.work().held, keeper.work().cells) == (3, 1)
    used = keeper.work().cpu_s
    assert used  # starting alone takes some
    os.kill(keeper.pid, signal.SIGKILL)
    until(lambda: keeper.restarts["crashed"] == 1 and works(keeper))
    until(lambda: keeper.work().tokens.read >= len("hello" * 2))
    again = keeper.work().cpu_s
    assert again
    assert again > used


def test_while_it_is_down_who_asks_is_told_at_once(opened: Opens) -> None:
    keeper = opened(patience=replace(QUICK, waits=(600.0, 600.0)))
    os.kill(keeper.pid, signal.SIGKILL)
    until(lambda: keeper.restarts["crashed"] == 1)
    with pytest.raises(ModelFailed, match="signal SIGKILL"):
        ask(keeper, "hello", seconds=math.inf)
    with pytest.raises(ModelFailed, match="signal SIGKILL"):
        keeper.choose("Best:", [" A"], deadline=math.inf)


def test_a_restart_is_not_waited_for(opened: Opens, tmp_path: Path) -> None:
    """The second child opens slowly."""
    keeper = Keeper("fake", [sys.executable, "-c", SLOW_AGAIN, str(tmp_path / "started")], patience=QUICK)
    try:
        os.kill(keeper.pid, signal.SIGKILL)
        until(lambda: keeper.restarts["crashed"] == 1 and keeper.pid)
        with pytest.raises(ModelFailed):
            ask(keeper, "hello", seconds=math.inf)
        until(lambda: works(keeper))
    finally:
        keeper.close()


@pytest.mark.parametrize("order", ["\\hang now", "\\freeze now"])
def test_what_hangs_is_ended_and_starts_again(opened: Opens, order: str) -> None:
    keeper = opened(patience=HASTY)
    assert any("process ended" in text for text in failures(keeper, [order, "\\wait 600"]))
    until(lambda: keeper.restarts["hung"] == 1)


def test_a_child_that_is_stopped_is_ended(opened: Opens) -> None:
    keeper = opened(patience=HASTY)
    os.kill(keeper.pid, signal.SIGSTOP)
    until(lambda: keeper.restarts["hung"] == 1)


def test_a_question_that_gets_no_answer_long_after_its_deadline_is_a_hang(opened: Opens) -> None:
    keeper = opened("stepless", patience=HASTY)
    assert ask(keeper, "\\ignore 600", seconds=0.1).finish == "deadline"
    until(lambda: keeper.restarts["hung"] == 1)


def test_who_works_long_does_not_hang(opened: Opens) -> None:
    keeper = opened(patience=replace(QUICK, hang_s=5.0))
    assert ask(keeper, "\\wait 6").text == "Slowly."
    assert keeper.restarts == {}


@pytest.mark.parametrize(
    ("healthy_s", "waits"),
    [
        pytest.param(600.0, "0.01 0.02 0.04 0.08 0.16 0.20 0.20", id="in a row"),
        pytest.param(0.0, "0.01 " * 7, id="each lived long"),
    ],
)
def test_who_keeps_dying_is_started_ever_less_often(opened: Opens, caplog: pytest.LogCaptureFixture, healthy_s: float, waits: str) -> None:
    keeper = opened("dies", lazily=True, patience=replace(QUICK, waits=(0.01, 0.2), healthy_s=healthy_s))
    with pytest.raises(ModelFailed):
        ask(keeper, "hello")
    until(lambda: len(caplog.messages) >= 7)
    assert re.findall(r"Next start in (\S+) s", caplog.text)[:7] == waits.split()


def test_a_little_too_much_memory_waits_for_the_questions_under_way_and_takes_no_new_ones(opened: Opens, tmp_path: Path) -> None:
    keeper, end = opened(memory_mb=200), tmp_path / "end"
    with ThreadPoolExecutor(1) as pool:
        under_way = pool.submit(ask, keeper, f"\\until {end}")
        until(lambda: keeper.in_flight == 1 and keeper.rss)
        assert ask(keeper, f"\\grow {215 - keeper.rss // 2**20}").text == "Grown."
        until(lambda: not works(keeper))
        assert not under_way.done()
        end.touch()
        assert under_way.result().text == "At last."
    until(lambda: works(keeper))
    assert keeper.restarts == {"memory": 1}


def test_far_too_much_memory_waits_for_nobody(opened: Opens) -> None:
    keeper = opened(memory_mb=200)
    assert "process ended" in failures(keeper, ["\\wait 600", "\\grow 400"])[0]
    until(lambda: works(keeper))
    assert keeper.restarts == {"memory": 1}


def test_garbage_is_refused_and_too_much_of_it_restarts(opened: Opens) -> None:
    keeper = opened()
    pid = keeper.pid
    for _ in range(GARBAGE_MOST - 1):
        with pytest.raises(ModelFailed, match="garbage: the same piece over and over"):
            ask(keeper, "\\garble please")
    assert works(keeper)  # a good one between: the count begins anew
    for _ in range(GARBAGE_MOST - 1):
        with pytest.raises(ModelFailed, match="shares that are no numbers"):
            keeper.choose("nan", [" A", " B"], deadline=math.inf)
    assert keeper.pid == pid
    with pytest.raises(ModelFailed, match="garbage"):
        ask(keeper, "\\garble please")
    until(lambda: keeper.restarts["garbled"] == 1 and works(keeper))
    pid = keeper.pid
    assert all(failures(keeper, ["\\garble please"] * 3 * GARBAGE_MOST))
    assert works(keeper)
    assert keeper.pid == pid  # the restart did not cure it: a weak model is not restarted without end


def test_an_error_is_one_question_s_and_a_row_of_them_the_engine_s(opened: Opens) -> None:
    keeper = opened()
    with pytest.raises(ModelFailed, match=r"^The prompt has 2000 tokens\.$"):
        ask(keeper, "\\error The prompt has 2000 tokens.")
    assert works(keeper)
    assert failures(keeper, ["\\bug my phone is secret"]) == ["The engine failed: ValueError."]
    assert failures(keeper, ["\\error x"] * (GARBAGE_MOST - 1)) == ["x"] * (GARBAGE_MOST - 1)
    until(lambda: keeper.restarts["failing"] == 1 and works(keeper))


@pytest.mark.model
def test_the_real_engine_says_the_same_after_it_was_killed(model_path: Path) -> None:
    keeper = keep(model_path, shape=Shape(sequences=4, context=1024), chat=False)
    try:
        said, shares = ask(keeper, "One, two, three, four,", tokens=12), _shares(keeper)
        assert ("five" in said.text, said.tokens, said.finish) == (True, 12, "length")
        assert 0 < said.first_s <= said.seconds
        with ThreadPoolExecutor(4) as pool:
            under_way = [pool.submit(failures, keeper, ["Count to a hundred. One, two,"]) for _ in range(4)]
            until(lambda: keeper.in_flight)
            os.kill(keeper.pid, signal.SIGKILL)
            assert any(each.result()[0] for each in under_way)
        until(lambda: _shares_or_none(keeper), within_s=60)
        assert ask(keeper, "One, two, three, four,", tokens=12).text == said.text
        assert _shares(keeper) == pytest.approx(shares, abs=0.1)  # what was read before moves the second digit
        assert keeper.restarts == {"crashed": 1}
        assert keeper.rss > 50_000_000
    finally:
        keeper.close()


def _shares(keeper: Keeper) -> Sequence[float] | None:
    return keeper.choose("Q: colour of grass\nA: red\nB: green\nBest:", [" A", " B"], deadline=math.inf)


def _shares_or_none(keeper: Keeper) -> Sequence[float] | None:
    try:
        return _shares(keeper)
    except ModelFailed:
        return None
