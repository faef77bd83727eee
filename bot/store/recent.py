"""What went between us and one person lately: what the loop breaker asks. Looks at their newest rows only, by (urn, id): who wrote for
years, and a machine above all, must not make it slow."""

from sqlalchemy import Connection, case, func, select

from bot.core.storage import Lately, NewDelivery
from bot.store.rules import LAST_DELIVERIES, LAST_MESSAGES, LOOP
from bot.store.statements import given
from bot.store.tables import DELIVERY, MESSAGE, PART

_M, _D = MESSAGE.c, DELIVERY.c
_URN, _SINCE = given("person"), given("since")

_newest = select(_M.received, _M.session_id, _M.asked, _M.text).where(_M.urn == _URN).order_by(_M.id.desc()).limit(LAST_MESSAGES)
_m = _newest.subquery().c
_counts = (_m.session_id == "") | (_m.asked > 0)  # keys on a screen do not
_same = (_m.text == given("words")) & (_m.received >= given("same_since"))
_LATELY = select(
    func.coalesce(func.sum(case((_m.received >= _SINCE, 1), else_=0)), 0), func.coalesce(func.sum(case((_same, 1), else_=0)), 0)
).where(_counts)

_made = select(_D.id, _D.created, _D.kind, _D.code).where(_D.urn == _URN).order_by(_D.id.desc()).limit(LAST_DELIVERIES).subquery()
_TOLD = select(_made.c.id).where(_made.c.kind == given("sort"), _made.c.created >= _SINCE).limit(1)
_first, _last = PART.alias("first"), PART.alias("last")
# Texts of several parts are the same where they begin and end alike: no reply of ours begins and ends like another one.
_SAID = (
    select(func.count())
    .select_from(_made)
    .join(_first, (_first.c.delivery_id == _made.c.id) & (_first.c.n == 0))
    .join(_last, (_last.c.delivery_id == _made.c.id) & (_last.c.n == given("end")))
    .where(_made.c.created >= _SINCE, _made.c.code != LOOP, _first.c.text == given("words"), _last.c.text == given("ending"))
)


def lately(connection: Connection, urn: str, text: str, *, since: float, same_since: float) -> Lately:
    """See bot.core.storage.Tx."""
    asked = {"person": urn, "words": text, "since": since, "same_since": same_since}
    messages, same = connection.execute(_LATELY, asked).one()
    return Lately(int(messages), int(same))


def told(connection: Connection, urn: str, kind: str, *, since: float) -> bool:
    """See bot.core.storage.Tx."""
    return connection.scalar(_TOLD, {"person": urn, "sort": kind, "since": since}) is not None


def loops(connection: Connection, delivery: NewDelivery, *, now: float) -> bool:
    """Whether its person got this very text as often as they may."""
    if delivery.repeats is None:
        return False
    texts = {"words": delivery.parts[0], "ending": delivery.parts[-1], "end": len(delivery.parts) - 1}
    said = connection.scalar(_SAID, texts | {"person": delivery.urn, "since": now - delivery.repeats.within_s})
    return int(said or 0) >= delivery.repeats.most
