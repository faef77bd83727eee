"""How far a broadcast is, read from the indexes of broadcasts' deliveries alone."""

from collections import Counter
from math import ceil
from typing import Any

from sqlalchemy import Column, Connection, func, select

from bot.core.alert.notice import RollAnswer
from bot.core.alert.progress import MINUTE_S, MOST, Progress, Times
from bot.core.types import Status
from bot.store.alert_tables import BROADCAST, ROLL_ANSWER
from bot.store.broadcasts import as_broadcast
from bot.store.engine import Database
from bot.store.statements import NOW, ROW, given
from bot.store.tables import DELIVERY

_B, _D, _R = BROADCAST.c, DELIVERY.c, ROLL_ANSWER.c
_ONE = select(BROADCAST).where(_B.id == ROW)
_theirs = (_D.broadcast_id == ROW) & (_D.broadcast_id > 0)
_groups = (_D.status, _D.channel, _D.place, _D.code)  # in the order of the index: nothing is sorted
_COUNTED = select(*_groups, func.count()).where(_theirs).group_by(*_groups)
_LATELY = select(func.count()).where(_theirs, _D.wired_at > NOW)
_LAST = select(func.max(_D.wired_at)).where(_theirs)
_ANSWERS = select(_R.answer, func.count()).where(_R.broadcast_id == ROW).group_by(_R.answer)


def _nth(at: "Column[Any]") -> Any:
    return select(at).where(_theirs, at > 0).order_by(at).offset(given("before")).limit(1)


_NTH_TAKEN, _NTH_DELIVERED = _nth(_D.wired_at), _nth(_D.delivered_at)


class ProgressRows:
    """The part of SqlStore that follows broadcasts."""

    _db: Database

    def progress(self, id: int, *, now: float) -> Progress | None:
        with self._db.read() as connection:
            row = connection.execute(_ONE, {"row": id}).first()
            if row is None:
                return None
            broadcast = as_broadcast(row)
            statuses: Counter[Status] = Counter()
            channels: Counter[tuple[str, Status]] = Counter()
            places: Counter[tuple[str, Status]] = Counter()
            failures: Counter[tuple[str, str]] = Counter()
            for word, channel, place, code, count in connection.execute(_COUNTED, {"row": id}):
                status = Status(word)
                statuses[status] += count
                channels[(channel, status)] += count
                places[(place, status)] += count
                if status in (Status.FAILED, Status.UNKNOWN):
                    failures[(channel, code)] += count
            people = max(broadcast.people, sum(statuses.values()))
            lately = int(connection.scalar(_LATELY, {"row": id, "now": now - MINUTE_S}) or 0)
            answers = {answer: int(count) for answer, count in connection.execute(_ANSWERS, {"row": id})}
            return Progress(
                broadcast=broadcast,
                at=now,
                people=people,
                statuses=statuses,
                channels=channels,
                places=places,
                failures=failures,
                taken=_times(connection, _NTH_TAKEN, id, people),
                delivered=_times(connection, _NTH_DELIVERED, id, people),
                lately=lately,
                last=float(connection.scalar(_LAST, {"row": id}) or 0.0),
                safe=answers.get(RollAnswer.SAFE, 0),
                need_help=answers.get(RollAnswer.NEED_HELP, 0),
            )


def _times(connection: Connection, nth: Any, id: int, people: int) -> Times:
    """When the first, the middle and nearly the last of `people` had it."""

    def when(share: float) -> float:
        return float(connection.scalar(nth, {"row": id, "before": max(0, ceil(people * share) - 1)}) or 0.0)

    return Times(when(0.0), when(0.5), when(MOST))
