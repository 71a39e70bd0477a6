"""The audit as SQL over staged rows: one statement for all tables and rules, for the in-process engine."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from psycopg import Connection
from psycopg.sql import SQL, Composed, Literal

from mlb_data_platform.quality.results import Result
from mlb_data_platform.quality.rules import Check, checks
from mlb_data_platform.storage.staging import Staging, columns


def audit(connection: Connection, staging: Staging) -> list[Result]:
    """Return how the staged rows keep each rule of each table; a table without rows keeps them all."""
    found = {table: (checked, failed) for table, checked, failed in connection.execute(_statement(staging))}
    return list(_results(staging, found))


def _results(staging: Staging, found: dict[str, tuple[int, list[int]]]) -> Iterator[Result]:
    for table in staging.mapping.tables:
        checked, failures = found[table]
        for check, failed in zip(checks(staging.mapping, table), failures, strict=True):
            yield Result(table, check.name, check.level, checked, failed)


@lru_cache(maxsize=4)
def _statement(staging: Staging) -> Composed:
    """One row per table: its name, its rows, and for each of its checks the rows that fail."""
    return SQL(" UNION ALL ").join(_table_statement(staging, table) for table in staging.mapping.tables)


def _table_statement(staging: Staging, table: str) -> Composed:
    failures = [_failures(staging, check) for check in checks(staging.mapping, table)]
    return SQL("SELECT {}, count(*), ARRAY[{}] FROM {}").format(
        Literal(table), SQL(", ").join(failures), staging.identifier(table)
    )


def _failures(staging: Staging, check: Check) -> Composed:
    if check.condition is not None:
        return SQL("count(*) FILTER (WHERE NOT ({}))").format(SQL(check.condition))
    return SQL(
        "(SELECT coalesce(sum(copies), 0)::bigint"
        " FROM (SELECT count(*) AS copies FROM {} GROUP BY {} HAVING count(*) > 1) d)"
    ).format(staging.identifier(check.table), columns(check.columns))
