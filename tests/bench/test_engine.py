"""The engine benchmark's own parts: what it asks, how it asks, what it counts and what it says of it."""

import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from time import sleep
from typing import Self

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.engine import __main__ as command
from bench.engine import cell, show
from bench.engine.cell import Cell
from bench.engine.loop import Answer, Held, Said, ask_all
from bench.engine.meter import Memory
from bench.engine.prompts import prompts
from bench.engine.soak import Minute, faults, soak
from bot.core.types import Lang
from models.shape import Shape
from skills import loader


def answer(prompt: int = 0, *, ended: float = 0.0, last_s: float = 1.0, text: str = "") -> Answer:
    return Answer(prompt, ended, last_s / 2, last_s, 3, text)


def test_the_prompts_are_those_of_all_skills_in_both_languages() -> None:
    library = loader.load(command.ROOT / "skills")
    found = prompts(library, seed=1)
    assert len(found) == len(set(found)) > 1000
    for skill in library.skills:
        for lang in Lang:
            opening = skill.prompt[lang].partition("$passage")[0]
            assert sum(one.startswith(opening) for one in found) >= 40
    bodies = [fact.body for skill in library.skills for fact in skill.facts]
    assert all(any(body in one for body in bodies) for one in found)


def test_the_seed_alone_decides_the_order() -> None:
    library = loader.load(command.ROOT / "skills")
    first, other = prompts(library, seed=1), prompts(library, seed=2)
    assert first == prompts(library, seed=1)
    assert first != other
    assert sorted(first) == sorted(other)


@given(st.builds(Answer, st.integers(0), *3 * [st.floats(0, 1e9)], st.integers(0), st.text(), *2 * [st.none() | st.integers(0)]))
def test_an_answer_goes_through_a_line(one: Answer) -> None:
    line = one.line()
    assert "\n" not in line
    assert Answer.read(line) == one


def test_each_asker_asks_again_when_it_has_its_answer_and_no_sooner() -> None:
    stop, told, most, inside, lock = threading.Event(), list[Answer](), 0, 0, threading.Lock()

    def ask(prompt: str) -> Said:
        nonlocal most, inside
        with lock:
            inside += 1
            most = max(most, inside)
        sleep(0.002)
        with lock:
            inside -= 1
        return Said(prompt, 1, 0.001)

    def tell(one: Answer) -> None:
        told.append(one)
        if len(told) == 40:
            stop.set()

    ask_all(ask, "abcdefg", 4, tell, stop=stop, held=lambda: Held(inside, 7))
    assert most == 4
    assert 40 <= len(told) <= 44
    assert all(one.text == "abcdefg"[one.prompt] and one.last_s >= 0.002 and one.busy is not None and one.cells == 7 for one in told)
    shares = [sum(one.prompt == n for one in told) for n in range(7)]
    assert max(shares) - min(shares) <= 1  # all in turn


def test_who_fails_ends_it_and_is_heard() -> None:
    turns = count()

    def ask(prompt: str) -> Said:
        if next(turns) == 5:
            raise ValueError("no more")
        return Said("", 0, 0.0)

    with pytest.raises(ValueError, match="no more"):
        ask_all(ask, ["a"], 3, lambda _: None, stop=threading.Event())


def test_what_fails_after_the_end_is_no_failure() -> None:
    stop = threading.Event()

    def ask(prompt: str) -> Said:
        stop.set()
        raise OSError("taken away")

    ask_all(ask, ["a"], 1, lambda _: None, stop=stop)


class Scripted:
    """A contender that answers what it is told, in the process of the test."""

    pid = os.getpid()

    def __init__(self, answers: Iterator[Answer], held: Held | None = None) -> None:
        self.answers = lambda: answers
        self.rest = lambda: held or Held()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


def test_a_cell_counts_only_what_comes_after_the_warm_up() -> None:
    steady = (answer(n, ended=10.0 + n / 2) for n in count())
    seen = cell.measure("ours", 4, Scripted(steady), warm=5, count=20, most_s=1e9)
    assert [one.prompt for one in seen.answers] == list(range(5, 25))
    assert seen.seconds == 10.0
    assert seen.per_minute == 120.0


def test_a_cell_ends_after_its_time_with_one_answer_at_least() -> None:
    slow = (answer(n, ended=100.0 * n) for n in count())
    seen = cell.measure("ours", 1, Scripted(slow), warm=1, count=20, most_s=150.0)
    assert [one.prompt for one in seen.answers] == [1, 2]
    seen = cell.measure("ours", 1, Scripted(slow), warm=1, count=20, most_s=0.0)
    assert len(seen.answers) == 1


def made(contender: str, askers: int = 1, *, seconds: float = 60.0, texts: str = "ab", rss: float = 400.0, last_s: float = 1.0) -> Cell:
    answers = tuple(answer(n, last_s=last_s, text=text) for n, text in enumerate(texts))
    return Cell(contender, askers, answers, seconds, 3.0, Memory(rss, 300.0, 200.0))


def test_the_same_texts_are_counted_against_the_first_that_plain_said() -> None:
    said = cell.reference([made("ours", texts="xyz"), made("plain", texts="ab"), made("plain", 4, texts="cbd")], "plain")
    assert said == {0: "a", 1: "b", 2: "d"}
    assert cell.same(made("ours", texts="axde"), said) == (2, 3)


def test_the_ratio_is_ours_over_the_other_and_only_where_both_were_asked() -> None:
    cells = [made("ours", 1, seconds=30.0), made("llama-server", 1), made("ours", 4), made("llama-server", 16), made("plain", 1)]
    assert cell.ratios(cells, "ours", "llama-server", lambda one: one.per_minute) == {1: 2.0}


def test_the_tables_say_what_was_seen() -> None:
    cells = [made("ours", 16, seconds=20.0, last_s=2.0), made("llama-server", 16, texts="ac"), made("plain", 16, texts="ac")]
    rows = [[word.strip() for word in line.split("|")[1:-1]] for line in show.cells_table(cells).splitlines()]
    assert rows[0] == show.HEAD
    assert rows[2] == ["ours", "16", "6.0", "1.00 / 1.00", "2.00 / 2.00", "1.50", "400", "300", "200", "1 of 2"]
    assert rows[3][-1] == rows[4][-1] == "2 of 2"
    assert "| 16 askers           | 3.00             | 2.00           | 1.00          | 1.00 |" in show.ratios_table(cells)
    assert show.ratios_table(cells[:1]) == ""


def test_who_cannot_tell_its_first_token_shows_none() -> None:
    mute = replace(made("ours"), answers=(replace(answer(), first_s=0.0),))
    assert "| - " in show.cells_table([mute])


def test_a_soak_has_a_line_for_each_minute_an_empty_one_too() -> None:
    ends = [0.0, 10.0, 59.9, 60.0, 185.0, 250.0]
    told = [
        replace(answer(ended=5.0 + end, last_s=last), busy=busy, cells=10 * busy) for last, (end, busy) in enumerate(zip(ends, count()), 1)
    ]
    said = list[str]()
    assert soak(Scripted(iter(told), Held(0, 40)), 4, said.append) == []
    lines = [line.split() for line in said]
    assert [(*row[:4], *row[6:]) for row in lines[1:-1]] == [
        ("1", "3", "2.00", "3.00", "1.0", "20"),
        ("2", "1", "4.00", "4.00", "3.0", "30"),
        ("3", "0", "-", "-", "-", "-"),
        ("4", "1", "5.00", "5.00", "4.0", "40"),
    ]
    assert all(float(row[4]) > float(row[5]) > 1 for row in lines[1:-1])
    assert said[-1] == "at rest: 0 slots held, 40 cells in use"


def soaked(*own: float, slow: float = 1.0) -> list[Minute]:
    """So many minutes of an answer a second, while more and more of a file is looked at; those of the last quarter take `slow` times."""
    took = [slow if 4 * minute >= 3 * len(own) else 1.0 for minute in range(len(own))]
    return [Minute([answer(ended=60.0 * n + s, last_s=took[n]) for s in range(60)], 500.0 + 100 * n, mb) for n, mb in enumerate(own)]


@pytest.mark.parametrize(
    ("seen", "held", "says"),
    [
        pytest.param(soaked(*[300.0] * 12), Held(0, 9), "", id="sound"),
        pytest.param(soaked(*[300.0] * 12), Held(), "", id="one that cannot tell"),
        pytest.param(soaked(*[300.0] * 12), Held(2, 9), "2 slot(s) held at rest", id="a slot is lost"),
        pytest.param(soaked(200.0, *[300.0] * 10, 315.0), Held(0), "", id="it grew at first and a little"),
        pytest.param(soaked(*[300.0] * 11, 316.0), Held(0), "memory grew from 300 MB after minute 10 to 316 MB", id="it grew"),
        pytest.param(soaked(100.0, 900.0), Held(0), "", id="too short to tell of memory"),
        pytest.param(soaked(*[300.0] * 8, slow=1.25), Held(0), "", id="a little slower"),
        pytest.param(soaked(*[300.0] * 8, slow=1.3), Held(0), "the last quarter's p95 is 1.30 s, the second one's 1.00 s", id="slower"),
        pytest.param(
            [*soaked(*[300.0] * 6), Minute([], 300.0, 300.0), Minute([], 300.0, 300.0)],
            Held(0),
            "no answer in the last quarter",
            id="silent",
        ),
        pytest.param([Minute([], 300.0, 300.0)], Held(0), "", id="nothing at all"),
    ],
)
def test_a_soak_says_what_is_not_as_it_should_be(seen: list[Minute], held: Held, says: str) -> None:
    assert list(faults(seen, held)) == [says] * bool(says)


def test_a_soak_that_is_not_sound_fails_the_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(command, "find", lambda *_: ("a.gguf", None))
    monkeypatch.setattr(command, "soak", lambda *_: ["2 slot(s) held at rest"])
    assert command.main(["--soak", "1", "--only", "ours"]) == 1
    assert capsys.readouterr().out == "NOT SOUND: 2 slot(s) held at rest\n"
    monkeypatch.setattr(command, "soak", lambda *_: [])
    assert command.main(["--soak", "1", "--only", "ours"]) == 0
    assert capsys.readouterr().out == ""


def test_the_shape_is_changed_by_name() -> None:
    changed = command.shape(["batch=128", "flash=true", "cache=q8_0"], threads=2)
    assert changed == replace(Shape(), threads=2, batch=128, flash=True, cache="q8_0")
    with pytest.raises(SystemExit, match="no 'bach'"):
        command.shape(["bach=128"], threads=2)


def test_a_small_machine_must_be_enough_for_ours(capsys: pytest.CaptureFixture[str]) -> None:
    cells = [made("ours", rss=2000.0), made("llama-server", rss=2100.0)]
    assert command.fits(cells, 2048) == 0
    assert "ours: 2000 MB at most, under 2048\nllama-server: 2100 MB at most, NOT UNDER 2048" in capsys.readouterr().out
    assert command.fits([made("ours", rss=2048.0)], 2048) == 1
    assert command.fits([made("ours", rss=9000.0)], 0) == 0
