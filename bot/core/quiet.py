"""Quiet hours: by the clock on the wall, where people sleep by it."""

from datetime import datetime, timedelta, tzinfo


def quiet_until(hours: tuple[int, int] | None, zone: tzinfo, now: float) -> float:
    """When the quiet hours that `now` lies in are over, 0.0 where it lies in none.

    `hours` are local, from (counts) and until (counts no more): (19, 8) is the evening, the night and the early morning."""
    if hours is None:
        return 0.0
    start, end = hours
    local = datetime.fromtimestamp(now, zone)
    if (local.hour - start) % 24 >= (end - start) % 24:
        return 0.0
    over = local.replace(hour=end, minute=0, second=0, microsecond=0, fold=0)
    return (over if end > local.hour else over + timedelta(days=1)).timestamp()
