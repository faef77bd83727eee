"""Bringing a database to the tables of this version. Every start calls it; only the first one finds something to do."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy.exc import OperationalError

from bot.store.engine import down, make_engine

_HERE = Path(__file__).resolve().parent / "migrations"


def upgrade(url: str) -> None:
    """Upgrades the database at `url` to this version, in one transaction: all of it or nothing. Safe to call from several processes.

    Raises BadSetting for a URL that we cannot use, and StoreDown where the database does not answer or its file cannot be made."""
    # Without foreign keys: SQLite changes a table by copying and dropping it, which would take the rows that refer to it along.
    engine = make_engine(url, foreign_keys=False)
    try:
        with engine.begin() as connection:
            settings = config()
            settings.attributes["connection"] = connection
            command.upgrade(settings, "head")
    except OperationalError as error:
        raise down(engine.url, error) from error
    finally:
        engine.dispose()


def config() -> Config:
    """Alembic's settings: the packaged migrations, whatever the working directory."""
    return Config(_HERE / "alembic.ini")
