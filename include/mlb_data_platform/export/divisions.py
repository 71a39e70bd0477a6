"""What divides tables into parts: seasons and dates, and by what one sees that a part has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from psycopg import Connection, DataError
from psycopg.sql import SQL, Composed, Identifier

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.mapping.provenance import PUBLISHED_XID, added_types
from mlb_data_platform.storage.tables import PublishedTables, columns

NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
"""What the path of a part has for NULL, as readers of such paths expect it."""

Value = int | date | None


@dataclass(frozen=True)
class Part:
    """The rows of all units with these values in the columns of a division."""

    values: tuple[tuple[str, Value], ...]

    @property
    def path(self) -> str:
        """Its folder below that of a table, such as season=2026/official_date=2026-04-19; "" where nothing divides."""
        return "/".join(f"{name}={NO_VALUE if value is None else value}" for name, value in self.values)


@dataclass(frozen=True)
class State:
    """What a part has: how many units, and the fingerprint that is another one once any of them was published."""

    units: int
    fingerprint: str


@dataclass(frozen=True)
class Division:
    """The tables of a mapping that the same columns divide, each with its type."""

    mapping: Mapping
    columns: dict[str, str]
    tables: tuple[str, ...]

    @property
    def name(self) -> str:
        """What a manifest calls it: game.live_game_v1 by season, official_date."""
        return f"{self.mapping.name} by {', '.join(self.columns)}" if self.columns else self.mapping.name

    @cached_property
    def definition(self) -> str:
        """A hash of what its rows are made by and of which columns: where it is another one, all is exported anew."""
        types = {table: table_types(self.mapping, table) for table in self.tables}
        text = json.dumps([self.mapping.sha256, self.columns, types])
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def full_names(self) -> dict[str, str]:
        """The tables by their full names."""
        return {self.full_name(table): table for table in self.tables}

    def full_name(self, table: str) -> str:
        """What a table is called: its schema and its name."""
        return f"{self.mapping.endpoint}.{table}"

    def part(self, path: str) -> Part:
        """Return the part that has this path."""
        values = dict(piece.split("=", 1) for piece in path.split("/") if piece)
        return Part(tuple((name, _value(values[name], type_)) for name, type_ in self.columns.items()))

    def states(self, connection: Connection) -> dict[Part, State]:
        """Return what each part has, in the order of its values.

        A unit counts with the transaction that published it, and with the one that wrote its version row: they differ
        where somebody has written it by hand. Raises BadInputError where a date is none that a path can have.
        """
        names = columns(self.columns)
        query = SQL(
            """
            SELECT {names} count(*), sum(hashtextextended(row({unit}, {xid}, xmin)::text, 0))::text
            FROM {version} {grouped}
            """
        ).format(
            names=SQL("{},").format(names) if self.columns else SQL(""),
            unit=columns(self.mapping.unit),
            xid=Identifier(PUBLISHED_XID),
            version=PublishedTables(self.mapping).identifier(self.mapping.version_table),
            grouped=SQL("GROUP BY {0} ORDER BY {0}").format(names) if self.columns else SQL("HAVING count(*) > 0"),
        )
        try:
            rows = connection.execute(query).fetchall()
        except DataError as error:  # infinity, or before Christ
            raise BadInputError(f"{self.full_name(self.mapping.version_table)} cannot be exported: {error}") from None
        return {
            Part(tuple(zip(self.columns, values, strict=True))): State(units, f"{units}:{hashed}")
            for *values, units, hashed in rows
        }

    def is_of(self, part: Part, alias: str) -> Composed:
        """Return the condition that a version row belongs to a part."""
        conditions = [
            SQL("{} IS NULL").format(Identifier(alias, name))
            if value is None
            else SQL("{} = {}").format(Identifier(alias, name), value)
            for name, value in part.values
        ]
        return SQL(" AND ").join(conditions) if conditions else SQL("true").format()


def divisions(mappings: Iterable[Mapping]) -> list[Division]:
    """Return the divisions of these mappings; each has one or, where a table has such a column itself, more."""
    found = []
    for mapping in mappings:
        tables: dict[tuple[str, ...], list[str]] = {}
        for table in mapping.tables:
            tables.setdefault(tuple(mapping.divided_by(table)), []).append(table)
        for names, of_them in tables.items():
            found.append(Division(mapping, {name: mapping.export.columns[name] for name in names}, tuple(of_them)))
    return found


def table_types(mapping: Mapping, table: str) -> dict[str, str]:
    """Return all columns of `table` in their order, each with its type."""
    mapped = {name: str(column.type) for name, column in mapping.columns(table).items()}
    return mapped | added_types(mapping, table)


def _value(text: str, type_: str) -> Value:
    if text == NO_VALUE:
        return None
    return int(text) if type_ == "integer" else date.fromisoformat(text)
