"""What the context holds is what it is believed to hold, whoever comes and goes."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.sequences import KEPT, Held, Sequences, common


class Memory:
    """See models.sequences.Memory: what each sequence holds."""

    rewinds = True

    def __init__(self) -> None:
        self.held: dict[int, list[int]] = {}
        self.copies = 0

    def keep(self, sequence: int, count: int) -> None:
        self.held[sequence] = self.held.get(sequence, [])[:count]

    def copy(self, source: int, target: int, count: int) -> None:
        assert source != target
        assert len(self.held[source]) >= count
        self.held[target] = self.held[source][:count]
        self.copies += 1

    def read(self, held: Held, tokens: Sequence[int]) -> None:
        self.held.setdefault(held.id, []).extend(tokens)


def say(sequences: Sequences, memory: Memory, tokens: list[int], adapter: int = 0) -> Held:
    """A text comes and is read."""
    held = sequences.take(tokens, adapter)
    rest = tokens[len(held.tokens) :]
    memory.read(held, rest)
    sequences.grow(held, rest)
    return held


def ended(sequences: Sequences, memory: Memory, tokens: list[int]) -> None:
    """A text comes, is read and is over."""
    sequences.end(say(sequences, memory, tokens), len(tokens))


TEXTS = st.tuples(st.sampled_from([(), (1,) * 9, (1,) * 9 + (2,) * 5]), st.lists(st.integers(1, 3), min_size=1, max_size=6)).map(
    lambda parts: [*parts[0], *parts[1]]
)


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 4), st.lists(st.tuples(TEXTS, st.integers(0, 1), st.integers(0, 3), st.booleans()), max_size=60))
def test_each_text_has_what_it_begins_with_and_nobody_takes_it_away(running: int, asked: list[tuple[list[int], int, int, bool]]) -> None:
    memory = Memory()
    sequences = Sequences(memory, running=running)
    under_way: list[tuple[Held, list[int]]] = []
    read_with: dict[int, int] = {}
    for tokens, adapter, which, ends in asked:
        if len(under_way) == running or (ends and under_way):
            held, text = under_way.pop(which % len(under_way))
            sequences.end(held, max(1, len(text) - which))
        held = sequences.take(tokens, adapter)
        begun = len(held.tokens)
        assert begun < len(tokens)
        assert held.tokens == memory.held.get(held.id, []) == tokens[:begun]
        memory.read(held, tokens[begun:])
        sequences.grow(held, tokens[begun:])
        read_with[held.id] = adapter
        under_way.append((held, tokens))
        assert len({each.id for each, _ in under_way}) == len(under_way)
        assert all(each.id < running and memory.held[each.id] == each.tokens == text for each, text in under_way)
        assert sequences.used == sum(map(len, memory.held.values()))


def test_the_longest_beginning_is_taken_but_never_the_last_token() -> None:
    memory = Memory()
    sequences = Sequences(memory, running=2)
    for text in ([1, 1, 1, 2], [1, 1, 1, 1, 1, 3], [2, 2, 2]):
        ended(sequences, memory, text)
    assert sequences.shared([1, 1, 1, 1, 1, 4]) == 5
    assert sequences.shared([1, 1, 1, 1, 1]) == 4
    assert len(sequences.take([1, 1, 1, 1, 1]).tokens) == 4


def test_another_adapter_shares_nothing() -> None:
    memory = Memory()
    sequences = Sequences(memory, running=2)
    ended(sequences, memory, [1, 2, 3, 4])
    assert (sequences.shared([1, 2, 3, 4], adapter=1), sequences.shared([1, 2, 3, 4])) == (0, 3)


def test_those_under_way_lie_side_by_side() -> None:
    memory = Memory()
    sequences = Sequences(memory, running=6)
    texts = [say(sequences, memory, [n, n]) for n in range(1, 5)]
    places = sorted(held.id for held in texts)
    assert places == list(range(places[0], places[0] + 4))
    gone = texts[1].id
    sequences.end(texts[1], 2)
    assert say(sequences, memory, [6, 6]).id == gone


def test_a_beginning_outlives_many_texts_that_nobody_else_began_with() -> None:
    memory = Memory()
    sequences = Sequences(memory, running=1)
    beginning = [1] * 20
    for end in ([2, 2], [3, 3]):
        ended(sequences, memory, [*beginning, *end])
    for n in range(3 * KEPT):
        ended(sequences, memory, [4 + n] * 10)
    assert sequences.shared([*beginning, 9]) == 20


def test_of_texts_that_nobody_shared_the_last_ones_stay() -> None:
    memory = Memory()
    sequences = Sequences(memory, running=1)
    for n in range(KEPT + 5):
        ended(sequences, memory, [n] * 10)
    stay = [n for n in range(KEPT + 5) if sequences.shared([n] * 10) == 9]
    assert stay == list(range(4, KEPT + 5))


@pytest.mark.parametrize("which", [0, KEPT])
def test_what_is_just_taken_from_is_not_what_has_to_go(which: int) -> None:
    memory = Memory()
    sequences = Sequences(memory, running=1)
    for n in range(KEPT + 1):
        ended(sequences, memory, [n] * 10)
    assert len(say(sequences, memory, [which] * 10).tokens) == 10
    assert memory.held[0] == [which] * 10


def test_a_model_that_cannot_forget_a_part_shares_nothing() -> None:
    memory = Memory()
    memory.rewinds = False
    sequences = Sequences(memory, running=2)
    first = say(sequences, memory, [1, 2, 3])
    assert not sequences.take([1, 2, 4]).tokens
    sequences.end(first, 3)
    assert (memory.held[first.id], memory.copies) == ([], 0)


@given(st.lists(st.integers(0, 2), max_size=40), st.lists(st.integers(0, 2), max_size=40))
def test_common_counts_the_first_ones_that_are_the_same(held: list[int], wanted: list[int]) -> None:
    count = common(held, wanted)
    assert held[:count] == wanted[:count]
    assert count <= max(0, len(wanted) - 1)
    assert count == min(len(held), max(0, len(wanted) - 1)) or held[count] != wanted[count]
