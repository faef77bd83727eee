"""Where everything is kept: the SQL store (SQLite or PostgreSQL), its in-memory double, and the migrations."""

from bot.core.storage import Store


def open_store(url: str) -> Store:
    """The store at `url`, e.g. "sqlite:////var/lib/ujumbe/ujumbe.db" or "postgresql+psycopg://user:secret@host/ujumbe".

    Its tables must be there: `bot.store.migrate.upgrade(url)` makes them. Raises BadSetting for a URL that is neither.
    """
    from bot.store.sql import SqlStore  # noqa: PLC0415  SQLAlchemy is heavy: `ujumbe chat` and the tests of the core do without

    return SqlStore(url)
