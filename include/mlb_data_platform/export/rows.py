"""The rows of parts of a table, out of PostgreSQL and into Arrow."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa
from psycopg import Connection
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal
from pyarrow import compute, csv

from mlb_data_platform.errors import BadInputError, one_line
from mlb_data_platform.export.divisions import Division, Part, table_types
from mlb_data_platform.export.schemas import arrow_type
from mlb_data_platform.mapping import models
from mlb_data_platform.mapping.ddl import comment
from mlb_data_platform.mapping.models import ARRAYS
from mlb_data_platform.storage.publish import same
from mlb_data_platform.storage.tables import PublishedTables, columns

_PART = "part of the export"  # no column of a table is called so


def read(
    connection: Connection, division: Division, table: str, parts: Sequence[Part]
) -> Iterator[tuple[Part, pa.Table]]:
    """Yield the rows of each of these parts that has any, all columns, in the order of their key.

    All of them are in memory at once. Raises BadInputError where a value does not fit its type in Arrow.
    """
    types = table_types(division.mapping, table)
    found = copied(connection, _query(division, table, parts), {_PART: "integer", **types}, division.full_name(table))
    wanted = _described(division.mapping, table)
    runs = compute.run_end_encode(found.column(0).combine_chunks())
    start = 0
    for end, number in zip(runs.run_ends.to_pylist(), runs.values.to_pylist(), strict=True):
        yield parts[number], found.slice(start, end - start).remove_column(0).cast(wanted)
        start = end


def copied(connection: Connection, query: Composed, types: Mapping[str, str], name: str) -> pa.Table:
    """Return the rows of a query, whose columns have these types in PostgreSQL (arrays as JSON): what `name` has.

    Raises BadInputError where a value does not fit its type in Arrow.
    """
    schema = pa.schema((column, arrow_type(type_)) for column, type_ in types.items())
    arrays = [field.name for field in schema if pa.types.is_list(field.type)]
    with connection.cursor().copy(SQL("COPY ({}) TO STDOUT (FORMAT csv)").format(query)) as copy:
        text = b"".join(copy)
    if not text:
        return schema.empty_table()
    try:
        found = csv.read_csv(
            pa.BufferReader(text),
            csv.ReadOptions(column_names=schema.names, block_size=len(text) + 1, use_threads=False),
            csv.ParseOptions(newlines_in_values=True),
            csv.ConvertOptions(
                column_types={field.name: pa.string() if field.name in arrays else field.type for field in schema},
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
                true_values=["t"],
                false_values=["f"],
            ),
        )
    except pa.ArrowInvalid as error:
        raise BadInputError(f"{name} cannot be exported: {one_line(error)}") from None
    for column in arrays:
        values = [None if value is None else json.loads(value) for value in found.column(column).to_pylist()]
        position = schema.get_field_index(column)
        found = found.set_column(position, column, pa.array(values, schema.field(column).type))
    return found


def exported(column: Composable, type_: str) -> Composable:
    """Return what `copied` takes of a column of this type."""
    if type_ in ARRAYS:
        return SQL("array_to_json({})").format(column)
    return SQL("{}::text").format(column) if type_ == "xid8" else column


def _query(division: Division, table: str, parts: Sequence[Part]) -> Composed:
    """The rows of these parts, by the position of their part, which is the first column."""
    mapping = division.mapping
    tables = PublishedTables(mapping)
    version = tables.identifier(mapping.version_table)
    numbered = [
        SQL("SELECT {}::integer AS part, {} FROM {} v WHERE {}").format(
            Literal(number), columns(mapping.unit, "v"), version, division.is_of(part, "v")
        )
        for number, part in enumerate(parts)
    ]
    return SQL("SELECT u.part, {} FROM {} t JOIN ({}) u ON {} ORDER BY u.part, {}").format(
        SQL(", ").join(exported(Identifier("t", name), type_) for name, type_ in table_types(mapping, table).items()),
        tables.identifier(table),
        SQL(" UNION ALL ").join(numbered),
        same("t", "u", mapping.unit),
        columns(mapping.key(table), "t"),
    )


def _described(mapping: models.Mapping, table: str) -> pa.Schema:
    """The columns of a table with what is said of them."""
    mapped = mapping.columns(table)
    return pa.schema(
        pa.field(name, arrow_type(type_), metadata={"description": comment(mapped[name])} if name in mapped else None)
        for name, type_ in table_types(mapping, table).items()
    )
