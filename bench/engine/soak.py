"""Full load for long: does it keep its pace, its memory and its slots?"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from bench.engine.contenders import Contender
from bench.engine.loop import Answer, Held
from bench.engine.meter import own_mb, rss_mb
from bench.machine import percentile

HEAD = "minute  answers  p50 s  p95 s  RSS MB  own MB  under way  cells"
SETTLED = 10  # minutes: until then memory may grow
GROWS, SLOWS = 1.05, 1.25  # times what it was; more is a fault


@dataclass(frozen=True, slots=True)
class Minute:
    """What came in it, and the memory at its end: all, and without the pages of files."""

    answers: Sequence[Answer]
    rss: float
    own: float

    def late(self, share: float) -> str:
        """The percentile of the time to the whole answer."""
        return f"{percentile([one.last_s for one in self.answers], share):.2f}" if self.answers else "-"


def soak(contender: Contender, minutes: int, tell: Callable[[str], None]) -> Sequence[str]:
    """Tells of each minute and of what is held at rest. Returns what is not as it should be. Raises RuntimeError where the contender
    fails."""
    tell(HEAD)
    seen: list[Minute] = []
    with contender as running:
        for minute in _minutes(running, minutes):
            seen.append(minute)
            tell(_line(len(seen), minute))
        held = running.rest()
        tell(f"at rest: {_shown(held.busy)} slots held, {_shown(held.cells)} cells in use")
    return list(faults(seen, held))


def faults(seen: Sequence[Minute], held: Held) -> Iterator[str]:
    """A slot that is lost; memory of its own that grew after SETTLED minutes; a last quarter that is slower than the second one."""
    if held.busy:
        yield f"{held.busy} slot(s) held at rest"
    settled, end = [minute.own for minute in seen[SETTLED - 1 : SETTLED]], seen[-1].own
    if settled and end > GROWS * settled[0]:
        yield f"memory grew from {settled[0]:.0f} MB after minute {SETTLED} to {end:.0f} MB"
    _, second, _, last = _quarters(seen)
    if second and not last:
        yield "no answer in the last quarter"
    elif second and percentile(last, 0.95) > SLOWS * percentile(second, 0.95):
        yield f"the last quarter's p95 is {percentile(last, 0.95):.2f} s, the second one's {percentile(second, 0.95):.2f} s"


def _minutes(running: Contender, count: int) -> Iterator[Minute]:
    stream = running.answers()
    one = next(stream)
    began = one.ended
    for minute in range(count):
        answers: list[Answer] = []
        while one.ended < began + 60 * (minute + 1):
            answers.append(one)
            one = next(stream)
        yield Minute(answers, rss_mb(running.pid), own_mb(running.pid))


def _quarters(seen: Sequence[Minute]) -> Sequence[list[float]]:
    """The times to the whole answer, by the quarter of all the time that they came in."""
    answers = [one for minute in seen for one in minute.answers]
    took: list[list[float]] = [[], [], [], []]
    for one in answers:
        took[min(3, int((one.ended - answers[0].ended) / (15 * len(seen))))].append(one.last_s)
    return took


def _line(number: int, minute: Minute) -> str:
    busy = [one.busy for one in minute.answers if one.busy is not None]
    cells = [one.cells for one in minute.answers if one.cells is not None]
    shown = f"{number:>6}  {len(minute.answers):>7}  {minute.late(0.5):>5}  {minute.late(0.95):>5}  {minute.rss:>6.0f}  {minute.own:>6.0f}"
    return f"{shown}  {f'{sum(busy) / len(busy):.1f}' if busy else '-':>9}  {_shown(cells[-1] if cells else None):>5}"


def _shown(count: int | None) -> str:
    return "-" if count is None else str(count)
