"""When to try again, by what went wrong. Pure: a decision is a value.

- Throttled: when the provider says, or soon: the channel's bucket slows everybody down. Never a failed try.
- Unreachable: it was surely not taken. After 5 s, then twice as long each time up to 5 minutes, as long as it is worth sending: an hour
  of outage costs nobody an answer.
- Unknown, on a channel that keeps our key: the same delays, but TRIES tries in all. Providers do not keep keys for ever.
- Everything else is final.

The delays are drawn from their upper half ("equal jitter"): what failed together does not come back together.
"""

from bot.core.errors import SendError, Throttled, Unknown, Unreachable
from bot.core.storage import ClaimedDelivery

TRIES = 5
FIRST_S = 5.0
LONGEST_S = 300.0
WORTH_S = 86_400.0  # a delivery that does not say until when it is worth sending is tried this long
LAST_S = 5.0  # the last try comes this long before it is not worth sending any more
SOON_S = 1.0


def next_try(error: SendError, delivery: ClaimedDelivery, *, now: float, jitter: float) -> float | None:
    """Seconds until the next try after `error`, or None to give up. `jitter` is in [0, 1)."""
    if isinstance(error, Throttled):
        after_s = (error.after_s or SOON_S) + 2.0 * jitter
    elif isinstance(error, Unreachable):
        after_s = max(_backoff(delivery.errors, jitter), error.after_s or 0.0)
    elif isinstance(error, Unknown) and delivery.unclear + 1 < TRIES:
        after_s = max(_backoff(delivery.unclear, jitter), error.after_s or 0.0)
    else:
        return None
    left_s = (delivery.not_after or delivery.created + WORTH_S) - LAST_S - now
    return min(after_s, left_s) if left_s > 0.0 else None


def _backoff(failed: int, jitter: float) -> float:
    """The delay after one more failure than `failed`."""
    longest = min(FIRST_S * 2.0 ** min(failed, 16), LONGEST_S)
    return longest * (0.5 + 0.5 * jitter)
