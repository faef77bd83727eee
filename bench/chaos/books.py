"""The database as it is, read by SQL of our own: what waits, and in the end everything."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine, Row, func, select

from bench.chaos.history import Piece, Sent, Stored
from bot.store.rules import LIVE, OPEN, MessageState
from bot.store.tables import DELIVERY, MESSAGE, PART

_UNSETTLED = (*OPEN, MessageState.STORED)


def waiting(engine: Engine) -> int:
    """Messages and deliveries that are not over."""
    messages = select(func.count()).select_from(MESSAGE).where(MESSAGE.c.state.in_(_UNSETTLED))
    deliveries = select(func.count()).select_from(DELIVERY).where(DELIVERY.c.status.in_(LIVE))
    with engine.connect() as connection:
        return int(connection.execute(messages).scalar_one()) + int(connection.execute(deliveries).scalar_one())


def stored(engine: Engine) -> Sequence[Stored]:
    """The inbox."""
    m = MESSAGE.c
    with engine.connect() as connection:
        rows = connection.execute(select(m.id, m.channel, m.urn, m.text, m.state).order_by(m.id)).all()
    return [Stored(row.id, (row.channel, row.urn.partition(":")[2]), row.text, row.state in _UNSETTLED) for row in rows]


def sent(engine: Engine) -> Sequence[Sent]:
    """The outbox with its parts."""
    d, p = DELIVERY.c, PART.c
    pieces: dict[int, list[Piece]] = defaultdict(list)
    with engine.connect() as connection:
        for part in connection.execute(select(p.delivery_id, p.text, p.status, p.external_id).order_by(p.delivery_id, p.n)):
            pieces[part.delivery_id].append(Piece(part.text, part.status, part.external_id))
        rows = connection.execute(select(d.id, d.channel, d.urn, d.message_id, d.status, d.code, d.attempts).order_by(d.id)).all()
    return [_sent(row, pieces[row.id]) for row in rows]


def _sent(row: Row[*tuple[Any, ...]], pieces: Sequence[Piece]) -> Sent:
    return Sent(
        row.id,
        (row.channel, row.urn.partition(":")[2]),
        row.message_id or 0,
        row.status,
        row.code,
        row.attempts,
        row.status in LIVE,
        tuple(pieces),
    )
