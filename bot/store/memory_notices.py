"""The in-memory double of bot.store.notices. Broadcasts are not kept in memory: there a roll call is what a test's delivery says it is."""

from collections.abc import Sequence
from dataclasses import replace

from bot.core.alert.cap import Severity
from bot.core.alert.notice import TOLD, Notice, RollAnswer, RollCall, told_broadcasts
from bot.core.storage import Part
from bot.core.types import Status
from bot.store.memory_rows import Tables
from bot.store.rules import clean

_WORST = list(Severity)


class MemoryNoticeRows:
    """The part of MemoryTx that keeps notices and what people say to roll calls."""

    _t: Tables

    def notices(self, *, now: float) -> Sequence[Notice]:
        found = [notice for notice in self._t.notices.values() if notice.expires > now]
        return sorted(found, key=lambda notice: (_WORST.index(notice.severity), -notice.since, notice.key))

    def put_notice(self, notice: Notice) -> None:
        self._t.notices[notice.key] = replace(notice, texts=dict(notice.texts), places=tuple(notice.places))

    def end_notice(self, key: str, *, now: float) -> bool:
        return self._t.notices.pop(key, None) is not None

    def roll_call(self, urn: str, *, since: float) -> RollCall | None:
        theirs = [row for row in self._t.outgoing.values() if row.order.urn == clean(urn) and row.created >= since]
        heard = sorted((row for row in theirs if any(map(_went_out, row.parts))), key=lambda row: -row.id)
        asked = [(row.order.broadcast_id, row.created) for row in heard if row.order.broadcast_id]
        asked += [(one, row.created) for row in heard if row.order.kind == TOLD for one in told_broadcasts(row.order.facts)]
        return next((RollCall(one, created, self._t.roll_answers.get((one, clean(urn)))) for one, created in asked), None)

    def roll_call_of(self, broadcast_id: int, urn: str, *, asked: float) -> RollCall | None:
        """Broadcasts are not kept here: what was sent to anybody counts as one that asks."""
        sent = any(row.order.broadcast_id == broadcast_id for row in self._t.outgoing.values())
        return RollCall(broadcast_id, asked, self._t.roll_answers.get((broadcast_id, clean(urn)))) if sent else None

    def answer_roll(self, broadcast_id: int, urn: str, answer: RollAnswer, *, words: str, now: float) -> None:
        self._t.roll_answers[(broadcast_id, clean(urn))] = answer


def _went_out(part: Part) -> bool:
    """As in bot.store.notices."""
    return part.status is not Status.QUEUED and (part.status is not Status.FAILED or bool(part.external_id))
