"""Erasing a person, for good. Rows that nothing needs go; rows that others count are kept without anything of the person.

What stays: that a delivery of a channel had a status and a price, that a message came in, that somebody answered a roll call. They carry
one made-up name, "erased:<random>", so that one person still counts as one. Providers' ids stay, too: a provider that tells a message once
more must not bring it back. A STOP outlives its person's data: then the contact keeps the number and the STOP and nothing else, because a
hash of a telephone number hides nothing (there are too few numbers), and whoever said STOP must never be written to again.
"""

import secrets
from typing import Any

from sqlalchemy import Connection, delete, select, update

from bot.core.alert.people import Erased
from bot.core.ticket import TicketState
from bot.store import outbox, rows
from bot.store.alert_tables import BROADCAST, MEMBERSHIP, ROLL_ANSWER
from bot.store.people import known_as
from bot.store.rules import LIVE, OPEN, MessageState
from bot.store.statements import given, given_list, one_of
from bot.store.tables import ALIAS, CONTACT, DELIVERY, MESSAGE, PART, RATE, SESSION
from bot.store.ticket_tables import TICKET

ERASED = "erased"  # Delivery.code, where the person was erased before it had gone out
_BATCH = 500
_WHOSE, _NOBODY, _ROWS = given("whose"), given("nobody"), given_list("rows")
_C, _D, _M, _T, _R, _S = CONTACT.c, DELIVERY.c, MESSAGE.c, TICKET.c, ROLL_ANSWER.c, SESSION.c

_CONTACT = select(CONTACT).where(_C.urn == _WHOSE).with_for_update()
_LIVE = select(_D.id).where(_D.urn == _WHOSE, one_of(_D.status, LIVE)).order_by(_D.id).with_for_update()
_SENT = select(_D.id).where(_D.urn == _WHOSE).order_by(_D.id)
_DIALS = select(_M.channel, _M.session_id).where(_M.urn == _WHOSE, _M.session_id != "").distinct()
_WORDLESS = update(PART).where(PART.c.delivery_id.in_(_ROWS)).values(text="")
_NAMELESS = update(DELIVERY).where(_D.id.in_(_ROWS)).values(urn=_NOBODY, choices=[])
_UNKEYED = update(DELIVERY).where(_D.id == given("row")).values(dedup=given("key"))
_UNASKED = update(MESSAGE).where(_M.urn == _WHOSE, one_of(_M.state, OPEN)).values(state=MessageState.DROPPED, token=None)
_UNHEARD = update(MESSAGE).where(_M.urn == _WHOSE).values(urn=_NOBODY, text="", to="", path="", session_id="", meta={}, turns=[])
_TICKETS = update(TICKET).where(_T.urn == _WHOSE).values(urn=_NOBODY, question="", answer="", answered_by="", state=TicketState.CLOSED)
_ONLY_STOP = update(CONTACT).where(_C.urn == _WHOSE).values(lang_chosen=False, created=0.0, seen=0.0, greeted=False, place="")
_ROLL = update(ROLL_ANSWER).where(_R.urn == _WHOSE).values(urn=_NOBODY, words="")


def erase(connection: Connection, urn: str) -> Erased:
    """Takes the person at `urn` out of every table. Harmless where nobody is known there, and where it is done twice."""
    urn = known_as(connection, urn)
    nobody = f"{ERASED}:{secrets.token_hex(8)}"
    whose: dict[str, Any] = {"whose": urn, "nobody": nobody}
    # The person first, as everybody does who changes what is theirs: so a STOP is not missed, and a broadcast's feeding waits for us.
    row = connection.execute(_CONTACT, {"whose": urn}).first()
    stopped = row is not None and rows.contact(row).opted_out
    deliveries = _deliveries(connection, whose)
    _sessions(connection, urn)
    connection.execute(_UNASKED, {"whose": urn})
    messages = connection.execute(_UNHEARD, whose).rowcount
    tickets = connection.execute(_TICKETS, whose).rowcount
    connection.execute(_ROLL, whose)
    # How far a broadcast is fed is told by the last person. From the beginning, then: each of its deliveries is made once, however often.
    connection.execute(update(BROADCAST).where(BROADCAST.c.fed.contains(urn, autoescape=True)).values(fed=""))
    connection.execute(delete(MEMBERSHIP).where(MEMBERSHIP.c.urn == urn))
    connection.execute(delete(RATE).where(RATE.c.name.endswith(f":{urn}", autoescape=True)))
    _contact(connection, urn, stopped=stopped)
    return Erased(contacts=int(row is not None), messages=messages, deliveries=deliveries, tickets=tickets, kept_stop=stopped)


def _deliveries(connection: Connection, whose: dict[str, Any]) -> int:
    """What waits ends, and what is stored loses its words, its number and its key (which names the person)."""
    live = connection.scalars(_LIVE, {"whose": whose["whose"]}).all()
    outbox.fail(connection, live, ERASED)
    ids = connection.scalars(_SENT, {"whose": whose["whose"]}).all()
    for n in range(0, len(ids), _BATCH):
        some = ids[n : n + _BATCH]
        connection.execute(_WORDLESS, {"rows": some})
        connection.execute(_NAMELESS, {"rows": some, "nobody": whose["nobody"]})
        connection.execute(_UNKEYED, [{"row": one, "key": f"{whose['nobody']}:{one}"} for one in some])
    return len(ids)


def _sessions(connection: Connection, urn: str) -> None:
    """Where they stand in the menus, and what they asked there: by number, and by dial."""
    dials = [f"{channel}:{dial}" for channel, dial in connection.execute(_DIALS, {"whose": urn})]
    connection.execute(delete(SESSION).where(_S.key.endswith(f":{urn}", autoescape=True)))
    for n in range(0, len(dials), _BATCH):
        connection.execute(delete(SESSION).where(_S.key.in_(dials[n : n + _BATCH])))


def _contact(connection: Connection, urn: str, *, stopped: bool) -> None:
    if not stopped:
        connection.execute(delete(ALIAS).where(ALIAS.c.person == urn))
        connection.execute(delete(CONTACT).where(_C.urn == urn))
        return
    connection.execute(_ONLY_STOP, {"whose": urn})
