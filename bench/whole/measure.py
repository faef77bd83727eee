"""One stretch of asking: what came of it after the warm-up, and what it took."""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.engine.loop import Answer, Ask, ask_all
from bench.machine import percentile

Look = Callable[[], Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Plan:
    """`askers` at once; `answers` count, after `warm` that do not."""

    askers: int
    warm: int
    answers: int

    @property
    def questions(self) -> int:
        """How many are needed so that none is asked twice: at the end the other askers are at one more each."""
        return self.warm + self.answers + self.askers


@dataclass(frozen=True, slots=True)
class Run:
    """What was seen in the stretch that counts. `cpu`: seconds of processor time by process."""

    seconds: float
    waits_s: tuple[float, ...]
    cpu: Mapping[str, float]

    @property
    def per_minute(self) -> float:
        return 60.0 * len(self.waits_s) / self.seconds

    def wait_s(self, share: float) -> float:
        """The percentile of how long an asker waited."""
        return percentile(list(self.waits_s), share)

    def cpu_ms(self, name: str) -> float:
        """Of processor time an answer."""
        return 1000.0 * self.cpu.get(name, 0.0) / len(self.waits_s)


@dataclass
class _Stretch:
    plan: Plan
    look: Look
    stop: threading.Event = field(default_factory=threading.Event)
    answers: list[Answer] = field(default_factory=list)
    looks: list[Mapping[str, float]] = field(default_factory=list)

    def tell(self, answer: Answer) -> None:
        """Told one at a time."""
        self.answers.append(answer)
        if len(self.answers) in (self.plan.warm, self.plan.warm + self.plan.answers):
            self.looks.append(self.look())
        if len(self.answers) >= self.plan.warm + self.plan.answers:
            self.stop.set()


def measure(ask: Ask, asked: Sequence[str], plan: Plan, look: Look) -> Run:
    """Asks until so many answers have come. `look` says how many seconds each process has taken so far."""
    stretch = _Stretch(plan, look)
    ask_all(ask, asked, plan.askers, stretch.tell, stop=stretch.stop)
    began = stretch.answers[plan.warm - 1].ended
    counted = stretch.answers[plan.warm : plan.warm + plan.answers]
    first, last = stretch.looks
    spent = {name: seconds - first.get(name, 0.0) for name, seconds in last.items()}
    return Run(counted[-1].ended - began, tuple(one.last_s for one in counted), spent)
