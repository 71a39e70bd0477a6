"""Whether what a run was asked for is in the tables, as its job's `check` says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import sql

from mlb_data_platform.jobs.models import PresenceCheck


def absent(connection: psycopg.Connection[Any], check: PresenceCheck, values: Sequence[str]) -> list[str]:
    """Return those of `values` that no row of the table has, in the order given."""
    column = sql.Identifier(check.column)
    table = sql.Identifier(*check.table.split("."))
    query = sql.SQL("SELECT {column}::text FROM {table} WHERE {column} = ANY(%s)").format(column=column, table=table)
    # as text of an array without a type: PostgreSQL takes the column's, be it a number, a date or a text
    found = {value for (value,) in connection.execute(query, ("{" + ",".join(values) + "}",))}
    return [value for value in values if value not in found]
