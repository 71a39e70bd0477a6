"""The audit as SQL over rows that nobody sees yet, a statement for each table: that of the in-process engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Composable, Identifier, Placeholder

from mlb_data_platform.errors import BadInputError, one_line
from mlb_data_platform.quality.results import Result
from mlb_data_platform.quality.rules import Check, checks
from mlb_data_platform.storage.tables import PublishedTables, StagingTables, TableSet, columns

# What PostgreSQL says of a condition that it cannot read, or that is none.
_WRONG_RULE = (
    psycopg.errors.SyntaxError,
    psycopg.errors.DatatypeMismatch,
    psycopg.errors.GroupingError,
    psycopg.errors.UndefinedFunction,
    psycopg.errors.WindowingError,
)


def audit(connection: Connection, staging: StagingTables) -> list[Result]:
    """Return how the staged rows keep each rule of each table; a table without rows keeps them all."""
    return _audited(connection, staging, staging.mapping.tables, {})


def audit_published(
    connection: Connection,
    published: PublishedTables,
    units: Sequence[Mapping[str, Any]],
    tables: Iterable[str] | None = None,
) -> list[Result]:
    """Return how the rows of `units` in the tables themselves keep each rule, in the caller's open transaction.

    Of `tables` only, where they are given.
    """
    parameters = {name: [unit[name] for unit in units] for name in published.mapping.unit}
    wanted = published.mapping.tables if tables is None else tables
    return _audited(connection, published, wanted, parameters)


def _audited(
    connection: Connection, table_set: TableSet, tables: Iterable[str], parameters: Mapping[str, Any]
) -> list[Result]:
    try:
        with connection.pipeline():  # one round trip for all tables
            asked = {table: connection.execute(_statement(table_set, table), parameters) for table in tables}
            found = {table: cursor.fetchone() or (0, []) for table, cursor in asked.items()}
    except _WRONG_RULE as error:
        raise BadInputError(f"{table_set.mapping.name}: a rule under quality is none: {one_line(error)}") from error
    return [
        Result(table, check.name, check.level, checked, failed)
        for table, (checked, failures) in found.items()
        for check, failed in zip(checks(table_set.mapping, table), failures, strict=True)
    ]


@lru_cache(maxsize=200)
def _statement(table_set: TableSet, table: str) -> bytes:
    """Count the rows of `table`, and for each of its checks the rows that fail."""
    failures = [_failures(table_set, check) for check in checks(table_set.mapping, table)]
    return (
        SQL("SELECT count(*), ARRAY[{}]::bigint[] FROM {} WHERE {}")
        .format(SQL(", ").join(failures), table_set.identifier(table), _of_units(table_set))
        .as_bytes()
    )


def _of_units(table_set: TableSet) -> Composable:
    """Staged rows are all of them checked; of published ones those of the units that are given."""
    if isinstance(table_set, StagingTables):
        return SQL("true")
    types = table_set.mapping.columns(table_set.mapping.version_table)
    unit = table_set.mapping.unit
    given = {name: SQL("unnest({}::{}[])").format(Placeholder(name), SQL(types[name].type)) for name in unit}
    # The planner takes a subquery's array for ten values, however many there are, and goes by the key. Any other form
    # it may answer by reading the table from end to end, at each batch of a load.
    conditions = [SQL("{} = ANY (ARRAY(SELECT {}))").format(Identifier(name), given[name]) for name in unit]
    if len(unit) > 1:
        conditions.append(SQL("({}) IN (SELECT {})").format(columns(unit), SQL(", ").join(given.values())))
    return SQL(" AND ").join(conditions)


def _failures(table_set: TableSet, check: Check) -> Composable:
    if isinstance(table_set, PublishedTables) and check.of_key:
        return SQL("0")  # the table's own constraints have seen to it
    if check.condition is not None:
        condition = SQL(check.condition.replace("%", "%%"))  # the statement takes parameters
        return SQL("count(*) FILTER (WHERE NOT ({}))").format(condition)
    return SQL(
        "(SELECT coalesce(sum(copies), 0)::bigint"
        " FROM (SELECT count(*) AS copies FROM {} GROUP BY {} HAVING count(*) > 1) d)"
    ).format(table_set.identifier(check.table), columns(check.columns))
