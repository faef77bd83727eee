"""What stands where, by stem, and how rare each stem is."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

Postings = Mapping[str, Sequence[tuple[int, float]]]  # stem -> where it stands, and how much it weighs there


def postings(rows: Iterable[tuple[int, str, float]]) -> Postings:
    """Of rows of place, stem and weight."""
    held: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    for place, stem, weight in rows:
        held[stem].append((place, weight))
    return held


def inverse_frequency(held: Sequence[Iterable[str]]) -> dict[str, float]:
    """Stem -> its inverse frequency among `held`, as BM25 has it."""
    count = Counter(s for stems in held for s in stems)
    return {s: math.log(1 + (len(held) - n + 0.5) / (n + 0.5)) for s, n in count.items()}
