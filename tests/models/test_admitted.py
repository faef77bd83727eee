"""An engine with a line before it."""

from collections.abc import Sequence
from math import inf

import pytest

from bot.core.errors import ModelFailed
from bot.core.ports import Chooser, Writer
from bot.core.types import Draft
from models.admission import Admission
from models.admitted import Admitted


class Engine:
    """Takes its time by a clock of the test's, and does what it is told."""

    name = "test"

    def __init__(self) -> None:
        self.now, self.takes_s, self.calls = 1000.0, 3.0, list[str]()
        self.draft: Draft | Exception = Draft("Plant now.", 3, 3.0, "stop")
        self.shares: Sequence[float] | None = (0.25, 0.75)

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float, adapter: str = "") -> Draft:
        self.calls.append(f"write {prompt} {max_tokens} {stop} {deadline}{adapter}")
        self.now += self.takes_s
        if isinstance(self.draft, Exception):
            raise self.draft
        return self.draft

    def choose(self, prompt: str, among: Sequence[str], *, deadline: float) -> Sequence[float] | None:
        self.calls.append(f"choose {prompt} {among} {deadline}")
        self.now += self.takes_s
        return self.shares


class Bench:
    def __init__(self) -> None:
        self.engine = Engine()
        self.admission = Admission(1, most=1, clock=lambda: self.engine.now)
        self.admitted = Admitted(self.engine, self.admission)

    def write(self, *, within_s: float = 30.0, max_tokens: int = 32) -> Draft:
        return self.admitted.write("When?", max_tokens=max_tokens, stop=("\n",), deadline=self.engine.now + within_s)


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_it_is_the_engine_as_its_callers_know_it(bench: Bench) -> None:
    writer: Writer = bench.admitted
    chooser: Chooser = bench.admitted
    assert (writer.name, bench.write()) == ("test", Draft("Plant now.", 3, 3.0, "stop"))
    assert chooser.choose("Which?", ("a", "b"), deadline=1010.0) == (0.25, 0.75)
    assert bench.engine.calls == ["write When? 32 ('\\n',) 1030.0", "choose Which? ('a', 'b') 1010.0"]
    assert (bench.admission.served, bench.admission.inside) == (2, 0)


def test_the_adapter_is_named_to_the_engine(bench: Bench) -> None:
    bench.admitted.write("When?", max_tokens=32, stop=(), deadline=1030.0, adapter="crop-advice")
    assert bench.engine.calls == ["write When? 32 () 1030.0crop-advice"]


def test_who_is_shed_gets_what_a_deadline_brings_and_the_engine_hears_nothing(bench: Bench) -> None:
    bench.admission.come(deadline=inf)
    bench.admission.come(deadline=inf)
    assert bench.write() == Draft("", 0, 0.0, "deadline")
    assert bench.admitted.choose("Which?", ("a", "b"), deadline=1010.0) is None
    assert (bench.engine.calls, bench.admission.shed) == ([], 2)


def test_a_longer_text_costs_more(bench: Bench) -> None:
    bench.write(max_tokens=64)  # a prompt and twice as many tokens as take as long: 1 s each
    assert bench.admission.expected_s() == pytest.approx(1.0)


def test_an_engine_that_fails_frees_its_slot_and_teaches_nothing(bench: Bench) -> None:
    bench.engine.draft = ModelFailed("gone")
    with pytest.raises(ModelFailed, match="gone"):
        bench.write()
    assert (bench.admission.inside, bench.admission.served, bench.admission.expected_s()) == (0, 0, 0.0)


def test_what_a_deadline_cut_is_not_taken_for_quick(bench: Bench) -> None:
    bench.admitted.choose("Which?", ("a", "b"), deadline=inf)
    bench.engine.takes_s, bench.engine.shares, bench.engine.draft = 1.0, None, Draft("Pla", 1, 1.0, "deadline")
    assert bench.admitted.choose("Which?", ("a", "b"), deadline=inf) is None
    assert bench.write(max_tokens=1).finish == "deadline"
    assert bench.admission.expected_s() == 3.0
