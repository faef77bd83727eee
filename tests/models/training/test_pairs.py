"""Training examples: the right letter is the right text, X where it is gone, and nothing comes from an evaluation set."""

import random
import re
from collections.abc import Sequence
from typing import Any

import pytest

from bot.core import choose
from bot.core.entries import Line
from bot.core.guard import NOINFO
from bot.core.retrieve import Index
from models.training import gather
from models.training.pairs import Example, Pairs
from tests.models.training.house import LIBRARY, reading


@pytest.fixture(scope="module")
def index() -> Index:
    return gather.index(LIBRARY, None)


@pytest.fixture(autouse=True)
def _unspoilt(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a question can be recognised; spoiling has its own tests."""
    monkeypatch.setattr("models.training.pairs.spoil", lambda text, dice: text)


def many(index: Index, strays: Sequence[tuple[str, Any]] = (), *, times: int = 60) -> list[Example]:
    pairs, dice = Pairs(index, strays), random.Random(5)
    return [example for _ in range(times) for example in pairs.choosing(dice)]


def parts(example: Example) -> tuple[str, dict[str, str]]:
    """The question of a prompt and its options by letter."""
    lines = example.prompt.splitlines()
    assert lines[0] == lines[-2]
    assert lines[-3:] == [f"{choose.NONE}: -", lines[0], "Best:"]
    return lines[0].removeprefix("Q: "), dict(line.split(": ", 1) for line in lines[1:-3])


def owner(index: Index, question: str) -> Line:
    return next(line for line in index.lines if line.text == question)


def test_the_right_letter_is_the_right_text(index: Index) -> None:
    told = 0
    for example in many(index):
        question, options = parts(example)
        letter = example.target.strip()
        if letter != choose.NONE:
            assert options[letter] == owner(index, question).answer
            told += 1
    assert told > 500


def test_x_is_right_where_the_right_text_is_gone_or_the_question_is_strange(index: Index) -> None:
    known, gone, changed = {line.text: line for line in index.lines}, 0, 0
    for example in many(index):
        question, options = parts(example)
        line = known.get(question)
        if line is None:
            assert example.target == f" {choose.NONE}"
            changed += 1
        elif line.answer not in options.values():
            assert example.target == f" {choose.NONE}"
            assert line.fact.sms not in options.values()  # nor may another text of the same fact stand for it
            gone += 1
        else:
            assert example.target != f" {choose.NONE}"
    assert gone > 100
    assert changed > 100


def test_no_option_stands_twice_and_every_letter_may_be_chosen(index: Index) -> None:
    counts = set()
    for example in many(index):
        _, options = parts(example)
        assert len(set(options.values())) == len(options) <= len(choose.LETTERS)
        assert list(example.among) == [f" {letter}" for letter in (*options, choose.NONE)]
        assert example.target in example.among
        counts.add(len(options))
    assert len(counts) > 3


def test_the_right_one_stands_everywhere(index: Index) -> None:
    letters = {example.target.strip() for example in many(index)}
    assert letters >= {"A", "B", "C", "D", choose.NONE}


def test_a_question_for_a_detail_is_answered_by_its_sentence(index: Index) -> None:
    found = [options[e.target.strip()] for e in many(index) for q, options in [parts(e)] if q.startswith("how often") and e.target != " X"]
    assert set(found) == {"Look 2 times a week."}


def test_what_nobody_answers_is_x(index: Index) -> None:
    strays = [(text, lang) for lang, texts in LIBRARY.strays.items() for text in texts]
    asked = {text for text, _ in strays}
    mine = [example for example in many(index, strays, times=5) if parts(example)[0] in asked]
    assert mine
    assert {example.target for example in mine} == {f" {choose.NONE}"}


def test_writing_gives_the_answer_or_says_that_it_is_not_there(index: Index) -> None:
    pairs, dice = Pairs(index, []), random.Random(5)
    refused = 0
    for example in (example for _ in range(30) for example in pairs.writing(dice)):
        found = re.fullmatch(r"Passage: (.*)\nQuestion: (.*)\nSMS:", example.prompt)
        assert found
        assert example.among == ()
        line = owner(index, found[2])
        if example.target == f" {NOINFO}":
            assert found[1] != line.fact.body
            refused += 1
        else:
            assert (found[1], example.target) == (line.fact.body, f" {line.answer}")
    assert refused > 50


def test_every_view_is_another(index: Index) -> None:
    pairs, dice = Pairs(index, []), random.Random(5)
    assert list(pairs.choosing(dice)) != list(pairs.choosing(dice))


def test_no_file_is_read_while_examples_are_made(index: Index) -> None:
    with reading() as opened:
        gather.examples(LIBRARY, index, views=2, dice=random.Random(1))
        list(gather.checks(gather.cases(LIBRARY, 10, random.Random(1)), index))
    assert opened == []
