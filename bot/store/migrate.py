"""Bringing a database to the tables of this version. Every start calls it; only the first one finds something to do."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from bot.core.errors import BadSetting
from bot.store.engine import make_engine
from bot.store.failure import down

_HERE = Path(__file__).resolve().parent / "migrations"


def upgrade(url: str) -> None:
    """Upgrades the database at `url` to this version, in one transaction: all of it or nothing. Safe to call from several processes.

    Raises BadSetting for a URL that we cannot use and for a database of a newer version, and StoreDown where the database does not
    answer or its file cannot be made."""
    # Without foreign keys: SQLite changes a table by copying and dropping it, which would take the rows that refer to it along.
    engine = make_engine(url, foreign_keys=False)
    try:
        with engine.begin() as connection:
            settings = config()
            check_known(connection)
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
    except DatabaseError as error:
        raise down(engine.url, error) from error
    finally:
        engine.dispose()


def check_known(connection: Connection) -> None:
    """Raises BadSetting where the database is of a version that this code does not know: nothing may touch it then."""
    have = MigrationContext.configure(connection).get_current_revision()
    scripts = ScriptDirectory.from_config(config())
    if have is not None and have not in {script.revision for script in scripts.walk_revisions()}:
        newest = scripts.get_current_head()
        remedy = "A newer Ujumbe wrote it: start that one again, or bring back an older backup with `ujumbe restore FILE`."
        raise BadSetting(f"The database is at version {have}, which this Ujumbe does not know: its newest is {newest}. {remedy}")


def config() -> Config:
    """Alembic's settings: the packaged migrations, whatever the working directory."""
    return Config(_HERE / "alembic.ini")
