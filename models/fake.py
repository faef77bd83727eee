"""The scripted double of the engine: it shows the prompt, or does what the prompt or the test tells it."""

from collections import deque
from collections.abc import Sequence
from time import monotonic

from bot.core.errors import ModelFailed
from bot.core.types import Draft

_ORDERS = (r"\error", r"\return", r"\slow")


class FakeWriter:
    r"""A Writer without a model.

    Answers, in this order: what `enqueue` left (an exception is raised); an order in the prompt itself, up to the end of its
    line (`\return some text`, `\error some reason`, `\slow` for a missed deadline); else the prompt. `prompts` keeps all it saw.
    A token is a word.
    """

    name = "fake"

    def __init__(self) -> None:
        self.prompts: list[str] = []
        self._queue: deque[str | Exception] = deque()

    def enqueue(self, *answers: str | Exception) -> None:
        """Leaves the next answers, first in, first out."""
        self._queue.extend(answers)

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float) -> Draft:
        """See bot.core.ports.Writer."""
        self.prompts.append(prompt)
        if monotonic() >= deadline:
            return Draft(text="", tokens=0, seconds=0.0, finish="deadline")
        if self._queue:
            answer = self._queue.popleft()
            if isinstance(answer, Exception):
                raise answer
            return _draft(answer, max_tokens, stop)
        order, argument = _order(prompt)
        if order == r"\error":
            raise ModelFailed(argument)
        if order == r"\slow":
            return Draft(text="", tokens=0, seconds=0.0, finish="deadline")
        return _draft(argument if order else prompt, max_tokens, stop)


def _order(prompt: str) -> tuple[str, str]:
    """The last order in the prompt with its argument, or two empty strings. The last: few-shot examples stand before the question."""
    at, order = max((prompt.rfind(order), order) for order in _ORDERS)
    return (order, prompt[at + len(order) :].partition("\n")[0].strip()) if at >= 0 else ("", "")


def _draft(text: str, max_tokens: int, stop: Sequence[str]) -> Draft:
    cut = min((at for word in stop if (at := text.find(word)) >= 0), default=len(text))
    words = text[:cut].split()
    finish = "length" if len(words) > max_tokens else "stop"
    kept = " ".join(words[:max_tokens]) if finish == "length" else text[:cut].strip()
    return Draft(text=kept, tokens=min(len(words), max_tokens), seconds=0.0, finish=finish)
