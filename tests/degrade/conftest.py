"""The stores of tests/store."""

from tests.store.conftest import (  # noqa: F401  fixtures
    bare_postgres_url,
    empty_file,
    migrated_database,
    postgres_url,
    server,
    sqlite_url,
    url,
)
