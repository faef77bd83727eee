"""The sweep: what a crash, a full broker or a bad line left behind is found in the database and hinted again."""

from bot.core.ports import Queue
from bot.core.storage import Store

LIMIT = 64  # rows a round: a flood of hints would only bury the lane it should feed


def sweep(store: Store, queue: Queue, *, now: float) -> int:
    """Expires what is no longer worth sending and hints every row that waits too long, but for channels that nobody may send on now.

    Returns how many were hinted."""
    store.expire(now=now)
    closed = [channel for channel, bucket in store.buckets().items() if bucket.closed_s(now)]
    due = store.due(now=now, limit=LIMIT, closed=closed)
    for lane, row in due:
        queue.hint(lane, row)
    return len(due)
