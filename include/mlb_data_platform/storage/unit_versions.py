"""Which captures of a unit the tables and their history have: what the version rows of both say."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed
from psycopg.types.json import Jsonb

from mlb_data_platform.storage.publish import Unit, holds, same, unit_types
from mlb_data_platform.storage.raw import raw_table
from mlb_data_platform.storage.tables import PublishedTables, StagingTables, columns


class UnitVersions:
    """The version rows of units, in the tables `target` and in their history."""

    def __init__(self, connection: Connection, target: PublishedTables) -> None:
        self._connection = connection
        self._mapping = target.mapping
        self._version = target.identifier(self._mapping.version_table)
        self._history = target.history(self._mapping.version_table)

    def doubted(self, staging: StagingTables) -> list[Unit]:
        """Return the staged units whose rows another mapping made, or another capture of the same moment."""
        query = SQL(
            """
            SELECT {unit} FROM {stage} s JOIN {version} v ON {same_unit}
            WHERE NOT {holds} OR (v.captured_at = s.captured_at AND v.raw_id <> s.raw_id)
            """
        ).format(
            unit=columns(self._mapping.unit, "s"),
            stage=staging.identifier(self._mapping.version_table),
            version=self._version,
            same_unit=same("v", "s", self._mapping.unit),
            holds=holds(self._mapping.sha256, "v"),
        )
        return list(self._connection.cursor(row_factory=dict_row).execute(query))

    def without(self, raw_id: int, captured_at: datetime, units: Sequence[Unit]) -> list[Unit]:
        """Return the units that this capture is no version of, neither the one in the tables nor a former one."""
        version = SQL(
            "EXISTS (SELECT FROM {} v WHERE {} AND v.raw_id = %(raw_id)s"
            " AND %(captured_at)s BETWEEN v.valid_from AND v.captured_at)"
        )
        same_unit = same("v", "u", self._mapping.unit)
        condition = SQL("NOT {} AND NOT {}").format(
            version.format(self._version, same_unit), version.format(self._history, same_unit)
        )
        return self._units(condition, units, raw_id=raw_id, captured_at=captured_at)

    def behind(self, captured_at: datetime, units: Sequence[Unit]) -> list[Unit]:
        """Return the units of which the tables have nothing from then on that the mapping in force made."""
        condition = SQL("NOT EXISTS (SELECT FROM {} v WHERE {} AND {} AND v.captured_at >= %(captured_at)s)").format(
            self._version, same("v", "u", self._mapping.unit), holds(self._mapping.sha256, "v")
        )
        return self._units(condition, units, captured_at=captured_at)

    def moments(self, units: Sequence[Unit]) -> dict[tuple[str, ...], datetime]:
        """Return when the units that are in the tables were captured last, by their values as text."""
        query = SQL("SELECT v.captured_at, {} FROM {} u JOIN {} v ON {}").format(
            columns(self._mapping.unit, "v"), self._given(), self._version, same("v", "u", self._mapping.unit)
        )
        rows = self._connection.execute(query, {"units": _as_json(units)})
        return {tuple(map(str, unit)): captured_at for captured_at, *unit in rows}

    def raw_ids(self, units: Sequence[Unit]) -> list[int]:
        """Return the raw rows of all versions of these units."""
        version = SQL("SELECT v.raw_id FROM {} u JOIN {} v ON {}")
        same_unit = same("v", "u", self._mapping.unit)
        query = SQL(" UNION ").join(
            version.format(self._given(), place, same_unit) for place in (self._version, self._history)
        )
        return [raw_id for (raw_id,) in self._connection.execute(query, {"units": _as_json(units)})]

    def missing_raw_rows(self, units: Sequence[Unit]) -> list[int]:
        """Return the raw rows of versions of these units that the raw tier does not have."""
        known = SQL(" OR ").join(
            SQL("EXISTS (SELECT FROM {} r WHERE r.id = i.id)").format(raw_table(each))
            for each in self._mapping.raw_endpoints
        )
        query = SQL("SELECT i.id FROM unnest(%s::bigint[]) AS i (id) WHERE NOT ({}) ORDER BY 1").format(known)
        return [raw_id for (raw_id,) in self._connection.execute(query, [self.raw_ids(units)])]

    def _units(self, condition: Composed, units: Sequence[Unit], **values: Any) -> list[Unit]:
        query = SQL("SELECT {} FROM {} u WHERE {}").format(columns(self._mapping.unit, "u"), self._given(), condition)
        given = {**values, "units": _as_json(units)}
        return list(self._connection.cursor(row_factory=dict_row).execute(query, given))

    def _given(self) -> Composed:
        return SQL("(SELECT * FROM jsonb_to_recordset(%(units)s) AS u ({}))").format(unit_types(self._mapping))


def _as_json(units: Sequence[Unit]) -> Jsonb:
    return Jsonb(units, dumps=partial(json.dumps, default=str))
