"""A text that the engine goes on with."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from models.sequences import Held


@dataclass(eq=False, slots=True)
class Job:
    """A text to go on with. `tokens` is the prompt and then what was written; `deadline` a value of the batch's clock.

    With `among` it ends when the prompt is read: `shares` says how likely each of those tokens comes next. Else `hears` is told each new
    token and says whether the text goes on. `finish` is "" until it is over, then "stop", "length", "deadline" or "failed"."""

    tokens: list[int]
    limit: int
    deadline: float
    among: Sequence[int] = ()
    adapter: int = 0  # what the model reads and writes it with: one of the machine's, counted from 1; 0: as it is
    hears: Callable[[int], bool] = lambda _: True
    over: Callable[[], None] = lambda: None  # called when it is over, in the engine's thread
    prompt: int = field(init=False)  # so many of `tokens`
    shares: Sequence[float] = ()
    finish: str = ""
    error: str = ""
    first_at: float = 0.0  # when its first token came
    held: Held | None = None

    def __post_init__(self) -> None:
        self.prompt = len(self.tokens)

    @property
    def written(self) -> int:
        return len(self.tokens) - self.prompt

    def over_with(self, finish: str) -> None:
        """It is over."""
        self.finish = finish
        self.over()

    @property
    def reading(self) -> bool:
        """Whether there is still prompt to be read."""
        return self.held is not None and len(self.held.tokens) < self.prompt - 1
