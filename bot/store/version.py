"""Which version the tables of a database have, without changing anything."""

from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy.exc import DatabaseError

from bot.store.engine import make_engine
from bot.store.failure import down
from bot.store.migrate import check_known, config


def versions(url: str) -> tuple[str, str]:
    """The version of the tables at `url`, "" where there are none, and the newest one.

    Raises BadSetting for a URL that we cannot use and for a database of a newer version, and StoreDown where the database does not
    answer."""
    engine = make_engine(url)
    newest = ScriptDirectory.from_config(config()).get_current_head() or ""
    try:
        if engine.dialect.name == "sqlite" and not Path(engine.url.database or "").exists():
            return "", newest  # connecting would make the file
        with engine.connect() as connection:
            check_known(connection)
            return MigrationContext.configure(connection).get_current_revision() or "", newest
    except DatabaseError as error:
        raise down(engine.url, error) from error
    finally:
        engine.dispose()
