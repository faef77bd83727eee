"""Reads the process's own metrics, to see what a test added to them."""

from bot.metrics.families import REGISTRY


def read(name: str, **labels: str) -> float:
    """The sample now, 0.0 where there is none yet."""
    return REGISTRY.get_sample_value(f"ujumbe_{name}", labels) or 0.0


class Added:
    """What samples grew by since this was made."""

    def __init__(self) -> None:
        self._before = {(s.name, tuple(sorted(s.labels.items()))): s.value for f in REGISTRY.collect() for s in f.samples}

    def __call__(self, name: str, **labels: str) -> float:
        return read(name, **labels) - self._before.get((f"ujumbe_{name}", tuple(sorted(labels.items()))), 0.0)
