"""An engine with adapters as Writers: one for each skill that has an adapter of its own, all over one model."""

from collections.abc import Collection, Sequence
from typing import Protocol

from bot.core.types import Draft


class Engine(Protocol):
    """What has the adapters: models.admitted.Admitted, or a double."""

    name: str

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float, adapter: str = "") -> Draft: ...


class Adapted:
    """A bot.core.ports.Adapts: writes with the model as it is, and with `adapters`, the skills that have one, for those."""

    def __init__(self, engine: Engine, adapters: Collection[str], adapter: str = "") -> None:
        self._engine, self._adapters, self._adapter = engine, adapters, adapter
        self.name = engine.name

    def write(self, prompt: str, *, max_tokens: int, stop: Sequence[str], deadline: float) -> Draft:
        """See bot.core.ports.Writer."""
        return self._engine.write(prompt, max_tokens=max_tokens, stop=stop, deadline=deadline, adapter=self._adapter)

    def for_skill(self, name: str) -> "Adapted":
        """See bot.core.ports.Adapts."""
        return Adapted(self._engine, self._adapters, name if name in self._adapters else "")
