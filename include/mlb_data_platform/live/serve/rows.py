"""What the tables say of units (games) and what has changed of them: one statement, so one moment for all.

What has changed are the rows that name a later capture than the one that was told. Where that one is neither in the
tables nor in their history (they went back, or another capture of its moment counts), or another mapping made the rows,
some may differ that name an older one: then all rows are changed.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal
from psycopg.types.json import Jsonb

from mlb_data_platform.live.serve.changes import Checkpoint, Now
from mlb_data_platform.mapping import models
from mlb_data_platform.mapping.serve import Kind, LookedUp, Serve
from mlb_data_platform.storage.publish import same
from mlb_data_platform.storage.tables import PublishedTables, columns


class UnitRows:
    """The statement that reads what is to be told of units, built once."""

    def __init__(self, mapping: models.Mapping, serve: Serve) -> None:
        self._mapping = mapping
        self._tables = PublishedTables(mapping)
        self._kinds = {name: kind.table for name, kind in serve.kinds.items() if kind.table}
        self._query = self._statement(serve).as_bytes()

    def read(
        self, connection: Connection, units: Iterable[tuple[Mapping[str, Any], Checkpoint | None]]
    ) -> Iterator[Now]:
        """Yield what the tables say of units that they have, with the rows that changed since what was told of each."""
        asked = [
            {
                **unit,
                "told_at": told and told.captured_at,
                "told_raw_id": told and told.raw_id,
                "told_mapping": told and told.mapping_sha256,
            }
            for unit, told in units
        ]
        with connection.transaction():
            found = connection.execute(self._query, {"asked": Jsonb(asked, dumps=partial(json.dumps, default=str))})
            for state, keys, rows in found:
                yield Now(state, {kind: [tuple(key) for key in keys[kind]] for kind in keys}, rows)

    def _statement(self, serve: Serve) -> Composed:
        types = self._mapping.columns(self._mapping.version_table)
        return SQL(
            """
            SELECT row_to_json(v), json_build_object({keys}), json_build_object({rows})
            FROM jsonb_to_recordset(%(asked)s) AS u ({unit}, told_at timestamptz, told_raw_id bigint, told_mapping text)
            JOIN {version} v ON {same_unit}
            CROSS JOIN LATERAL (
                SELECT CASE
                    WHEN v.captured_at >= u.told_at AND v.mapping_sha256 = u.told_mapping AND (
                        v.raw_id = u.told_raw_id OR EXISTS (
                            SELECT FROM {history} h
                            WHERE {former} AND h.raw_id = u.told_raw_id AND h.valid @> u.told_at
                        )
                    ) THEN u.told_at
                    WHEN u.told_at IS NOT NULL THEN '-infinity'
                END
            ) AS s (since)
            """
        ).format(
            keys=_by_kind((name, self._keys(table)) for name, table in self._kinds.items()),
            rows=_by_kind((name, self._rows(table, serve.kinds[name])) for name, table in self._kinds.items()),
            unit=SQL(", ").join(
                SQL("{} {}").format(Identifier(name), SQL(types[name].type)) for name in self._mapping.unit
            ),
            version=self._tables.identifier(self._mapping.version_table),
            same_unit=same("u", "v", self._mapping.unit),
            history=self._tables.history(self._mapping.version_table),
            former=same("h", "v", self._mapping.unit),
        )

    def _keys(self, table: str) -> Composed:
        key = columns(self._mapping.tables[table].key, "t")
        return SQL("SELECT json_agg(json_build_array({}) ORDER BY {}) FROM {} t WHERE {}").format(
            key, key, self._tables.identifier(table), same("v", "t", self._mapping.unit)
        )

    def _rows(self, table: str, kind: Kind) -> Composed:
        """The rows that another capture changed than the one that was told, and none before it."""
        return SQL(
            """
            SELECT json_agg(r ORDER BY {key}) FROM (
                SELECT t.*{names} FROM {table} t
                WHERE {same_unit} AND t.captured_at >= s.since
                AND (t.captured_at, t.raw_id) <> (s.since, u.told_raw_id)
            ) r
            """
        ).format(
            key=columns(self._mapping.tables[table].key, "r"),
            names=SQL("").join(
                SQL(", ({}) AS {}").format(self._looked_up(each), Identifier(name)) for name, each in kind.names.items()
            ),
            table=self._tables.identifier(table),
            same_unit=same("v", "t", self._mapping.unit),
        )

    def _looked_up(self, value: LookedUp) -> Composed:
        (key,) = self._mapping.tables[value.table].key
        return SQL("SELECT {} FROM {} l WHERE {} AND {} = {}").format(
            Identifier("l", value.column),
            self._tables.identifier(value.table),
            same("t", "l", self._mapping.unit),
            Identifier("l", key),
            Identifier("t", value.by),
        )


def _by_kind(queries: Iterable[tuple[str, Composed]]) -> Composable:
    return SQL(", ").join(SQL("{}, coalesce(({}), '[]')").format(Literal(kind), query) for kind, query in queries)
