"""Avro schemas of the tables of a mapping, for exports and for whoever reads them."""

from __future__ import annotations

from typing import Any

from mlb_data_platform.mapping.models import Column, Mapping
from mlb_data_platform.mapping.provenance import STAMP, column_type

AvroType = str | dict[str, Any]

_TYPES: dict[str, AvroType] = {
    "bigint": "long",
    "integer": "int",
    "numeric": "string",  # as it is: Avro's decimal has a fixed scale
    "double precision": "double",
    "text": "string",
    "boolean": "boolean",
    "date": {"type": "int", "logicalType": "date"},
    "timestamptz": {"type": "long", "logicalType": "timestamp-micros"},
    "text[]": {"type": "array", "items": ["null", "string"]},
    "integer[]": {"type": "array", "items": ["null", "int"]},
    "jsonb": "string",
}
_STAMP_DOC = "Of the capture that last changed the row."
_STAMP_TYPES = {name: column_type(definition) for name, definition in STAMP.items()}


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
            *({"name": name, "type": _TYPES[type_], "doc": _STAMP_DOC} for name, type_ in _STAMP_TYPES.items()),
        ],
    }


def _field(name: str, column: Column, *, required: bool) -> dict[str, Any]:
    kind = _TYPES[column.type]
    field: dict[str, Any] = (
        {"name": name, "type": kind} if required else {"name": name, "type": ["null", kind], "default": None}
    )
    return {**field, "doc": column.description} if column.description else field
