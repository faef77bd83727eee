"""How fast an alert went, as shares of the channel's rate."""

from collections.abc import Sequence

from bench.broadcast.provider import Took

WINDOW_S = 5.0  # rates are looked at over so long
_BACK_S = 5.0  # after a kill, until a part is taken for whole again


def rates(alert: Sequence[float], took: Sequence[Took], limit: float, calm: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """The median rate while all parts were up (`calm`) and the highest one at all. `alert`: when each person got it; `took`: all sends."""
    inside = sorted(alert)[: int(0.95 * len(alert))]  # the last few wait for leases of killed senders to run out
    start, end = min(inside, default=0.0) + 2.0, max(inside, default=0.0)
    quiet, every = [], []
    while start + WINDOW_S <= end:
        share = sum(start <= one.at < start + WINDOW_S for one in took) / WINDOW_S / limit
        every.append(share)
        if any(a + _BACK_S <= start and start + WINDOW_S <= b for a, b in calm):
            quiet.append(share)
        start += WINDOW_S
    return sorted(quiet)[len(quiet) // 2] if quiet else 0.0, max(every, default=0.0)
