"""Who is killed when: a deck dealt from a seed, so that each part gets its share, at random moments, and only while it works."""

import random
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

GAP_S = 1.0  # between two kills, also where some are late because nobody was up
WORKS_S = 1.0  # a victim has worked for this long: killing what has not begun proves nothing


class Mortal(Protocol):
    """What the killer sees of a stack."""

    def up_s(self, victim: str) -> float: ...

    def kill(self, victim: str) -> bool: ...


def deck(weights: Mapping[str, int], kills: int, *, seed: int) -> list[str]:
    """`kills` victims, each in proportion to its weight and each at least once where there are enough kills, in a random order."""
    cards = list(weights)
    while len(cards) < kills:  # whoever is furthest from its share comes next
        cards.append(max(weights, key=lambda victim: weights[victim] / (cards.count(victim) + 1)))
    random.Random(f"{seed} deck").shuffle(cards)
    return cards[:kills]


def moments(kills: int, *, start_s: float, end_s: float, seed: int) -> Sequence[float]:
    """When: at random, sorted."""
    dice = random.Random(f"{seed} moments")
    return sorted(dice.uniform(start_s, end_s) for _ in range(kills))


@dataclass
class Killer:
    """Kills by the plan as time goes on. `began` is time.monotonic() of the plan's zero."""

    stack: Mortal
    cards: list[str]
    moments: Sequence[float]
    began: float
    hits: Counter[str] = field(default_factory=Counter)
    misses: int = 0
    last: float = 0.0  # time.monotonic() of the last kill

    @property
    def left(self) -> int:
        return len(self.cards)

    def tick(self) -> bool:
        """Kills the next victim where its moment has come: the first card whose victim works. A miss goes back into the deck.

        Returns whether it tried."""
        done, now = len(self.moments) - len(self.cards), time.monotonic()
        if not self.cards or now - self.began < self.moments[done] or now - self.last < GAP_S:
            return False
        place = next((n for n, victim in enumerate(self.cards) if self.stack.up_s(victim) > WORKS_S), None)
        if place is None:
            return False
        victim = self.cards.pop(place)
        self.last = now
        if self.stack.kill(victim):
            self.hits[victim] += 1
        else:
            self.misses += 1
            self.cards.append(victim)
        return True
