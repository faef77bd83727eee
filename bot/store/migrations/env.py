"""Alembic's entry: runs migrations on the connection it is given, or on `-x url=...` from a developer's command line."""

from typing import Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import Connection, text

from bot.store import alert_tables, hold_tables, staff_tables, ticket_tables  # noqa: F401  their tables are known once they were read
from bot.store.engine import make_engine
from bot.store.tables import Row, Words

_ONE_AT_A_TIME = 0x756A756D6265  # the name of our advisory lock: "ujumbe" in hexadecimal


def spell(kind: str, item: object, _: AutogenContext) -> str | Literal[False]:
    """A migration keeps its meaning when our classes change: it says what the database has."""
    return "sa.Text()" if kind == "type" and isinstance(item, Words) else False


def run(connection: Connection) -> None:
    """Runs what is asked for, after whoever else does so at this moment (SQLite's BEGIN IMMEDIATE waits by itself)."""
    sqlite = connection.dialect.name == "sqlite"
    if not sqlite:
        connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _ONE_AT_A_TIME})
    # With BEGIN IMMEDIATE as ours, SQLite's DDL rolls back like any other statement; Alembic assumes the driver's own, which does not.
    context.configure(
        connection=connection, target_metadata=Row.metadata, render_as_batch=sqlite, render_item=spell, transactional_ddl=True
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    engine = make_engine(context.get_x_argument(as_dictionary=True)["url"], foreign_keys=False)
    with engine.begin() as own:
        run(own)
    engine.dispose()
