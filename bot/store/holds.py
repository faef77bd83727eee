"""Which rows a filter means, in SQL: one rule for what an operator points at and for the holds that every claim looks at."""

from typing import Any

from sqlalchemy import ColumnElement, Double, and_, exists, literal, or_

from bot.core.types import Lane
from bot.core.waiting import URGENT_KINDS, Wanted
from bot.store.hold_tables import HOLD
from bot.store.statements import one_of


class Said:
    """A filter's fields as SQL values: with the names of the table's columns, so that either can be asked."""

    def __init__(self, wanted: Wanted) -> None:
        self.channel, self.lane, self.kind = literal(wanted.channel), literal(wanted.lane), literal(wanted.kind)
        self.made_before = literal(wanted.made_before, Double)
        self.question, self.delivery = literal(wanted.question), literal(wanted.delivery)
        self.urgent = literal(wanted.urgent)


def fits_delivery(d: Any, wanted: Any) -> ColumnElement[bool]:
    """`d`: a delivery's columns; `wanted`: a Said, or the columns of a hold."""
    return and_(
        _any_or(wanted.channel, d.channel),
        _any_or(wanted.lane, d.lane),
        _any_or(wanted.kind, d.kind),
        or_(wanted.made_before == 0.0, d.created < wanted.made_before),
        wanted.question == 0,
        or_(wanted.delivery == 0, wanted.delivery == d.id),
        or_(wanted.urgent, ~(one_of(d.lane, [Lane.ALERTS]) | one_of(d.kind, URGENT_KINDS))),
    )


def fits_question(m: Any, wanted: Any) -> ColumnElement[bool]:
    """As `fits_delivery`, for a message's columns. A question has no kind."""
    return and_(
        _any_or(wanted.channel, m.channel),
        or_(wanted.lane == "", wanted.lane == Lane.ANSWERS.value),
        wanted.kind == "",
        or_(wanted.made_before == 0.0, m.asked < wanted.made_before),
        wanted.delivery == 0,
        or_(wanted.question == 0, wanted.question == m.id),
    )


def delivery_held(d: Any) -> ColumnElement[bool]:
    """Whether any hold keeps the delivery back."""
    return exists().where(fits_delivery(d, HOLD.c))


def question_held(m: Any) -> ColumnElement[bool]:
    """Whether any hold keeps the question back."""
    return exists().where(fits_question(m, HOLD.c))


def _any_or(wanted: Any, column: Any) -> ColumnElement[bool]:
    return or_(wanted == "", wanted == column)
