"""One SQL transaction, as the core sees it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, Row, select, update

from bot.core.storage import Lately, NewDelivery, WaitingAnswer
from bot.core.types import Contact, Linked, Message, Session, Status, StatusUpdate
from bot.store import outbox, people, recent, reports, rows
from bot.store.alerts import AlertRows
from bot.store.audit import AuditRows
from bot.store.broadcasts import BroadcastRows
from bot.store.contacts import PeopleRows
from bot.store.engine import insert_once, insert_or_update
from bot.store.notices import NoticeRows
from bot.store.once import OnceRows
from bot.store.rules import FIRST_DELAY_S, KEEP_TWINS_S, LIVE, OPEN, MessageState, in_session, is_twin
from bot.store.staff import StaffRows
from bot.store.statements import ROW, UNTIL, given, given_list, one_of
from bot.store.tables import CONTACT, DELIVERY, MESSAGE, PART, SESSION
from bot.store.tickets import TicketRows

_M, _D = MESSAGE.c, DELIVERY.c
_URN, _SINCE, _KEY = given("person"), given("since"), given("name")

# Locked until the end: a STOP must not be overwritten by what another transaction read before it.
_CONTACT = select(CONTACT).where(CONTACT.c.urn == _URN).with_for_update()
_SESSION = select(SESSION).where(SESSION.c.key == _KEY).with_for_update()
_RECENT = select(MESSAGE).where(_M.urn == _URN, _M.channel == given("on"), _M.received >= _SINCE)
_QUEUE = (
    update(MESSAGE)
    .where(_M.id == ROW)
    .values(
        state=MessageState.NEW,
        skill=given("about"),
        turns=given("before"),
        asked=given("now"),
        due_at=given("now") + FIRST_DELAY_S,
        screen_until=UNTIL,
    )
)
_SETTLE = update(MESSAGE).where(_M.id == ROW).values(state=MessageState.DONE)
_IGNORE = update(MESSAGE).where(_M.id == ROW).values(state=MessageState.IGNORED)
_LAST_ANSWER = (
    select(_D.id)
    .join(MESSAGE, _M.id == _D.message_id)
    .where(_D.urn == _URN, _M.urn == _URN, _M.asked > 0, _D.created >= _SINCE)
    .order_by(_D.id.desc())
    .limit(1)
)
_OPEN = one_of(_M.state, OPEN)
_dialled = _M.session_id != ""
_OPEN_QUESTION = select(_M.id).where(_M.urn == _URN, _M.received >= _SINCE, _OPEN, _dialled).order_by(_M.id.desc()).limit(1)
_HOLD = update(MESSAGE).where(_M.id == ROW, _OPEN).values(screen_until=UNTIL)

_TO_STOP = select(_D.id).where(_D.urn == _URN, one_of(_D.status, LIVE), _D.despite_stop.is_(False)).order_by(_D.id).with_for_update()
# Where the provider is being called, that part is gone, and its sender has to learn its id. Such a delivery goes on without its rest.
_called = select(PART.c.n).where(PART.c.delivery_id == _D.id, one_of(PART.c.status, [Status.SENDING])).exists()
_STOP = update(DELIVERY).where(_D.id.in_(given_list("rows")), ~_called).values(status=Status.FAILED, token=None, code="opted_out")

_CLOSE = update(SESSION).where(SESSION.c.key == _KEY).values(open=False)
_asked = (_M.channel == given("on")) & (_M.session_id == given("dial")) & (_M.asked > 0)
_LET_GO = update(MESSAGE).where(_asked).values(screen_until=0.0)
_PUSH = (
    update(DELIVERY)
    .where(_D.message_id.in_(select(_M.id).where(_asked)), one_of(_D.status, LIVE))
    .values(hold_until=0.0, due_at=0.0, delay_s=FIRST_DELAY_S)
)


class SqlTx(TicketRows, NoticeRows, AuditRows, OnceRows, PeopleRows, StaffRows, AlertRows, BroadcastRows):
    """bot.core.ports.Tx over one connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._said = []
        self._dialect = connection.dialect.name

    def insert_message(self, message: Message, *, now: float) -> int | None:
        values = asdict(message) | {"session_event": message.session_event or "", "received": now, "state": MessageState.STORED}
        del values["twin_s"]
        statement = insert_once(self._dialect, MESSAGE, "channel", "external_id").returning(_M.id)
        message_id: int | None = self._connection.scalar(statement, values)
        return message_id

    def contact(self, urn: str, *, now: float, lang: str) -> Contact:
        row = self._row(_CONTACT, {"person": urn})
        if row is None:
            self._connection.execute(insert_once(self._dialect, CONTACT, "urn"), {"urn": urn, "lang": lang, "created": now, "seen": now})
            row = self._row(_CONTACT, {"person": urn})
        assert row is not None, "the contact was stored a moment ago"
        return rows.contact(row)

    def save_contact(self, contact: Contact) -> None:
        self._connection.execute(insert_or_update(self._dialect, CONTACT, "urn"), asdict(contact))

    def person(self, urn: str) -> str:
        return people.known_as(self._connection, urn)

    def link(self, linked: Linked) -> None:
        people.link(self._connection, linked)

    def twin(self, message: Message, *, now: float) -> bool:
        found = self._connection.execute(_RECENT, {"person": message.urn, "on": message.channel, "since": now - KEEP_TWINS_S})
        return any(is_twin(message, rows.message(row), now=now, received=row.received) for row in found)

    def session(self, key: str) -> Session | None:
        row = self._row(_SESSION, {"name": key})
        return None if row is None else rows.session(row)

    def save_session(self, session: Session) -> None:
        values = asdict(session) | {"turns": list(session.turns)}
        self._connection.execute(insert_or_update(self._dialect, SESSION, "key"), values)

    def queue_question(self, message_id: int, *, skill: str, turns: Sequence[str], screen_until: float, now: float) -> None:
        values = {"row": message_id, "about": skill, "before": list(turns), "until": screen_until, "now": now}
        self._connection.execute(_QUEUE, values)

    def settle_message(self, message_id: int) -> None:
        self._connection.execute(_SETTLE, {"row": message_id})

    def ignore_message(self, message_id: int) -> None:
        self._connection.execute(_IGNORE, {"row": message_id})

    def lately(self, urn: str, text: str, *, since: float, same_since: float) -> Lately:
        return recent.lately(self._connection, urn, text, since=since, same_since=same_since)

    def told(self, urn: str, kind: str, *, since: float) -> bool:
        return recent.told(self._connection, urn, kind, since=since)

    def insert_delivery(self, delivery: NewDelivery, *, now: float) -> int | None:
        return outbox.add(self._connection, delivery, now=now)

    def last_answer(self, urn: str, *, since: float) -> WaitingAnswer | None:
        delivery_id = self._connection.scalar(_LAST_ANSWER, {"person": urn, "since": since})
        return None if delivery_id is None else outbox.answer(self._connection, delivery_id)

    def open_question(self, urn: str, *, since: float) -> int | None:
        newest: int | None = self._connection.scalar(_OPEN_QUESTION, {"person": urn, "since": since})
        return newest

    def expire_replies(self, urn: str) -> int:
        ids = self._connection.scalars(_TO_STOP, {"person": urn}).all()
        outbox.set_parts(self._connection, ids, [Status.QUEUED], Status.FAILED)
        return self._connection.execute(_STOP, {"rows": ids}).rowcount if ids else 0

    def apply_status(self, update: StatusUpdate, *, now: float, keep: bool = True) -> bool:
        return reports.take(self._connection, update, now=now, keep=keep)

    def hold_for_screen(self, message_id: int, *, until: float) -> None:
        self._connection.execute(_HOLD, {"row": message_id, "until": until})

    def end_session(self, key: str) -> None:
        channel, session_id = in_session(key)
        self._connection.execute(_CLOSE, {"name": key})
        # The questions first: their answers may be stored at this moment, and are seen only after that.
        self._connection.execute(_LET_GO, {"on": channel, "dial": session_id})
        self._connection.execute(_PUSH, {"on": channel, "dial": session_id})

    def _row(self, statement: Any, values: Mapping[str, object]) -> Row[Any] | None:
        return self._connection.execute(statement, values).first()
