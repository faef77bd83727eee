"""Measuring one shape: the child that may die, the asking, and the busy neighbour. The engines are doubles."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from time import monotonic, sleep

import pytest

from bot.core.errors import ModelFailed
from bot.core.types import Draft
from models.measure import ASKERS, TOKENS, Pace, Unmeasured, _prompts, ask, measure, neighbour, pace_of
from models.shape import Shape
from models.tuned import Machine, default_shape


class Engine:
    """Answers at once, `tokens` of TOKENS, and knows what it was asked and by how many at once."""

    name = "double"

    def __init__(self, *, tokens: int = TOKENS, finish: str = "length", meet: int = 0) -> None:
        self.prompts: list[str] = []
        self.alive = True
        self._tokens, self._finish = tokens, finish
        self._met = threading.Barrier(meet) if meet else None

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float) -> Draft:
        self.prompts.append(prompt)
        if self._met:
            self._met.wait(timeout=20)
        return Draft(text="x", tokens=self._tokens, seconds=0.001, finish=self._finish)


class Broken(Engine):
    """Fails at its first word."""

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float) -> Draft:
        raise ModelFailed("llama.cpp failed to decode\n(code -3)")


@pytest.mark.parametrize(
    ("tokens", "finish", "each"),
    [
        pytest.param(TOKENS, "length", 1.0, id="whole"),
        pytest.param(3, "stop", 1.0, id="short by the model's own will"),
        pytest.param(TOKENS // 4, "deadline", 0.25, id="cut by the end"),
        pytest.param(0, "deadline", 0.0, id="never begun"),
    ],
)
def test_an_answer_counts_by_what_was_written_of_it(tokens: int, finish: str, each: float) -> None:
    phase = ask(Engine(tokens=tokens, finish=finish), ["a", "b", "c", "d"], 60)
    assert phase.answers == 4 * each
    assert phase.pace == pytest.approx(60 * 4 * each / phase.seconds)


def test_as_many_ask_at_once_as_the_engine_is_to_be_measured_with() -> None:
    assert ask(Engine(meet=ASKERS), [str(n) for n in range(2 * ASKERS)], 60).answers == 2 * ASKERS


def test_nobody_asks_when_the_time_is_up() -> None:
    engine = Engine()
    assert ask(engine, ["a", "b"], 0).answers == 0
    assert engine.prompts == []


def test_both_phases_ask_the_same_and_the_warm_up_something_else() -> None:
    engine = Engine()
    pace = pace_of(engine, 30)
    warm, rest = engine.prompts[:2], engine.prompts[2:]
    assert sorted(rest[: len(rest) // 2]) == sorted(rest[len(rest) // 2 :])
    assert not set(warm) & set(rest)
    assert min(pace.quiet, pace.busy, pace.memory_mb) > 0
    assert 0 <= pace.neighbour <= 1


def test_an_engine_that_is_far_too_slow_is_told_apart() -> None:
    with pytest.raises(ModelFailed, match="one answer takes more than 60 s"):
        pace_of(Engine(finish="deadline"), 1)


def test_the_prompts_share_a_long_beginning_and_fit_every_default() -> None:
    prompts = list(_prompts(98))
    assert len(set(prompts)) == 98
    shared = next(n for n, letters in enumerate(zip(*prompts, strict=False)) if len(set(letters)) > 1)
    own = max(map(len, prompts)) - shared
    assert shared > 2 * own
    tokens = (shared + own) / 2.5  # at most: no tokenizer of ours needs a token for less than three letters of such text
    assert tokens + TOKENS < default_shape(Machine("board", 4, 1800, "")).context


def test_the_neighbour_works_and_ends_with_its_block() -> None:
    with neighbour() as meter:
        pid, until = int(meter._file.parent.name), monotonic() + 20
        while meter.read().cpu_s == 0.0 and monotonic() < until:
            sleep(0.02)
        assert meter.read().cpu_s > 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_the_neighbour_ends_when_the_measuring_process_is_killed() -> None:
    code = "from models.measure import neighbour\nwith neighbour() as m:\n print(m._file.parent.name, flush=True)\n input()"
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        stat = Path("/proc") / parent.stdout.readline().strip() / "stat"
        assert _runs(stat)
        parent.kill()
    until = monotonic() + 20
    while _runs(stat) and monotonic() < until:
        sleep(0.02)
    assert not _runs(stat)


def _runs(stat: Path) -> bool:
    try:
        return stat.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _child(code: str) -> tuple[str, ...]:
    return sys.executable, "-c", f"import os, sys\n{code}"


def test_a_child_measures_and_its_last_line_is_the_pace(tmp_path: Path) -> None:
    code = "from models.measure import serve\nfrom tests.models.test_measure import Engine\nprint('noise')\nserve(Engine, phase_s=0.2)"
    pace = measure(tmp_path / "x.gguf", Shape(), phase_s=0.2, command=_child(code))
    assert isinstance(pace, Pace)
    assert pace.score > 0


def test_the_child_is_told_what_to_measure(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").touch()
    code = "sys.exit(sys.argv[1])"
    with pytest.raises(Unmeasured, match=r'failed: .*x\.gguf", "lean": "", "shape": {"threads": 3, .*"phase_s": 1.5}'):
        measure(tmp_path / "x.gguf", Shape(threads=3), phase_s=1.5, command=_child(code))


@pytest.mark.parametrize(
    ("code", "says"),
    [
        pytest.param("os.kill(os.getpid(), 11)", "died with SIGSEGV", id="crash"),
        pytest.param("os.kill(os.getpid(), 9)", "died with SIGKILL", id="out of memory"),
        pytest.param(f"os.kill(os.getpid(), {signal.SIGRTMIN + 3})", "died with signal 37", id="a signal without a name"),
        pytest.param("sys.exit('first\\nlast words')", "failed: last words", id="refused"),
        pytest.param("sys.exit(3)", "failed: it gives no reason", id="refused without a word"),
        pytest.param("print('no figure')", "gave no figure", id="no JSON"),
        pytest.param("print('{\"speed\": 3}')", "gave no figure", id="other JSON"),
        pytest.param("", "gave no figure", id="silence"),
        pytest.param(
            "from models.measure import serve\nfrom tests.models.test_measure import Broken\nserve(Broken, phase_s=1)",
            r"failed: llama\.cpp failed to decode \(code -3\)",
            id="an engine that fails",
        ),
    ],
)
def test_whatever_becomes_of_the_child_is_one_line(tmp_path: Path, code: str, says: str) -> None:
    with pytest.raises(Unmeasured, match=f"^{says}$"):
        measure(tmp_path / "x.gguf", Shape(), phase_s=1, command=_child(code))


def test_a_child_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("models.measure._WITHIN_S", 0.5)
    with pytest.raises(Unmeasured, match=r"no figure after 0\.5 s"):
        measure(tmp_path / "x.gguf", Shape(), phase_s=1, command=_child("import time\ntime.sleep(60)"))
