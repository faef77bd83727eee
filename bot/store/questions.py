"""ANSWERS: who has which question."""

from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, exists, select, update

from bot.core.storage import Claim, ClaimedMessage, NewDelivery
from bot.core.types import Contact, Lang
from bot.store import outbox, recent, rows
from bot.store.engine import Database
from bot.store.holds import question_held
from bot.store.rules import FIRST_DELAY_S, OPEN, MessageState, new_token
from bot.store.statements import NOW, ROW, UNTIL, given, lease, mine, one_of
from bot.store.tables import CONTACT, DELIVERY, MESSAGE

_M = MESSAGE.c
_URN = given("person")
_MINE = mine(MESSAGE)
_NEW, _ANSWERING = one_of(_M.state, [MessageState.NEW]), one_of(_M.state, [MessageState.ANSWERING])


def _asked_before() -> ColumnElement[bool]:
    older = MESSAGE.alias("older").c
    moves = one_of(older.state, [MessageState.ANSWERING]) | ~question_held(older)
    return exists().where(older.urn == _M.urn, older.id < _M.id, one_of(older.state, OPEN), moves)


_FREE = (_NEW & (_M.next_at <= NOW)) | (_ANSWERING & (_M.lease_until <= NOW))
_CLAIM = (
    update(MESSAGE)
    .where(_M.id == ROW, _FREE, ~question_held(_M), ~_asked_before())
    .values(state=MessageState.ANSWERING, **lease(_M.attempts))
    .returning(MESSAGE)
)
_RENEW = update(MESSAGE).where(_MINE).values(lease_until=UNTIL, due_at=UNTIL)
_FINISH = update(MESSAGE).where(_MINE).values(state=MessageState.DONE, token=None).returning(_M.urn, _M.screen_until)
_EXPIRE = update(MESSAGE).where(_MINE).values(state=MessageState.EXPIRED, token=None).returning(_M.urn)
_RELEASE = update(MESSAGE).where(_MINE).values(state=MessageState.NEW, token=None, next_at=UNTIL, due_at=UNTIL, delay_s=FIRST_DELAY_S)
_NEXT = select(_M.id).where(_M.urn == _URN, _NEW).order_by(_M.id).limit(1).with_for_update(skip_locked=True)
_WAKE = update(MESSAGE).where(_M.id == _NEXT.scalar_subquery()).values(due_at=NOW, delay_s=FIRST_DELAY_S)
_BY_DEDUP = select(DELIVERY.c.id).where(DELIVERY.c.dedup == given("name"))
_PERSON = select(CONTACT).where(CONTACT.c.urn == _URN)


class Questions:
    """The part of SqlStore that hands questions out.

    A person's questions are answered one after the other: a question cannot be claimed while an older one of the same person is
    open, unless an operator holds that one. It is due as soon as that one is finished.
    """

    _db: Database

    def claim_message(self, id: int, *, now: float, lease_s: float) -> ClaimedMessage | None:
        with self._db.write(may_be_lost=True) as connection:
            row = connection.execute(_CLAIM, {"row": id, "now": now, "until": now + lease_s, "fresh": new_token()}).first()
            return None if row is None else rows.claimed_message(row, _person(connection, row.urn))

    def renew_message(self, claim: Claim, *, now: float, lease_s: float) -> bool:
        with self._db.write(may_be_lost=True) as connection:
            return connection.execute(_RENEW, {"row": claim.id, "mine": claim.token, "until": now + lease_s}).rowcount == 1

    def finish_message(self, claim: Claim, delivery: NewDelivery, *, now: float) -> int | None:
        with self._db.write() as connection:
            row = connection.execute(_FINISH, {"row": claim.id, "mine": claim.token}).first()
            if row is None:
                return None
            # A screen that waits gets its answer as often as somebody asks for it there.
            repeats = delivery.repeats if row.screen_until <= now else None
            # The row's own URN: while the answer was worded, the person may have turned out to be somebody we know.
            answer = replace(delivery, urn=row.urn, message_id=claim.id, hold_until=row.screen_until, repeats=repeats)
            delivery_id = outbox.add(connection, answer, now=now)
            if delivery_id is None:
                delivery_id = connection.scalar(_BY_DEDUP, {"name": delivery.dedup})
            connection.execute(_WAKE, {"person": row.urn, "now": now})
            return delivery_id

    def expire_message(self, claim: Claim, notice: NewDelivery | None, *, since: float, now: float) -> int | None:
        with self._db.write() as connection:
            urn: str | None = connection.scalar(_EXPIRE, {"row": claim.id, "mine": claim.token})
            if urn is None:
                return None
            connection.execute(_WAKE, {"person": urn, "now": now})
            if notice is None or recent.told(connection, urn, notice.kind, since=since):
                return None
            return outbox.add(connection, replace(notice, urn=urn), now=now)

    def release_message(self, claim: Claim, *, now: float, after_s: float) -> None:
        with self._db.write() as connection:
            connection.execute(_RELEASE, {"row": claim.id, "mine": claim.token, "until": now + after_s})


def _person(connection: Connection, urn: str) -> Contact:
    row = connection.execute(_PERSON, {"person": urn}).first()
    return Contact(urn, Lang.EN) if row is None else rows.contact(row)
