"""Roll-call boards in SQL: a broadcast's deliveries beside what their people said."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, and_, case, func, select

from bot.core.alert.board import BoardRow, Call
from bot.core.alert.notice import RollAnswer
from bot.core.ticket import TicketKind, TicketState
from bot.core.types import Status
from bot.store.alert_tables import ROLL_ANSWER
from bot.store.engine import Database
from bot.store.statements import ROW, given
from bot.store.tables import CONTACT, DELIVERY
from bot.store.ticket_tables import TICKET
from bot.store.tickets import as_ticket

_D, _R, _T, _C = DELIVERY.c, ROLL_ANSWER.c, TICKET.c, CONTACT.c
_OUT = (Status.WIRED, Status.SENT, Status.DELIVERED, Status.READ, Status.UNKNOWN)


def _counted(of: Any) -> Any:
    return func.coalesce(func.sum(case((of, 1), else_=0)), 0)


_BOARD = (
    select(
        _D.place,
        _counted(_R.answer == RollAnswer.SAFE),
        _counted(_R.answer == RollAnswer.NEED_HELP),
        _counted(and_(_R.answer.is_(None), _D.status.in_(_OUT))),
        _counted(and_(_R.answer.is_(None), _D.status.not_in(_OUT))),
    )
    .select_from(DELIVERY)
    .outerjoin(ROLL_ANSWER, and_(_R.broadcast_id == _D.broadcast_id, _R.urn == _D.urn))
    .where(_D.broadcast_id == ROW, _D.broadcast_id > 0)
    .group_by(_D.place)
    .order_by(_D.place)
)
_open_first = case((_T.state == TicketState.OPEN, 0), else_=1)
_CALLS = (
    select(TICKET, _R.words.label("roll_words"), _R.at.label("roll_at"), func.coalesce(_C.place, "").label("where_now"))
    .join(ROLL_ANSWER, _R.urn == _T.urn)
    .outerjoin(CONTACT, _C.urn == _T.urn)
    .where(_R.broadcast_id == ROW, _R.answer == RollAnswer.NEED_HELP, _T.kind == TicketKind.NEED_HELP)
    .order_by(_open_first, _T.opened, _T.id)
    .limit(given("most"))
)


class Boards:
    """The part of SqlStore that shows roll calls."""

    _db: Database

    def board(self, broadcast_id: int) -> Sequence[BoardRow]:
        with self._db.read() as connection:
            found = connection.execute(_BOARD, {"row": broadcast_id}).all()
        return [BoardRow(place=p, safe=int(s), need_help=int(n), silent=int(q), missed=int(m)) for p, s, n, q, m in found]

    def calls(self, broadcast_id: int, *, limit: int) -> Sequence[Call]:
        with self._db.read() as connection:
            return [_call(row) for row in connection.execute(_CALLS, {"row": broadcast_id, "most": limit})]


def _call(row: Row[Any]) -> Call:
    return Call(as_ticket(row), row.roll_words, row.roll_at, row.where_now)
