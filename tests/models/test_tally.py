"""What an engine did and used outlives its process: sums that only grow."""

from dataclasses import asdict
from pathlib import Path

import pytest

from bot.core.workload import Tokens, Work
from models.cost import Meter
from models.line import NO_ANSWER
from models.tally import Account, Tally, tally_of
from tests.models.box import HZ, Box

TALLY = Tally(Tokens(read=50, shared=40, guessed=9, right=6), under_way=2, cells=300)


@pytest.fixture
def box(tmp_path: Path) -> Box:
    made = Box(tmp_path)
    made.process(7, 1000)
    made.process(8, 50)
    return made


def test_a_tally_goes_through_a_beat() -> None:
    assert tally_of(asdict(TALLY)) == TALLY


@pytest.mark.parametrize("said", [{}, {"tokens": {}}, {"tokens": 5}, asdict(TALLY) | {"cells": "many"}, asdict(TALLY) | {"cells": None}])
def test_what_is_no_tally_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(NO_ANSWER):
        tally_of(said)


def test_the_meter_and_the_tokens_survive_a_restarted_child(box: Box) -> None:
    account = Account(box.meter)
    account.begins(7)
    account.beats(7, TALLY)
    box.process(7, 1000 + 2 * HZ)
    assert account.work(rss=5) == Work(TALLY.tokens, cpu_s=2.0, held=2, cells=300, rss=5)
    box.process(7, 1000 + 3 * HZ)
    account.ends(7)
    box.gone(7)
    assert account.work(rss=0) == Work(TALLY.tokens, cpu_s=3.0)
    account.begins(8)
    account.beats(8, Tally(Tokens(read=1, shared=1, guessed=1, right=1), under_way=1, cells=4))
    box.process(8, 50 + HZ)
    assert account.work(rss=6) == Work(Tokens(read=51, shared=41, guessed=10, right=7), cpu_s=4.0, held=1, cells=4, rss=6)


def test_what_one_told_that_has_ended_counts_once(box: Box) -> None:
    account = Account(box.meter)
    account.begins(7)
    account.beats(7, TALLY)
    account.ends(7)
    account.ends(7)
    account.beats(7, TALLY)
    account.begins(8)
    account.beats(7, TALLY)
    assert account.work(rss=0).tokens == TALLY.tokens


def test_where_processes_are_not_shown_the_tokens_are_counted_all_the_same(tmp_path: Path) -> None:
    account = Account(lambda pid: Meter(pid, proc=tmp_path))
    account.begins(7)
    account.beats(7, TALLY)
    assert account.work(rss=5) == Work(TALLY.tokens, cpu_s=None, held=2, cells=300, rss=5)
