"""One cell of the table: one contender, so many askers."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from bench.engine.contenders import Contender
from bench.engine.loop import Answer
from bench.engine.meter import Memory, cpu_s, watched
from bench.machine import percentile


@dataclass(frozen=True, slots=True)
class Cell:
    """What was seen. Seconds and answers are those after the warm-up."""

    contender: str
    askers: int
    answers: tuple[Answer, ...]
    seconds: float
    cpu_s: float
    memory: Memory

    @property
    def per_minute(self) -> float:
        return 60 * len(self.answers) / self.seconds

    @property
    def cpu_per_answer_s(self) -> float:
        return self.cpu_s / len(self.answers)

    def first_s(self, share: float) -> float:
        """The percentile of the time to the first token, 0 where the contender cannot tell."""
        return percentile([one.first_s for one in self.answers], share)

    def last_s(self, share: float) -> float:
        """The percentile of the time to the whole answer."""
        return percentile([one.last_s for one in self.answers], share)


def measure(name: str, askers: int, contender: Contender, *, warm: int, count: int, most_s: float) -> Cell:
    """Asks without a pause; counts from the `warm`th answer on, `count` answers or what comes within `most_s`, at least one.

    Raises RuntimeError where the contender fails.
    """
    with contender as running, watched(running.pid) as watch:
        stream = running.answers()
        began = [next(stream) for _ in range(warm)][-1].ended
        spent = cpu_s(running.pid)
        answers = _some(stream, began, count, most_s)
        spent = cpu_s(running.pid) - spent
        memory = watch.memory()
    return Cell(name, askers, tuple(answers), answers[-1].ended - began, spent, memory)


def reference(cells: Sequence[Cell], contender: str) -> Mapping[int, str]:
    """What `contender` said to each prompt that it was asked, the first time."""
    said: dict[int, str] = {}
    for cell in cells:
        for one in cell.answers if cell.contender == contender else ():
            said.setdefault(one.prompt, one.text)
    return said


def same(cell: Cell, said: Mapping[int, str]) -> tuple[int, int]:
    """Of the answers whose prompt stands in `said`: how many are letter by letter the same, and how many there are."""
    pairs = [(one.text, said[one.prompt]) for one in cell.answers if one.prompt in said]
    return sum(a == b for a, b in pairs), len(pairs)


def ratios(cells: Sequence[Cell], ours: str, other: str, value: Callable[[Cell], float]) -> Mapping[int, float]:
    """By askers: the value of `ours` over that of `other`."""
    found = {(cell.contender, cell.askers): value(cell) for cell in cells}
    both = [n for name, n in found if name == ours and found.get((other, n))]
    return {n: found[ours, n] / found[other, n] for n in both}


def _some(stream: Iterator[Answer], began: float, count: int, most_s: float) -> list[Answer]:
    answers: list[Answer] = []
    while len(answers) < count and not (answers and answers[-1].ended - began > most_s):
        answers.append(next(stream))
    return answers
