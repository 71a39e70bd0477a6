"""What an audit found: its record in metadata.data_quality_results, and the units that must not be published."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Identifier

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.quality_rules import Level
from mlb_data_platform.quality.rules import Check, checks
from mlb_data_platform.storage.tables import StagingTables, columns

_RAW_ID = "raw_id of the response"  # no column of a mapping has such a name


@dataclass(frozen=True)
class Result:
    """How the rows of one table keep one rule; the same from every engine."""

    table: str
    rule: str
    level: Level
    rows_checked: int
    rows_failed: int

    @property
    def refuses(self) -> bool:
        """Whether rows that broke the rule must not be published."""
        return self.level == "error" and self.rows_failed > 0


@dataclass(frozen=True)
class Refusal:
    """A unit (a game) that must not be published, and the error-level rules that its rows break, as `table.rule`."""

    raw_id: int
    unit: dict[str, Any]
    rules: tuple[str, ...]


def combined(results: Iterable[Result]) -> list[Result]:
    """Return one result for each rule: the sums of those of several batches."""
    sums: dict[tuple[str, str, Level], tuple[int, int]] = {}
    for result in results:
        rule = (result.table, result.rule, result.level)
        checked, failed = sums.get(rule, (0, 0))
        sums[rule] = (checked + result.rows_checked, failed + result.rows_failed)
    return [Result(*rule, *counts) for rule, counts in sums.items()]


def record_results(connection: Connection, run_id: UUID, endpoint: str, results: Iterable[Result]) -> None:
    """Write the results of a run; what the run had found for the same rules before is replaced."""
    connection.cursor().executemany(
        """
        INSERT INTO metadata.data_quality_results
            (run_id, endpoint, table_name, rule, level, rows_checked, rows_failed)
        VALUES (%s, %s, %s, %s, %s, %s, %s)
        ON CONFLICT (run_id, endpoint, table_name, rule) DO UPDATE
        SET level = excluded.level, rows_checked = excluded.rows_checked, rows_failed = excluded.rows_failed,
            checked_at = clock_timestamp()
        """,
        [
            (run_id, endpoint, result.table, result.rule, result.level, result.rows_checked, result.rows_failed)
            for result in results
        ],
    )


def refused_units(connection: Connection, staging: StagingTables, results: Iterable[Result]) -> list[Refusal]:
    """Return the staged units whose rows break a rule that refuses. Asks the database only if `results` has any."""
    broken = {(result.table, result.rule) for result in results if result.refuses}
    units: dict[tuple[Any, ...], dict[str, Any]] = {}
    rules: dict[tuple[Any, ...], list[str]] = defaultdict(list)
    for check in _all_checks(staging.mapping) if broken else ():
        if (check.table, check.name) in broken:
            for unit in connection.cursor(row_factory=dict_row).execute(_units_that_break(staging, check)):
                units[tuple(unit.values())] = unit
                rules[tuple(unit.values())].append(f"{check.table}.{check.name}")
    return [Refusal(unit.pop(_RAW_ID), unit, tuple(rules[values])) for values, unit in units.items()]


def _all_checks(mapping: Mapping) -> Iterator[Check]:
    return (check for table in mapping.tables for check in checks(mapping, table))


def _units_that_break(staging: StagingTables, check: Check) -> Composed:
    """Select the units of the responses with a row that breaks `check`.

    The row's own unit may be what is missing; then all units of its response are refused, or its rows would vanish.
    """
    unit = staging.mapping.unit
    same_unit = [SQL("(v.{0} = s.{0}) IS NOT FALSE").format(Identifier(name)) for name in unit]
    return SQL(
        """
        SELECT DISTINCT s.raw_id AS {raw_id}, {unit}
        FROM ({rows}) s LEFT JOIN {version} v ON v.raw_id = s.raw_id AND {same_unit}
        """
    ).format(
        raw_id=Identifier(_RAW_ID),
        unit=SQL(", ").join(SQL("coalesce(v.{0}, s.{0}) AS {0}").format(Identifier(name)) for name in unit),
        rows=_rows_that_break(staging, check),
        version=staging.identifier(staging.mapping.version_table),
        same_unit=SQL(" AND ").join(same_unit),
    )


def _rows_that_break(staging: StagingTables, check: Check) -> Composed:
    staged = staging.identifier(check.table)
    if check.condition is not None:
        return SQL("SELECT * FROM {} WHERE NOT ({})").format(staged, SQL(check.condition))
    return SQL("SELECT * FROM (SELECT *, count(*) OVER (PARTITION BY {}) AS copies FROM {}) r WHERE copies > 1").format(
        columns(check.columns), staged
    )
