"""The views of the platform's schemas, and what PostgreSQL knows of their columns: for exports that have no views."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import LiteralString

import pyarrow as pa
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from mlb_data_platform.export.arrow_session import ArrowSession, selected
from mlb_data_platform.export.manifest import Column
from mlb_data_platform.export.schemas import arrow_type, is_held

_VIEWS: LiteralString = """
    SELECT n.nspname, c.relname, coalesce(obj_description(c.oid, 'pg_class'), ''), array_agg(
        ARRAY[a.attname::text, format_type(a.atttypid, NULL), coalesce(col_description(c.oid, a.attnum), '')]
        ORDER BY a.attnum
    )
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE c.relkind IN ('v', 'm') AND n.nspname = ANY (%s) AND a.attnum > 0
    GROUP BY c.oid, n.nspname, c.relname ORDER BY 1, 2
"""
# What a view computes with numeric has as many digits as it happens to have.
_TYPES = {
    "timestamp with time zone": "timestamptz",
    "numeric": "double precision",
    "real": "double precision",
    "smallint": "integer",
    "json": "jsonb",
}


@dataclass(frozen=True)
class View:
    """A view, materialized or not, with what is said of it."""

    schema: str
    name: str
    description: str
    columns: Mapping[str, Column]

    def rows(self, session: ArrowSession) -> AbstractContextManager[pa.RecordBatchReader]:
        """Return what gives its rows as they come. Raises what `ArrowSession.batches` raises."""
        types = {name: column.type for name, column in self.columns.items()}
        typed = SQL(", ").join(SQL("{0}::{1} AS {0}").format(Identifier(name), SQL(types[name])) for name in types)
        query = SQL("SELECT {} FROM (SELECT {} FROM {}) t").format(
            selected(types, "t"), typed, Identifier(self.schema, self.name)
        )
        schema = pa.schema((name, arrow_type(type_)) for name, type_ in types.items())
        return session.batches(query, schema)


def views(connection: Connection, schemas: Sequence[str]) -> Iterator[View]:
    """Yield the views of these schemas."""
    for schema, name, description, columns in connection.execute(_VIEWS, [list(schemas)]).fetchall():
        yield View(
            schema,
            name,
            description,
            {column: Column(_held(type_), said) for column, type_, said in columns},
        )


def _held(type_: str) -> str:
    """The type as which a column of this type is read: a view of one's own may have any, and text can hold each."""
    found = _TYPES.get(type_, type_)
    return found if is_held(found) else "text"
