"""What the tables say of units (games) and what has changed of them: one statement, so one moment for all."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal
from psycopg.types.json import Jsonb

from mlb_data_platform.live.serve.served import Now, Served
from mlb_data_platform.mapping import models
from mlb_data_platform.mapping.serve import Kind, LookedUp, Serve
from mlb_data_platform.storage.publish import same
from mlb_data_platform.storage.tables import PublishedTables, columns


class ServedRows:
    """The statement that reads what is to be told of units, built once."""

    def __init__(self, mapping: models.Mapping, serve: Serve) -> None:
        self._mapping = mapping
        self._tables = PublishedTables(mapping)
        self._kinds = {name: kind.table for name, kind in serve.kinds.items() if kind.table}
        self._query = self._statement(serve).as_bytes()

    def read(self, connection: Connection, units: Iterable[tuple[Mapping[str, Any], Served | None]]) -> Iterator[Now]:
        """Yield what the tables say of units that they have, with the rows that changed since what was told of each."""
        asked = [
            {**unit, "since": told and told.captured_at, "since_raw_id": told and told.raw_id} for unit, told in units
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
            FROM jsonb_to_recordset(%(asked)s) AS u ({unit}, since timestamptz, since_raw_id bigint)
            JOIN {version} v ON {same_unit}
            """
        ).format(
            keys=_by_kind((name, self._keys(table)) for name, table in self._kinds.items()),
            rows=_by_kind((name, self._rows(table, serve.kinds[name])) for name, table in self._kinds.items()),
            unit=SQL(", ").join(
                SQL("{} {}").format(Identifier(name), SQL(types[name].type)) for name in self._mapping.unit
            ),
            version=self._tables.identifier(self._mapping.version_table),
            same_unit=same("u", "v", self._mapping.unit),
        )

    def _keys(self, table: str) -> Composed:
        key = columns(self._mapping.tables[table].key, "t")
        return SQL("SELECT json_agg(json_build_array({}) ORDER BY {}) FROM {} t WHERE {}").format(
            key, key, self._tables.identifier(table), same("v", "t", self._mapping.unit)
        )

    def _rows(self, table: str, kind: Kind) -> Composed:
        """The rows that another capture changed than the one that was told, or a later one."""
        return SQL(
            """
            SELECT json_agg(r ORDER BY {key}) FROM (
                SELECT t.*{names} FROM {table} t
                WHERE {same_unit} AND t.captured_at >= u.since
                AND (t.captured_at, t.raw_id) <> (u.since, u.since_raw_id)
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
