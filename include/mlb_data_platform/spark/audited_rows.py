"""What the audit reads of flattened rows, as Arrow: the columns that conditions name, in the slots of one frame.

Rows leave flatten as text for COPY. Arrow reads that text as PostgreSQL does where it is written as JSON numbers, ISO
dates and moments are. What it cannot read PostgreSQL reads for it, whose word counts: it takes more forms, and what it
refuses too is bad data.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import pyarrow as pa
from psycopg import Connection
from psycopg.sql import SQL
from pyarrow import csv

from mlb_data_platform.quality.rules import checks
from mlb_data_platform.spark.layout import COPIES, TABLE, Layout, column_types
from mlb_data_platform.storage.tables import COPY_OPTIONS, Rows, StagingTables, columns, copy_columns

_TYPES = {
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "numeric": pa.decimal128(38, 18),  # as Spark's decimals: sums are exact in both engines
    "double precision": pa.float64(),
    "text": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "text[]": pa.string(),
    "integer[]": pa.string(),
    "jsonb": pa.string(),
}
# What no type of Arrow checks as PostgreSQL does: read only where a check does.
_AS_TEXT = ("text", "text[]", "integer[]", "jsonb", "numeric")
_COMPRESSED = pa.ipc.IpcWriteOptions(compression="lz4")  # most slots of a row are empty
# As COPY_OPTIONS say it. PostgreSQL may write true as t, NaN as itself.
_PARSED = csv.ParseOptions(escape_char="\\", double_quote=False, newlines_in_values=True)


def schema(layout: Layout) -> pa.Schema:
    """Return the columns of the frame."""
    return pa.schema(
        [(TABLE, pa.int32()), (COPIES, pa.int64()), *((slot, _TYPES[type_]) for slot, type_ in layout.types.items())]
    )


def audited_rows(layout: Layout, rows: Rows) -> bytes:
    """Return the rows of all tables as an Arrow stream.

    Raises ArrowInvalid for text that is not of its column's type, as far as Arrow can tell.
    """
    return _stream(
        layout, ((table, b"".join(each.copy_text() for each in lines)) for table, lines in rows.lines.items())
    )


def audited_rows_of_postgresql(connection: Connection, layout: Layout, staging: StagingTables) -> bytes:
    """Return the rows of staged tables as an Arrow stream, as PostgreSQL has read and now writes them."""
    return _stream(layout, ((table, _copied_out(connection, staging, table)) for table in layout.mapping.tables))


def unpacked_rows(stream: bytes) -> Iterator[pa.RecordBatch]:
    """Yield the rows of an Arrow stream, batch by batch."""
    with pa.ipc.open_stream(stream) as reader:
        yield from reader


def _stream(layout: Layout, text_by_table: Iterable[tuple[str, bytes]]) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema(layout), options=_COMPRESSED) as stream:
        for table, text in text_by_table:
            if b"\0" in text:
                raise pa.ArrowInvalid(f"{table}: PostgreSQL takes no text with a NUL in it")
            if text:
                stream.write_table(_placed(layout, table, _parsed(layout, table, text)))
    return bytes(sink.getvalue())


def _parsed(layout: Layout, table: str, text: bytes) -> pa.Table:
    """The columns of `table` but for what no check reads and PostgreSQL alone can tell whether its column takes it."""
    types = column_types(layout.mapping, table)
    read = {*layout.columns(table).values(), *_key(layout, table)}
    return csv.read_csv(
        io.BytesIO(text),
        # In one block: where a row may hold a newline, none but the first byte is sure to begin one.
        csv.ReadOptions(
            column_names=list(copy_columns(layout.mapping, table)), use_threads=False, block_size=len(text) + 1
        ),
        _PARSED,
        csv.ConvertOptions(
            column_types={name: _TYPES[type_] for name, type_ in types.items()},
            include_columns=[name for name, type_ in types.items() if type_ not in _AS_TEXT or name in read],
            null_values=["null"],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
            true_values=["true", "t"],
            false_values=["false", "f"],
        ),
    )


def _placed(layout: Layout, table: str, rows: pa.Table) -> pa.Table:
    """The rows in the slots of the frame."""
    names, count = layout.columns(table), rows.num_rows
    number = pa.repeat(pa.scalar(layout.number(table), pa.int32()), count)
    values = [
        rows[names[slot]] if slot in names else pa.nulls(count, _TYPES[type_]) for slot, type_ in layout.types.items()
    ]
    return pa.table([number, _copies(rows, _key(layout, table)), *values], schema=schema(layout))


def _key(layout: Layout, table: str) -> Sequence[str]:
    """What no two rows of a table share."""
    (key,) = (check.columns for check in checks(layout.mapping, table) if check.condition is None)
    return key


def _copies(rows: pa.Table, key: Sequence[str]) -> pa.Array:
    """How many rows have the key of each row: all those of a response are here, so nobody has to look elsewhere."""
    if rows.group_by(key).aggregate([]).num_rows == rows.num_rows:
        return pa.repeat(pa.scalar(1, pa.int64()), rows.num_rows)
    keys = list(zip(*(rows[name].to_pylist() for name in key), strict=True))
    copies = Counter(keys)
    return pa.array([copies[each] for each in keys], pa.int64())


def _copied_out(connection: Connection, staging: StagingTables, table: str) -> bytes:
    statement = SQL("COPY (SELECT {} FROM {}) TO STDOUT ({})").format(
        columns(copy_columns(staging.mapping, table)), staging.identifier(table), COPY_OPTIONS
    )
    with connection.cursor().copy(statement) as copy:
        return b"".join(copy)
