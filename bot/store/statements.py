"""Pieces that several statements share.

The hot statements are built once, at import, with named parameters: building one costs several times as much as running it.
SQLite's dialect leaves FOR UPDATE and SKIP LOCKED out: its one writer needs neither.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BindParameter, Column, ColumnElement, Table, bindparam, literal_column

from bot.store.rules import FIRST_DELAY_S


def given(name: str) -> BindParameter[Any]:
    """A parameter. Its name must differ from the columns': UPDATE keeps those for itself."""
    return bindparam(name)


def given_list(name: str) -> BindParameter[Any]:
    """A parameter for IN."""
    return bindparam(name, expanding=True)


ROW = given("row")
NOW = given("now")
UNTIL = given("until")
MINE = given("mine")  # the token of the claim that wants to write
FRESH = given("fresh")  # the token of a new claim


def one_of(column: ColumnElement[Any], values: Iterable[str]) -> ColumnElement[bool]:
    """`column IN (...)` with our own words spelt out: SQLite sees only so that a partial index fits."""
    return column.in_([literal_column(f"'{value}'") for value in values])


def mine(table: Table) -> ColumnElement[bool]:
    """The row, while the claim's token still fits."""
    return (table.c.id == ROW) & (table.c.token == MINE)


def lease(attempts: Column[int]) -> Mapping[str, Any]:
    """The columns of a row that is claimed. A claim is progress: the sweep's delays begin anew."""
    return {"token": FRESH, "attempts": attempts + 1, "lease_until": UNTIL, "due_at": UNTIL, "delay_s": FIRST_DELAY_S}
