"""The audit as SQL over rows that nobody sees yet, a statement for each table: that of the in-process engine."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composable, Placeholder

from mlb_data_platform.quality.results import Result
from mlb_data_platform.quality.rules import Check, checks
from mlb_data_platform.storage.staging import Place, Published, Staging, columns


def audit(connection: Connection, staging: Staging) -> list[Result]:
    """Return how the staged rows keep each rule of each table; a table without rows keeps them all."""
    return _audited(connection, staging, staging.mapping.tables, {})


def audit_published(
    connection: Connection,
    published: Published,
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
    connection: Connection, place: Place, tables: Iterable[str], parameters: Mapping[str, Any]
) -> list[Result]:
    with connection.pipeline():  # one round trip for all tables
        asked = {table: connection.execute(_statement(place, table), parameters) for table in tables}
        found = {table: cursor.fetchone() or (0, []) for table, cursor in asked.items()}
    return [
        Result(table, check.name, check.level, checked, failed)
        for table, (checked, failures) in found.items()
        for check, failed in zip(checks(place.mapping, table), failures, strict=True)
    ]


@lru_cache(maxsize=200)
def _statement(place: Place, table: str) -> bytes:
    """Count the rows of `table`, and for each of its checks the rows that fail."""
    failures = [_failures(place, check) for check in checks(place.mapping, table)]
    return (
        SQL("SELECT count(*), ARRAY[{}]::bigint[] FROM {} WHERE {}")
        .format(SQL(", ").join(failures), place.identifier(table), _of_units(place))
        .as_bytes()
    )


def _of_units(place: Place) -> Composable:
    """Staged rows are all of them checked; of published ones those of the units that are given."""
    if isinstance(place, Staging):
        return SQL("true")
    types = place.mapping.columns(place.mapping.version_table)
    arrays = (SQL("{}::{}[]").format(Placeholder(name), SQL(types[name].type)) for name in place.mapping.unit)
    return SQL("({}) IN (SELECT * FROM unnest({}))").format(columns(place.mapping.unit), SQL(", ").join(arrays))


def _failures(place: Place, check: Check) -> Composable:
    if isinstance(place, Published) and check.of_key:
        return SQL("0")  # the table's own constraints have seen to it
    if check.condition is not None:
        condition = SQL(check.condition.replace("%", "%%"))  # the statement takes parameters
        return SQL("count(*) FILTER (WHERE NOT ({}))").format(condition)
    return SQL(
        "(SELECT coalesce(sum(copies), 0)::bigint"
        " FROM (SELECT count(*) AS copies FROM {} GROUP BY {} HAVING count(*) > 1) d)"
    ).format(place.identifier(check.table), columns(check.columns))
