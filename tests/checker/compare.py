"""Expected rows against the rows of a table, by meaning."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import dict_row

Row = dict[str, Any]
Key = tuple[str | None, ...]


@dataclass(frozen=True)
class ExpectedTable:
    """The rows that `schema.name` must hold within `scope` (for a game: {'game_pk': N}); no more and no fewer."""

    schema: str
    name: str
    scope: Mapping[str, Any]
    key: Sequence[str]
    rows: Sequence[Row]

    @property
    def by_key(self) -> dict[Key, Row]:
        """The expected rows by key. Raises AssertionError where the response itself repeats a key."""
        rows = {self.key_of(row): row for row in self.rows}
        assert len(rows) == len(self.rows), f"{self.schema}.{self.name}: the response repeats a key"
        return rows

    def key_of(self, row: Row) -> Key:
        """Return the key of a row of the response or of the table: as text, since 2026 and '2026' are one season."""
        return tuple(None if row[column] is None else str(row[column]) for column in self.key)

    @property
    def values(self) -> int:
        """How many values are compared."""
        return sum(len(row) for row in self.rows)


def same(expected: Any, actual: Any) -> bool:
    """True if a value of a response and a value of a table mean the same.

    Numbers are equal exactly, dates and times by value, text to the letter; '2024' is 2024, but '00' is not 0.
    """
    if expected is None or actual is None:
        return expected is actual
    if isinstance(expected, bool) or isinstance(actual, bool):
        return expected is actual
    if isinstance(expected, int | float):
        return bool(str(expected) == actual if isinstance(actual, str) else expected == actual)
    if isinstance(actual, datetime):
        return bool(datetime.fromisoformat(expected) == actual)
    if isinstance(actual, date):
        return bool(actual.isoformat() == expected)
    if isinstance(actual, int):
        return bool(str(actual) == expected)
    return bool(expected == actual)


def differences(connection: Connection[Any], expected: ExpectedTable) -> Iterator[str]:
    """Yield one line per row that is missing, too many, or has another value in one of the expected columns."""
    table = f"{expected.schema}.{expected.name}"
    columns, rows = _read(connection, expected)
    if not columns:
        yield f"{table}: there is no such table"
        return
    names = {_folded(column): column for column in columns}
    wanted = {column: names.get(_folded(column)) for row in expected.rows for column in row}
    for column in sorted(column for column, found in wanted.items() if found is None):
        yield f"{table}: there is no column {column}"
    actual = {expected.key_of(row): row for row in rows}
    if len(actual) != len(rows):
        yield f"{table}: {len(rows)} rows, but {len(actual)} keys"
    wanted_rows = expected.by_key
    for key in sorted(wanted_rows.keys() - actual.keys(), key=repr):
        yield f"{table} {key}: missing"
    for key in sorted(actual.keys() - wanted_rows.keys(), key=repr):
        yield f"{table} {key}: not in the response"
    for key in wanted_rows.keys() & actual.keys():
        for column, value in wanted_rows[key].items():
            found = wanted[column]
            if found is not None and not same(value, actual[key][found]):
                yield f"{table} {key} {column}: expected {value!r}, found {actual[key][found]!r}"


def _read(connection: Connection[Any], expected: ExpectedTable) -> tuple[list[str], list[Row]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute("SELECT to_regclass(%s) AS found", (f"{expected.schema}.{expected.name}",))
        if cursor.fetchone() == {"found": None}:
            return [], []
        scope = sql.SQL(" AND ").join(sql.SQL("{} = %s").format(sql.Identifier(column)) for column in expected.scope)
        cursor.execute(
            sql.SQL("SELECT * FROM {} WHERE {}").format(sql.Identifier(expected.schema, expected.name), scope),
            list(expected.scope.values()),
        )
        return [column.name for column in cursor.description or ()], cursor.fetchall()


def _folded(column: str) -> str:
    """The column without underscores: whether 'homeRunsPer9' becomes …_per9 or …_per_9 is nobody's contract."""
    return column.replace("_", "")
