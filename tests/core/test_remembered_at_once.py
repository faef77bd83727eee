"""Many ask the same at once: one look serves all, whoever dies or is late on the way, and nobody waits past their own deadline."""

import threading
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.core.answer import Weighed
from bot.core.remembered import Memory, Remembered, Seen
from bot.core.types import Lang, Limits, Reply
from tests.small import EN

PATIENCE_S = 20.0  # of a test with threads that wait for one another; none of it is spent where all is well
CROWD = 8
FLEETING = "fleeting"
LEANS = "leans"
PLAIN = Reply("By the search.", EN, "fact")

Look = Callable[[], str]  # what becomes of one look for an answer: "", FLEETING or LEANS; it may raise


def said(question: str, turns: Sequence[str] = ()) -> Reply:
    """What the original answers."""
    return Reply(f"On {question} {turns}", EN, "chosen")


class Gate:
    """An original whose looks wait until a test lets them go, each ending as the test says."""

    def __init__(self, *looks: Look) -> None:
        self._looks = iter(looks)
        self._lock = threading.Lock()
        self.asked: list[str] = []
        self.began, self.go = threading.Semaphore(0), threading.Event()

    def weigh(self, question: str, *, lang: Lang, skill: str, turns: Sequence[str], limits: Limits, deadline: float) -> Weighed:
        with self._lock:
            self.asked.append(question)
            look = next(self._looks, str)
        self.began.release()
        assert self.go.wait(PATIENCE_S)
        how = look()
        reply = PLAIN if how == FLEETING else said(question, turns if how == LEANS else ())
        return Weighed(reply, fleeting=how == FLEETING, leans=how == LEANS)

    def answer(self, question: str, *, lang: Lang, skill: str, turns: Sequence[str], limits: Limits, deadline: float) -> Reply:
        raise AssertionError("whoever looks wants to know for whom it holds")

    def hangs_on(self, question: str, *, lang: Lang, skill: str, limits: Limits) -> Hashable:
        return question

    def fingerprint(self) -> str:
        return "gate"


class Search:
    """The same by the search alone."""

    def answer(self, question: str, *, lang: Lang, skill: str, turns: Sequence[str], limits: Limits, deadline: float) -> Reply:
        return PLAIN


class Bench:
    """A memory around a gate, and a crowd that asks."""

    def __init__(self, *looks: Look) -> None:
        self.gate, self.seen, self._told = Gate(*looks), Counter[Seen](), threading.Condition()
        self.memory = Memory(tell=self._tell)
        self.remembered = Remembered(self.gate, Search(), self.memory)

    def _tell(self, seen: Seen) -> None:
        with self._told:
            self.seen[seen] += 1

    def ask(self, question: str = "q", turns: Sequence[str] = (), within_s: float = 2 * PATIENCE_S) -> Reply | str:
        """The answer, or the name of the error."""
        try:
            return self.remembered.answer(question, lang=EN, turns=turns, limits=Limits(), deadline=monotonic() + within_s)
        except ZeroDivisionError as error:
            return type(error).__name__

    def crowd(self, *turns: Sequence[str]) -> list[Reply | str]:
        """What CROWD people get who ask after one of them has begun to be answered. `turns`: theirs, () for all others."""
        with ThreadPoolExecutor(CROWD) as pool:
            first = pool.submit(self.ask)
            assert self.gate.began.acquire(timeout=PATIENCE_S)
            others = [pool.submit(self.ask, "q", one) for one in [*turns, *[()] * (CROWD - 1 - len(turns))]]
            self.gate.go.set()
            return [asked.result(PATIENCE_S) for asked in (first, *others)]


def dies() -> str:
    raise ZeroDivisionError


def fleets() -> str:
    return FLEETING


def leans() -> str:
    return LEANS


def test_one_look_serves_all_who_ask_meanwhile() -> None:
    bench = Bench()
    assert bench.crowd() == [said("q")] * CROWD
    assert bench.gate.asked == ["q"]
    assert bench.seen[Seen.MISS] == 1
    assert bench.seen[Seen.MERGED] + bench.seen[Seen.HIT] == CROWD - 1


def test_nobody_waits_past_their_deadline() -> None:
    bench = Bench()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(bench.ask)
        assert bench.gate.began.acquire(timeout=PATIENCE_S)
        second = pool.submit(bench.ask, "q", (), 0.5)  # whose time runs out while the first is held up
        assert second.result(PATIENCE_S) == PLAIN
        bench.gate.go.set()
        assert first.result(PATIENCE_S) == said("q")
    assert bench.gate.asked == ["q"]
    assert bench.seen == {Seen.MISS: 1, Seen.LATE: 1}
    assert bench.ask() == said("q")


def test_another_question_waits_for_nobody() -> None:
    bench = Bench()
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(bench.ask, question) for question in ("one", "two")]
        for _ in asked:
            assert bench.gate.began.acquire(timeout=PATIENCE_S)
        bench.gate.go.set()
        assert [one.result(PATIENCE_S) for one in asked] == [said("one"), said("two")]


def test_where_the_first_dies_one_of_those_who_wait_takes_over() -> None:
    bench = Bench(dies)
    assert Counter(map(str, bench.crowd())) == {"ZeroDivisionError": 1, str(said("q")): CROWD - 1}
    assert bench.gate.asked == ["q", "q"]


def test_what_a_failure_said_to_the_first_is_for_nobody_else() -> None:
    bench = Bench(fleets)
    assert bench.crowd() == [PLAIN, *[said("q")] * (CROWD - 1)]
    assert bench.gate.asked == ["q", "q"]


def test_an_answer_that_leans_serves_those_with_nothing_before_it() -> None:
    bench = Bench(leans, leans, leans)
    assert bench.crowd(("a",), ("b",)) == [said("q"), said("q", ("a",)), said("q", ("b",)), *[said("q")] * (CROWD - 3)]
    assert bench.gate.asked == ["q"] * 3


@pytest.mark.parametrize("failing", [dies, fleets], ids=["dies", "fleets"])
def test_where_all_looks_fail_nobody_waits_for_ever(failing: Look) -> None:
    bench = Bench(*[failing] * CROWD)
    assert set(map(str, bench.crowd())) <= {"ZeroDivisionError", str(PLAIN)}
    assert bench.gate.asked == ["q"] * CROWD
    assert bench.ask() == said("q")


ASKERS = st.tuples(st.sampled_from("abc"), st.sampled_from([(), ("x",), ("y",)]))


@given(
    groups=st.lists(st.lists(ASKERS, max_size=8), min_size=2, max_size=CROWD),
    ends=st.lists(st.sampled_from([str, dies, fleets]), max_size=12),
    most=st.integers(1, 3),
)
@settings(deadline=None, max_examples=60)
@example(groups=[[("a", ())] * 8] * CROWD, ends=[dies, fleets] * 6, most=1)
def test_whoever_asks_when_gets_what_they_would_have_got(
    groups: list[list[tuple[str, tuple[str, ...]]]], ends: list[Look], most: int
) -> None:
    """Question c leans on what came before. Who sees a failure looked for themselves."""
    bench, failed = Bench(), Counter[str]()
    lock, looks = threading.Lock(), iter(ends)

    def weigh(question: str, *, turns: Sequence[str], **_: object) -> Weighed:
        with lock:
            how = next(looks, str)
            failed[how.__name__] += 1
        if how is fleets:
            return Weighed(PLAIN, fleeting=True)
        how()
        return Weighed(said(question, turns if question == "c" else ()), leans=question == "c")

    bench.gate.weigh = weigh  # type: ignore[method-assign]
    bench.remembered = Remembered(bench.gate, Search(), Memory(most=most, tell=bench._tell))
    start = threading.Barrier(len(groups))

    def one_after_another(askers: list[tuple[str, tuple[str, ...]]]) -> list[tuple[Reply | str, Reply]]:
        start.wait(PATIENCE_S)
        return [(bench.ask(question, turns), said(question, turns if question == "c" else ())) for question, turns in askers]

    with ThreadPoolExecutor(len(groups)) as pool:
        got = [pair for pairs in pool.map(one_after_another, groups) for pair in pairs]
    wrong = Counter(reply if isinstance(reply, str) else "fleets" for reply, right in got if reply != right)
    assert wrong == {name: count for name, count in (("ZeroDivisionError", failed["dies"]), ("fleets", failed["fleets"])) if count}
    assert sum(bench.seen[one] for one in Seen if one is not Seen.EVICTED) == len(got)
    assert len(bench.remembered._memory) <= most
    assert not bench.remembered._memory._flights
