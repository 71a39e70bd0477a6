"""Staging: the tables rows are copied into before they are audited and published.

In-process they are TEMP tables of the connection; Spark, whose executors and driver must see the same rows, uses
tables of its run in the schema `staging`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier, Literal

from mlb_data_platform.mapping.models import Mapping

NULL = "\x1f"  # COPY's NULL marker: without a backslash, so that one search of a column finds what must be escaped
TEMPORARY = "pg_temp"


@dataclass
class Rows:
    """The rows of several responses by table, as COPY text, with their number."""

    text: dict[str, list[str]] = field(default_factory=dict)
    count: dict[str, int] = field(default_factory=dict)

    def add(self, table: str, text: str, count: int) -> None:
        """Add `count` rows of `table`, each ending in a newline."""
        self.text.setdefault(table, []).append(text)
        self.count[table] = self.count.get(table, 0) + count

    def update(self, other: Rows) -> None:
        """Add all rows of `other`."""
        for table, texts in other.text.items():
            self.text.setdefault(table, []).extend(texts)
            self.count[table] = self.count.get(table, 0) + other.count[table]


class Staging:
    """The staged tables of one mapping: temporary ones, or those of one run in schema `staging`."""

    def __init__(self, mapping: Mapping, *, schema: str = TEMPORARY, prefix: str = "staged_") -> None:
        self.mapping = mapping
        self._schema = schema
        self._prefix = prefix

    def identifier(self, table: str) -> Identifier:
        """Return the schema-qualified name of the staged form of `table`."""
        return Identifier(self._schema, f"{self._prefix}{table}")

    def create(self, connection: Connection) -> None:
        """Create the staged tables that are not there, without keys: what breaks a rule must reach the audit."""
        kind, end = ("TEMPORARY", " ON COMMIT DELETE ROWS") if self._schema == TEMPORARY else ("UNLOGGED", "")
        for table in self.mapping.tables:
            connection.execute(
                SQL("CREATE {} TABLE IF NOT EXISTS {} ({}){}").format(
                    SQL(kind), self.identifier(table), SQL(", ").join(_definitions(self.mapping, table)), SQL(end)
                )
            )

    def drop(self, connection: Connection) -> None:
        """Drop the staged tables."""
        tables = SQL(", ").join(self.identifier(table) for table in self.mapping.tables)
        connection.execute(SQL("DROP TABLE IF EXISTS {}").format(tables))

    def copy(self, connection: Connection, rows: Rows) -> None:
        """Copy flattened rows into the staged tables. Raises psycopg.DataError where a value does not fit its type."""
        with connection.cursor() as cursor:
            for table, texts in rows.text.items():
                with cursor.copy(self._copy_statements[table]) as copy:
                    copy.write("".join(texts))

    @cached_property
    def _copy_statements(self) -> dict[str, Composed]:
        return {
            table: SQL("COPY {} FROM STDIN (NULL {})").format(self.identifier(table), Literal(NULL))
            for table in self.mapping.tables
        }


def stamp_columns(mapping: Mapping, table: str) -> dict[str, str]:
    """Return the columns (name: type) that name the capture a row came from; they follow the mapped ones."""
    stamp = {"captured_at": "timestamptz", "raw_id": "bigint"}
    return {**stamp, "content_sha256": "text"} if table == mapping.version_table else stamp


def columns(names: Iterable[str], prefix: str = "") -> Composed:
    """Return column names as a list for SQL, each with a table's alias before it if `prefix` is given."""
    return SQL(", ").join(Identifier(prefix, name) if prefix else Identifier(name) for name in names)


def _definitions(mapping: Mapping, table: str) -> Iterator[Composed]:
    types = {name: column.type for name, column in mapping.columns(table).items()} | stamp_columns(mapping, table)
    for name, type_ in types.items():
        yield SQL("{} {}").format(Identifier(name), SQL(type_))
