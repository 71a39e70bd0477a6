"""What differs between the tables that readers see and those that were derived anew beside them, unit by unit."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from psycopg import Connection
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from mlb_data_platform.mapping.provenance import PUBLISHED_XID, VALID, added_columns
from mlb_data_platform.rebuild.beside import Beside
from mlb_data_platform.storage.publish import same, unit_types
from mlb_data_platform.storage.raw import raw_table
from mlb_data_platform.storage.tables import PublishedTables, columns

DIFFERING = Identifier("pg_temp", "units_differing")
"""The units whose rows differ, and the published_xid of those in the tables when that was found; of the session."""

_COMPARED = Identifier("pg_temp", "units_compared")
_LEFT_ALONE = Identifier("pg_temp", "units_left_alone")
# Why a unit has other rows now, by its version rows before (b) and after (a): the first that holds.
_REASONS = {
    "they were not there": SQL("b.raw_id IS NULL"),
    "another mapping had made them": SQL("b.mapping_sha256 IS DISTINCT FROM a.mapping_sha256"),
    "they were of other captures": SQL(
        "(b.raw_id, b.valid_from, b.captured_at) IS DISTINCT FROM (a.raw_id, a.valid_from, a.captured_at)"
    ),
    "somebody has changed them, or another version of the program had made them": SQL("true"),
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
    """The tables, how many units differ for which reason, and how many are left as they are."""

    endpoint: str
    tables: list[TableDifference]
    reasons: dict[str, int]
    without_raw_rows: int
    without_capture: int

    def lines(self) -> Iterator[str]:
        """Yield what to tell a person."""
        for reason, count in self.reasons.items():
            yield f"{self.endpoint}: {count} units have other rows now: {reason}"
        if self.without_raw_rows:
            yield (
                f"{self.endpoint}: {self.without_raw_rows} units are left as they are: the raw tier lacks rows that"
                " they or their history are of; fill it with `mlb-etl raw restore` and run this again"
            )
        if self.without_capture:
            yield (
                f"{self.endpoint}: {self.without_capture} units are left as they are: the raw tier has no capture of"
                " them that the mapping accepts"
            )
        yield from (str(each) for each in self.tables if each.before != each.after)

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
        self._note_units()
        tables = []
        for table in self._mapping.tables:
            found = self._totals(table, self._published.identifier(table), self._beside.identifier(table))
            kept = self._totals(table, self._published.history(table), self._beside.history(table), VALID)
            name = f"{self._mapping.endpoint}.{table}"
            history = f"history.{self._published.schema}_{table}"
            kinds, changed = self._changes(table) if found[0] != found[1] else ({}, {})
            tables += [TableDifference(name, *found, kinds, changed), TableDifference(history, *kept)]
        return Comparison(self._mapping.name, tables, self._reasons(), *self._left_alone())

    def _note_units(self) -> None:
        """Note which units can be compared: those that were derived, and that the raw tier has all captures of."""
        for place in (_LEFT_ALONE, _COMPARED, DIFFERING):
            self._connection.execute(SQL("DROP TABLE IF EXISTS {}").format(place))
            self._connection.execute(
                SQL("CREATE TEMPORARY TABLE {} ({}, xid xid8, PRIMARY KEY ({}))").format(
                    place, unit_types(self._mapping), self._unit
                )
            )
        self._connection.execute(self._lacking_raw_rows())
        self._connection.execute(
            SQL(
                """
                INSERT INTO {compared} SELECT {unit}, b.{xid} FROM {after} a LEFT JOIN {before} b USING ({unit})
                WHERE NOT EXISTS (SELECT FROM {left_alone} l WHERE {is_left_alone})
                """
            ).format(
                compared=_COMPARED,
                unit=self._unit,
                xid=Identifier(PUBLISHED_XID),
                after=self._beside.identifier(self._mapping.version_table),
                before=self._published.identifier(self._mapping.version_table),
                left_alone=_LEFT_ALONE,
                is_left_alone=same("l", "a", self._mapping.unit),
            )
        )
        self._connection.execute(SQL("ANALYZE {}").format(_COMPARED))

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
            INSERT INTO {left_alone} SELECT DISTINCT {unit}, NULL::xid8 FROM ({versions}) v
            WHERE NOT EXISTS (SELECT FROM raw r WHERE r.content = v.content)
              AND NOT (v.content = '' AND v.raw_id IN (SELECT id FROM raw))
            """
        ).format(raw=raw, left_alone=_LEFT_ALONE, unit=self._unit, versions=versions)

    def _totals(
        self, table: str, before: Identifier, after: Identifier, *further: str
    ) -> tuple[tuple[int, str], tuple[int, str]]:
        """Rows and hash of a table on both sides; units of which they differ join DIFFERING."""
        side = SQL(
            "SELECT {unit}, count(*) AS rows, sum(hash_record_extended(ROW({values}), 0)::numeric) AS hash"
            " FROM {place} t JOIN {compared} USING ({unit}) GROUP BY {unit}"
        )
        parts = {
            "unit": self._unit,
            "compared": _COMPARED,
            "values": columns([*self._compared(table), *further], "t"),
            "differing": DIFFERING,
        }
        query = SQL(
            """
            WITH before AS MATERIALIZED ({before}), after AS MATERIALIZED ({after}),
            differing AS (
                INSERT INTO {differing}
                SELECT {unit}, xid FROM before FULL JOIN after USING ({unit}) JOIN {compared} USING ({unit})
                WHERE (before.rows, before.hash) IS DISTINCT FROM (after.rows, after.hash)
                ON CONFLICT DO NOTHING
            )
            SELECT (SELECT coalesce(sum(rows), 0) FROM before), (SELECT coalesce(sum(hash), 0) FROM before)::text,
                   (SELECT coalesce(sum(rows), 0) FROM after), (SELECT coalesce(sum(hash), 0) FROM after)::text
            """
        ).format(before=side.format(place=before, **parts), after=side.format(place=after, **parts), **parts)
        row = self._connection.execute(query).fetchone() or (0, "0", 0, "0")
        return (int(row[0]), row[1]), (int(row[2]), row[3])

    def _compared(self, table: str) -> list[str]:
        names = [*self._mapping.columns(table), *added_columns(self._mapping, table)]
        return [name for name in names if name != PUBLISHED_XID]

    def _changes(self, table: str) -> tuple[dict[str, int], dict[str, int]]:
        """How many rows of differing units were added, removed and changed, and in which columns."""
        key = self._mapping.key(table)
        same_row = same("a", "b", key, self._mapping.tables[table].nullable_key)
        before, after = self._published.identifier(table), self._beside.identifier(table)
        values = [name for name in self._compared(table) if name not in key]
        one_sided = SQL(
            "(SELECT count(*) FROM {there} {its} JOIN {differing} USING ({unit})"
            " WHERE NOT EXISTS (SELECT FROM {absent} {other} WHERE {same_row}))"
        )
        counts: list[Composable] = [
            one_sided.format(
                there=there, its=SQL(its), differing=DIFFERING, unit=self._unit, absent=absent, other=SQL(other),
                same_row=same_row,
            )
            for there, its, absent, other in ((after, "a", before, "b"), (before, "b", after, "a"))
        ]  # fmt: skip
        differs = SQL("count(*) FILTER (WHERE ({}) IS DISTINCT FROM ({}))")
        counts += [
            differs.format(columns(names, "a"), columns(names, "b")) for names in (values, *([name] for name in values))
        ]
        query = SQL("SELECT {} FROM {} a JOIN {} USING ({}) JOIN {} b ON {}").format(
            SQL(", ").join(counts), after, DIFFERING, self._unit, before, same_row
        )
        added, removed, changed, *by_column = self._connection.execute(query).fetchone() or (0, 0, 0)
        kinds = {"added": added, "removed": removed, "changed": changed}
        return _present(kinds), _present(dict(zip(values, by_column, strict=True)))

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

    def _left_alone(self) -> Sequence[int]:
        """How many units the raw tier lacks captures of, and how many others have none that is acceptable."""
        query = SQL(
            """
            SELECT (SELECT count(*) FROM {left_alone}),
                   (SELECT count(*) FROM {before} b WHERE NOT EXISTS (SELECT FROM {after} a WHERE {derived})
                    AND NOT EXISTS (SELECT FROM {left_alone} l WHERE {is_left_alone}))
            """
        ).format(
            left_alone=_LEFT_ALONE,
            before=self._published.identifier(self._mapping.version_table),
            after=self._beside.identifier(self._mapping.version_table),
            derived=same("a", "b", self._mapping.unit),
            is_left_alone=same("l", "b", self._mapping.unit),
        )
        return self._connection.execute(query).fetchone() or (0, 0)


def _present(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}
