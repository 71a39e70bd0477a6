"""The types of Arrow and DuckDB that hold every value as PostgreSQL has it."""

from __future__ import annotations

import pyarrow as pa

# PostgreSQL's numeric has any number of digits. What does not fit into these is refused, not rounded.
_NUMERIC = pa.decimal128(38, 18)
_TYPES = {
    "bigint": pa.int64(),
    "integer": pa.int32(),
    "numeric": _NUMERIC,
    "double precision": pa.float64(),
    "text": pa.string(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamptz": pa.timestamp("us", "UTC"),
    "text[]": pa.list_(pa.string()),
    "integer[]": pa.list_(pa.int32()),
    "jsonb": pa.string(),
    "xid8": pa.int64(),
}


_IN_DUCKDB = {"numeric": "decimal(38, 18)", "jsonb": "json", "xid8": "bigint"}  # all others are called the same


def is_held(type_: str) -> bool:
    """Return whether a type of PostgreSQL has types here."""
    return type_ in _TYPES


def arrow_type(type_: str) -> pa.DataType:
    """Return the type of Arrow for a type of PostgreSQL."""
    return _TYPES[type_]


def duckdb_type(type_: str) -> str:
    """Return the type of DuckDB for a type of PostgreSQL."""
    return _IN_DUCKDB.get(type_, type_)
