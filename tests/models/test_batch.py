"""Texts that go on together say what each would say alone, whatever comes and goes beside them."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.core.errors import ModelFailed
from models.batch import GUESSED, Batch, outputs
from models.job import Job
from models.shape import Shape
from tests.models.machine import WORDS, Machine, as_read, says

FAR = 1e9


def alone(prompt: Sequence[int], limit: int, adapter: int = 0) -> tuple[list[int], str]:
    """What a text becomes when nothing else is there, and why it ends."""
    tokens = list(prompt)
    while len(tokens) - len(prompt) < limit:
        token = says(as_read(tokens, adapter))
        if not token:
            return tokens[len(prompt) :], "stop"
        tokens.append(token)
    return tokens[len(prompt) :], "length"


def job(prompt: Sequence[int], limit: int = 8, *, deadline: float = FAR, among: Sequence[int] = (), adapter: int = 0) -> Job:
    return Job(list(prompt), limit, deadline, among=among, adapter=adapter, hears=bool)


def run(batch: Batch) -> None:
    for _ in range(10_000):
        if not batch.busy:
            return
        batch.step()
    pytest.fail("it never ends")


SHAPES = st.builds(Shape, sequences=st.integers(1, 5), context=st.integers(60, 200), batch=st.integers(5, 40))
PROMPTS = st.tuples(
    st.sampled_from([(), (1, 2, 3) * 8, (1, 2, 3) * 8 + (4, 4, 5)]), st.lists(st.integers(1, WORDS - 1), min_size=1, max_size=12)
).map(lambda parts: [*parts[0], *parts[1]])
ASKED = st.lists(st.tuples(PROMPTS, st.integers(1, 12), st.booleans(), st.integers(0, 6)), min_size=1, max_size=14)


@settings(max_examples=300, deadline=None)
@given(SHAPES, ASKED, st.booleans())
def test_each_says_what_it_would_say_alone(shape: Shape, asked: list[tuple[list[int], int, bool, int]], rewinds: bool) -> None:
    machine = Machine(cells=shape.context, batch=shape.batch, rewinds=rewinds)
    batch = Batch(machine, shape, clock=lambda: 0.0)
    jobs = []
    for prompt, limit, chooses, steps in asked:  # some steps pass before the next one comes
        jobs.append(job(prompt, 0 if chooses else limit, among=(1, 2, 3) if chooses else ()))
        batch.add(jobs[-1])
        for _ in range(steps):
            batch.step()
    run(batch)
    for one, (prompt, limit, chooses, _) in zip(jobs, asked, strict=True):
        if chooses:
            lone = Machine(cells=10**6, batch=10**6)
            one_alone = job(prompt, 0, among=(1, 2, 3))
            single = Batch(lone, Shape(sequences=1, context=10**6, batch=10**6), clock=lambda: 0.0)
            single.add(one_alone)
            run(single)
            assert one.shares == one_alone.shares
        else:
            assert (one.tokens[one.prompt :], one.finish) == alone(prompt, limit)


@settings(max_examples=100, deadline=None)
@given(SHAPES, ASKED, st.booleans())
def test_every_token_of_every_prompt_is_read_or_shared(shape: Shape, asked: list[tuple[list[int], int, bool, int]], rewinds: bool) -> None:
    machine = Machine(cells=shape.context, batch=shape.batch, rewinds=rewinds)
    batch = Batch(machine, shape, clock=lambda: 0.0)
    jobs = [job(prompt, 0 if chooses else limit, among=(1, 2) if chooses else ()) for prompt, limit, chooses, _ in asked]
    for one in jobs:
        batch.add(one)
    batch.step()
    assert batch.under_way == sum(one.held is not None for one in jobs)
    run(batch)
    done = batch.done
    assert done.read + done.shared == sum(one.prompt for one in jobs)
    again = sum(max(0, _said(one) - 1) for one in jobs) - done.right  # what was written is read behind it, right guesses only as such
    assert again <= machine.read - done.read - done.guessed <= again + len(jobs)  # a right guess may be the last of its text
    assert batch.under_way == 0


def _said(one: Job) -> int:
    """How many tokens the model said: the one that ends the text as well."""
    return one.written + (one.finish == "stop" and not one.among)


def test_a_shared_beginning_is_read_once_even_by_those_who_come_together() -> None:
    shape = Shape(sequences=8, context=2000, batch=16)
    machine = Machine(cells=2000, batch=16)
    batch = Batch(machine, shape, clock=lambda: 0.0)
    beginning = [1 + n * n % 5 for n in range(300)]
    for n in range(8):
        batch.add(job([*beginning, 6, 1 + n % 6, 2 + n % 3], 1))
    run(batch)
    assert machine.read < 300 + 8 * (3 + 4 + GUESSED)


@settings(max_examples=200, deadline=None)
@given(
    SHAPES, st.lists(st.tuples(PROMPTS, st.integers(1, 12), st.integers(0, 2), st.integers(0, 6)), min_size=1, max_size=14), st.booleans()
)
def test_each_adapter_says_what_it_would_say_alone(shape: Shape, asked: list[tuple[list[int], int, int, int]], rewinds: bool) -> None:
    machine = Machine(cells=shape.context, batch=shape.batch, rewinds=rewinds)
    batch = Batch(machine, shape, clock=lambda: 0.0)
    jobs = []
    for prompt, limit, adapter, steps in asked:
        jobs.append(job(prompt, limit, adapter=adapter))
        batch.add(jobs[-1])
        for _ in range(steps):
            batch.step()
    run(batch)
    for one, (prompt, limit, adapter, _) in zip(jobs, asked, strict=True):
        assert (one.tokens[one.prompt :], one.finish) == alone(prompt, limit, adapter)


def test_texts_of_two_adapters_take_turns_and_share_only_with_their_own() -> None:
    machine = Machine(cells=2000, batch=64)
    batch = Batch(machine, Shape(sequences=8, context=2000, batch=64), clock=lambda: 0.0)
    beginning = [1 + n * n % 5 for n in range(200)]
    for adapter in (1, 2, 1, 2):
        batch.add(job([*beginning, 6, 1 + adapter], 30, adapter=adapter))
        run(batch)
    assert 400 < machine.read < 400 + 4 * (3 + 30 * (1 + GUESSED))
    machine.adapters.clear()
    jobs = [job([3] * 5, 30, adapter=1), job([4] * 5, 30, adapter=2)]
    for one in jobs:
        batch.add(one)
    for _ in range(3):
        batch.step()
    assert machine.adapters == [1, 2] * 3


def test_what_has_ended_is_still_shared() -> None:
    machine = Machine(cells=120, batch=32)
    batch = Batch(machine, Shape(sequences=2, context=120, batch=32), clock=lambda: 0.0)
    for prompt in ([1] * 60, [1] * 59 + [2], [3] * 80, [1] * 60):
        batch.add(job(prompt, 1))
        run(batch)
    assert machine.read < 60 + 2 + 80 + 2 + 4 * (1 + GUESSED)


def test_a_step_names_places_in_their_order_and_those_who_write_have_as_many_rows() -> None:
    machine = Machine(cells=1000, batch=200)
    batch = Batch(machine, Shape(sequences=5, context=1000, batch=200), clock=lambda: 0.0)
    for n in (4, 5, 6):
        batch.add(Job([2, 4, 6, n] * 5, 40, FAR, hears=lambda _: True))
    batch.step()
    batch.step()  # those that share their beginning with the first were let in behind it
    batch.add(job([6 - n * n % 5 for n in range(150)], 1))
    guessed = 0
    for _ in range(30):
        batch.step()
        places = machine.places
        assert places == sorted(places)
        rows = [places.count(place) for place in set(places)]
        assert len(set(rows)) == 1 or sorted(rows)[-1] > 100, rows
        guessed += max(rows) in range(2, 100)
    assert guessed


def test_those_who_write_go_on_in_every_step_while_a_long_prompt_is_read() -> None:
    machine = Machine(cells=1000, batch=8)
    batch = Batch(machine, Shape(sequences=2, context=1000, batch=8), clock=lambda: 0.0)
    writer = next(one for one in (job([n, 2, 3, n], 12) for n in range(1, WORDS)) if len(alone(one.tokens, 12)[0]) >= 6)
    batch.add(writer)
    batch.step()
    batch.add(job([4] * 200, 1))
    before = writer.written
    for _ in range(4):
        batch.step()
    assert writer.written >= min(before + 4, 6)


def test_who_is_late_ends_and_its_room_is_free() -> None:
    now = [0.0]
    machine = Machine(cells=100, batch=8)
    batch = Batch(machine, Shape(sequences=1, context=100, batch=8), clock=lambda: now[0])
    late, waits, hopeless = job([1] * 40, deadline=5.0), job([2, 3, 4], 2), job([2] * 9, deadline=4.0)
    for one in (late, waits, hopeless):
        batch.add(one)
    batch.step()
    now[0] = 6.0
    run(batch)
    assert (late.finish, late.written, hopeless.finish) == ("deadline", 0, "deadline")
    assert (waits.tokens[3:], waits.finish) == alone([2, 3, 4], 2)


def test_the_earliest_deadline_goes_first() -> None:
    machine = Machine(cells=100, batch=8)
    batch = Batch(machine, Shape(sequences=1, context=100, batch=8), clock=lambda: 0.0)
    order: list[str] = []
    for name, deadline in (("sms", 40.0), ("ussd", 6.0), ("whatsapp", 30.0)):
        one = job([2, 3, 4], 1, deadline=deadline)
        one.over = lambda name=name: order.append(name)  # type: ignore[misc]
        batch.add(one)
    run(batch)
    assert order == ["ussd", "whatsapp", "sms"]


def test_a_failure_ends_all_and_the_next_one_starts_anew() -> None:
    machine = Machine(cells=200, batch=8)
    machine.fails_at = 2
    batch = Batch(machine, Shape(sequences=2, context=200, batch=8), clock=lambda: 0.0)
    jobs = [job([n] * 20) for n in (1, 2, 3)]
    for one in jobs:
        batch.add(one)
    run(batch)
    assert {(one.finish, one.error) for one in jobs} == {("failed", "llama.cpp failed to decode")}
    again = job([1] * 20)
    batch.add(again)
    run(batch)
    assert (again.tokens[20:], again.finish) == alone([1] * 20, 8)


def test_what_can_never_fit_is_refused_and_what_just_fits_is_not() -> None:
    machine = Machine(cells=60, batch=8)
    batch = Batch(machine, Shape(sequences=1, context=60, batch=8), clock=lambda: 0.0)
    with pytest.raises(ModelFailed, match="Shorten"):
        batch.add(job([1] * 60, 8))
    one = job([1] * (60 - 8 - GUESSED), 8)
    batch.add(job([2] * 40, 2))
    batch.add(one)
    run(batch)
    assert (one.tokens[one.prompt :], one.finish) == alone([1] * (60 - 8 - GUESSED), 8)


def test_guesses_save_steps_and_never_outnumber_the_logits() -> None:
    shape = Shape(sequences=4, context=1000, batch=64)
    machine = Machine(cells=1000, batch=64)
    batch = Batch(machine, shape, clock=lambda: 0.0)
    prompt = [1, 2]
    while len(prompt) < 60:  # a text that the model would go on with just so: it stands there already
        prompt.append(says(prompt) or 1)
    one = job(prompt[:40] * 2, 20)
    batch.add(one)
    run(batch)
    assert max(machine.sizes[2:], default=0) <= outputs(shape)


def test_each_right_guess_saves_a_step_and_is_counted() -> None:
    machine = Machine(cells=1000, batch=64)
    batch = Batch(machine, Shape(sequences=4, context=1000, batch=64), clock=lambda: 0.0)
    one = job([6, 4, 2] * 6, 20)
    batch.add(one)
    run(batch)
    assert 0 < batch.done.right < batch.done.guessed
    assert len(machine.sizes) == _said(one) - batch.done.right
