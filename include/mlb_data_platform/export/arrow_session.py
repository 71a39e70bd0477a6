"""A session of PostgreSQL that gives rows as Arrow, by ADBC: no row becomes an object of Python on its way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pyarrow as pa
from adbc_driver_manager import dbapi
from adbc_driver_postgresql import dbapi as postgresql
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal
from pyarrow import compute

from mlb_data_platform.errors import BadInputError, TransientError, one_line
from mlb_data_platform.settings import settings

# Its queries are small and many: what several workers read for one, one reads faster than they hand it over.
_OPTIONS = "-c timezone=UTC -c max_parallel_workers_per_gather=0 -c jit=off"
# What ADBC has no type for travels as text.
_AS = {"numeric": "text", "jsonb": "text", "xid8": "text"}
# From the first day that PostgreSQL has, in 4714 BC, up to the year 10000; since 1970.
_DAYS = (-2_440_588, 2_932_897)
_MICROSECONDS = tuple(days * 86_400_000_000 for days in _DAYS)


class ArrowSession:
    """A session that sees the exported snapshot of this name. Raises TransientError where there is no server."""

    def __init__(self, snapshot: str) -> None:
        dsn = make_conninfo(settings().postgres_dsn(), application_name="mlb-etl", options=_OPTIONS)
        with _errors_for_people():
            self._connection = postgresql.connect(dsn)
            self._cursor = self._connection.cursor()
            self._cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            self._cursor.execute(SQL("SET TRANSACTION SNAPSHOT {}").format(Literal(snapshot)).as_string())

    def rows(self, query: Composed, schema: pa.Schema, name: str) -> pa.Table:
        """Return the rows of a query, whose columns `selected` has made, by this schema; they are those of `name`.

        All of them are in memory at once. Raises BadInputError where a value does not fit its type in Arrow,
        TransientError where the server does not do its work.
        """
        with _errors_for_people():
            self._cursor.execute(query.as_string())
            found = self._cursor.fetch_arrow_table()
        return pa.Table.from_arrays([_as(found[field.name], field, name) for field in schema], schema=schema)

    @contextmanager
    def batches(self, query: Composed, schema: pa.Schema) -> Iterator[pa.RecordBatchReader]:
        """Give the block the rows of a query as `rows` returns them, but as they come. Raises likewise."""
        with _errors_for_people():
            self._cursor.execute(query.as_string())
            yield self._cursor.fetch_record_batch().cast(schema)

    def close(self) -> None:
        """End the session."""
        self._cursor.close()
        self._connection.close()


def _as(values: pa.ChunkedArray, field: pa.Field, name: str) -> pa.ChunkedArray:
    """The values of a column of `name` by their type. Raises BadInputError where one does not fit."""
    try:
        column = values.cast(field.type)
    except pa.ArrowInvalid as error:
        raise BadInputError(f"{name}.{field.name} cannot be exported: {one_line(error)}") from None
    if pa.types.is_temporal(field.type):
        # What is infinite, or of a year that Arrow has not, ADBC gives as some other moment of long ago.
        range_ = compute.min_max(column.cast(pa.int32() if pa.types.is_date(field.type) else pa.int64()))
        least, most = _DAYS if pa.types.is_date(field.type) else _MICROSECONDS
        found = (range_["min"].as_py(), range_["max"].as_py())
        if found != (None, None) and not least <= found[0] <= found[1] < most:
            raise BadInputError(f"{name}.{field.name} cannot be exported: it has infinity, or a year after 9999")
    return column


def selected(types: Mapping[str, str], alias: str) -> Composed:
    """Return what to select of a row for columns of these types."""
    return SQL(", ").join(_selected(Identifier(alias, name), type_) for name, type_ in types.items())


def _selected(column: Identifier, type_: str) -> Composable:
    return SQL("{}::{}").format(column, SQL(_AS[type_])) if type_ in _AS else column


@contextmanager
def _errors_for_people() -> Iterator[None]:
    try:
        yield
    except dbapi.Error as error:
        raise TransientError(f"PostgreSQL: {one_line(error)}") from None
