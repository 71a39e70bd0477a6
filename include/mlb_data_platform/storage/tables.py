"""Where rows are copied to before they are audited: staged tables, or the tables themselves.

Staged tables are compared with what is published. In-process they are TEMP tables of the connection; Spark, whose
executors and driver must see the same rows, uses tables of its run in the schema `staging`. Rows of units that were
never published have nothing to be compared with: they go where they will stay, and nobody sees them before the commit.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier

from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.provenance import stamp_columns

# Rows come as JSON arrays without their brackets, which the fastest encoder there is writes in one call.
COPY_OPTIONS = SQL("FORMAT csv, ESCAPE '\\', NULL 'null'")
TEMPORARY = "pg_temp"

_ESCAPE_OF_CONTROL = re.compile(rb"\\(?:[bfnrt]|u00[01])")
_ESCAPE = re.compile(rb"\\(?:u[0-9a-f]{4}|.)", re.DOTALL)


@dataclass(frozen=True)
class Lines:
    """Rows of one response for one table: a JSON array a line, without its brackets, and what leads each of them."""

    stamp: bytes
    text: bytes
    count: int

    def copy_text(self) -> bytes:
        """Return the rows as COPY reads them (COPY_OPTIONS), each after the stamp and with a newline at its end."""
        text = self.stamp + self.text.replace(b"\n", b"\n" + self.stamp) + b"\n"
        # CSV knows the escapes of quote and backslash only; the character itself may stand in quotes.
        return _ESCAPE.sub(_unescaped, text) if b"\\" in text and _ESCAPE_OF_CONTROL.search(text) else text


def _unescaped(match: re.Match[bytes]) -> bytes:
    return match[0] if match[0] in (rb"\\", rb"\"") else str(json.loads(b'"' + match[0] + b'"')).encode()


@dataclass
class Rows:
    """The rows of several responses, by table."""

    lines: dict[str, list[Lines]] = field(default_factory=dict)

    def add(self, table: str, lines: Lines) -> None:
        """Add rows of `table`."""
        self.lines.setdefault(table, []).append(lines)

    def update(self, other: Rows) -> None:
        """Add all rows of `other`."""
        for table, lines in other.lines.items():
            self.lines.setdefault(table, []).extend(lines)

    @property
    def count(self) -> dict[str, int]:
        """How many rows each table has here."""
        return {table: sum(each.count for each in lines) for table, lines in self.lines.items()}


class TableSet:
    """Tables of a mapping that rows can be copied into."""

    def __init__(self, mapping: Mapping, *, schema: str, prefix: str = "") -> None:
        self.mapping = mapping
        self.schema = schema
        self._prefix = prefix

    def identifier(self, table: str) -> Identifier:
        """Return the schema-qualified name of `table` in this place."""
        return Identifier(self.schema, f"{self._prefix}{table}")

    def copy(self, connection: Connection, rows: Rows) -> None:
        """Copy flattened rows into the tables, the version table's first: it is what others wait for.

        Raises psycopg.DataError where a value does not fit its type, psycopg.IntegrityError where a key is taken.
        """
        with connection.cursor() as cursor:
            for table, lines in sorted(rows.lines.items(), key=lambda item: item[0] != self.mapping.version_table):
                with cursor.copy(self._copy_statements[table]) as copy:
                    for each in lines:  # one by one: all of them in one text would be a copy of the batch
                        copy.write(each.copy_text())

    @cached_property
    def _copy_statements(self) -> dict[str, Composed]:
        return {
            table: SQL("COPY {} ({}) FROM STDIN ({})").format(
                self.identifier(table), columns(copy_columns(self.mapping, table)), COPY_OPTIONS
            )
            for table in self.mapping.tables
        }


class PublishedTables(TableSet):
    """The tables that readers see; those of another `schema` where somebody builds them anew beside them.

    `applied` is the table that keeps which responses of several units are applied to them.
    """

    def __init__(self, mapping: Mapping, *, schema: str | None = None) -> None:
        super().__init__(mapping, schema=schema or mapping.endpoint)
        self.applied = Identifier(schema or "metadata", "applied_captures")

    def history(self, table: str) -> Identifier:
        """Return the name of the table that keeps the former rows of `table`."""
        return Identifier("history", f"{self.schema}_{table}")


class StagingTables(TableSet):
    """The staged tables of one mapping: temporary ones, or those of one run in schema `staging`."""

    def __init__(self, mapping: Mapping, *, schema: str = TEMPORARY, prefix: str = "staged_") -> None:
        super().__init__(mapping, schema=schema, prefix=prefix)

    def create(self, connection: Connection) -> None:
        """Create the staged tables that are not there, without keys: what breaks a rule must reach the audit."""
        kind, end = ("TEMPORARY", " ON COMMIT DELETE ROWS") if self.schema == TEMPORARY else ("UNLOGGED", "")
        for table in self.mapping.tables:
            connection.execute(
                SQL("CREATE {} TABLE IF NOT EXISTS {} ({}){}").format(
                    SQL(kind), self.identifier(table), SQL(", ").join(_definitions(self.mapping, table)), SQL(end)
                )
            )

    def empty(self, connection: Connection) -> None:
        """Delete all staged rows."""
        connection.execute(SQL("TRUNCATE {}").format(self._all))

    def drop(self, connection: Connection) -> None:
        """Drop the staged tables."""
        connection.execute(SQL("DROP TABLE IF EXISTS {}").format(self._all))

    @property
    def _all(self) -> Composed:
        return SQL(", ").join(self.identifier(table) for table in self.mapping.tables)


def copy_columns(mapping: Mapping, table: str) -> tuple[str, ...]:
    """Return all columns of `table` in the order rows are copied in: the stamp, then the mapped ones."""
    return (*stamp_columns(mapping, table), *mapping.copy_order(table))


def columns(names: Iterable[str], prefix: str = "") -> Composed:
    """Return column names as a list for SQL, each with a table's alias before it if `prefix` is given."""
    return SQL(", ").join(Identifier(prefix, name) if prefix else Identifier(name) for name in names)


def _definitions(mapping: Mapping, table: str) -> Iterator[Composed]:
    types = {name: column.type for name, column in mapping.columns(table).items()} | stamp_columns(mapping, table)
    for name, type_ in types.items():
        yield SQL("{} {}").format(Identifier(name), SQL(type_))
