"""Full load for long: does it keep its pace and its memory?"""

from collections.abc import Iterator

from bench.engine.contenders import Contender
from bench.engine.loop import Answer
from bench.engine.meter import rss_mb
from bench.machine import percentile


def soak(contender: Contender, minutes: int) -> Iterator[str]:
    """A line for each minute. Raises RuntimeError where the contender fails."""
    yield "minute  answers  p95 s  RSS MB  under way"
    with contender as running:
        stream = running.answers()
        one = next(stream)
        began = one.ended
        for minute in range(minutes):
            seen: list[Answer] = []
            while one.ended < began + 60 * (minute + 1):
                seen.append(one)
                one = next(stream)
            yield _line(minute + 1, seen, rss_mb(running.pid))


def _line(minute: int, seen: list[Answer], rss: float) -> str:
    late = f"{percentile([one.last_s for one in seen], 0.95):.2f}" if seen else "-"
    busy = [one.busy for one in seen if one.busy is not None]
    return f"{minute:>6}  {len(seen):>7}  {late:>5}  {rss:>6.0f}  {f'{sum(busy) / len(busy):.1f}' if busy else '-':>9}"
