"""The one publish path: staged rows replace the rows of their units (a game, a date) in the caller's transaction.

A unit is taken only if its staged capture is newer than the applied one; the version table's row is both the check
and the lock that makes a second publisher of the same unit wait. Rows that vanished are deleted, unchanged rows are
not touched (DESIGN section 7, guarantees 1 to 3).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import cached_property, partial
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composable, Composed, Identifier
from psycopg.types.json import Jsonb

from mlb_data_platform.storage.staging import Staging, columns, stamp_columns

Unit = dict[str, Any]
# What PostgreSQL says of rows it does not take: a value that does not fit, a key that is taken, a unit twice.
ROW_ERRORS = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.CardinalityViolation)
_ACCEPTED = Identifier("pg_temp", "accepted_units")


class Publisher:
    """The statements that publish one Staging, built once; `force` applies a capture that is applied already again."""

    def __init__(self, staging: Staging, *, force: bool = False) -> None:
        self._staging = staging
        self._mapping = staging.mapping
        self._newer = SQL("<=" if force else "<")

    def staged_units(self, connection: Connection) -> list[Unit]:
        """Return the units that have staged rows, in a fixed order."""
        unit = columns(self._mapping.unit)
        query = SQL("SELECT {} FROM {} ORDER BY {}").format(unit, self._version_stage, unit)
        return list(connection.cursor(row_factory=dict_row).execute(query))

    def publish(self, connection: Connection, units: Sequence[Unit]) -> list[Unit]:
        """Replace the rows of `units` by their staged rows; return those taken (the others have a newer capture).

        Needs a transaction of its own, which the caller commits: all rows of a unit change at once.
        """
        connection.execute(self._create_accepted)
        connection.execute(self._accept, {"units": Jsonb(units, dumps=partial(json.dumps, default=str))})
        accepted = list(
            connection.cursor(row_factory=dict_row).execute(SQL("SELECT * FROM {}").format(_ACCEPTED)),
        )
        if any(not unit["is_new"] for unit in accepted):
            for statement in self._deletes:
                connection.execute(statement)
        if accepted:
            for statement in self._upserts:
                connection.execute(statement)
        return [{name: unit[name] for name in self._mapping.unit} for unit in accepted]

    @property
    def _version_stage(self) -> Identifier:
        return self._staging.identifier(self._mapping.version_table)

    def _target(self, table: str) -> Identifier:
        return Identifier(self._mapping.endpoint, table)

    def _unit_types(self) -> Composed:
        types = self._mapping.columns(self._mapping.version_table)
        return SQL(", ").join(
            SQL("{} {}").format(Identifier(name), SQL(types[name].type)) for name in self._mapping.unit
        )

    @cached_property
    def _create_accepted(self) -> Composed:
        return SQL("CREATE TEMPORARY TABLE IF NOT EXISTS {} ({}, is_new boolean) ON COMMIT DELETE ROWS").format(
            _ACCEPTED, self._unit_types()
        )

    @cached_property
    def _accept(self) -> Composed:
        """Write the version rows of units whose staged capture is newer, and keep which units those are."""
        table = self._mapping.version_table
        names = [*self._mapping.columns(table), *stamp_columns(self._mapping, table)]
        unit = self._mapping.unit
        return SQL(
            """
            WITH asked AS (SELECT * FROM jsonb_to_recordset(%(units)s) AS u ({unit_types})),
            taken AS (
                INSERT INTO {target} AS t ({names})
                SELECT {staged_names} FROM {stage} s JOIN asked USING ({unit}) ORDER BY {unit}
                ON CONFLICT ({unit}) DO UPDATE SET {assignments}
                WHERE (t.captured_at, coalesce(t.content_sha256, ''))
                      {newer} (excluded.captured_at, coalesce(excluded.content_sha256, ''))
                RETURNING {taken_unit}, xmax = 0 AS is_new
            )
            INSERT INTO {accepted} SELECT * FROM taken
            """
        ).format(
            unit_types=self._unit_types(),
            target=self._target(table),
            names=columns(names),
            staged_names=columns(names, "s"),
            stage=self._version_stage,
            unit=columns(unit),
            assignments=_assignments(name for name in names if name not in unit),
            newer=self._newer,
            taken_unit=columns(unit, "t"),
            accepted=_ACCEPTED,
        )

    @cached_property
    def _deletes(self) -> list[Composed]:
        """Delete rows whose key is staged no more: children before the rows they refer to."""
        return [self._delete(table) for table in reversed(self._mapping.tables) if table != self._mapping.version_table]

    def _delete(self, table: str) -> Composed:
        nullable = self._mapping.tables[table].nullable_key
        same_row = SQL(" AND ").join(
            SQL("s.{0} IS NOT DISTINCT FROM t.{0}" if name in nullable else "s.{0} = t.{0}").format(Identifier(name))
            for name in dict.fromkeys((*self._mapping.unit, *self._mapping.key(table)))
        )
        return SQL(
            """
            DELETE FROM {target} t USING {accepted} a
            WHERE NOT a.is_new AND {of_unit} AND NOT EXISTS (SELECT FROM {stage} s WHERE {same_row})
            """
        ).format(
            target=self._target(table),
            accepted=_ACCEPTED,
            of_unit=_equal("a", "t", self._mapping.unit),
            stage=self._staging.identifier(table),
            same_row=same_row,
        )

    @cached_property
    def _upserts(self) -> list[Composed]:
        """Insert new rows and update changed ones: the rows that others refer to before those."""
        return [self._upsert(table) for table in self._mapping.tables if table != self._mapping.version_table]

    def _upsert(self, table: str) -> Composed:
        mapped = list(self._mapping.columns(table))
        stamp = list(stamp_columns(self._mapping, table))
        key = self._mapping.key(table)
        values = [name for name in mapped if name not in key]
        changed = (
            SQL("DO UPDATE SET {} WHERE ({}) IS DISTINCT FROM ({})").format(
                _assignments([*values, *stamp]), columns(values, "t"), columns(values, "excluded")
            )
            if values
            else SQL("DO NOTHING")
        )
        return SQL(
            """
            INSERT INTO {target} AS t ({names})
            SELECT {staged_names} FROM {stage} s JOIN {accepted} a ON {of_unit}
            ON CONFLICT ({key}) {changed}
            """
        ).format(
            target=self._target(table),
            names=columns([*mapped, *stamp]),
            staged_names=columns([*mapped, *stamp], "s"),
            stage=self._staging.identifier(table),
            accepted=_ACCEPTED,
            of_unit=_equal("a", "s", self._mapping.unit),
            key=columns(key),
            changed=changed,
        )


def _assignments(names: Iterable[str]) -> Composed:
    return SQL(", ").join(SQL("{0} = excluded.{0}").format(Identifier(name)) for name in names)


def _equal(left: str, right: str, names: Iterable[str]) -> Composable:
    return SQL(" AND ").join(SQL("{} = {}").format(Identifier(left, name), Identifier(right, name)) for name in names)
