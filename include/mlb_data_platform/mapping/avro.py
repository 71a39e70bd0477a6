"""Avro schemas of the tables of a mapping, for exports and for whoever reads them."""

from __future__ import annotations

from typing import Any

from mlb_data_platform.mapping.models import Column, ColumnType, Mapping

AvroType = str | dict[str, Any]

_TYPES: dict[ColumnType, AvroType] = {
    "bigint": "long",
    "integer": "int",
    "double precision": "double",
    "text": "string",
    "boolean": "boolean",
    "date": {"type": "int", "logicalType": "date"},
    "timestamptz": {"type": "long", "logicalType": "timestamp-micros"},
}


def table_schema(mapping: Mapping, table: str) -> dict[str, Any]:
    """Return the schema of one row of `table`. What may be NULL is a union with null, null being the default."""
    required = {*mapping.key(table), *mapping.unit}.difference(mapping.tables[table].nullable_key)
    fields = [_field(name, column, required=name in required) for name, column in mapping.columns(table).items()]
    return {
        "type": "record",
        "name": table,
        "namespace": f"mlb_data_platform.{mapping.endpoint}",
        "doc": mapping.tables[table].description,
        "fields": [
            *fields,
            {"name": "captured_at", "type": _TYPES["timestamptz"], "doc": "Of the capture that last changed the row."},
            {"name": "raw_id", "type": "long", "doc": "The raw row of that capture."},
        ],
    }


def _field(name: str, column: Column, *, required: bool) -> dict[str, Any]:
    kind = _TYPES[column.type]
    field: dict[str, Any] = (
        {"name": name, "type": kind} if required else {"name": name, "type": ["null", kind], "default": None}
    )
    return {**field, "doc": column.description} if column.description else field
