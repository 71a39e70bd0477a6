"""Reads the responses of raw rows, from the archive where a row has left its content to that alone."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.sql import SQL

from mlb_data_platform.errors import BadInputError
from mlb_data_platform.mapping.raw_endpoint import RawEndpoint
from mlb_data_platform.storage.archive_records import Kind, parsed
from mlb_data_platform.storage.raw import raw_table
from mlb_data_platform.storage.raw_lookup import as_object
from mlb_data_platform.storage.stored_body import PackedBody, PlainBody, StoredBody

if TYPE_CHECKING:
    from mlb_data_platform.storage.archived_content import ArchivedContent  # S3's client, which is seldom needed


_ROWS = SQL(
    """
    SELECT id, captured_at, content_sha256, object_key, {natural_key} AS natural_key,
           body, CASE WHEN body IS NULL THEN convert_to(data::text, 'UTF8') END AS data
    FROM {raw} AS raw WHERE {condition}
    """
)


class RowPlace(Protocol):
    """Where a raw row stands: its id and, for the sake of the partition, when it was captured."""

    @property
    def raw_id(self) -> int: ...
    @property
    def stored_at(self) -> datetime: ...


def bodies(connection: Connection, mapping: RawEndpoint, places: Iterable[RowPlace]) -> dict[int, StoredBody]:
    """Return the responses at `places` by raw_id.

    Raises TransientError where it takes the archive and that does not answer, BadInputError where it does not accept
    the settings.
    """
    where = {place.raw_id: place.stored_at for place in places}
    query = _ROWS.format(
        natural_key=as_object(mapping.natural_key, "raw"),
        raw=raw_table(mapping),
        condition=SQL("(id, captured_at) IN (SELECT * FROM unnest(%s::bigint[], %s::timestamptz[]))"),
    )
    cursor = connection.cursor(row_factory=dict_row, binary=True)  # bytes as they are, not as hex
    rows = cursor.execute(query, (list(where), list(where.values()))).fetchall()
    return {row["id"]: _stored(row) for row in rows}


def exact_bytes(connection: Connection, mappings: Iterable[RawEndpoint], raw_id: int) -> bytes:
    """Return the response that a raw row holds, to the byte, from its column `body` or its object.

    Of a row that was inserted without its bytes it is the text of `data`. Raises BadInputError where no raw table has
    such a row or its object is damaged, TransientError where it takes the object store, which does not answer.
    """
    for mapping in mappings:
        query = _ROWS.format(
            natural_key=as_object(mapping.natural_key, "raw"), raw=raw_table(mapping), condition=SQL("id = %s")
        )
        row = connection.cursor(row_factory=dict_row, binary=True).execute(query, (raw_id,)).fetchone()
        if row is None:
            continue
        if row["body"] is None and row["object_key"] is not None and parsed(row["object_key"])[0] is Kind.CAPTURE:
            row["data"] = None  # it is not the exact bytes
        return _stored(row).exact
    raise BadInputError(f"no raw table has a row with the id {raw_id}; `mlb-etl raw list` lists them")


def values_at(connection: Connection, mapping: RawEndpoint, raw_id: int, path: str) -> list[Any]:
    """Return the values at `path` in the response that `raw_id` holds. Raises what `exact_bytes` raises."""
    find = SQL("SELECT jsonb_path_query_array({content}, %(path)s::jsonpath) FROM {raw} WHERE id = %(raw_id)s")
    values = {"path": path, "raw_id": raw_id}
    row = connection.execute(find.format(content=SQL("data"), raw=raw_table(mapping)), values).fetchone()
    if row == (None,):
        values["content"] = exact_bytes(connection, [mapping], raw_id).decode()
        archived = find.format(content=SQL("%(content)s::jsonb"), raw=raw_table(mapping))
        row = connection.execute(archived, values).fetchone()
    return list(row[0]) if row else []


def _stored(row: Mapping[str, Any]) -> StoredBody:
    if row["body"] is not None:
        return PackedBody(row["body"])
    if row["data"] is not None:
        return PlainBody(row["data"])
    return _archive(os.getpid()).of(row)


@cache
def _archive(process: int) -> ArchivedContent:  # a forked process shares no connection with its parent
    from mlb_data_platform.settings import settings
    from mlb_data_platform.storage.archived_content import ArchivedContent
    from mlb_data_platform.storage.objects import ObjectStore

    return ArchivedContent(ObjectStore(settings()))
