"""What of a unit differs between two moments, row by row; and how much with each of its captures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from mlb_data_platform.mapping.corrections_view import not_compared
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.provenance import VALID_FROM
from mlb_data_platform.storage.publish import Unit
from mlb_data_platform.storage.tables import PublishedTables


@dataclass(frozen=True)
class Difference:
    """A row that two moments do not have alike: as it was, as it became; None where it was not there."""

    table: str
    key: dict[str, Any]
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True)
class Counts:
    """How many rows of a table a capture added, changed and removed."""

    added: int
    changed: int
    removed: int


@dataclass
class Version:
    """What the API said of a unit from `since` to `until` (UTC), at least: its raw row, and what that changed."""

    raw_id: int
    since: datetime
    until: datetime
    changes: dict[str, Counts] = field(default_factory=dict)


def versions(connection: Connection, mapping: Mapping, unit: Unit) -> list[Version]:
    """Return the versions of a unit in order, each with what it changed of the one before, by table."""
    rows = connection.cursor(row_factory=class_row(Version)).execute(versions_query(mapping, unit))
    found = {each.since: each for each in rows}
    first = min(found, default=None)
    for moment, table, added, changed, removed in connection.execute(counts_query(mapping, unit)):
        if moment != first and moment in found:  # what was published before there was a history has no version
            found[moment].changes[table] = Counts(added, changed, removed)
    return list(found.values())


def versions_query(mapping: Mapping, unit: Unit) -> Composed:
    """Return the query of the versions of a unit in order: raw_id, since, until."""
    target = PublishedTables(mapping)
    return SQL(
        """
        SELECT raw_id, valid_from AS since, captured_at AS until FROM {version} t WHERE {of_unit}
        UNION ALL
        SELECT raw_id, valid_from, captured_at FROM {history} t WHERE {of_unit}
        ORDER BY since
        """
    ).format(
        version=target.identifier(mapping.version_table),
        history=target.history(mapping.version_table),
        of_unit=_of_unit(unit),
    )


def counts_query(mapping: Mapping, unit: Unit, first: datetime | None = None, last: datetime | None = None) -> Composed:
    """Return the query of how many rows of a unit were added, changed and removed: moment, table_name, and the counts.

    It is about the moments from `first` to `last`; None: from the beginning, to the end. Tables without are left out.
    """
    return SQL(" UNION ALL ").join([_counts(mapping, table, unit, first, last) for table in mapping.tables])


def between(
    connection: Connection, mapping: Mapping, unit: Unit, first: datetime, second: datetime
) -> Iterator[Difference]:
    """Yield the rows of a unit that are not alike as of these two moments, table by table."""
    for table in mapping.tables:
        query = SQL(
            """
            SELECT key, was.content, now.content
            FROM ({first}) was FULL JOIN ({second}) now USING (key)
            WHERE was.content IS DISTINCT FROM now.content
            ORDER BY key
            """
        ).format(first=_as_of(mapping, table, unit, first), second=_as_of(mapping, table, unit, second))
        for key, before, after in connection.execute(query):
            yield Difference(table, key, before, after)


def _as_of(mapping: Mapping, table: str, unit: Unit, moment: datetime) -> Composed:
    return SQL("SELECT {key} AS key, {content} AS content FROM {function}({moment}) t WHERE {of_unit}").format(
        key=_key(mapping, table),
        content=_content(mapping, table),
        function=Identifier(mapping.endpoint, f"{table}_as_of"),
        moment=Literal(moment),
        of_unit=_of_unit(unit),
    )


def _counts(mapping: Mapping, table: str, unit: Unit, first: datetime | None, last: datetime | None) -> Composed:
    target = PublishedTables(mapping)
    return SQL(
        """
        SELECT moment, {name} AS table_name, count(*) FILTER (WHERE was.content IS NULL) AS added,
               count(*) FILTER (WHERE was.content IS NOT NULL AND now.content IS NOT NULL) AS changed,
               count(*) FILTER (WHERE now.content IS NULL) AS removed
        FROM (
            SELECT {key} AS key, upper(t.valid) AS moment, {content} AS content FROM {history} t
            WHERE {of_unit} AND upper(t.valid) BETWEEN {first} AND {last}
        ) was FULL JOIN (
            SELECT {key} AS key, {starts} AS moment, {content} AS content FROM {table} t
            WHERE {of_unit} AND {starts} BETWEEN {first} AND {last}
            UNION ALL
            SELECT {key}, lower(t.valid), {content} FROM {history} t
            WHERE {of_unit} AND lower(t.valid) BETWEEN {first} AND {last} AND upper(t.valid) > {first}
        ) now USING (key, moment)
        WHERE was.content IS DISTINCT FROM now.content
        GROUP BY moment
        """
    ).format(
        key=_key(mapping, table),
        content=_content(mapping, table),
        history=target.history(table),
        table=target.identifier(table),
        starts=Identifier("t", VALID_FROM if table == mapping.version_table else "captured_at"),
        of_unit=_of_unit(unit),
        name=Literal(table),
        first=SQL("{}::timestamptz").format(Literal(first or "-infinity")),
        last=SQL("{}::timestamptz").format(Literal(last or "infinity")),
    )


def _key(mapping: Mapping, table: str) -> Composed:
    names = [name for name in mapping.key(table) if name not in mapping.unit]
    pairs = [SQL("{}, {}").format(Literal(name), Identifier("t", name)) for name in names]
    return SQL("jsonb_build_object({})").format(SQL(", ").join(pairs))


def _content(mapping: Mapping, table: str) -> Composed:
    return SQL("to_jsonb(t) - {}::text[]").format(Literal(not_compared(mapping, table)))


def _of_unit(unit: Unit) -> Composable:
    return SQL(" AND ").join(
        SQL("{} = {}").format(Identifier("t", name), Literal(value)) for name, value in unit.items()
    )
