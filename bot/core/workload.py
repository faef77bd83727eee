"""What can be read off the engine at any moment: what it has done, what it holds, whom the line before it turned away."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(slots=True)
class Tokens:
    """What an engine has done, counted in tokens. The prompt of every text that came to its end is `read` and `shared` together."""

    read: int = 0  # of prompts
    shared: int = 0  # of prompts: not read again, for another text began with the same ones
    guessed: int = 0  # of answers: ahead of what was written
    right: int = 0  # of those

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            read=self.read + other.read,
            shared=self.shared + other.shared,
            guessed=self.guessed + other.guessed,
            right=self.right + other.right,
        )


@dataclass(frozen=True, slots=True)
class Work:
    """The engine itself: what it has done and used since it was first opened, in all its processes, and what it holds now."""

    tokens: Tokens = field(default_factory=Tokens)
    cpu_s: float | None = None  # seconds of one core; None where the machine does not tell
    joules: float | None = None  # the same
    held: int = 0  # texts that have a slot of it
    cells: int = 0  # tokens that its context holds
    rss: int = 0  # bytes


@dataclass(frozen=True, slots=True)
class Workload:
    """One look at the engine and the line before it."""

    texts: Mapping[str, int] = field(default_factory=dict)  # by outcome: those that were let in and are over
    shed: Mapping[str, int] = field(default_factory=dict)  # by reason
    waiting: int = 0
    under_way: int = 0
    unit_s: float = 0.0  # how long a text of cost 1 takes; 0.0: not known yet
    work: Work = field(default_factory=Work)
