"""Received alerts in SQL. Few rows and far from the hot path; whole texts are read only where one alert is shown or told."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, or_, select, text, update

from bot.core.alert.body import from_body, to_body
from bot.core.alert.cap import Alert, AlertStatus, Certainty, MsgType, Reference, Severity, Urgency
from bot.core.alert.lineage import REACH
from bot.core.alert.stored import AlertQuery, Decision, State, StoredAlert
from bot.store.alert_tables import ALERT, ALERT_REFERENCE, HAS_RAW_SQL, NOTICE
from bot.store.engine import Database, insert_once
from bot.store.rules import clean
from bot.store.statements import NOW, ROW, given, one_of

_A, _R, _N = ALERT.c, ALERT_REFERENCE.c, NOTICE.c
_LIGHT = [column for column in ALERT.c if column.name not in {"body", "raw"}]
_FIXED = {"id", "sender", "identifier", "sent", "references"}
_SAVE = update(ALERT).where(_A.id == ROW)
_OVER = select(_A.id).where(HAS_RAW_SQL, _A.received < NOW, _A.expires < NOW).order_by(_A.received).limit(given("most"))
_FORGET = update(ALERT).where(_A.id.in_(_OVER.scalar_subquery())).values(raw=b"")
_FEW = 200  # rows in one IN
_MOST_KIN = 300  # so many are looked at: a list may be made of what names one alert
_MOST_SAME = 40  # that only stamp one alert anew, the newest: they are quarantined for good, and a list may be made of nothing else
_TURN = text("SELECT pg_advisory_xact_lock(4702958813376091245)")  # a number that means received alerts to all of our processes


class AlertRows:
    """The part of SqlTx that takes alerts in."""

    _connection: Connection

    def alerts_alone(self) -> None:
        if self._connection.dialect.name == "postgresql":  # SQLite has one writer anyway
            self._connection.execute(_TURN)

    def same_triple(self, sender: str, identifier: str, sent: float) -> StoredAlert | None:
        same = (_A.sender == sender) & (_A.identifier == identifier) & (_A.sent == sent)
        return _first(self._connection, select(*_LIGHT).where(same))

    def same_words(self, fingerprint: str, *, since: float, until: float) -> Sequence[StoredAlert]:
        same = (_A.fingerprint == fingerprint, _A.sent >= since, _A.sent <= until, _A.own != State.QUARANTINED)
        return _alerts(self._connection, select(*_LIGHT).where(*same).order_by(_A.sent, _A.id).limit(_MOST_SAME))

    def add_alert(self, alert: StoredAlert, body: Alert | None, raw: bytes) -> int | None:
        statement = insert_once(self._connection.dialect.name, ALERT, "sender", "identifier", "sent").returning(_A.id)
        number: int | None = self._connection.scalar(statement, _values(alert) | _identity(alert) | _whole(body, raw))
        if number is not None:
            self._refer(number, alert.references)
        return number

    def save_alert(self, alert: StoredAlert) -> None:
        self._connection.execute(_SAVE, _values(alert) | {"row": alert.id})

    def put_in_place(self, alert: StoredAlert, body: Alert, raw: bytes) -> None:
        self._connection.execute(update(ALERT).where(_A.id == alert.id).values(_values(alert) | _whole(body, raw)))
        self._connection.execute(delete(ALERT_REFERENCE).where(_R.alert_id == alert.id))
        self._refer(alert.id, alert.references)

    def kept_alert(self, id: int) -> StoredAlert | None:
        return _first(self._connection, select(*_LIGHT).where(_A.id == id))

    def alert_body(self, id: int) -> Alert | None:
        return _body(self._connection, id)

    def alert_raw(self, id: int) -> bytes:
        return _raw(self._connection, id)

    def kin(self, ids: Sequence[int], *, steps: int) -> Sequence[StoredAlert]:
        return _kin(self._connection, ids, steps=steps)

    def lapsed_notices(self, *, now: float) -> Sequence[int]:
        open_now = select(_A.id).where(one_of(_A.state, [State.OPEN]), _A.expires > now).order_by(_A.id)
        numbers = self._connection.scalars(open_now).all()
        told = set(self._connection.scalars(select(_N.key).where(_N.ended == 0, _N.expires > now)))
        return [number for number in numbers if f"alert:{number}" not in told]

    def _refer(self, id: int, references: Sequence[Reference]) -> None:
        rows = [
            {"alert_id": id, "n": n, "sender": reference.sender, "identifier": reference.identifier, "sent": reference.sent}
            for n, reference in enumerate(references)
        ]
        if rows:
            self._connection.execute(insert(ALERT_REFERENCE), rows)


class Alerts:
    """The part of SqlStore that shows received alerts."""

    _db: Database

    def alerts(self, query: AlertQuery, *, now: float, limit: int, offset: int = 0) -> Sequence[StoredAlert]:
        rows = select(*_LIGHT)
        if query.states:
            rows = rows.where(one_of(_A.state, query.states))
        if query.origin:
            rows = rows.where(_A.origin == query.origin)
        if query.in_force:
            rows = rows.where(_A.expires > now)
        with self._db.read() as connection:
            return _alerts(connection, rows.order_by(_A.received.desc(), _A.id.desc()).limit(limit).offset(offset))

    def count_alerts(self, *, now: float) -> Mapping[State, int]:
        lives = or_(_A.state != State.OPEN, _A.expires > now)
        rows = select(_A.state, func.count()).where(lives).group_by(_A.state)
        with self._db.read() as connection:
            return {State(state): int(count) for state, count in connection.execute(rows)}

    def received_alert(self, id: int) -> StoredAlert | None:
        with self._db.read() as connection:
            return _first(connection, select(*_LIGHT).where(_A.id == id))

    def received_body(self, id: int) -> Alert | None:
        with self._db.read() as connection:
            return _body(connection, id)

    def received_raw(self, id: int) -> bytes:
        with self._db.read() as connection:
            return _raw(connection, id)

    def forget_raw(self, *, before: float, limit: int) -> int:
        with self._db.write() as connection:
            return connection.execute(_FORGET, {"now": before, "most": limit}).rowcount

    def chain(self, id: int) -> Sequence[StoredAlert]:
        with self._db.read() as connection:
            return _kin(connection, [id], steps=_MOST_KIN)


def _values(alert: StoredAlert) -> dict[str, Any]:
    values = {one.name: getattr(alert, one.name) for one in fields(alert) if one.name not in _FIXED}
    lists = ("areas", "over_areas", "gone_areas", "places", "defects")
    values |= {"areas": [list(keys) for keys in alert.areas], "over_areas": [list(keys) for keys in alert.over_areas]}
    values |= {name: list(values[name]) for name in lists}
    return values | {"status": alert.status or "", "msg_type": alert.msg_type or ""}


def _identity(alert: StoredAlert) -> dict[str, Any]:
    return {"sender": alert.sender, "identifier": alert.identifier, "sent": alert.sent}


def _whole(body: Alert | None, raw: bytes) -> dict[str, Any]:
    return {"body": {} if body is None else to_body(body), "raw": raw}


def _body(connection: Connection, id: int) -> Alert | None:
    body = connection.scalar(select(_A.body).where(_A.id == id))
    return from_body(body) if body else None


def _raw(connection: Connection, id: int) -> bytes:
    return bytes(connection.scalar(select(_A.raw).where(_A.id == id)) or b"")


def _first(connection: Connection, rows: Select[Any]) -> StoredAlert | None:
    return next(iter(_alerts(connection, rows.limit(1))), None)


def _alerts(connection: Connection, rows: Select[Any]) -> Sequence[StoredAlert]:
    """The alerts of `rows`, with what they reference."""
    found = connection.execute(rows).all()
    references: dict[int, list[Reference]] = {row.id: [] for row in found}
    for numbers in _packs(references):
        named = select(ALERT_REFERENCE).where(_R.alert_id.in_(numbers)).order_by(_R.alert_id, _R.n)
        for row in connection.execute(named):
            references[row.alert_id].append(Reference(row.sender, row.identifier, row.sent))
    return [_alert(row, references[row.id]) for row in found]


def _alert(row: Row[Any], references: Sequence[Reference]) -> StoredAlert:
    values = row._asdict() | {name: tuple(getattr(row, name)) for name in ("gone_areas", "places", "defects")}
    values |= {name: tuple(tuple(keys) for keys in getattr(row, name)) for name in ("areas", "over_areas")}
    words: dict[str, Any] = {
        "status": AlertStatus(row.status) if row.status else None,
        "msg_type": MsgType(row.msg_type) if row.msg_type else None,
        "severity": Severity(row.severity),
        "urgency": Urgency(row.urgency),
        "certainty": Certainty(row.certainty),
        "own": State(row.own),
        "state": State(row.state),
        "decision": Decision(row.decision),
    }
    return StoredAlert(**values | words, references=tuple(references))


def _kin(connection: Connection, ids: Sequence[int], *, steps: int) -> Sequence[StoredAlert]:
    """Breadth first along references, either way. What only stamps an alert anew counts as that alert: it is no step."""
    found: dict[int, StoredAlert] = {}
    new = _with_same(connection, found, _new(connection, found, ids))
    for _ in range(steps):
        if not new or (steps > REACH and len(found) >= _MOST_KIN):
            break
        new = _with_same(connection, found, _new(connection, found, _linked(connection, new)))
    return sorted(found.values(), key=lambda alert: (alert.sent, alert.id))


def _with_same(connection: Connection, found: dict[int, StoredAlert], new: Sequence[StoredAlert]) -> Sequence[StoredAlert]:
    """`new`, and what stamps one of them anew or is stamped anew by one; adds those to `found`."""
    firsts = {alert.same_as or alert.id for alert in new}
    same = [one for numbers in _packs(firsts) for one in connection.scalars(_same(numbers))]
    return [*new, *_new(connection, found, [*firsts, *same])]


def _same(firsts: Sequence[int]) -> Select[Any]:
    """What only stamps one of `firsts` anew, of each the newest ones. From an index alone."""
    nth = func.row_number().over(partition_by=_A.same_as, order_by=_A.id.desc())
    ranked = select(_A.id, nth.label("nth")).where(_A.same_as.in_(firsts)).subquery().c
    return select(ranked.id).where(ranked.nth <= _MOST_SAME)


def _new(connection: Connection, found: dict[int, StoredAlert], ids: Iterable[int]) -> Sequence[StoredAlert]:
    """Those of `ids` that are not in `found`; adds them to it. Each is read once, however many others name it."""
    new = list(_by_id(connection, {one for one in ids if one not in found}))
    found.update((alert.id, alert) for alert in new)
    return new


def _linked(connection: Connection, alerts: Sequence[StoredAlert]) -> Iterator[int]:
    """What `alerts` name, and what names them. By the identifier alone: some senders write their own name in several ways. Who shares
    an identifier by chance is found too, which costs a row and changes nothing."""
    for names in _packs({clean(reference.identifier) for alert in alerts for reference in alert.references}):
        yield from connection.scalars(_newest(select(_A.id).where(_A.identifier.in_(names))))
    for names in _packs({clean(alert.identifier) for alert in alerts}):
        naming = select(_R.alert_id).where(_R.identifier.in_(names))
        yield from connection.scalars(_newest(select(_A.id).where(_A.id.in_(naming))))


def _newest(rows: Select[Any]) -> Select[Any]:
    """No more than can be worked out: a sender that gives everything one name must not stop the house."""
    return rows.order_by(_A.sent.desc()).limit(_MOST_KIN)


def _by_id(connection: Connection, ids: Iterable[int]) -> Iterator[StoredAlert]:
    for numbers in _packs(ids):
        yield from _alerts(connection, select(*_LIGHT).where(_A.id.in_(numbers)))


def _packs(values: Iterable[Any]) -> Iterator[list[Any]]:
    every = sorted(values)
    for at in range(0, len(every), _FEW):
        yield every[at : at + _FEW]
