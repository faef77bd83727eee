"""What the last hop must know of a delivery's broadcast, read in the transaction that claims it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select

from bot.core.alert.broadcast import EXERCISE, Clearance, Mode, Stage
from bot.core.storage import Part
from bot.core.text import fold, unmarked
from bot.store.alert_tables import BROADCAST, MEMBERSHIP
from bot.store.statements import ROW, given

_B, _M = BROADCAST.c, MEMBERSHIP.c
_OF = select(_B.mode, _B.stage, _B.author, _B.approver, _B.expires, _B.texts).where(_B.id == ROW)
_EXERCISES = select(_M.urn).where(_M.name == EXERCISE, _M.urn == given("person"))


def clearance(connection: Connection, delivery: Row[Any], parts: Sequence[Part]) -> Clearance:
    """Of a delivery that belongs to a broadcast."""
    broadcast: Any = connection.execute(_OF, {"row": delivery.broadcast_id}).first()
    return judged(broadcast, parts, exercises=connection.scalar(_EXERCISES, {"person": delivery.urn}) is not None)


def judged(broadcast: Row[Any] | None, parts: Sequence[Part], *, exercises: bool) -> Clearance:
    """What was read of a broadcast, as the last hop asks it. One whose broadcast is gone is stopped."""
    if broadcast is None:
        return Clearance(Mode.EXERCISE, Stage.STOPPED, "", "", 0.0, exercises=False, approved_text=False)
    return Clearance(
        mode=Mode(broadcast.mode),
        stage=Stage(broadcast.stage),
        author=broadcast.author,
        approver=broadcast.approver,
        expires=broadcast.expires,
        exercises=exercises,
        approved_text=_words(parts) in {_plain(text) for text in broadcast.texts.values()},
    )


def _words(parts: Sequence[Part]) -> str:
    """The text that was broken into `parts`, without the marks that count them."""
    return _plain(unmarked([part.text for part in parts]))


def _plain(text: str) -> str:
    """What has to be the same, letter for letter: in the letters of an SMS, and without white space, of which a break takes some."""
    return "".join(fold(text).split())
