"""How many questions wait before one, and how fast they are answered: read from the index of what has no answer yet."""

from collections.abc import Collection, Sequence

from sqlalchemy import String, cast, exists, func, literal, select

from bot.core.backlog import WAIT, Asker, Rate
from bot.store.engine import Database
from bot.store.holds import question_held
from bot.store.rules import OPEN, MessageState
from bot.store.statements import NOW, given, given_list, one_of
from bot.store.tables import CONTACT, DELIVERY, MESSAGE

_M, _D, _C = MESSAGE.c, DELIVERY.c, CONTACT.c
_SINCE = given("since")

# Every row of the index has a due_at: asked for, so that no database takes to the whole table for the order of its ids.
_unanswered = one_of(_M.state, OPEN) & (_M.due_at >= 0.0) & ~question_held(_M)
_OLDEST = select(func.min(_M.asked)).where(_unanswered)
# `created` has no index, but ids grow with it: the newest row that is too old bounds the rest.
_bound = select(_D.id).where(_D.created <= _SINCE).order_by(_D.id.desc()).limit(1).scalar_subquery()
_ANSWERED = (
    select(func.count())
    .select_from(DELIVERY)
    .join(MESSAGE, _M.id == _D.message_id)
    .where(_D.id > func.coalesce(_bound, 0), _D.created > _SINCE, _M.asked > 0)
)

_place = func.row_number().over(order_by=(_M.asked, _M.id)).label("place")
_line = select(_M.id, _M.urn, _M.channel, _M.asked, _M.state, _M.screen_until, _place).where(_unanswered).subquery("line").c
_this_told = exists().where(_D.dedup == literal(f"{WAIT}:", String) + cast(_line.id, String))
_told = exists().where(_D.urn == _line.urn, one_of(_D.kind, [WAIT]), _D.created >= given("told_since"))
_stopped = exists().where(_C.urn == _line.urn, _C.opted_out.is_(True))
_ASKERS = (
    select(_line.id, _line.urn, _line.channel, _line.place)
    .where(one_of(_line.state, [MessageState.NEW]), _line.asked <= given("asked_before"), _line.screen_until <= NOW)
    .where(_line.place > given("behind"), _line.channel.in_(given_list("channels")), ~_this_told, ~_told, ~_stopped)
    .order_by(_line.place)
    .limit(given("most"))
)


class Backlog:
    """The part of SqlStore that knows how long questions wait."""

    _db: Database

    def answer_rate(self, *, now: float, within_s: float) -> Rate:
        with self._db.read() as connection:
            oldest: float | None = connection.scalar(_OLDEST)
            if oldest is None or oldest >= now:
                return Rate()
            since = max(oldest, now - within_s)
            return Rate(int(connection.scalar(_ANSWERED, {"since": since}) or 0), now - since)

    def askers(
        self, *, now: float, asked_before: float, behind: int, told_since: float, channels: Collection[str], limit: int
    ) -> Sequence[Asker]:
        wanted = {"now": now, "asked_before": asked_before, "behind": behind, "told_since": told_since, "most": limit}
        with self._db.read() as connection:
            found = connection.execute(_ASKERS, wanted | {"channels": list(channels)})
            return [Asker(row.id, row.urn, row.channel, int(row.place)) for row in found]
