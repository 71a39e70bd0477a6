"""Drift: what responses have that no mapping knows, what they have no more, and what they have otherwise than before.

The newest capture of each unit since a moment is held against the mapping, and against those from before that moment.
Only documents are read, no patches: of a game that was followed there are some in between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

import msgspec
from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL, Identifier

from mlb_data_platform.mapping import paths
from mlb_data_platform.mapping.coverage import Leaves
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.quality_rules import OneOf
from mlb_data_platform.storage.raw import raw_table
from mlb_data_platform.storage.tables import columns

Kind = Literal["new", "type", "vanished", "value"]

MOST_CAPTURES = 50  # of each side: more of them take time, and tell little more
_FEWEST_CAPTURES = 3  # that say that something comes no more
_NEARLY_ALWAYS = 0.9  # so many of the captures before had it
_LONGEST_EXAMPLE = 60


@dataclass(frozen=True)
class Finding:
    """One thing that is otherwise: `what` is a path of the response, or SCHEMA.TABLE.COLUMN of a value.

    `captures` of the `looked_at` have it (`value`: so many rows); moments are those of captures, in UTC.
    """

    kind: Kind
    what: str
    says: str
    captures: int
    looked_at: int
    first_seen: datetime | None = None
    last_seen: datetime | None = None


@dataclass
class _Seen:
    """What captures have at one path."""

    captures: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    example: Any = None
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    is_new: bool = False

    def add(self, values: list[Any], captured_at: datetime) -> None:
        """Add what one capture has there."""
        self.captures += 1
        self.kinds.update(kind for value in values if (kind := _kind(value)))
        if self.example in (None, {}, []):
            self.example = next((value for value in values if value not in (None, {}, [])), values[0])
        self.first_seen = min(self.first_seen or captured_at, captured_at)
        self.last_seen = max(self.last_seen or captured_at, captured_at)


@dataclass
class _Captures:
    """What some captures have, by path."""

    number: int = 0
    paths: dict[str, _Seen] = field(default_factory=dict)

    def add(self, leaves: Leaves, body: str, captured_at: datetime) -> None:
        """Add one capture."""
        self.number += 1
        values: dict[str, list[Any]] = {}
        for leaf in leaves.of(msgspec.json.decode(body)):
            if leaf.mapped or leaf.is_new:
                values.setdefault(leaf.path, []).append(leaf.value)
                self.paths.setdefault(leaf.path, _Seen(is_new=leaf.is_new))
        for path, found in values.items():
            self.paths[path].add(found, captured_at)


def drift(connection: Connection, mapping: Mapping, since: datetime) -> list[Finding]:
    """Return how the captures of a mapping since a moment differ from the mapping, and from those before it.

    Without captures since then there is nothing to tell, without any before it only what is new to the mapping.
    """
    leaves = Leaves(mapping)
    now = _captures(connection, mapping, leaves, _SEEN_SINCE, since)
    before = _captures(connection, mapping, leaves, _CAPTURED_BEFORE, since)
    return [
        *_new(connection, mapping, leaves, now),
        *(_changed(now, before) if now.number and before.number else ()),
        *(finding for rule in _value_rules(mapping) for finding in _unknown_values(connection, mapping, *rule, since)),
    ]


# Content that is seen again counts with its newest sighting, and was there before all the same.
_SEEN_SINCE = SQL(
    """
    CROSS JOIN LATERAL (
        SELECT greatest(raw.captured_at, max(captured_at)) FROM metadata.raw_sightings WHERE raw_id = raw.id
    ) AS seen (captured_at)
    WHERE seen.captured_at >= %s
    """
)
_CAPTURED_BEFORE = SQL("CROSS JOIN LATERAL (SELECT raw.captured_at) AS seen WHERE seen.captured_at < %s")


def _captures(connection: Connection, mapping: Mapping, leaves: Leaves, when: SQL, since: datetime) -> _Captures:
    """The newest captures of units, one of each, the newest ones of all; `when` says which, by the moment `since`."""
    query = SQL(
        """
        SELECT data::text, captured_at FROM (
            SELECT data, captured_at FROM (
                SELECT DISTINCT ON ({keys}) data, seen.captured_at FROM {raw} AS raw {when} AND raw.data IS NOT NULL
                ORDER BY {keys}, seen.captured_at DESC
            ) AS newest ORDER BY captured_at DESC LIMIT %s
        ) AS few
        """
    ).format(keys=columns(mapping.natural_key, "raw"), raw=raw_table(mapping), when=when)
    found = _Captures()
    for body, captured_at in connection.execute(query, (since, MOST_CAPTURES)):
        found.add(leaves, body, captured_at)
    return found


@dataclass(frozen=True)
class _Noted:
    """A path that was noted while it was loaded: of a value, or of an object or array that nobody knew."""

    path: str
    raw_id: int
    first_seen_at: datetime

    def leads_to(self, path: str) -> bool:
        """Whether a path is this one, or below it."""
        return path == self.path or path.startswith((f"{self.path}.", f"{self.path}["))


def _new(connection: Connection, mapping: Mapping, leaves: Leaves, now: _Captures) -> Iterator[Finding]:
    """What the mapping does not know: in the captures since then, and noted while others were loaded."""
    cursor = connection.cursor(row_factory=class_row(_Noted))
    query = "SELECT path, raw_id, first_seen_at FROM metadata.schema_drift WHERE endpoint = %s"
    noted = [each for each in cursor.execute(query, [mapping.name]) if not leaves.is_known(each.path)]
    found = {path: seen for path, seen in now.paths.items() if seen.is_new}
    elsewhere = {each.path for each in noted if not any(map(each.leads_to, found))}
    for path in sorted({*found, *elsewhere}):
        seen, note = found.get(path, _Seen()), next((each for each in noted if each.leads_to(path)), None)
        kinds = f"{' or '.join(sorted(seen.kinds))}, " if len(seen.kinds) > 1 else ""
        says = f"{kinds}e.g. {_shown(seen.example)}" if seen.captures else "not in these"
        says += f"; first in raw row {note.raw_id}" if note else ""
        first_seen = min((each for each in (seen.first_seen, note and note.first_seen_at) if each), default=None)
        yield Finding("new", path, says, seen.captures, now.number, first_seen, seen.last_seen)


def _changed(now: _Captures, before: _Captures) -> Iterator[Finding]:
    """What comes no more, where what it stood in does; and what is of another type."""
    around = {_around(path) for path in now.paths}
    for path, seen in sorted(before.paths.items()):
        current = now.paths.get(path)
        had_it = seen.captures >= before.number * _NEARLY_ALWAYS
        if current is None and had_it and now.number >= _FEWEST_CAPTURES and _around(path) in around:
            says = f"in {seen.captures} of {before.number} captures before, the last one of {seen.last_seen:%Y-%m-%d}"
            yield Finding("vanished", path, says, 0, now.number)
        elif current and seen.kinds and (others := set(current.kinds) - set(seen.kinds)):
            says = f"{' and '.join(sorted(others))} where {' and '.join(sorted(seen.kinds))} stood"
            yield Finding("type", path, says, current.captures, now.number, current.first_seen, current.last_seen)


def _around(path: str) -> str:
    """What a value stands in."""
    return paths.text(paths.Path.parse(path).steps[:-1])


def _value_rules(mapping: Mapping) -> Iterable[tuple[str, OneOf]]:
    return ((name, rule) for name, table in mapping.tables.items() for rule in table.quality if isinstance(rule, OneOf))


def _unknown_values(
    connection: Connection, mapping: Mapping, table: str, rule: OneOf, since: datetime
) -> Iterator[Finding]:
    """The values of a column that a rule does not list; where the rule is of level error they are in no table."""
    query = SQL(
        """
        SELECT {column}, count(*), min(captured_at), max(captured_at), sum(count(*)) OVER () FROM {table}
        WHERE captured_at >= %s AND {column}::text <> ALL (%s) GROUP BY {column} ORDER BY {column}
        """
    ).format(column=Identifier(rule.column), table=Identifier(mapping.endpoint, table))
    for value, rows, first, last, all_rows in connection.execute(query, (since, [*map(str, rule.values)])):
        says = f"{_shown(value)} is none of {', '.join(map(str, rule.values))}"
        what = f"{mapping.endpoint}.{table}.{rule.column}"
        yield Finding("value", what, says, rows, int(all_rows), first, last)


def _kind(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case _:
            return ""  # an empty object or array: what it would have is not known


def _shown(value: Any) -> str:
    text = msgspec.json.encode(value).decode()
    return text if len(text) <= _LONGEST_EXAMPLE else f"{text[: _LONGEST_EXAMPLE - 1]}…"
