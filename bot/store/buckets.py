"""Channels' buckets: read, and swapped where nobody else was faster. What a bucket does is in bot.core.bucket."""

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from sqlalchemy import Executable, Row, select, update

from bot.core.bucket import Bucket, Share, Traffic
from bot.store.engine import Database, insert_once
from bot.store.statements import given
from bot.store.tables import CHANNEL_BUCKET

_B = CHANNEL_BUCKET.c
_PLAIN = [field.name for field in fields(Bucket) if field.name not in set(Traffic)]
_COLUMNS = [column.name for column in CHANNEL_BUCKET.c if column.name not in ("channel", "version")]

_ALL = select(CHANNEL_BUCKET)
_ONE = _ALL.where(_B.channel == given("of"))
_SWAP = (
    update(CHANNEL_BUCKET)
    .where(_B.channel == given("of"), _B.version == given("was"))
    .values(version=_B.version + 1, **{name: given(f"new_{name}") for name in _COLUMNS})
)


class Buckets:
    """The part of SqlStore that keeps channels' buckets."""

    _db: Database

    def bucket(self, channel: str) -> tuple[Bucket, int]:
        with self._db.read() as connection:
            row = connection.execute(_ONE, {"of": channel}).first()
            return (Bucket(), 0) if row is None else (_bucket(row), row.version)

    def swap_bucket(self, channel: str, bucket: Bucket, *, version: int) -> bool:
        values = _values(bucket)
        with self._db.one(may_be_lost=True) as connection:
            if version == 0:
                added = connection.execute(_add(connection.dialect.name), {"channel": channel, "version": 1, **values})
                return added.first() is not None
            changed = {f"new_{name}": value for name, value in values.items()}
            return connection.execute(_SWAP, {"of": channel, "was": version, **changed}).rowcount == 1

    def buckets(self) -> Mapping[str, Bucket]:
        with self._db.read() as connection:
            return {row.channel: _bucket(row) for row in connection.execute(_ALL)}


@cache
def _add(dialect: str) -> Executable:
    return insert_once(dialect, CHANNEL_BUCKET, "channel").returning(_B.version)


def _bucket(row: Row[Any]) -> Bucket:
    shares: dict[str, Any] = {traffic.value: Share(getattr(row, f"{traffic}_due"), getattr(row, f"{traffic}_waits")) for traffic in Traffic}
    return Bucket(**{name: getattr(row, name) for name in _PLAIN}, **shares)


def _values(bucket: Bucket) -> dict[str, Any]:
    shares = {traffic: getattr(bucket, traffic) for traffic in Traffic}
    plain = {name: getattr(bucket, name) for name in _PLAIN}
    return plain | {f"{traffic}_{what}": getattr(share, what) for traffic, share in shares.items() for what in ("due", "waits")}
