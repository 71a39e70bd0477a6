"""What the tables say of units (games) and what has changed of them: one statement, so one moment for all.

What has changed are the rows whose content is not among what was told, whichever capture, mapping or program made them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier, Literal
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
                **{_told(kind): [content for _, content in rows] for kind, rows in (told.rows if told else {}).items()},
            }
            for unit, told in units
        ]
        with connection.transaction():
            found = connection.execute(self._query, {"asked": Jsonb(asked, dumps=partial(json.dumps, default=str))})
            for state, kinds in found:
                rows = {kind: [(tuple(key), content) for key, content in kinds[kind][0]] for kind in kinds}
                yield Now(state, rows, {kind: kinds[kind][1] for kind in kinds})

    def _statement(self, serve: Serve) -> Composed:
        types = self._mapping.columns(self._mapping.version_table)
        asked = {name: types[name].type for name in self._mapping.unit}
        return SQL(
            """
            SELECT row_to_json(v), json_build_object({kinds})
            FROM jsonb_to_recordset(%(asked)s) AS u ({asked}) JOIN {version} v ON {same_unit}
            """
        ).format(
            kinds=SQL(", ").join(
                SQL("{}, ({})").format(Literal(name), self._rows(name, table, serve.kinds[name]))
                for name, table in self._kinds.items()
            ),
            asked=SQL(", ").join(
                SQL("{} {}").format(Identifier(name), SQL(type_))
                for name, type_ in (asked | {_told(kind): "bigint[]" for kind in self._kinds}).items()
            ),
            version=self._tables.identifier(self._mapping.version_table),
            same_unit=same("u", "v", self._mapping.unit),
        )

    def _rows(self, name: str, table: str, kind: Kind) -> Composed:
        """All rows, as their key and a hash of what the response says in them, and those that were not told."""
        return SQL(
            """
            SELECT json_build_array(
                coalesce(json_agg(json_build_array(json_build_array({key}), c.content) ORDER BY {key}), '[]'),
                coalesce(json_agg(
                    (SELECT row_to_json(r) FROM (SELECT t.*{names}) r) ORDER BY {key}
                ) FILTER (WHERE c.content <> ALL (u.{told})), '[]')
            )
            FROM {table} t CROSS JOIN LATERAL (SELECT hash_record_extended(ROW({content}), 0)) AS c (content)
            WHERE {same_unit}
            """
        ).format(
            key=columns(self._mapping.tables[table].key, "t"),
            names=SQL("").join(
                SQL(", ({}) AS {}").format(self._looked_up(each), Identifier(column))
                for column, each in kind.names.items()
            ),
            told=Identifier(_told(name)),
            table=self._tables.identifier(table),
            content=columns(self._mapping.columns(table), "t"),
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


def _told(kind: str) -> str:
    """The column of what is asked with the contents that were told of a kind: NULL where it was never told."""
    return f"told {kind}"
