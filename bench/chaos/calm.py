"""When everything worked: what is measured then says how the service answers, not how fast a process starts."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.chaos.callers import Try

_WARM_S = 1.0  # what has just come up is still busy with itself


@dataclass
class Calm:
    """The spans in which all parts were up. `look` has to be called often."""

    spans: list[tuple[float, float]] = field(default_factory=list)
    _since: float | None = None

    def look(self, whole: bool, now: float) -> None:
        """Notes whether everything is up at this moment."""
        if whole and self._since is None:
            self._since = now + _WARM_S
        elif not whole and self._since is not None:
            self.spans.append((self._since, now))
            self._since = None

    def end(self, now: float) -> None:
        """The run is over."""
        self.look(False, now)

    def acknowledged(self, firsts: Sequence[Try]) -> list[float]:
        """Milliseconds of the first tries that were acknowledged, and began and ended in one span."""
        return [one.ms for one in firsts if one.status == 200 and any(a <= one.at and one.at + one.ms / 1000 <= b for a, b in self.spans)]
