"""Feeding broadcasts to their lane: pages of people become deliveries, each number once, and the cursor moves in the same transaction.

`broadcast.fed` is the cursors as JSON, by track: {"tel": [leg, after]}. Who moves them names the text it read, so that two sweeps at
once are one, and a kill between two pages loses and doubles nothing.
"""

import json
from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, func, insert, select, update

from bot.core.alert.broadcast import GOES, Broadcast, Stage
from bot.core.alert.cap import Severity
from bot.core.alert.sending import Cursor, Fed, Leg, Page, Recipient
from bot.core.types import Status
from bot.store import audience, outbox
from bot.store.alert_tables import BROADCAST, ROLL_ANSWER
from bot.store.broadcasts import as_broadcast
from bot.store.engine import Database, insert_once
from bot.store.statements import NOW, ROW, one_of
from bot.store.tables import DELIVERY, PART

_B, _D, _R = BROADCAST.c, DELIVERY.c, ROLL_ANSWER.c
_WORST = list(Severity)
_REACHED = [Status.WIRED, Status.SENT, Status.DELIVERED, Status.READ, Status.UNKNOWN]

_TO_FEED = select(BROADCAST).where(one_of(_B.stage, GOES), _B.fed_whole.is_(False))
_HELD = select(_B.stage, _B.fed, _B.fed_whole).where(_B.id == ROW).with_for_update()
_TO_ESCALATE = select(BROADCAST).where(
    one_of(_B.stage, GOES),
    _B.roll_call.is_(True),
    _B.escalated == 0,
    _B.escalate_after_s > 0,
    _B.escalate_to != "",
    _B.approved + _B.escalate_after_s <= NOW,
    _B.expires > NOW,
)
_ANSWERS = select(func.count()).where(_R.broadcast_id == ROW)
_ASKED = select(func.count()).where(_D.broadcast_id == ROW, _D.broadcast_id > 0, one_of(_D.status, _REACHED))


class Feeding:
    """The part of SqlStore that feeds."""

    _db: Database

    def to_feed(self) -> Sequence[Fed]:
        with self._db.read() as connection:
            found = [Fed(as_broadcast(row), _cursors(row.fed), row.fed) for row in connection.execute(_TO_FEED)]
        return sorted(found, key=lambda fed: (_WORST.index(fed.broadcast.severity), fed.broadcast.approved, fed.broadcast.id))

    def recipients(self, broadcast: Broadcast, leg: Leg, scheme: str, *, after: str, limit: int) -> Sequence[Recipient]:
        with self._db.read() as connection:
            return audience.recipients(connection, broadcast, leg, scheme, after=after, limit=limit)

    def feed(self, fed: Fed, page: Page, *, now: float) -> tuple[Fed, Sequence[int]] | None:
        moved = {**fed.cursors, page.track: page.cursor}
        version = json.dumps({track: [cursor.leg, cursor.after] for track, cursor in moved.items()}, separators=(",", ":"))
        with self._db.write() as connection:
            if not _still(connection, fed):
                return None
            connection.execute(update(BROADCAST).where(_B.id == fed.broadcast.id).values(fed=version))
            ids = _add(connection, page, now)
        return Fed(fed.broadcast, moved, version), ids

    def fed_whole(self, fed: Fed, *, now: float) -> bool:
        sent = update(BROADCAST).where(_B.id == fed.broadcast.id, _B.stage == Stage.SENDING).values(stage=Stage.SENT, ended=now)
        with self._db.write() as connection:
            if not _still(connection, fed):
                return False
            connection.execute(sent)
            connection.execute(update(BROADCAST).where(_B.id == fed.broadcast.id).values(fed_whole=True))
            return True

    def to_escalate(self, *, now: float) -> Sequence[Broadcast]:
        with self._db.read() as connection:
            return [as_broadcast(row) for row in connection.execute(_TO_ESCALATE, {"now": now})]

    def answered_share(self, id: int) -> float:
        with self._db.read() as connection:
            asked = int(connection.scalar(_ASKED, {"row": id}) or 0)
            return int(connection.scalar(_ANSWERS, {"row": id}) or 0) / asked if asked else 0.0


def _still(connection: Connection, fed: Fed) -> bool:
    """Whether the broadcast goes out and stands where it was read. From here on it stays so until the end of the transaction."""
    row = connection.execute(_HELD, {"row": fed.broadcast.id}).first()
    return row is not None and row.stage in GOES and not row.fed_whole and row.fed == fed.version


def _add(connection: Connection, page: Page, now: float) -> Sequence[int]:
    """Stores the page's deliveries but for those whose number has one. Each is hinted again once its turn should have come."""
    new = {}
    for (delivery, place), slot_s in zip(page.deliveries, page.slots, strict=True):
        columns = outbox.columns(delivery, now)
        new[delivery.dedup] = columns | {"status": Status.QUEUED, "code": "", "place": place, "due_at": columns["due_at"] + slot_s}
    if not new:
        return ()
    statement = insert_once(connection.dialect.name, DELIVERY, "dedup").returning(_D.id, _D.dedup)
    ids = {row.dedup: row.id for row in connection.execute(statement, list(new.values()))}
    texts = {delivery.dedup: delivery.parts for delivery, _ in page.deliveries}
    parts = [outbox.new_part(ids[key], n, text, Status.QUEUED) for key in new if key in ids for n, text in enumerate(texts[key])]
    if parts:
        connection.execute(insert(PART), parts)
    return [ids[key] for key in new if key in ids]


def _cursors(fed: str) -> Mapping[str, Cursor]:
    return {track: Cursor(int(leg), str(after)) for track, (leg, after) in json.loads(fed or "{}").items()}
