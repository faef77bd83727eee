"""Broadcasts in SQL: their rows and their steps, each a compare-and-set on the stage."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from bot.core.alert.broadcast import Audience, Broadcast, Mode, Stage
from bot.core.alert.cap import Certainty, MsgType, ResponseType, Severity, Urgency
from bot.core.alert.preview import Counted
from bot.core.alert.sending import Ways
from bot.core.types import Lang
from bot.store import outbox
from bot.store.alert_tables import BROADCAST
from bot.store.audience import count
from bot.store.engine import Database
from bot.store.rules import FIRST_DELAY_S, LIVE, WAITING
from bot.store.statements import NOW, ROW, one_of
from bot.store.tables import DELIVERY

_B, _D = BROADCAST.c, DELIVERY.c
FED = ("fed", "fed_whole")  # columns that only the feeding writes
APPROVED = (Stage.SENDING, Stage.PAUSED, Stage.SENT, Stage.STOPPED)
_BATCH = 500  # deliveries a transaction
_FIRST_WOKEN = 64

_ONE = select(BROADCAST).where(_B.id == ROW)
_FOLLOWER = select(_B.id).where(_B.follows == ROW, one_of(_B.stage, APPROVED)).order_by(_B.id).limit(1)
_theirs = (_D.broadcast_id == ROW) & (_D.broadcast_id > 0)
_UNSENT = select(_D.id).where(_theirs, one_of(_D.status, WAITING)).order_by(_D.id).limit(_BATCH).with_for_update()
_postponed = (_theirs, one_of(_D.status, WAITING), _D.next_at > NOW)
_WOKEN = select(_D.id).where(*_postponed).order_by(_D.id).limit(_FIRST_WOKEN)
_WAKE = update(DELIVERY).where(*_postponed).values(next_at=NOW, due_at=NOW, delay_s=FIRST_DELAY_S)
_LIVE_BY_CHANNEL = select(_D.channel, func.count()).where(_theirs, one_of(_D.status, LIVE)).group_by(_D.channel)
_WITH_LIVE = select(_D.broadcast_id).where(one_of(_D.status, LIVE), _D.broadcast_id > 0).distinct()


class BroadcastRows:
    """The part of SqlTx that keeps broadcasts."""

    _connection: Connection

    def add_broadcast(self, broadcast: Broadcast) -> int:
        added: int = self._connection.execute(insert(BROADCAST).values(_values(broadcast)).returning(_B.id)).scalar_one()
        return added

    def broadcast(self, id: int) -> Broadcast | None:
        row = self._connection.execute(_ONE.with_for_update(), {"row": id}).first()
        return None if row is None else as_broadcast(row)

    def save_broadcast(self, broadcast: Broadcast, *, was: Stage) -> bool:
        theirs = update(BROADCAST).where(_B.id == broadcast.id, _B.stage == was)
        return self._connection.execute(theirs.values(_values(broadcast))).rowcount == 1

    def follower(self, id: int) -> int:
        return int(self._connection.scalar(_FOLLOWER, {"row": id}) or 0)

    def end_deliveries(self, id: int, why: str) -> int:
        return _end_some(self._connection, id, why)

    def wake_deliveries(self, id: int, *, now: float) -> Sequence[int]:
        first = self._connection.scalars(_WOKEN, {"row": id, "now": now}).all()
        self._connection.execute(_WAKE, {"row": id, "now": now})
        return first

    def feed_on(self, id: int) -> None:
        self._connection.execute(update(BROADCAST).where(_B.id == id).values(fed_whole=False))


class Broadcasts:
    """The part of SqlStore that shows broadcasts."""

    _db: Database

    def find_broadcast(self, id: int) -> Broadcast | None:
        with self._db.read() as connection:
            row = connection.execute(_ONE, {"row": id}).first()
            return None if row is None else as_broadcast(row)

    def broadcasts(self, *, stages: Sequence[Stage] = (), before: int = 0, limit: int) -> Sequence[Broadcast]:
        found = select(BROADCAST).order_by(_B.id.desc()).limit(limit)
        found = found.where(_B.stage.in_(list(stages))) if stages else found
        found = found.where(_B.id < before) if before else found
        with self._db.read() as connection:
            return [as_broadcast(row) for row in connection.execute(found)]

    def count_audience(self, audience: Audience, mode: Mode, *, ways: Ways) -> Counted:
        with self._db.read() as connection:
            return count(connection, audience, mode, ways)

    def waiting_deliveries(self, id: int) -> Mapping[str, int]:
        with self._db.read() as connection:
            return {channel: int(count) for channel, count in connection.execute(_LIVE_BY_CHANNEL, {"row": id})}

    def end_deliveries(self, id: int, why: str) -> int:
        total = 0
        while True:
            with self._db.write() as connection:
                ended = _end_some(connection, id, why)
            total += ended
            if ended < _BATCH:
                return total

    def left_over(self) -> Sequence[Broadcast]:
        with self._db.read() as connection:
            ids = connection.scalars(_WITH_LIVE).all()
            stopped = select(BROADCAST).where(_B.id.in_(ids), _B.stage == Stage.STOPPED)
            return [as_broadcast(row) for row in connection.execute(stopped)] if ids else []


def _end_some(connection: Connection, id: int, why: str) -> int:
    ids = connection.scalars(_UNSENT, {"row": id}).all()
    outbox.fail(connection, ids, why)
    return len(ids)


def _values(broadcast: Broadcast) -> dict[str, Any]:
    values = {name: value for name, value in asdict(broadcast).items() if name != "id"}
    return values | {"texts": {lang.value: text for lang, text in broadcast.texts.items()}, "slots": dict(broadcast.slots)}


def as_broadcast(row: Row[Any]) -> Broadcast:
    """A row as the core knows it."""
    known = {name: value for name, value in row._asdict().items() if name not in FED}
    audience: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in row.audience.items()}
    spelt = {
        "mode": Mode(row.mode),
        "stage": Stage(row.stage),
        "msg_type": MsgType(row.msg_type),
        "response": ResponseType(row.response),
        "urgency": Urgency(row.urgency),
        "severity": Severity(row.severity),
        "certainty": Certainty(row.certainty),
        "texts": {Lang(lang): text for lang, text in row.texts.items()},
        "audience": Audience(**audience),
    }
    return Broadcast(**known | spelt)
