"""What the last hop must know of a delivery's broadcast, read in the transaction that claims it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from bot.core.alert.broadcast import EXERCISE, Clearance, Mode, Stage
from bot.core.storage import Part
from bot.store.alert_tables import BROADCAST, MEMBERSHIP
from bot.store.statements import ROW, given

_B, _M = BROADCAST.c, MEMBERSHIP.c
_OF = select(_B.mode, _B.stage, _B.author, _B.approver, _B.expires, _B.texts).where(_B.id == ROW)
_EXERCISES = select(_M.urn).where(_M.name == EXERCISE, _M.urn == given("person"))


def clearance(connection: Connection, delivery: Row[Any], parts: Sequence[Part]) -> Clearance:
    """Of a delivery that belongs to a broadcast. One whose broadcast is gone is stopped."""
    broadcast = connection.execute(_OF, {"row": delivery.broadcast_id}).first()
    if broadcast is None:
        return Clearance(Mode.EXERCISE, Stage.STOPPED, "", "", 0.0, exercises=False, approved_text=False)
    return Clearance(
        mode=Mode(broadcast.mode),
        stage=Stage(broadcast.stage),
        author=broadcast.author,
        approver=broadcast.approver,
        expires=broadcast.expires,
        exercises=connection.scalar(_EXERCISES, {"person": delivery.urn}) is not None,
        approved_text=_plain(part.text for part in parts) in {_plain([text]) for text in broadcast.texts.values()},
    )


def _plain(texts: Any) -> str:
    """Words alone: where a text was broken into parts there may be one space less."""
    return " ".join(" ".join(texts).split())
