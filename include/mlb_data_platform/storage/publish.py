"""The publish path: staged rows replace the rows of their units (a game, a date) in the caller's transaction.

A unit is taken only if its staged capture is newer than the applied one, or the mapping is another; the version
table's row is both the check and the lock that makes a second publisher of the same unit wait. Rows that vanished are
deleted, unchanged rows are neither written nor locked (DESIGN section 7, guarantees 1 to 3).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal
from psycopg.types.json import Jsonb

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.provenance import PUBLISHED_XID, VALID_FROM, stamp_columns
from mlb_data_platform.storage.tables import PublishedTables, StagingTables, columns

Unit = dict[str, Any]
# What PostgreSQL says of rows it does not take: a value that does not fit, a key that is taken, a unit twice.
ROW_ERRORS = (psycopg.DataError, psycopg.IntegrityError, psycopg.errors.CardinalityViolation)
_ACCEPTED = Identifier("pg_temp", "accepted_units")
_WENT_BACK = "went_back"


@dataclass(frozen=True)
class StagedUnit:
    """A unit that has staged rows, and the raw row of the response that they come from."""

    unit: Unit
    raw_id: int


@dataclass(frozen=True)
class Publication:
    """What became of the units of a batch.

    `in_place` are the raw rows all of whose staged units are in the tables now, or in their history, by this capture;
    `went_back` the units whose rows are of an older capture than before, because the mapping changed.
    """

    in_place: set[int]
    went_back: list[Unit]


class Publisher:
    """The statements that publish one StagingTables into `target`, built once; `force` applies a capture once more."""

    def __init__(self, staging: StagingTables, target: PublishedTables, *, force: bool = False) -> None:
        self.staging = staging
        self._target = target
        self._mapping = staging.mapping
        self._newer = SQL("<=" if force else "<")

    def staged_units(self, connection: Connection) -> list[StagedUnit]:
        """Return the units that have staged rows, in a fixed order."""
        unit = columns(self._mapping.unit)
        query = SQL("SELECT {}, raw_id FROM {} ORDER BY {}").format(unit, self._version_stage, unit)
        rows = connection.cursor(row_factory=dict_row).execute(query)
        return [StagedUnit({name: row[name] for name in self._mapping.unit}, row["raw_id"]) for row in rows]

    def publish(self, connection: Connection, units: Sequence[StagedUnit]) -> Publication:
        """Replace the rows of `units` by their staged rows, but for units that have a newer capture.

        Needs a transaction of its own, which the caller commits: all rows of a unit change at once.
        """
        given = Jsonb([staged.unit for staged in units], dumps=partial(json.dumps, default=str))
        with connection.pipeline():  # one round trip for all: none needs the answer of another
            connection.execute(self._create_accepted)
            connection.execute(SQL("DELETE FROM {}").format(_ACCEPTED))
            connection.execute(self._accept, {"units": given})
            for statement in (*self._deletes, *self._upserts):
                connection.execute(statement)
            gone_back = connection.cursor(row_factory=dict_row).execute(self._gone_back)
            in_place = connection.execute(self._in_place)
            went_back = list(gone_back)
            return Publication({raw_id for (raw_id,) in in_place}, went_back)

    @property
    def _version_stage(self) -> Identifier:
        return self.staging.identifier(self._mapping.version_table)

    @property
    def _version(self) -> Identifier:
        return self._target.identifier(self._mapping.version_table)

    @cached_property
    def _create_accepted(self) -> Composed:
        return SQL("CREATE TEMPORARY TABLE IF NOT EXISTS {} ({}, {} boolean) ON COMMIT DELETE ROWS").format(
            _ACCEPTED, unit_types(self._mapping), Identifier(_WENT_BACK)
        )

    @cached_property
    def _accept(self) -> Composed:
        """Write the version rows of units that their staged capture may replace, and keep which units those are."""
        table = self._mapping.version_table
        names = [*self._mapping.columns(table), *stamp_columns(self._mapping, table)]
        unit = self._mapping.unit
        return SQL(
            """
            WITH asked AS (SELECT * FROM jsonb_to_recordset(%(units)s) AS u ({unit_types})),
            before AS (SELECT {unit}, t.captured_at FROM {target} t JOIN asked USING ({unit})),
            taken AS (
                INSERT INTO {target} AS t ({names})
                SELECT {staged_names} FROM {stage} s JOIN asked USING ({unit}) ORDER BY {unit}
                ON CONFLICT ({unit}) DO UPDATE SET {assignments}, {xid} = pg_current_xact_id(),
                    {valid_from} = CASE WHEN t.raw_id = excluded.raw_id AND t.{valid_from} < excluded.{valid_from}
                                   THEN t.{valid_from} ELSE excluded.{valid_from} END
                WHERE NOT {holds} OR {version_of_t} {newer} {version_of_excluded}
                RETURNING {taken_unit}, t.captured_at
            )
            INSERT INTO {accepted}
            SELECT {taken_unit}, coalesce(before.captured_at > t.captured_at, false)
            FROM taken t LEFT JOIN before USING ({unit})
            """
        ).format(
            unit_types=unit_types(self._mapping),
            target=self._version,
            names=columns(names),
            staged_names=columns(names, "s"),
            stage=self._version_stage,
            unit=columns(unit),
            assignments=_assignments(name for name in names if name not in (*unit, VALID_FROM)),
            valid_from=Identifier(VALID_FROM),
            xid=Identifier(PUBLISHED_XID),
            holds=holds(self._mapping.sha256, "t"),
            version_of_t=version("t"),
            newer=self._newer,
            version_of_excluded=version("excluded"),
            taken_unit=columns(unit, "t"),
            accepted=_ACCEPTED,
        )

    @cached_property
    def _deletes(self) -> list[bytes]:
        """Delete rows whose key is staged no more.

        Of units that had no version row too: somebody may have deleted that alone.
        """
        return [
            self._delete(table).as_bytes() for table in self._mapping.tables if table != self._mapping.version_table
        ]

    def _delete(self, table: str) -> Composed:
        nullable = self._mapping.tables[table].nullable_key
        same_row = same("s", "t", dict.fromkeys((*self._mapping.unit, *self._mapping.key(table))), nullable)
        return SQL(
            """
            DELETE FROM {target} t USING {accepted} a
            WHERE {few} AND {of_unit} AND NOT EXISTS (SELECT FROM {stage} s WHERE {same_row})
            """
        ).format(
            target=self._target.identifier(table),
            accepted=_ACCEPTED,
            # Nobody knows how few units are accepted but this: without it the planner reads the table from end to end.
            few=SQL(" AND ").join(
                SQL("{} = ANY (ARRAY(SELECT {} FROM {}))").format(Identifier("t", name), Identifier(name), _ACCEPTED)
                for name in self._mapping.unit
            ),
            of_unit=same("a", "t", self._mapping.unit),
            stage=self.staging.identifier(table),
            same_row=same_row,
        )

    @cached_property
    def _upserts(self) -> list[bytes]:
        """Insert new rows and update changed ones."""
        return [
            self._upsert(table).as_bytes() for table in self._mapping.tables if table != self._mapping.version_table
        ]

    def _upsert(self, table: str) -> Composed:
        accepted = SQL("SELECT s.* FROM {} s JOIN {} a ON {}").format(
            self.staging.identifier(table), _ACCEPTED, same("a", "s", self._mapping.unit)
        )
        return upsert(self._target, table, accepted)

    @cached_property
    def _gone_back(self) -> Composed:
        return SQL("SELECT {} FROM {} WHERE {} ORDER BY {}").format(
            columns(self._mapping.unit), _ACCEPTED, Identifier(_WENT_BACK), columns(self._mapping.unit)
        )

    @cached_property
    def _in_place(self) -> Composed:
        return SQL(
            """
            SELECT s.raw_id FROM {stage} s LEFT JOIN {target} t ON {same_unit}
            GROUP BY s.raw_id HAVING bool_and(coalesce({holds} AND (t.raw_id = s.raw_id OR EXISTS (
                SELECT FROM {history} h WHERE {former} AND h.raw_id = s.raw_id
            )), false))
            """
        ).format(
            stage=self._version_stage,
            target=self._version,
            same_unit=same("t", "s", self._mapping.unit),
            holds=holds(self._mapping.sha256, "t"),
            history=self._target.history(self._mapping.version_table),
            former=same("h", "s", self._mapping.unit),
        )


def unit_types(mapping: Mapping) -> Composed:
    """Return the columns of a unit with their types, as a record of it is defined."""
    types = mapping.columns(mapping.version_table)
    return SQL(", ").join(SQL("{} {}").format(Identifier(name), SQL(types[name].type)) for name in mapping.unit)


def upsert(target: PublishedTables, table: str, rows: Composed) -> Composed:
    """Return what inserts the rows of a query that are new and updates those that differ; it has all columns."""
    mapping = target.mapping
    mapped, key = list(mapping.columns(table)), mapping.key(table)
    names = [*mapped, *stamp_columns(mapping, table)]
    values = [name for name in mapped if name not in key]
    unchanged = SQL("({}) IS NOT DISTINCT FROM ({})").format(columns(values, "t"), columns(values, "s"))
    # ON CONFLICT locks each row that it meets, and so writes it, even where its WHERE then leaves it as it is.
    return SQL(
        """
        INSERT INTO {target} ({names})
        SELECT {given} FROM ({rows}) s
        WHERE NOT EXISTS (SELECT FROM {target} t WHERE {same_row} AND {unchanged})
        ON CONFLICT ({key}) DO UPDATE SET {assignments}
        """
    ).format(
        target=target.identifier(table),
        names=columns(names),
        given=columns(names, "s"),
        rows=rows,
        same_row=same("t", "s", key, mapping.tables[table].nullable_key),
        unchanged=unchanged if values else SQL("true"),
        key=columns(key),
        assignments=_assignments(name for name in names if name not in key),
    )


def version(alias: str) -> Composed:
    """Return what orders the captures of one unit (guarantee 1): the moment, and of equal moments the hash."""
    return SQL("({0}.captured_at, coalesce({0}.content_sha256, ''))").format(Identifier(alias))


def holds(mapping_sha256: str, alias: str) -> Composed:
    """Return whether a version row holds: its rows were made by this mapping, which has not refused them since."""
    return SQL(
        """({0}.mapping_sha256 IS NOT DISTINCT FROM {1} AND NOT EXISTS (
            SELECT FROM metadata.rejected_captures r
            WHERE r.raw_id = {0}.raw_id AND r.mapping_sha256 = {1} AND r.unit IS NULL AND r.seen IS NULL
        ))"""
    ).format(Identifier(alias), Literal(mapping_sha256))


def same(left: str, right: str, names: Iterable[str], nullable: Sequence[str] = ()) -> Composable:
    """Return whether two rows agree in these columns, of which the `nullable` ones may both be NULL."""
    return SQL(" AND ").join(
        SQL("{} IS NOT DISTINCT FROM {}" if name in nullable else "{} = {}").format(
            Identifier(left, name), Identifier(right, name)
        )
        for name in names
    )


def _assignments(names: Iterable[str]) -> Composed:
    return SQL(", ").join(SQL("{0} = excluded.{0}").format(Identifier(name)) for name in names)
