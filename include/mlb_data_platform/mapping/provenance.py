"""The columns that the platform adds to those of a mapping: what every raw table has, and what names a row's capture.

Each is spelled here, and every list of them is made from here. SQL that reads one of them writes its name.
"""

from __future__ import annotations

from mlb_data_platform.mapping.models import Mapping

RAW_COLUMNS = {
    "id": "bigint NOT NULL DEFAULT nextval('metadata.raw_id_seq')",
    "captured_at": "timestamptz NOT NULL",
    "ingested_at": "timestamptz NOT NULL DEFAULT clock_timestamp()",
    "schema_version": "integer",
    "source_url": "text",
    "request_params": "jsonb",
    "status_code": "integer",
    "content_sha256": "text",
    "object_key": "text",
    "data": "jsonb",
    "body": "bytea",
    "xact": "xid8 DEFAULT pg_current_xact_id()",
}
"""What every raw table has beside the columns of its natural key, which follow `id`."""

PATCH_COLUMNS = {"start_timecode": "text", "base_sha256": "text", "result_sha256": "text"}
"""What the raw table of a patch endpoint has beside these: the revision it starts from, and the canonical hashes of the
document before and after; NULL in a row that came without them."""

STAMP = {"captured_at": "timestamptz NOT NULL", "raw_id": "bigint NOT NULL"}
"""What every table has after the mapped columns: the capture that last changed the row."""

PUBLISHED_XID = "published_xid"
"""The column of version rows with the transaction that published them, which the database fills in."""

VALID_FROM = "valid_from"
"""The column of version rows since when the API said so; captured_at of a version row is when that was last seen."""

VERSION_STAMP = {
    "content_sha256": "text",
    "mapping_sha256": "text",
    VALID_FROM: "timestamptz NOT NULL DEFAULT now()",
    PUBLISHED_XID: "xid8 DEFAULT pg_current_xact_id()",
}
"""What the version table has after those: the content of that capture, the mapping that made the rows from it, and
since when the API said so."""

VALID = "valid"
"""The column that rows of `history` have besides: from the capture that made them to the one that superseded them."""


def added_columns(mapping: Mapping, table: str) -> dict[str, str]:
    """Return the columns of `table` that follow the mapped ones, each with its type and what else defines it."""
    return STAMP | VERSION_STAMP if table == mapping.version_table else STAMP


def added_types(mapping: Mapping, table: str) -> dict[str, str]:
    """Return the columns of `table` that follow the mapped ones, each with its type."""
    return {name: column_type(definition) for name, definition in added_columns(mapping, table).items()}


def stamp_columns(mapping: Mapping, table: str) -> dict[str, str]:
    """Return those of the added columns, each with its type, that whoever writes a row of `table` fills in."""
    return {name: type_ for name, type_ in added_types(mapping, table).items() if name != PUBLISHED_XID}


def column_type(definition: str) -> str:
    """Return the type that a definition of a column begins with."""
    return definition.split()[0]
