"""What was made once, by the key of who asked for it."""

from sqlalchemy import Connection, select

from bot.store.alert_tables import MADE_ONCE
from bot.store.engine import insert_once
from bot.store.statements import given

_FOUND = select(MADE_ONCE.c.digest, MADE_ONCE.c.made).where(MADE_ONCE.c.key == given("which"))


class OnceRows:
    """The part of SqlTx that keeps it."""

    _connection: Connection

    def made_once(self, key: str) -> tuple[str, int] | None:
        row = self._connection.execute(_FOUND, {"which": key}).first()
        return None if row is None else (row.digest, row.made)

    def note_once(self, key: str, digest: str, id: int, *, now: float) -> bool:
        values = {"key": key, "digest": digest, "made": id, "at": now}
        added = insert_once(self._connection.dialect.name, MADE_ONCE, "key").returning(MADE_ONCE.c.key)
        return self._connection.scalar(added, values) is not None  # PostgreSQL's driver does not count what an INSERT did
