"""Rates over outcomes, each with how sure it is."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.evaluate.run import BY_MODEL, BY_REMOTE, BY_SEARCH, EMERGENCY, Outcome

Z = 1.959964  # 95 %


@dataclass(frozen=True, slots=True)
class Rate:
    """`hits` of `of`."""

    hits: int
    of: int

    @property
    def share(self) -> float | None:
        """0 to 1, None of nothing."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % score interval: stays inside 0 to 1 and holds for few and for extreme counts. All of 0 to 1 of nothing."""
        if not self.of:
            return 0.0, 1.0
        n, share, z2 = self.of, self.hits / self.of, Z * Z
        middle = (share + z2 / (2 * n)) / (1 + z2 / n)
        half = Z * math.sqrt(share * (1 - share) / n + z2 / (4 * n * n)) / (1 + z2 / n)
        return max(0.0, middle - half), min(1.0, middle + half)


def rate(outcomes: Sequence[Outcome], holds: Callable[[Outcome], bool | None]) -> Rate:
    """How often `holds`, of the outcomes that it applies to."""
    judged = [verdict for o in outcomes if (verdict := holds(o)) is not None]
    return Rate(sum(judged), len(judged))


@dataclass(frozen=True, slots=True)
class Counts:
    """Who answered how many, and how fast. What is none of these got a fixed text, a menu or a refusal."""

    asked: int
    emergencies: int
    by_search: int
    by_model: int
    by_remote: int
    p50_s: float
    p95_s: float


def counts(outcomes: Sequence[Outcome]) -> Counts:
    """The counts over `outcomes`, of which there is at least one."""
    kinds = [o.reply.kind for o in outcomes]
    times = [o.seconds for o in outcomes]
    return Counts(
        asked=len(outcomes),
        emergencies=kinds.count(EMERGENCY),
        by_search=sum(kind in BY_SEARCH for kind in kinds),
        by_model=sum(kind in BY_MODEL for kind in kinds),
        by_remote=sum(kind in BY_REMOTE for kind in kinds),
        p50_s=percentile(times, 0.5),
        p95_s=percentile(times, 0.95),
    )


def percentile(values: Sequence[float], share: float) -> float:
    """The least of `values` that at least `share` (0 to 1) of them do not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
