"""The rows of parts of a table, out of PostgreSQL and into Arrow."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import pyarrow as pa
from psycopg.sql import SQL, Composed, Identifier, Literal
from pyarrow import compute

from mlb_data_platform.export.arrow_session import ArrowSession, selected
from mlb_data_platform.export.divisions import Division, Part, table_types
from mlb_data_platform.export.schemas import arrow_type
from mlb_data_platform.mapping.ddl import comment
from mlb_data_platform.mapping.models import Mapping
from mlb_data_platform.storage.publish import same
from mlb_data_platform.storage.tables import PublishedTables, columns

_PART = "part of the export"  # no column of a table is called so


def read(
    session: ArrowSession, division: Division, table: str, parts: Sequence[Part]
) -> Iterator[tuple[Part, pa.Table]]:
    """Yield the rows of each of these parts that has any: all columns, each unit's rows in the order of their key.

    All of them are in memory at once. Raises what `ArrowSession.rows` raises.
    """
    schema = _schema(division.mapping, table).insert(0, pa.field(_PART, pa.int32()))
    found = session.rows(_query(division, table, parts), schema, division.full_name(table)).combine_chunks()
    rows = found.remove_column(0)
    slices: defaultdict[int, list[pa.Table]] = defaultdict(list)
    start = 0
    runs = compute.run_end_encode(found.column(0).combine_chunks())
    for end, number in zip(runs.run_ends.to_pylist(), runs.values.to_pylist(), strict=True):
        slices[number].append(rows.slice(start, end - start))
        start = end
    for number, of_part in slices.items():
        yield parts[number], pa.concat_tables(of_part)


def _query(division: Division, table: str, parts: Sequence[Part]) -> Composed:
    """The rows of these parts, with the position of their part as first column.

    Unit by unit, each by the index that its key has: to sort all rows would take PostgreSQL as long as to read them.
    """
    mapping = division.mapping
    tables = PublishedTables(mapping)
    version = tables.identifier(mapping.version_table)
    units = SQL(" UNION ALL ").join(
        SQL("SELECT {}::integer AS part, {} FROM {} v WHERE {}").format(
            Literal(number), columns(mapping.unit, "v"), version, division.is_of(part, "v")
        )
        for number, part in enumerate(parts)
    )
    return SQL(
        """
        SELECT u.part AS {part}, {selected} FROM (SELECT * FROM ({units}) u ORDER BY part, {unit}) u
        CROSS JOIN LATERAL (SELECT * FROM {table} t WHERE {of_unit} ORDER BY {key}) t
        """
    ).format(
        part=Identifier(_PART),
        selected=selected(table_types(mapping, table), "t"),
        units=units,
        unit=columns(mapping.unit),
        table=tables.identifier(table),
        of_unit=same("t", "u", mapping.unit),
        key=columns(mapping.key(table), "t"),
    )


def _schema(mapping: Mapping, table: str) -> pa.Schema:
    """The columns of a table with what is said of them."""
    mapped = mapping.columns(table)
    return pa.schema(
        pa.field(name, arrow_type(type_), metadata={"description": comment(mapped[name])} if name in mapped else None)
        for name, type_ in table_types(mapping, table).items()
    )
