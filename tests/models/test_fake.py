"""The scripted double."""

from collections.abc import Sequence
from time import monotonic

import pytest

from bot.core.errors import ModelFailed
from bot.core.ports import Writer
from bot.core.types import Draft
from models.fake import FakeWriter


def _write(writer: FakeWriter, prompt: str, *, tokens: int = 50, stop: Sequence[str] = (), seconds: float = 9) -> Draft:
    return writer.write(prompt, max_tokens=tokens, stop=stop, deadline=monotonic() + seconds)


def test_it_is_a_writer_and_keeps_the_prompts() -> None:
    fake = FakeWriter()
    writer: Writer = fake
    assert writer.name == "fake"
    _write(fake, "one")
    _write(fake, "two")
    assert fake.prompts == ["one", "two"]


@pytest.mark.parametrize(
    ("prompt", "text", "tokens", "finish"),
    [
        pytest.param("how deep do i plant", "how deep do i plant", 5, "stop", id="echo"),
        pytest.param("Passage: x\nQuestion: \\return Plant 5 cm deep.\nSMS:", "Plant 5 cm deep.", 4, "stop", id="an order"),
        pytest.param("Q: \\return old\nQ: \\return new\n", "new", 1, "stop", id="the last order counts"),
        pytest.param("Q: \\slow\nSMS:", "", 0, "deadline", id="slow"),
    ],
)
def test_the_prompt_decides(prompt: str, text: str, tokens: int, finish: str) -> None:
    draft = _write(FakeWriter(), prompt)
    assert (draft.text, draft.tokens, draft.finish) == (text, tokens, finish)


def test_an_order_to_fail_fails_with_its_reason() -> None:
    with pytest.raises(ModelFailed, match=r"^out of memory$"):
        _write(FakeWriter(), "Question: \\error out of memory\nSMS:")


def test_what_is_queued_comes_first_and_in_order() -> None:
    fake = FakeWriter()
    fake.enqueue("first", ModelFailed("gone"), "third")
    assert _write(fake, "\\return x").text == "first"
    with pytest.raises(ModelFailed, match="gone"):
        _write(fake, "y")
    assert _write(fake, "z").text == "third"
    assert _write(fake, "z").text == "z"


def test_it_keeps_the_limits_of_a_writer() -> None:
    fake = FakeWriter()
    assert _write(fake, "one two three", tokens=2) == Draft(text="one two", tokens=2, seconds=0.0, finish="length")
    assert _write(fake, "one two\nthree", stop=["\n"]).text == "one two"
    assert _write(fake, "one", seconds=-1).finish == "deadline"
