"""USSD screens: the answer goes to the screen or to a sender, exactly one of them."""

from sqlalchemy import exists, select, update

from bot.core.storage import WaitingAnswer
from bot.core.types import Status
from bot.store import outbox
from bot.store.engine import Database
from bot.store.rules import FIRST_DELAY_S, SCREEN, WAITING
from bot.store.statements import ROW, UNTIL, one_of
from bot.store.tables import DELIVERY, MESSAGE, PART

_D = DELIVERY.c
_WAITS = (_D.message_id == ROW) & one_of(_D.status, WAITING)
_touched = exists().where(PART.c.delivery_id == _D.id, ~one_of(PART.c.status, [Status.QUEUED]))
_HELD = _WAITS & (_D.hold_until > 0.0)  # handed over, it belongs to the senders
_LOOK = select(_D.id).where(_D.message_id == ROW, _HELD | (_D.via == SCREEN)).limit(1)
_TAKE = update(DELIVERY).where(_HELD, ~_touched).values(status=Status.DELIVERED, via=SCREEN).returning(_D.id)
_SHOWN = select(_D.id).where(_D.message_id == ROW, _D.via == SCREEN).limit(1)
_NO_SCREEN = update(MESSAGE).where(MESSAGE.c.id == ROW).values(screen_until=0.0)
_PUSH = update(DELIVERY).where(_WAITS).values(hold_until=0.0, due_at=UNTIL, delay_s=FIRST_DELAY_S).returning(_D.id)


class Screens:
    """The part of SqlStore that open screens ask."""

    _db: Database

    def claim_screen(self, message_id: int, *, now: float) -> WaitingAnswer | None:
        asked = {"row": message_id}
        # A screen asks several times a second. It gets into the writers' way only when there is something to take.
        with self._db.read() as connection:
            if connection.scalar(_LOOK, asked) is None:
                return None
        with self._db.write() as connection:
            taken = connection.scalars(_TAKE, asked).all()
            outbox.set_parts(connection, taken, [Status.QUEUED], Status.DELIVERED)
            delivery_id = connection.scalar(_SHOWN, asked)
            return None if delivery_id is None else outbox.answer(connection, delivery_id)

    def hand_over(self, message_id: int, *, now: float) -> int | None:
        with self._db.write() as connection:
            # The question first: its answer may be stored at this moment, and is seen only after that.
            connection.execute(_NO_SCREEN, {"row": message_id})
            delivery_id: int | None = connection.scalar(_PUSH, {"row": message_id, "until": now + FIRST_DELAY_S})
            return delivery_id
