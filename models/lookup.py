"""Guesses how a text goes on by looking where its last words stood before (prompt lookup): an answer repeats its passage.

Guesses are read together with the last known token, at little more than its cost, and the model then says how far they were right. So
they change nothing but the speed."""

from collections.abc import Sequence

LONGEST, SHORTEST = 3, 2  # tokens that must have stood there before


def guess(tokens: Sequence[int], most: int) -> list[int]:
    """At most `most` tokens that stood behind the last ones of `tokens` where these stood last before; none where they never did."""
    if most <= 0:
        return []
    for size in range(LONGEST, SHORTEST - 1, -1):
        tail, last = list(tokens[-size:]), len(tokens) - size
        for at in range(last - 1, -1, -1):
            if tokens[at] == tail[0] and list(tokens[at : at + size]) == tail:
                return list(tokens[at + size : at + size + most])
    return []
