"""What differs between the tables that readers see and those that were derived anew beside them, unit by unit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composed, Identifier, Literal

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.provenance import PUBLISHED_XID, VALID, added_columns
from mlb_data_platform.rebuild.beside import Beside
from mlb_data_platform.storage.publish import same, unit_types
from mlb_data_platform.storage.raw import raw_table
from mlb_data_platform.storage.tables import PublishedTables, columns

DIFFERING = Identifier("pg_temp", "units_differing")
"""The units whose rows differ, and the published_xid of those in the tables when that was found; of the session."""

LACKING = Identifier("pg_temp", "units_lacking")
"""The units that are left as they are since the raw tier lacks captures of them; of the session."""

Unit = tuple[Any, ...]

# Why a unit has other rows now, by its version rows before (b) and after (a): the first that holds.
_REASONS = {
    "they were not there": SQL("b.raw_id IS NULL"),
    "another mapping had made their rows": SQL("b.mapping_sha256 IS DISTINCT FROM a.mapping_sha256"),
    "their rows were of other captures": SQL(
        "(b.raw_id, b.valid_from, b.captured_at) IS DISTINCT FROM (a.raw_id, a.valid_from, a.captured_at)"
    ),
    "somebody has changed their rows, or another version of the program had made them": SQL("true"),
}


@dataclass(frozen=True)
class TableDifference:
    """The rows of a table before and after, each side as their number and a hash of them in whatever order.

    Of units that are left as they are it knows nothing.

    `kinds` says how many rows were added, removed and changed, `columns` in which columns how many of them.
    """

    table: str
    before: tuple[int, str]
    after: tuple[int, str]
    kinds: dict[str, int] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)

    def __str__(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in self.kinds.items())
        changed = ", ".join(f"{name} {count}" for name, count in self.columns.items())
        told = f": {kinds}" + (f" ({changed})" if changed else "") if kinds else ""
        return f"{self.table}: {self.before[0]} rows before, {self.after[0]} now{told}"


@dataclass(frozen=True)
class Comparison:
    """The tables, how many units differ for which reason, and how many are left as they are.

    `strays` are, by table, how many rows are of units that have neither a version row nor a capture.
    """

    endpoint: str
    tables: list[TableDifference]
    reasons: dict[str, int]
    without_raw_rows: int
    without_capture: int
    strays: dict[str, int]

    def lines(self) -> Iterator[str]:
        """Yield what to tell a person."""
        for reason, count in self.reasons.items():
            yield f"{self.endpoint}: {count} units differ: {reason}"
        yield from (str(each) for each in self.tables if each.before != each.after)

    def errors(self) -> Iterator[BadInputError]:
        """Yield why units are left as they are."""
        if self.without_raw_rows:
            yield BadInputError(
                f"{self.endpoint}: {self.without_raw_rows} units are left as they are: the raw tier lacks rows that"
                " they or their history are of; fill it with `mlb-etl raw restore` and run this again"
            )
        if self.without_capture:
            yield BadInputError(
                f"{self.endpoint}: {self.without_capture} units are left as they are: the raw tier has no capture of"
                " them that can be read and that the mapping accepts"
            )
        if self.strays:
            rows = ", ".join(f"{table} {count}" for table, count in self.strays.items())
            yield BadInputError(
                f"{self.endpoint}: there are rows of units that have no version row, and no capture in the raw tier"
                f" ({rows}): nothing of the platform made them, and they are left as they are; delete them"
            )

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return asdict(self)


class Comparer:
    """Compares the tables of a mapping with those `beside` them, over one connection."""

    def __init__(self, connection: Connection, beside: Beside) -> None:
        self._connection = connection
        self._mapping = beside.mapping
        self._published = PublishedTables(self._mapping)
        self._beside = beside
        self._unit = columns(self._mapping.unit)

    def compare(self) -> Comparison:
        """Return what differs, and leave the units that do, and could be replaced, in DIFFERING."""
        xids = self._version_rows(self._published, PUBLISHED_XID)  # first: who publishes from here on changes them
        derived = self._version_rows(self._beside, PUBLISHED_XID)
        lacking = {tuple(unit) for unit in self._connection.execute(self._lacking_raw_rows())}
        self._beside.analyze(self._connection)
        tables, differing = [], set[Unit]()
        known, left = xids.keys() | derived.keys() | lacking, dict[str, dict[Unit, int]]()
        for table in self._mapping.tables:
            for name, place, further in (
                (f"{self._mapping.endpoint}.{table}", PublishedTables.identifier, ()),
                (f"history.{self._published.schema}_{table}", PublishedTables.history, (VALID,)),
            ):
                values = [*self._compared(table), *further]
                before, after = (
                    self._fingerprints(place(each, table), values) for each in (self._published, self._beside)
                )
                comparable = derived.keys() - lacking
                differing |= {unit for unit in comparable if before.get(unit) != after.get(unit)}
                known |= after.keys()
                left[name] = {unit: count for unit, (count, _) in before.items() if unit not in comparable}
                tables.append(TableDifference(name, _total(before, comparable), _total(after, comparable)))
        self._keep(DIFFERING, differing, xids)
        self._keep(LACKING, lacking, {})
        tables = [self._in_detail(each) if each.before != each.after else each for each in tables]
        without_capture = len(xids.keys() - derived.keys() - lacking)
        known |= self._version_rows(self._published, PUBLISHED_XID).keys()  # some just got one
        strays = {name: sum(count for unit, count in of.items() if unit not in known) for name, of in left.items()}
        return Comparison(self._mapping.name, tables, self._reasons(), len(lacking), without_capture, _present(strays))

    def _version_rows(self, tables: PublishedTables, column: str) -> dict[Unit, Any]:
        """A column of the version rows, by unit."""
        query = SQL("SELECT {}, {} FROM {}").format(
            Identifier(column), self._unit, tables.identifier(self._mapping.version_table)
        )
        return {tuple(unit): value for value, *unit in self._connection.execute(query)}

    def _lacking_raw_rows(self) -> Composed:
        """Units whose rows, or whose history, are of content that the raw tier does not have: it would be lost."""
        table = self._mapping.version_table
        versions = SQL(" UNION ").join(
            SQL("SELECT {}, raw_id, coalesce(content_sha256, '') AS content FROM {}").format(self._unit, place)
            for place in (self._published.identifier(table), self._published.history(table))
        )
        raw = SQL(" UNION ALL ").join(
            SQL("SELECT id, content_sha256 AS content FROM {}").format(raw_table(each))
            for each in self._mapping.raw_endpoints
        )
        return SQL(
            """
            WITH raw AS ({raw})
            SELECT DISTINCT {unit} FROM ({versions}) v
            WHERE NOT EXISTS (SELECT FROM raw r WHERE r.content = v.content)
              AND NOT (v.content = '' AND v.raw_id IN (SELECT id FROM raw))
            """
        ).format(raw=raw, unit=self._unit, versions=versions)

    def _fingerprints(self, place: Identifier, values: list[str]) -> dict[Unit, tuple[int, int]]:
        """Of each unit the number of its rows and a hash of these columns of them, in whatever order."""
        query = SQL("SELECT count(*), sum(hash_record_extended(ROW({}), 0)::numeric), {} FROM {} GROUP BY {}").format(
            columns(values), self._unit, place, self._unit
        )
        return {tuple(unit): (count, int(hashed)) for count, hashed, *unit in self._connection.execute(query)}

    def _compared(self, table: str) -> list[str]:
        names = [*self._mapping.columns(table), *added_columns(self._mapping, table)]
        return [name for name in names if name != PUBLISHED_XID]

    def _keep(self, place: Identifier, units: set[Unit], xids: dict[Unit, Any]) -> None:
        self._connection.execute(SQL("DROP TABLE IF EXISTS {}").format(place))
        definition = SQL("CREATE TEMPORARY TABLE {} ({}, xid xid8, PRIMARY KEY ({}))")
        self._connection.execute(definition.format(place, unit_types(self._mapping), self._unit))
        with self._connection.cursor().copy(SQL("COPY {} FROM STDIN").format(place)) as copy:
            for unit in units:
                copy.write_row((*unit, xids.get(unit)))
        self._connection.execute(SQL("ANALYZE {}").format(place))

    def _in_detail(self, difference: TableDifference) -> TableDifference:
        """How many rows of differing units were added, removed and changed, and in which columns; not of history."""
        schema, _, table = difference.table.partition(".")
        if schema == "history":
            return difference
        key = self._mapping.key(table)
        parts = {
            "same_row": same("a", "b", key, self._mapping.tables[table].nullable_key),
            "before": self._published.identifier(table),
            "after": self._beside.identifier(table),
            "differing": DIFFERING,
            "unit": self._unit,
        }
        values = [name for name in self._compared(table) if name not in key]
        differs = SQL("count(*) FILTER (WHERE ({}) IS DISTINCT FROM ({}))")
        changed = [
            differs.format(columns(names, "a"), columns(names, "b")) for names in (values, *([each] for each in values))
        ]
        query = SQL(
            """
            SELECT (SELECT count(*) FROM {after} a JOIN {differing} USING ({unit})
                    WHERE NOT EXISTS (SELECT FROM {before} b WHERE {same_row})),
                   (SELECT count(*) FROM {before} b JOIN {differing} USING ({unit})
                    WHERE NOT EXISTS (SELECT FROM {after} a WHERE {same_row})),
                   {changed}
            FROM {after} a JOIN {differing} USING ({unit}) JOIN {before} b ON {same_row}
            """
        ).format(changed=SQL(", ").join(changed), **parts)
        added, removed, *counts = self._connection.execute(query).fetchone() or (0, 0)
        kinds = {"added": added, "removed": removed, "changed": counts[0]}
        return replace(difference, kinds=_present(kinds), columns=_present(dict(zip(values, counts[1:], strict=True))))

    def _reasons(self) -> dict[str, int]:
        reason = SQL(" ").join(
            SQL("WHEN {} THEN {}").format(condition, Literal(words)) for words, condition in _REASONS.items()
        )
        table = self._mapping.version_table
        query = SQL(
            "SELECT CASE {} END AS reason, count(*) FROM {} JOIN {} a USING ({}) LEFT JOIN {} b USING ({}) GROUP BY 1"
        ).format(
            reason,
            *(DIFFERING, self._beside.identifier(table), self._unit, self._published.identifier(table), self._unit),
        )
        return dict(self._connection.execute(query).fetchall())


def _total(fingerprints: dict[Unit, tuple[int, int]], units: set[Unit]) -> tuple[int, str]:
    counted = [fingerprints[unit] for unit in units if unit in fingerprints]
    return sum(count for count, _ in counted), str(sum(hashed for _, hashed in counted))


def _present(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
