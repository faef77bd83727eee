"""Notices and roll calls in SQL: what an inbox asks of the alerts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, update

from bot.core.alert.broadcast import GOES, Mode, Stage
from bot.core.alert.cap import Severity
from bot.core.alert.notice import TOLD, Notice, RollAnswer, RollCall, told_broadcasts
from bot.core.types import Lang, Status
from bot.store.alert_tables import BROADCAST, NOTICE, ROLL_ANSWER
from bot.store.engine import insert_or_update
from bot.store.statements import NOW, ROW, given
from bot.store.tables import DELIVERY, PART

_N, _B, _D, _P, _R = NOTICE.c, BROADCAST.c, DELIVERY.c, PART.c, ROLL_ANSWER.c
_IN_FORCE = select(NOTICE).where(_N.ended == 0, _N.expires > NOW)
_END = update(NOTICE).where(_N.key == given("which"), _N.ended == 0).values(ended=NOW)
# A part that the provider refused and never named did not reach anybody; one that it took, and later calls failed, may have.
_went_out = select(_P.n).where(_P.delivery_id == _D.id, _P.status != Status.QUEUED, (_P.status != Status.FAILED) | (_P.external_id != ""))
_ASKED_IN = (
    select(_D.broadcast_id, _D.created, _R.answer, _B.mode)
    .join(BROADCAST, _B.id == _D.broadcast_id)
    .outerjoin(ROLL_ANSWER, (_R.broadcast_id == _D.broadcast_id) & (_R.urn == _D.urn))
    .where(_D.urn == given("person"), _D.broadcast_id > 0, _D.created >= given("since"))
    .where(_B.roll_call.is_(True), _B.stage.in_([*GOES, Stage.PAUSED]), _went_out.exists())
    .order_by(_D.id.desc())
    .limit(1)
)
_TOLD = (
    select(_D.facts, _D.created)
    .where(_D.urn == given("person"), _D.broadcast_id == 0, _D.kind == TOLD, _D.created >= given("since"), _went_out.exists())
    .order_by(_D.id.desc())
    .limit(5)
)
_OPEN_CALL = (
    select(_B.id.label("broadcast_id"), _B.mode, _R.answer)
    .outerjoin(ROLL_ANSWER, (_R.broadcast_id == _B.id) & (_R.urn == given("person")))
    .where(_B.id == ROW, _B.roll_call.is_(True), _B.stage.in_([*GOES, Stage.PAUSED]))
)
_WORST = list(Severity)


class NoticeRows:
    """The part of SqlTx that keeps notices and what people say to roll calls."""

    _connection: Connection

    def notices(self, *, now: float) -> Sequence[Notice]:
        found = [_notice(row) for row in self._connection.execute(_IN_FORCE, {"now": now})]
        return sorted(found, key=lambda notice: (_WORST.index(notice.severity), -notice.since, notice.key))

    def put_notice(self, notice: Notice) -> None:
        values = {"key": notice.key, "hazard": notice.hazard, "severity": notice.severity, "source": notice.source, "ended": 0.0}
        values |= {"texts": {lang.value: text for lang, text in notice.texts.items()}, "places": list(notice.places)}
        values |= {"since": notice.since, "expires": notice.expires}
        self._connection.execute(insert_or_update(self._connection.dialect.name, NOTICE, "key"), values)

    def end_notice(self, key: str, *, now: float) -> bool:
        return self._connection.execute(_END, {"which": key, "now": now}).rowcount == 1

    def roll_call(self, urn: str, *, since: float) -> RollCall | None:
        row = self._connection.execute(_ASKED_IN, {"person": urn, "since": since}).first()
        return self._told(urn, since) if row is None else _call(row, row.created)

    def _told(self, urn: str, since: float) -> RollCall | None:
        """The roll call in what they were told when they asked."""
        for told in self._connection.execute(_TOLD, {"person": urn, "since": since}).all():
            for broadcast in told_broadcasts(told.facts):
                if (call := self.roll_call_of(broadcast, urn, asked=told.created)) is not None:
                    return call
        return None

    def roll_call_of(self, broadcast_id: int, urn: str, *, asked: float) -> RollCall | None:
        row = self._connection.execute(_OPEN_CALL, {"row": broadcast_id, "person": urn}).first()
        return None if row is None else _call(row, asked)

    def answer_roll(self, broadcast_id: int, urn: str, answer: RollAnswer, *, words: str, now: float) -> None:
        values = {"broadcast_id": broadcast_id, "urn": urn, "answer": answer, "words": words, "at": now}
        self._connection.execute(insert_or_update(self._connection.dialect.name, ROLL_ANSWER, "broadcast_id", "urn"), values)


def _call(row: Row[*tuple[Any, ...]], asked: float) -> RollCall:
    answer = RollAnswer(row.answer) if row.answer else None
    return RollCall(row.broadcast_id, asked, answer, exercise=row.mode == Mode.EXERCISE)


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        key=row.key,
        hazard=row.hazard,
        severity=Severity(row.severity),
        texts={Lang(lang): text for lang, text in row.texts.items()},
        places=tuple(row.places),
        since=row.since,
        expires=row.expires,
        source=row.source,
    )
