"""The engine's own numbers: what it has done and used, what it holds, whom the line before it turned away. Asked for at each page.

They are sums that the engine's keeper makes over all its processes, so a counter of ours beside them would only be a copy.
"""

from collections.abc import Callable, Iterator, Mapping

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from bot.core.workload import Workload
from bot.metrics.families import REGISTRY


class EngineNumbers:
    """For prometheus_client. Shows nothing where this process has no engine."""

    def __init__(self) -> None:
        self._look: Callable[[], Workload] | None = None

    def show(self, look: Callable[[], Workload]) -> None:
        """From now on the page has what `look` sees."""
        self._look = look

    def collect(self) -> Iterator[Metric]:
        """For prometheus_client."""
        if self._look is not None:
            yield from families(self._look())


def families(load: Workload) -> Iterator[Metric]:
    """One look as Prometheus wants it."""
    work, tokens = load.work, load.work.tokens
    yield _counts("texts", "Texts that the engine had: served, cut by their deadline, failed.", "outcome", load.texts)
    yield _counts("shed", "Texts that were answered without the engine, by why it was not asked.", "reason", load.shed)
    yield _gauge("waiting", "Texts in the line before the engine.", load.waiting)
    yield _gauge("under_way", "Texts that were let in to the engine.", load.under_way)
    yield _gauge("slots_held", "Slots of the engine that a text has, as its last beat told.", work.held)
    yield _gauge("unit_seconds", "How long one choice, or one prompt of a text to be written, takes now; 0: not known.", load.unit_s)
    read = {"read": tokens.read, "shared": tokens.shared}
    yield _counts("prompt_tokens", "Tokens of prompts: read, or shared with a text that began alike.", "how", read)
    guessed = {"right": tokens.right, "wrong": tokens.guessed - tokens.right}
    yield _counts("guesses", "Tokens of answers that were guessed ahead, by what the model said to them.", "outcome", guessed)
    yield _gauge("context_tokens", "Tokens that the engine's context holds.", work.cells)
    yield _gauge("resident_memory_bytes", "Memory of the engine's process, the model's pages with it.", work.rss)
    if work.cpu_s is not None:
        yield _sum("cpu_seconds", "Processor seconds of the engine's processes.", work.cpu_s)
    if work.joules is not None:
        yield _sum("joules", "Energy that the engine's processes took: their share of the packages'.", work.joules)


def _counts(name: str, says: str, label: str, counts: Mapping[str, float]) -> CounterMetricFamily:
    family = CounterMetricFamily(f"ujumbe_engine_{name}", says, labels=[label])
    for value, count in counts.items():
        family.add_metric([value], count)
    return family


def _sum(name: str, says: str, value: float) -> CounterMetricFamily:
    return CounterMetricFamily(f"ujumbe_engine_{name}", says, value=value)


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"ujumbe_engine_{name}", says, value=value)


ENGINE = EngineNumbers()
REGISTRY.register(ENGINE)
