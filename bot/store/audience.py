"""Whom a broadcast is for, as SQL: the same rules for the count before it and for each page of its feeding."""

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, String, and_, case, cast, exists, func, literal, or_, select

from bot.core.alert.broadcast import EXERCISE, VOLUNTEERS, Audience, Broadcast, Mode
from bot.core.alert.preview import Counted, Exclusion
from bot.core.alert.sending import KIND, SCHEMES, Leg, LegKind, Recipient, Ways
from bot.core.types import Lang, Status
from bot.store.alert_tables import BROADCAST, MEMBERSHIP, ROLL_ANSWER
from bot.store.statements import given, given_list, one_of
from bot.store.tables import CONTACT, DELIVERY, PART

_C, _D, _P, _M, _R = CONTACT.c, DELIVERY.c, PART.c, MEMBERSHIP.c, ROLL_ANSWER.c
_OUT = [Status.SENDING, Status.UNKNOWN, Status.WIRED, Status.SENT, Status.DELIVERED, Status.READ]  # of a part: it may have got there
_LONGEST_CHAIN = 1000


def chain(connection: Connection, id: int) -> Sequence[int]:
    """`id` and all that it follows, one behind the other: who got any of them and not the last one has to be corrected, too."""
    found: list[int] = []
    older = id
    while older and older not in found and len(found) < _LONGEST_CHAIN:
        found.append(older)
        older = int(connection.scalar(select(BROADCAST.c.follows).where(BROADCAST.c.id == older)) or 0)
    return found


def count(connection: Connection, audience: Audience, mode: Mode, ways: Ways) -> Counted:
    """See bot.core.alert.preview.AudienceStore."""
    channel = case(*((_C.urn.startswith(f"{scheme}:"), name) for scheme, name in ways.items()), else_="") if ways else literal("")
    why = case(
        (_stopped(), Exclusion.OPTED_OUT.value),
        (channel == "", Exclusion.NO_CHANNEL.value),
        (~_exercises() if mode is Mode.EXERCISE else literal(value=False), Exclusion.NOT_IN_EXERCISE.value),
        else_="",
    )
    people = select(_number().label("number"), channel.label("channel"), _C.lang, why.label("why"), _C.urn)
    people = people.where(of_audience(connection, audience))
    p = people.subquery().c
    first = func.row_number().over(partition_by=p.number, order_by=(case((p.why == "", 0), else_=1), p.urn))
    ranked = select(p.channel, p.lang, p.why, first.label("nth")).subquery().c
    fate = case((ranked.nth > 1, Exclusion.DUPLICATE.value), else_=ranked.why).label("fate")
    found = select(fate, ranked.channel, ranked.lang, func.count()).group_by(fate, ranked.channel, ranked.lang)
    reached: dict[tuple[str, Lang], int] = {}
    left_out: dict[Exclusion, int] = {}
    for reason, name, lang, people_there in connection.execute(found):
        if reason:
            left_out[Exclusion(reason)] = left_out.get(Exclusion(reason), 0) + int(people_there)
        else:
            reached[(name, Lang(lang))] = int(people_there)
    return Counted(people=reached, excluded=left_out)


def of_audience(connection: Connection, audience: Audience) -> ColumnElement[bool]:
    """Whether a contact is of the audience."""
    got = _C.urn.in_(_getters(chain(connection, audience.got), silent=audience.silent)) if audience.got else None
    if got is not None and not audience.rest:
        return got
    ways_in: list[ColumnElement[bool]] = [] if got is None else [got]
    others: list[ColumnElement[bool]] = []
    if audience.places:
        others.append(_C.place.in_(list(audience.places)))
    if audience.groups:
        others.append(exists().where(_M.name.in_(list(audience.groups)), _M.urn == _C.urn))
    if audience.unplaced:
        others.append(_C.place == "")
    if audience.everyone:
        others.append(_C.urn != "")
    if others:
        ways_in.append(and_(or_(*others), *_not_in(audience.without)))
    return or_(*ways_in) if ways_in else literal(value=False)


def may_have_got(chain: Sequence[int]) -> ColumnElement[bool]:
    """Whether a delivery is of one of those broadcasts and any part of it got out, or may have."""
    return and_(_D.broadcast_id.in_(chain), _D.broadcast_id > 0, _part_is_out())


def _getters(chain: Sequence[int], *, silent: bool) -> Select[Any]:
    """Who got one of those broadcasts, or may have; `silent`: and has answered none of their roll calls."""
    found = select(_D.urn).where(may_have_got(chain))
    return found.where(_says_nothing(chain)) if silent else found


def _says_nothing(chain: Sequence[int]) -> ColumnElement[bool]:
    return ~exists().where(_R.broadcast_id.in_(chain), _R.urn == _D.urn)


def recipients(connection: Connection, broadcast: Broadcast, leg: Leg, scheme: str, *, after: str, limit: int) -> Sequence[Recipient]:
    """See bot.core.alert.sending.BroadcastStore."""
    if scheme not in SCHEMES:
        return ()
    exercise, without = broadcast.mode is Mode.EXERCISE, list(broadcast.audience.without)
    if leg.kind in _BY_URN:
        found = _by_urn(leg.kind, leg.volunteers, exercise=exercise, without=bool(without))
    else:
        found = _eligible(_CORRECTED[leg.kind](connection, broadcast, after), exercise=exercise)
    values = {"name": leg.name, "behind": after or f"{scheme}:", "those": f"{scheme}:%", "most": limit, "without": without}
    return [Recipient(row.urn, Lang(row.lang), row.place, str(row.key)) for row in connection.execute(found, values)]


@cache
def _by_urn(kind: LegKind, volunteers: bool | None, *, exercise: bool, without: bool) -> Select[Any]:
    """The page of a leg that goes by URN. Built once: there are two for each place of a country."""
    found = _BY_URN[kind] if kind is LegKind.GROUP else _BY_URN[kind].where(~_by_phone())
    found = found.where(_C.place.not_in(given_list("without"))) if without else found
    if volunteers is not None:
        found = found.where(_in_group(VOLUNTEERS) if volunteers else ~_in_group(VOLUNTEERS))
    return _eligible(found, exercise=exercise)


def _eligible(found: Select[Any], *, exercise: bool) -> Select[Any]:
    """Those of a scheme who may get it."""
    found = found.where(_C.urn.like(given("those")), ~_stopped()).limit(given("most"))
    return found.where(_exercises()) if exercise else found


_person = (_C.urn, _C.lang, _C.place)
_by_contact = select(*_person, _C.urn.label("key")).where(_C.urn > given("behind")).order_by(_C.urn)
_BY_URN: Mapping[LegKind, Select[Any]] = {
    LegKind.PLACE: _by_contact.where(_C.place == given("name")),
    LegKind.EVERYONE: _by_contact,
    LegKind.GROUP: select(*_person, _M.urn.label("key"))
    .join(CONTACT, _C.urn == _M.urn)
    .where(_M.name == given("name"), _M.urn > given("behind"))
    .order_by(_M.urn),
}


def _of_got(connection: Connection, broadcast: Broadcast, after: str) -> Select[Any]:
    """In the order in which they got it: by their old delivery. Its rows lie together, so they are read by id and not sorted."""
    old = chain(connection, broadcast.audience.got)
    bounds = select(func.min(_D.id), func.max(_D.id)).where(_D.broadcast_id.in_(old), _D.broadcast_id > 0)
    first, last = connection.execute(bounds).one()
    behind = int(after) if after else int(first or 0) - 1
    found = select(*_person, _D.id.label("key")).join(CONTACT, _C.urn == _D.urn)
    theirs = (_D.broadcast_id + 0).in_(old)  # no index on it: it would have to be sorted for each page
    found = found.where(_says_nothing(old)) if broadcast.audience.silent else found
    return found.where(_D.id > behind, _D.id <= int(last or 0), theirs, _part_is_out()).order_by(_D.id)


def _of_missed(connection: Connection, broadcast: Broadcast, _: str) -> Select[Any]:
    fed = exists().where(_D.dedup == literal(f"{KIND}:{broadcast.id}:") + _number())
    return _by_contact.where(of_audience(connection, broadcast.audience), ~fed)


_CORRECTED: Mapping[LegKind, Callable[[Connection, Broadcast, str], Select[Any]]] = {LegKind.GOT: _of_got, LegKind.MISSED: _of_missed}


def _number() -> ColumnElement[str]:
    """A contact's URN without its scheme."""
    known = [(_C.urn.startswith(f"{scheme}:"), func.substr(_C.urn, len(scheme) + 2)) for scheme in SCHEMES]
    return cast(case(*known, else_=_C.urn), String)


def _stopped() -> ColumnElement[bool]:
    """Whether the person sent STOP: from this contact, or from the same number's other one."""
    twin = CONTACT.alias("twin").c
    names = [(_C.urn.startswith(f"{one}:"), literal(f"{other}:") + func.substr(_C.urn, len(one) + 2)) for one, other in _TWINS]
    theirs = exists().where(twin.urn == case(*names, else_=""), twin.opted_out.is_(True))
    return or_(_C.opted_out.is_(True), theirs)


def _by_phone() -> ColumnElement[bool]:
    """Whether the number is known as a phone's, too: then an SMS goes there, which needs no data and no window. Where that contact turns
    out to be none of the audience, the number is among those who were missed, in the end."""
    phone = CONTACT.alias("phone").c
    other = case((_C.urn.startswith("whatsapp:"), literal("tel:") + func.substr(_C.urn, len("whatsapp:") + 1)), else_="")
    return exists().where(phone.urn == other)


_TWINS = [(one, other) for one in SCHEMES for other in SCHEMES if one != other]


def _exercises() -> ColumnElement[bool]:
    return _in_group(EXERCISE)


def _in_group(name: str) -> ColumnElement[bool]:
    member = MEMBERSHIP.alias().c
    return exists().where(member.name == name, member.urn == _C.urn)


def _not_in(places: Sequence[str]) -> Sequence[ColumnElement[bool]]:
    return (_C.place.not_in(list(places)),) if places else ()


def _part_is_out() -> ColumnElement[bool]:
    return exists().where(_P.delivery_id == _D.id, one_of(_P.status, _OUT))
