"""Rates: buckets that all workers share, each a single number. One statement takes a slot, so no two workers take the same one."""

from functools import cache

from sqlalchemy import Connection, Executable, case, delete, select

from bot.store.engine import Database, insert_new
from bot.store.rules import KEEP_RATES_S, spare_s
from bot.store.statements import NOW, given
from bot.store.tables import RATE

_R = RATE.c
_WHEN_FULL = select(_R.tat).where(_R.name == given("bucket"))
_FORGET = delete(RATE).where(_R.tat <= NOW)


class Rates:
    """The part of SqlStore that keeps providers' limits."""

    _db: Database

    def take_slot(self, name: str, *, rate_per_s: float, burst: float, now: float) -> float:
        spare = spare_s(rate_per_s, burst)
        values = {"bucket": name, "now": now, "each": 1.0 / rate_per_s, "spare": spare}
        with self._db.write(may_be_lost=True) as connection:
            if connection.execute(_take(connection.dialect.name), values).first() is not None:
                return 0.0
            full: float = connection.execute(_WHEN_FULL, {"bucket": name}).scalar_one()
            return full - spare - now

    def slots_until(self, name: str) -> float:
        with self._db.read() as connection:
            return float(connection.execute(_WHEN_FULL, {"bucket": name}).scalar() or 0.0)


@cache
def _take(dialect: str) -> Executable:
    start = case((_R.tat > NOW, _R.tat), else_=NOW)
    new = insert_new(dialect, RATE).values(name=given("bucket"), tat=NOW + given("each"))
    free = _R.tat - given("spare") <= NOW
    return new.on_conflict_do_update(index_elements=["name"], set_={"tat": start + given("each")}, where=free).returning(_R.tat)


def forget(connection: Connection, *, now: float) -> None:
    """Removes the buckets that are full: most are one person's, and a person's number stays no longer than it is needed."""
    connection.execute(_FORGET, {"now": now - KEEP_RATES_S})
